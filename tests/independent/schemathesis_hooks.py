"""A serializer for a media type that Schemathesis does not know."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def as_bytes(_: schemathesis.SerializationContext, value: object) -> bytes:
    """Bytes as they are."""
    return value if isinstance(value, bytes) else str(value).encode()
