"""Bytes to frames and back. Nothing here knows what a chat is."""
