"""`backchannel doctor`: whether this machine and these settings are fit for the server."""

from backchannel.cli.doctor.command import doctor as doctor
