"""The command line."""

from backchannel.cli.main import main as main
