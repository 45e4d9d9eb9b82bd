"""`backchannel chat`: a client of the native protocol, in the terminal."""

from backchannel.cli.chat.command import chat as chat
