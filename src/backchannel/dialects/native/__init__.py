"""Backchannel's own protocol: JSON over HTTP and over one WebSocket."""
