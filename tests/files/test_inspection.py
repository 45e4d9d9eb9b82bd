"""S17: the content of uploads is recognised, and malicious uploads are refused."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from backchannel.domain.errors import UnsupportedFile
from backchannel.files.inspector import ChildInspector
from backchannel.ports.files import Inspected
from tests.support import media

_TRACKS = b"\x16\x54\xae\x6b\x90\xae\x8e"
_EBML = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\x82\x84"


async def inspect(folder: Path, content: bytes, claimed: str = "") -> Inspected:
    path = folder / "upload"
    path.write_bytes(content)
    return await ChildInspector().inspect(path, claimed=claimed, user_id="ada")


PICTURES = {
    "image/jpeg": media.jpeg(),
    "image/png": media.png(),
    "image/webp": media.webp(quality=80),
    "image/gif": media.gif(),
}
OTHERS = {
    "progressive": media.jpeg(progressive=True),
    "restarts": media.jpeg(restart_marker_rows=2),
    "lossless": media.webp(lossless=True),
    "transparent": media.encoded(media.pixels().convert("RGBA"), "WEBP", exif=media.exif()),
}


@pytest.mark.parametrize(
    "content", [*PICTURES.values(), *OTHERS.values()], ids=[*PICTURES, *OTHERS]
)
async def test_S17_metadata_is_removed_and_no_pixel_changes(tmp_path: Path, content: bytes) -> None:
    found = await inspect(tmp_path, content)
    kept = found.content.read_bytes()
    assert media.SECRET not in kept
    with Image.open(io.BytesIO(content)) as before, Image.open(io.BytesIO(kept)) as after:
        assert not dict(after.getexif())
        assert not dict(after.getexif().get_ifd(media.GPS))
        assert getattr(after, "n_frames", 1) == getattr(before, "n_frames", 1)
        assert (found.width, found.height) == after.size
        difference = ImageChops.difference(before.convert("RGBA"), after.convert("RGBA"))
        assert difference.getbbox(alpha_only=False) is None


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"plain text\n" * 9 + b"%PDF-1.4", "application/pdf"),
        (b"<svg onload=alert(1)>", "image/svg+xml"),
        (b'<?xml version="1.0"?><x:svg xmlns:x="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (b"\xef\xbb\xbf<!DOCTYPE HTML><p>", "text/html"),
        (b"hello <ScRiPt>alert(1)</sCrIpT>", "text/html"),
        (b'<?xml version="1.0"?><note/>', "application/xml"),
        ("zwölf Boxkämpfer\n".encode(), "text/plain"),
        (("x" * 8191 + "ä").encode(), "text/plain"),
        (b"MZ is how a program begins\n", "text/plain"),
        (b"GIF89a is a format\n", "text/plain"),
        (b"RIFF and WAVE\n", "text/plain"),
        (b"ID3 tags\n", "text/plain"),
        (b"OggS, fLaC\n", "text/plain"),
        (b"left ftypisom\n", "text/plain"),
        (b"{\\rtf1 a}", "application/rtf"),
        ("MZ hällo".encode("utf-16"), "text/plain"),
        (b"\xfe\xff" + "hällo".encode("utf-16-be"), "text/plain"),
        (("ä😀" * 5_000).encode("utf-16"), "text/plain"),
        ("hello".encode("utf-32"), "text/plain"),
        ("<html><script>".encode("utf-16"), "text/html"),
        ("a\0b".encode("utf-16"), "application/octet-stream"),
        (b"\xff\xfe\x00\xd8\x00\xd8" * 9, "application/octet-stream"),
        (b"a\0b", "application/octet-stream"),
        (bytes(range(128, 256)), "application/octet-stream"),
        (media.archive("a.txt"), "application/zip"),
        (media.archive("[Content_Types].xml", "word/document.xml"), "wordprocessingml.document"),
        (media.archive("xl/workbook.xml"), "spreadsheetml.sheet"),
        (media.archive("xl/workbook.xml", "xl/vbaProject.bin"), "application/zip"),
        (media.archive(mimetype="application/vnd.oasis.opendocument.text"), "opendocument.text"),
        (media.archive(mimetype="text/html"), "application/zip"),
        (b"PK\x03\x04 no archive", "application/octet-stream"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"ID3\x03\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(400), "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + bytes(400), "audio/aac"),
        (b"OggS\0\x02" + bytes(22) + b"\x01\x13OpusHead", "audio/ogg"),
        (b"OggS\0\x02" + bytes(22) + b"\x01\x2a\x80theora", "video/ogg"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "video/mp4"),
        (b"\0\0\0\x18ftypM4A \0\0\2\0isomiso2", "audio/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\2\0", "video/quicktime"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (media.iso_media(b"3gp4", b"isom", tracks=[b"soun"]), "audio/mp4"),
        (media.iso_media(b"mp42", b"isom", tracks=[b"soun"]), "audio/mp4"),
        (media.iso_media(b"mp42", b"isom", tracks=[b"soun", b"vide"], last=False), "video/mp4"),
        (media.iso_media(b"M4A ", tracks=[b"soun", b"vide"]), "video/mp4"),
        (media.iso_media(b"isom", b"M4A "), "audio/mp4"),
        (media.iso_media(b"3gp5", b"isom", tracks=[b"vide", b"soun"]), "video/3gpp"),
        (media.iso_media(b"qt  ", tracks=[b"vide"]), "video/quicktime"),
        (media.iso_media(b"mif1", b"miaf", b"avif"), "image/avif"),
        (media.iso_media(b"mif1", b"heic"), "image/heic"),
        (media.box(b"ftyp", b"mif1", bytes(4)) + media.box(b"infe", b"av01"), "image/avif"),
        (media.iso_media(b"crx ", b"isom"), "octet-stream"),
        (media.box(b"ftyp", b"isom") + media.box(b"moov" * 1) * 9_000, "video/mp4"),
        (_EBML + b"webm" + _TRACKS + b"\x83\x81\x02", "audio/webm"),
        (_EBML + b"webm" + _TRACKS + b"\x83\x81\x02\x83\x81\x01", "video/webm"),
        (b"OggS\0\x02" + bytes(300) + b"fishead\0" + bytes(300) + b"OVP80", "video/ogg"),
        (_EBML + b"webm", "video/webm"),
        (_EBML + b"matroska", "video/x-matroska"),
    ],
)
async def test_S17_the_content_determines_the_media_type(
    tmp_path: Path, content: bytes, media_type: str
) -> None:
    assert (await inspect(tmp_path, content)).media_type.endswith(media_type)


@pytest.mark.parametrize(
    ("content", "claimed", "media_type"),
    [
        (b"a,b\n", "text/csv", "text/csv"),
        (b"# a\n", "text/markdown", "text/markdown"),
        (_EBML + b"webm", "audio/webm", "audio/webm"),
        (media.iso_media(b"isom"), "audio/mp4", "audio/mp4"),
        (media.iso_media(b"mp42", tracks=[b"soun"]), "audio/aac", "audio/mp4"),
        (media.iso_media(b"3gp4", tracks=[b"soun"]), "video/3gpp", "audio/mp4"),
        (media.png(), "image/jpeg", "image/png"),
        (media.png(), "application/x-unheard-of", "image/png"),
        (b"<html>", "text/plain", "text/html"),
        (b"<html>", "application/pdf", "text/html"),
    ],
)
async def test_the_claimed_type_counts_if_the_content_is_ambiguous(
    tmp_path: Path, content: bytes, claimed: str, media_type: str
) -> None:
    assert (await inspect(tmp_path, content, claimed)).media_type == media_type


GIF_AND_SCRIPT = b"GIF89a/*" + bytes(8) + b"*/=1;alert(1)"
HUGE_GIF = b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


@pytest.mark.parametrize(
    ("content", "claimed"),
    [
        (b"<html><script>alert(1)</script>", "image/png"),
        (b"<svg onload=alert(1)>", "image/png"),
        (b"%PDF-1.7", "image/jpeg"),
        (media.png(), "video/mp4"),
        (media.wav(0.1), "image/gif"),
        (b"plain", "audio/mpeg"),
        (media.png(), "text/plain"),
    ],
)
async def test_S17_a_content_that_contradicts_its_type_is_refused(
    tmp_path: Path, content: bytes, claimed: str
) -> None:
    with pytest.raises(UnsupportedFile, match="claims to be"):
        await inspect(tmp_path, content, claimed)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\0\3",
        b"\x7fELF\2\1\1",
        b"\xcf\xfa\xed\xfe",
        media.bomb(50_000, 50_000),
        media.bomb(2**31 - 1, 2**31 - 1),
        media.bomb(8_001, 8_000),
        HUGE_GIF,
        GIF_AND_SCRIPT,
        media.png()[:40],
        media.png().partition(b"IDAT")[0],
        b"\xff\xd8\xff" + bytes(100),
        b"\xff\xd8\xff\xd9<script>",
        b"RIFF\xff\xff\xff\x7fWEBPVP8 ",
        b"GIF89a\0",
        media.gif().partition(b"\0,\0\0")[0],
    ],
)
async def test_S17_programs_bombs_and_broken_pictures_are_refused(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(UnsupportedFile) as refusal:
        await inspect(tmp_path, content)
    assert "limits" not in str(refusal.value), "recognised before it used much memory or time"


async def test_S17_data_after_the_end_of_a_picture_is_removed(tmp_path: Path) -> None:
    for content in PICTURES.values():
        both = content + media.archive("evil.class")
        kept = (await inspect(tmp_path, both)).content.read_bytes()
        assert b"evil.class" not in kept


async def test_the_duration_of_sound_is_found(tmp_path: Path) -> None:
    found = await inspect(tmp_path, media.wav(2.5), "audio/x-wav")
    assert (found.media_type, found.duration) == ("audio/wav", 2_500)
    recorded = await inspect(tmp_path, media.webm(blocks=[100, 1_960, 4_020]), "audio/webm")
    assert (recorded.media_type, recorded.duration) == ("audio/webm", 4_020)
    stated = await inspect(tmp_path, media.webm(blocks=[100], stated=7_000.4))
    assert stated.duration == 7_000
    broken = await inspect(tmp_path, media.wav(2.5)[:20])
    assert (broken.media_type, broken.duration) == ("audio/wav", None)


@pytest.mark.parametrize(
    "content",
    [
        media.webm(blocks=[100, 2_000]).partition(b"\x1f\x43\xb6\x75")[0],
        media.webm(blocks=[100]).partition(b"\xa3")[0],
        media.webm() + b"\xec\x80" * 400_000 + media.webm(blocks=[100, 2_000]),
        media.webm() + b"\xff" * 100_000,
        media.webm() + b"\x00" * 100_000,
        media.webm(stated=float("inf")),
        media.webm(stated=float("nan")),
        media.webm(stated=-1),
    ],
    ids=["no cluster", "cut", "too many", "ones", "zeros", "infinite", "no number", "negative"],
)
async def test_S17_a_false_duration_of_a_video_is_ignored(tmp_path: Path, content: bytes) -> None:
    assert (await inspect(tmp_path, content)).duration is None
