"""Pictures: their size, and a small copy."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any, cast

import msgspec
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from backchannel.domain.errors import UnsupportedFile
from backchannel.domain.files import BLOCK, THUMBNAIL_SIDE
from backchannel.files.inspection.placeholders import placeholder

PIXELS = 64_000_000
"""Most pixels of a picture: a decompression bomb is refused by its header."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 80

_BROKEN = (OSError, ValueError, SyntaxError, struct.error, zlib.error, EOFError, IndexError)


class Picture(msgspec.Struct, frozen=True):
    """Pixels as a viewer shows them, turned the right way up; `placeholder` is in Base64."""

    width: int
    height: int
    placeholder: str


def describe_picture(path: Path, thumbnail: Path) -> Picture:
    """Describe a picture, and write its small copy as WebP. Raises `UnsupportedFile`."""
    Image.MAX_IMAGE_PIXELS = None  # checked below, with clearer errors
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # viewers show them as far as they go
    try:
        with Image.open(path, formats=FORMATS) as image:
            _check_size(*image.size)
            width, height = _shown_size(image)
            image.draft("RGB", (THUMBNAIL_SIDE * 2, THUMBNAIL_SIDE * 2))
            small = _small(image)
            _write(small, thumbnail)
            return Picture(width, height, placeholder(small))
    except UnidentifiedImageError:
        raise UnsupportedFile("the picture cannot be read") from None
    except _BROKEN as error:
        raise UnsupportedFile(f"the picture is damaged: {error}") from None


def _check_size(width: int, height: int) -> None:
    if width * height > PIXELS:
        raise UnsupportedFile(f"a picture may have {PIXELS // 1_000_000} megapixels at most")


def _shown_size(image: Image.Image) -> tuple[int, int]:
    orientation = image.getexif().get(_ORIENTATION, 1)
    width, height = image.size
    return (height, width) if orientation in _LYING else (width, height)


def _small(image: Image.Image) -> Image.Image:
    small = _scalable(ImageOps.exif_transpose(image))
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return _in_srgb(small, image.info.get("icc_profile"))


def _write(small: Image.Image, thumbnail: Path) -> None:
    small.save(thumbnail, "WEBP", quality=QUALITY, exif=b"", icc_profile=b"")
    if thumbnail.stat().st_size > BLOCK:
        raise UnsupportedFile("no thumbnail can be made of the picture")


def _scalable(image: Image.Image) -> Image.Image:
    """The same picture in a mode whose pixels can be mixed, eight bits a channel."""
    if image.mode.startswith("I"):  # sixteen bits of grey; to convert them would cut off the top
        shades: Image.Image = image.point(lambda value: value * (1 / 256))  # pyright: ignore[reportUnknownMemberType]
        return shades.convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB, converted from the colours of its profile."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _srgb(), outputMode=mode
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None  # one that is damaged or for other colours: viewers ignore it
        if converted is not None:
            return converted
    return image.convert(mode)


def _srgb() -> ImageCms.ImageCmsProfile:
    made = cast("Any", ImageCms.createProfile("sRGB"))  # pyright: ignore[reportUnknownMemberType]
    return ImageCms.ImageCmsProfile(made)


_ORIENTATION = 0x0112
_LYING = {5, 6, 7, 8}
"""Orientations that swap width and height (Exif 2.3, tag 274)."""
