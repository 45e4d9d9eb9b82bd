"""Backchannel: private, one-to-one, real-time chat that loses nothing."""

__version__ = "0.1.0"
