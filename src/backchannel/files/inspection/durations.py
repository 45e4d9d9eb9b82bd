"""The duration of sound and video."""

from pathlib import Path

from tinytag import TinyTag, TinyTagException

_NAMES = {
    "audio/mpeg": "a.mp3",
    "audio/mp4": "a.m4a",
    "video/mp4": "a.m4a",
    "video/quicktime": "a.m4a",
    "audio/ogg": "a.ogg",
    "audio/wav": "a.wav",
    "audio/flac": "a.flac",
}
"""Names from whose endings tinytag knows how to read a content."""


def duration(path: Path, media_type: str) -> int | None:
    """Milliseconds, None where that is not known."""
    name = _NAMES.get(media_type)
    if name is None:
        return None
    try:
        with path.open("rb") as content:
            seconds = TinyTag.get(name, tags=False, file_obj=content).duration
    except (TinyTagException, OSError, ValueError, IndexError, KeyError, OverflowError):
        return None  # the sound may still be heard
    return round(seconds * 1_000) if seconds and seconds > 0 else None
