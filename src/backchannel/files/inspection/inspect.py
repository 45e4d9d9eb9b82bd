"""The inspection of a file, by its kind."""

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from backchannel.domain.errors import UnsupportedFile
from backchannel.domain.media_types import KINDS, MediaKind, settle_type
from backchannel.files.inspection import CONTENT_ENDING, THUMBNAIL_ENDING, InspectionReport
from backchannel.files.inspection.durations import duration
from backchannel.files.inspection.metadata import gif, jpeg, png, webp
from backchannel.files.inspection.pictures import describe_picture
from backchannel.files.inspection.sniffing import sniff

STRIPPERS: Mapping[str, Callable[[bytes], list[bytes]]] = {
    "image/gif": gif.strip,
    "image/jpeg": jpeg.strip,
    "image/png": png.strip,
    "image/webp": webp.strip,
}
"""The pictures whose metadata are removed; other files stay as they are."""


def inspect(path: Path, *, claimed: str) -> InspectionReport:
    """Inspect the file at `path`, and write the resulting files beside it.

    Raises `UnsupportedFile`.
    """
    media_type = settle_type(claimed, sniff(path))
    if KINDS[media_type] in {MediaKind.AUDIO, MediaKind.VIDEO}:
        return InspectionReport(media_type=media_type, duration=duration(path, media_type))
    if media_type not in STRIPPERS:
        return InspectionReport(media_type=media_type)
    stripped = path.with_name(path.name + CONTENT_ENDING)
    _strip(path, stripped, STRIPPERS[media_type])
    picture = describe_picture(stripped, path.with_name(path.name + THUMBNAIL_ENDING))
    return InspectionReport(
        media_type=media_type,
        rewritten=True,
        has_thumbnail=True,
        width=picture.width,
        height=picture.height,
        placeholder=picture.placeholder,
    )


def _strip(path: Path, stripped: Path, strip: Callable[[bytes], list[bytes]]) -> None:
    try:
        parts = strip(path.read_bytes())
    except (ValueError, IndexError, struct.error) as error:
        raise UnsupportedFile(f"the picture is damaged: {error}") from None
    with stripped.open("wb") as file:
        file.writelines(parts)
