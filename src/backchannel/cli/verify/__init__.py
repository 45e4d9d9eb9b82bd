"""`backchannel verify`: whether client journals show that the server kept its word."""

from backchannel.cli.verify.command import verify as verify
