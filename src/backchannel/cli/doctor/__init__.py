"""`backchannel doctor`: checks of this machine, the data and the settings."""

from backchannel.cli.doctor.command import doctor as doctor
