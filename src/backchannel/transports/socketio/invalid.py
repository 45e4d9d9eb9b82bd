"""The exception for clients that break the protocol."""


class InvalidPacket(ValueError):
    """The data are not a packet, or not one that may come now; the connection is closed."""
