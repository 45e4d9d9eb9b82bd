"""Bytes to frames and back, independent of the chat."""
