"""Pictures: their size, and a small copy."""

import struct
import zlib
from pathlib import Path

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from backchannel.domain.errors import UnsupportedFile
from backchannel.domain.files import BLOCK, THUMBNAIL_SIDE

PIXELS = 64_000_000
"""Most pixels of a picture: a bomb is refused by its header, before it is unpacked."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 80

_BROKEN = (OSError, ValueError, SyntaxError, struct.error, zlib.error, EOFError, IndexError)


class Picture(msgspec.Struct, frozen=True):
    """Pixels as a viewer shows them, turned the right way up."""

    width: int
    height: int


def look_at_picture(path: Path, thumbnail: Path) -> Picture:
    """The size of a picture, whose small copy is written as WebP. Raises `UnsupportedFile`."""
    Image.MAX_IMAGE_PIXELS = None  # checked below, with words of our own
    try:
        with Image.open(path, formats=FORMATS) as image:
            _check_size(*image.size)
            size = _shown_size(image)
            image.draft("RGB", (THUMBNAIL_SIDE * 2, THUMBNAIL_SIDE * 2))
            _write_small(image, thumbnail)
    except UnidentifiedImageError:
        raise UnsupportedFile("the picture cannot be read") from None
    except _BROKEN as error:
        raise UnsupportedFile(f"the picture is damaged: {error}") from None
    return size


def _check_size(width: int, height: int) -> None:
    if width * height > PIXELS:
        raise UnsupportedFile(f"a picture may have {PIXELS // 1_000_000} megapixels at most")


def _shown_size(image: Image.Image) -> Picture:
    orientation = image.getexif().get(_ORIENTATION, 1)
    width, height = image.size
    return Picture(height, width) if orientation in _LYING else Picture(width, height)


def _write_small(image: Image.Image, thumbnail: Path) -> None:
    upright = ImageOps.exif_transpose(image)
    has_alpha = upright.has_transparency_data
    upright.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    small = upright.convert("RGBA" if has_alpha else "RGB")
    small.save(thumbnail, "WEBP", quality=QUALITY, exif=b"", icc_profile=b"")
    if thumbnail.stat().st_size > BLOCK:
        raise UnsupportedFile("the picture has no small copy")


_ORIENTATION = 0x0112
_LYING = {5, 6, 7, 8}
"""Orientations that swap width and height (Exif 2.3, tag 274)."""
