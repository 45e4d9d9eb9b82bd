"""GIF (version 89a), animated ones too: its blocks."""

EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
GRAPHIC_CONTROL, APPLICATION = 0xF9, 0xFF
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def strip(data: bytes) -> list[bytes]:
    """A GIF without comments, texts and XMP.

    One that is cut short, or continues with other data, ends there, as viewers show it. Raises
    `ValueError` for anything else.
    """
    if data[:6] not in {b"GIF87a", b"GIF89a"}:
        raise ValueError("the signature is missing")
    at = 13 + _colours(data[10])
    parts = [data[:at]]
    has_image = False
    while at < len(data) and data[at] in {EXTENSION, IMAGE}:
        is_image = data[at] == IMAGE
        first = at + 11 + _colours(data[at + 9]) if is_image else at + 2
        end = _after_blocks(data, first)
        if end is None:
            parts += _cut_image(data, at, first) if is_image else []
            has_image = has_image or is_image
            break
        if is_image or _keep(data, at):
            parts.append(data[at:end])
        has_image = has_image or is_image
        at = end
    if not has_image:
        raise ValueError("it ends before its first picture")
    return [*parts, bytes([TRAILER])]


def _colours(flags: int) -> int:
    """The size in bytes of the table of colours that follows, if there is one."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int | None:
    """The end of a chain of blocks, each of which begins with its length; None without an end."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1 if at < len(data) else None


def _cut_image(data: bytes, at: int, first: int) -> list[bytes]:
    """An image as far as its blocks are whole, and the end of the chain."""
    end = first
    while end < len(data) and end + 1 + data[end] <= len(data):
        end += 1 + data[end]
    return [data[at:end], b"\0"]


def _keep(data: bytes, at: int) -> bool:
    label = data[at + 1]
    return label == GRAPHIC_CONTROL or (label == APPLICATION and data[at + 3 : at + 14] in LOOPS)
