"""ThumbHash: a picture in about 25 bytes, to be shown blurred until the picture has loaded.

Source of the format: https://evanw.github.io/thumbhash/.
"""

import base64
import math
from collections.abc import Iterable, Sequence
from operator import mul

import msgspec
from PIL import Image

SIDE = 32
"""Longest side of the copy that is hashed, in pixels; more would not change the hash."""
_LUMINANCE, _LUMINANCE_BESIDE_ALPHA, _COLOUR, _ALPHA = 7, 5, 3, 5
"""Waves of each channel along the longer side."""

_Rows = Sequence[Sequence[float]]


class _Channel(msgspec.Struct, frozen=True):
    """A channel as cosine waves: the mean, the others from 0 to 1, and the largest of them."""

    mean: float
    waves: list[float]
    scale: float


def placeholder(image: Image.Image) -> str:
    """The ThumbHash of a picture, in Base64."""
    small = image.convert("RGBA")
    small.thumbnail((SIDE, SIDE))
    red, green, blue, alpha = (_rows(small, band) for band in range(4))
    opaque = all(each == 1.0 for row in alpha for each in row)
    if not opaque:
        red, green, blue = (_on_its_mean(each, alpha) for each in (red, green, blue))
    pixels = [list(zip(*rows, strict=True)) for rows in zip(red, green, blue, strict=True)]
    limit = _LUMINANCE if opaque else _LUMINANCE_BESIDE_ALPHA
    longer = max(small.size)
    across, down = (max(1, _rounded(limit * side / longer)) for side in small.size)
    luminance = [[(r + g + b) / 3 for r, g, b in row] for row in pixels]
    yellow_blue = [[(r + g) / 2 - b for r, g, b in row] for row in pixels]
    red_green = [[r - g for r, g, _ in row] for row in pixels]
    channels = [
        _channel(luminance, max(3, across), max(3, down)),
        _channel(yellow_blue, _COLOUR, _COLOUR),
        _channel(red_green, _COLOUR, _COLOUR),
    ]
    if not opaque:
        channels.append(_channel(alpha, _ALPHA, _ALPHA))
    lies = small.width > small.height
    header = _header(channels, lies=lies, shorter=down if lies else across)
    nibbles = [_rounded(15 * each) for channel in channels for each in channel.waves]
    return base64.b64encode(header + _packed(nibbles)).decode()


def _rows(image: Image.Image, band: int) -> list[list[float]]:
    """A band of a picture, row by row, from 0 to 1."""
    values = image.getchannel(band).tobytes()
    starts = range(0, len(values), image.width)
    return [[each / 255 for each in values[start : start + image.width]] for start in starts]


def _on_its_mean(rows: _Rows, alpha: _Rows) -> list[list[float]]:
    """A colour in front of its own mean, so that transparent parts do not count."""
    seen = sum(map(sum, alpha))
    mean = sum(sum(map(mul, *pair)) for pair in zip(rows, alpha, strict=True)) / (seen or 1.0)
    return [
        [mean + a * (value - mean) for value, a in zip(*pair, strict=True)]
        for pair in zip(rows, alpha, strict=True)
    ]


def _channel(rows: _Rows, across: int, down: int) -> _Channel:
    height, width = len(rows), len(rows[0])
    horizontal, vertical = _cosines(width, across), _cosines(height, down)
    mean, *waves = (
        sum(v * sum(map(mul, row, horizontal[x])) for v, row in zip(vertical[y], rows, strict=True))
        / (width * height)
        for y in range(down)
        for x in range(across)
        if x * down < across * (down - y)
    )
    scale = max(map(abs, waves))
    return _Channel(mean, [0.5 + 0.5 * each / scale if scale else 0.0 for each in waves], scale)


def _cosines(length: int, count: int) -> list[list[float]]:
    return [
        [math.cos(math.pi / length * wave * (at + 0.5)) for at in range(length)]
        for wave in range(count)
    ]


def _header(channels: Sequence[_Channel], *, lies: bool, shorter: int) -> bytes:
    luminance, yellow_blue, red_green, *alpha = channels
    first = (
        _rounded(63 * luminance.mean)
        | _rounded(31.5 + 31.5 * yellow_blue.mean) << 6
        | _rounded(31.5 + 31.5 * red_green.mean) << 12
        | _rounded(31 * luminance.scale) << 18
        | bool(alpha) << 23
    )
    second = (
        shorter
        | _rounded(63 * yellow_blue.scale) << 3
        | _rounded(63 * red_green.scale) << 9
        | lies << 15
    )
    third = bytes(_rounded(15 * each.mean) | _rounded(15 * each.scale) << 4 for each in alpha)
    return first.to_bytes(3, "little") + second.to_bytes(2, "little") + third


def _packed(nibbles: Iterable[int]) -> bytes:
    """Two values of four bits to a byte, the first one in the lower half."""
    values = [*nibbles]
    values += [0] * (len(values) % 2)
    pairs = zip(values[::2], values[1::2], strict=True)
    return bytes(low | high << 4 for low, high in pairs)


def _rounded(value: float) -> int:
    """The nearest whole number; halves are rounded up, as in the format's reference."""
    return math.floor(value + 0.5)
