"""The blurred picture that is shown until a picture has loaded."""

import base64

import pytest
from PIL import Image

from backchannel.files.inspection.placeholders import placeholder


def picture(width: int, height: int, *, clear: bool = False) -> Image.Image:
    """A picture of gradients, on request with growing transparency."""
    made = Image.new("RGBA", (width, height))
    for x in range(width):
        for y in range(height):
            alpha = x * 255 // width if clear else 255
            made.putpixel((x, y), (x * 255 // width, y * 255 // height, x * y % 256, alpha))
    return made


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        (picture(32, 20), "3AgOHJpgdndwiHiGeIb0lQ/4iA=="),
        (picture(20, 32), "3PgNHBpgBodoiIZ3eHf1lA/4dw=="),
        (picture(32, 32, clear=True), "4ViGFQw3s4egiIZoaPHQPvt0gId3iHiIiA=="),
        (picture(7, 32, clear=True), "XUqGCQo2tMCHd4ilCjj8dICHiIiIiIg="),
        (picture(32, 1), "yvkWebyEh4eHiAh7hIdAeAg="),
        (picture(1, 1), "AAgCBwAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ],
)
def test_placeholders_equal_those_of_another_implementation(
    image: Image.Image, reference: str
) -> None:
    """The references are from the package fast-thumbhash 1.0.0, which is in Rust.

    Where a picture lacks a wave, its value is halfway between two, and either is correct.
    """
    found, wanted = base64.b64decode(placeholder(image)), base64.b64decode(reference)
    assert found[:5] == wanted[:5]
    assert len(found) == len(wanted)
    for one, other in zip(nibbles(found[5:]), nibbles(wanted[5:]), strict=True):
        assert abs(one - other) <= 1


def nibbles(values: bytes) -> list[int]:
    return [half for each in values for half in (each & 15, each >> 4)]


def test_a_large_picture_is_made_small_first() -> None:
    plain = Image.new("RGB", (4_000, 3_000), (200, 100, 50))
    assert placeholder(plain) == placeholder(plain.resize((32, 24)))
