"""Requirements for avatars."""

from backchannel.domain.errors import Invalid, TooLarge, UnsupportedFile
from backchannel.domain.files import File

TYPES = ("image/jpeg", "image/png", "image/webp")
SIDE_LIMIT = 1_024
"""Longest side, in pixels."""
SIZE_LIMIT = 1 << 20
"""Bytes."""


def check_avatar(file: File) -> None:
    """Raises `UnsupportedFile`, `TooLarge` and `Invalid` for what is no avatar."""
    if file.media_type not in TYPES:
        raise UnsupportedFile("an avatar is a JPEG, PNG or WebP picture", field="file_id")
    if file.size > SIZE_LIMIT:
        raise TooLarge(f"an avatar has at most {SIZE_LIMIT:,} bytes", field="file_id")
    if file.width is None or file.width != file.height or file.width > SIDE_LIMIT:
        raise Invalid(
            f"an avatar is square, with at most {SIDE_LIMIT:,} pixels a side: cut the picture and "
            "upload it again",
            field="file_id",
        )
