"""The settings of a Socket.IO server."""

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one client's connection. Sizes are bytes, times are seconds."""

    connect_timeout: float = 45.0
    """The seconds a client may stay without joining a namespace."""
    attachments: int = 10
    """Binary attachments of one packet."""
    attachments_size: int = 4 << 20
    """All of them together."""
    acks: int = 1024
    """Acknowledgements that may be outstanding; past it the oldest is given up."""
