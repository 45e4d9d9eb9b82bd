"""What is thrown at a client that breaks the protocol."""


class InvalidPacket(ValueError):
    """What arrived is no packet, or not one that may come now; the connection is closed."""
