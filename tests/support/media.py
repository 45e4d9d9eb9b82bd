"""Pictures, sounds and videos for tests."""

import io
import struct
import wave
import zipfile
import zlib
from collections.abc import Iterable

from PIL import Image, PngImagePlugin

GPS = 0x8825
ORIENTATION = 0x0112
SECRET = b"51.4779 N, 0.0015 W"
"""Is in every part of a picture that can have metadata, and must be removed."""


def pixels(width: int = 900, height: int = 600) -> Image.Image:
    """A picture whose parts all look different."""
    return Image.merge("RGB", [Image.effect_noise((width, height), 40 + 20 * n) for n in range(3)])


def exif(orientation: int | None = None) -> Image.Exif:
    """Exif with a location, a camera and the orientation."""
    made = Image.Exif()
    made[0x0110] = SECRET.decode()
    made.get_ifd(GPS)[2] = (51.0, 28.0, 40.0)
    made.get_ifd(GPS)[1] = "N"
    if orientation is not None:
        made[ORIENTATION] = orientation
    return made


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as a file of that kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(*, orientation: int | None = None, **options: object) -> bytes:
    """A JPEG with a location in Exif, XMP, a comment and after its end."""
    whole = encoded(pixels(), "JPEG", exif=exif(orientation), xmp=SECRET, comment=SECRET, **options)
    iptc = b"\xff\xed" + struct.pack(">H", 2 + len(SECRET)) + SECRET
    return whole[:2] + iptc + whole[2:] + SECRET


def png(*, orientation: int | None = None, **options: object) -> bytes:
    """A PNG with a location in Exif, texts and after its end."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    metadata = exif(orientation)
    return encoded(pixels(90, 60), "PNG", exif=metadata, pnginfo=texts, **options) + SECRET


def webp(*, orientation: int | None = None, **options: object) -> bytes:
    """A WebP with a location in Exif, XMP and after its end."""
    return encoded(pixels(), "WEBP", exif=exif(orientation), xmp=SECRET, **options) + SECRET


def gif(frames: int = 3) -> bytes:
    """An animated GIF with a location in a comment and after its end."""
    first, *others = [pixels(60, 40).convert("P") for _ in range(frames)]
    options = {"save_all": True, "append_images": others, "duration": 50, "loop": 0}
    return encoded(first, "GIF", comment=SECRET, **options) + SECRET


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def bomb(width: int, height: int) -> bytes:
    """A small PNG whose header has huge dimensions."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(10_000_000)))
        + png_chunk(b"IEND", b"")
    )


def box(kind: bytes, *contents: bytes) -> bytes:
    """A box of an ISO base media file."""
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def iso_media(*brands: bytes, tracks: Iterable[bytes] = (), last: bool = True) -> bytes:
    """An MP4, or another file of its family, with tracks of these handlers."""
    held = [box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), each, bytes(13)))) for each in tracks]
    moov = [box(b"moov", box(b"mvhd", bytes(100)), *held)] if held else []
    samples = [box(b"mdat", bytes(100_000))]
    rest = [*samples, *moov] if last else [*moov, *samples]
    return box(b"ftyp", brands[0], bytes(4), *brands) + b"".join(rest)


def wav(seconds: float) -> bytes:
    """Silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(round(seconds * 16_000)))
    return file.getvalue()


def element(kind: int, content: bytes, *, known: bool = True) -> bytes:
    """An element of Matroska (RFC 8794), on request with unknown size."""
    name = kind.to_bytes((kind.bit_length() + 7) // 8, "big")
    size = (1 << 56 | len(content)) if known else (1 << 57) - 1
    return name + size.to_bytes(8, "big") + content


def webm(*, blocks: Iterable[int] = (), stated: float | None = None) -> bytes:
    """A WebM whose blocks begin at these milliseconds, each in a separate cluster.

    It is written as browsers record: without sizes, and without a duration if `stated` is None.
    """
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    info = b"" if stated is None else element(0x4489, struct.pack(">d", stated))
    track = element(0xAE, element(0x83, b"\2"))
    clusters = [
        element(0xE7, (at - 100).to_bytes(4, "big"))
        + element(0xA3, b"\x81" + struct.pack(">hB", 100, 0) + bytes(20))
        for at in blocks
    ]
    parts = [
        element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3, "big")) + info),
        element(0x1654AE6B, track),
        *(element(0x1F43B675, each, known=False) for each in clusters),
    ]
    return head + element(0x18538067, b"".join(parts), known=False)


def archive(*names: str, mimetype: str = "") -> bytes:
    """A ZIP with files of these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        if mimetype:
            packed.writestr("mimetype", mimetype)
        for name in names:
            packed.writestr(name, "<x/>")
    return file.getvalue()
