"""Pictures: their size, their thumbnail, and truncated pictures."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from backchannel.domain.errors import UnsupportedFile
from tests.files.test_inspection import PICTURES, inspect
from tests.support import media


@pytest.mark.parametrize("media_type", PICTURES)
async def test_a_picture_has_a_small_copy(tmp_path: Path, media_type: str) -> None:
    found = await inspect(tmp_path, PICTURES[media_type], claimed=media_type)
    assert found.media_type == media_type
    assert found.thumbnail is not None
    assert found.thumbnail_digest is not None
    assert found.thumbnail_digest.size == found.thumbnail.stat().st_size
    with Image.open(found.thumbnail) as small:
        assert small.format == "WEBP"
        assert max(small.size) <= 512


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    "make", [media.jpeg, media.png, media.webp], ids=lambda each: each.__name__
)
async def test_a_picture_stays_the_right_way_up(
    tmp_path: Path, make: Callable[..., bytes], orientation: int
) -> None:
    content = make(orientation=orientation)
    found = await inspect(tmp_path, content)
    assert media.SECRET not in found.content.read_bytes()
    lies = orientation >= 5
    with Image.open(io.BytesIO(content)) as sent:
        width, height = sent.size
    assert (found.width, found.height) == ((height, width) if lies else (width, height))
    assert found.thumbnail is not None
    with Image.open(found.content) as kept, Image.open(found.thumbnail) as small:
        assert kept.getexif().get(media.ORIENTATION, 1) == orientation
        assert (small.width < small.height) is lies
        assert not small.getexif()


@pytest.mark.parametrize("lossless", [True, False])
async def test_a_webp_that_is_cut_short_is_refused_with_the_reason(
    tmp_path: Path, *, lossless: bool
) -> None:
    """No browser shows any part of such a file."""
    content = media.webp(lossless=lossless)
    with pytest.raises(UnsupportedFile, match="the picture is damaged: it ends too early"):
        await inspect(tmp_path, _cut_short(content[: -len(media.SECRET)]))


_IPTC_END = 2 + 4 + len(media.SECRET)
"""The end of the first segment of a JPEG."""


def _cut_short(content: bytes) -> bytes:
    """A picture without its last fifth."""
    return content[: len(content) * 4 // 5]


@pytest.mark.parametrize(
    "content",
    [
        media.gif()[: -len(media.SECRET) - 1],
        media.gif()[: -len(media.SECRET) - 1] + b"\0\0;",
        _cut_short(media.gif()),
        media.png().partition(b"IEND")[0][:-4],
        media.png().partition(b"IEND")[0][:-10],
        _cut_short(media.png()),
        _cut_short(media.jpeg()),
        media.jpeg()[:_IPTC_END] + b"\0\0between\xff\x00" + media.jpeg()[_IPTC_END:],
        media.webp(lossless=True)[: -len(media.SECRET)],
    ],
)
async def test_pictures_that_viewers_show_are_taken(tmp_path: Path, content: bytes) -> None:
    found = await inspect(tmp_path, content)
    kept = found.content.read_bytes()
    assert media.SECRET not in kept
    assert found.thumbnail is not None
    with Image.open(io.BytesIO(kept)) as after:
        assert (found.width, found.height) == after.size


async def shown_small(folder: Path, content: bytes) -> Image.Image:
    """The small copy of a picture."""
    found = await inspect(folder, content)
    assert found.thumbnail is not None
    with Image.open(found.thumbnail) as small:
        return small.convert("RGBA")


def is_near(found: object, wanted: tuple[int, ...]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(a - b) <= 6 for a, b in zip(found, wanted, strict=True))


async def test_sixteen_bit_grey_pictures_keep_their_shades(tmp_path: Path) -> None:
    grey = Image.new("I;16", (256, 16))
    for x in range(256):
        for y in range(16):
            grey.putpixel((x, y), x * 257)
    small = await shown_small(tmp_path, media.encoded(grey, "PNG"))
    for x in (0, 64, 128, 250):
        assert is_near(small.getpixel((x, 8)), (x, x, x, 255))


@pytest.mark.parametrize(
    ("image", "options", "left"),
    [
        ("P", {"transparency": 0}, (0, 0, 0, 0)),
        ("P", {"transparency": bytes([128, 255])}, (255, 0, 0, 128)),
        ("P", {}, (255, 0, 0, 255)),
        ("RGB", {"transparency": (255, 0, 0)}, (0, 0, 0, 0)),
    ],
)
async def test_transparency_is_kept(
    tmp_path: Path, image: str, options: dict[str, object], left: tuple[int, ...]
) -> None:
    picture = Image.new("P", (600, 600))
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.paste(1, (300, 0, 600, 600))
    content = media.encoded(picture.convert(image), "PNG", **options)
    small = await shown_small(tmp_path, content)
    assert is_near(small.getpixel((50, 50)), left)
    assert is_near(small.getpixel((450, 50)), (0, 255, 0, 255))


async def test_cmyk_is_shown_in_its_colours(tmp_path: Path) -> None:
    red = Image.new("CMYK", (600, 600), (0, 255, 255, 0))
    small = await shown_small(tmp_path, media.encoded(red, "JPEG"))
    assert is_near(small.getpixel((9, 9)), (255, 0, 0, 255))


def _profile(*, swapped: bool) -> bytes:
    """The profile of sRGB, or one with red and green exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swap = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"} if swapped else {}
    table = profile[132 : 132 + 12 * int.from_bytes(profile[128:132])]
    for at in range(0, len(table), 12):
        tag = table[at : at + 4]
        profile = profile[: 132 + at] + swap.get(tag, tag) + profile[136 + at :]
    return profile


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("profile", "shown"),
    [
        (_profile(swapped=False), (200, 40, 40, 255)),
        (_profile(swapped=True), (40, 200, 40, 255)),
        (b"no profile at all", (200, 40, 40, 255)),
    ],
    ids=["srgb", "swapped", "broken"],
)
async def test_a_colour_profile_is_applied(
    tmp_path: Path, kind: str, profile: bytes, shown: tuple[int, ...]
) -> None:
    picture = Image.new("RGB", (64, 64), (200, 40, 40))
    options = {"lossless": True} if kind == "WEBP" else {}
    content = media.encoded(picture, kind, icc_profile=profile, **options)
    small = await shown_small(tmp_path, content)
    assert is_near(small.getpixel((9, 9)), shown), small.getpixel((9, 9))


async def test_the_thumbnail_shows_the_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "PNG", "WEBP"):
        options = {"save_all": True, "append_images": frames[1:], "lossless": True}
        small = await shown_small(tmp_path, media.encoded(frames[0], kind, **options))
        assert is_near(small.getpixel((9, 9)), (255, 0, 0, 255))
