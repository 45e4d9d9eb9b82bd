"""Masking of payloads (RFC 6455, section 5.3), in C where the platform has it."""

from websockets import utils
from websockets.typing import BytesLike

try:
    from websockets.speedups import apply_mask
except ImportError:

    def apply_mask(data: BytesLike, mask: bytes | bytearray) -> bytes:
        """Return `data` masked, or unmasked, with the four bytes of `mask`."""
        return utils.apply_mask(data, mask)


__all__ = ["apply_mask"]
