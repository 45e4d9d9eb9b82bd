"""GIF (version 89a), animated ones too: its blocks."""

EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
GRAPHIC_CONTROL, APPLICATION = 0xF9, 0xFF
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def strip(data: bytes) -> list[bytes]:
    """A GIF without comments, texts and XMP. Raises `ValueError` for what is none."""
    if data[:6] not in {b"GIF87a", b"GIF89a"}:
        raise ValueError("the signature is missing")
    at = 13 + _colours(data[10])
    parts = [data[:at]]
    while data[at] != TRAILER:
        if data[at] == EXTENSION:
            end = _after_blocks(data, at + 2)
            if _keep(data, at):
                parts.append(data[at:end])
        elif data[at] == IMAGE:
            end = _after_blocks(data, at + 11 + _colours(data[at + 9]))
            parts.append(data[at:end])
        else:
            raise ValueError("a block is of no known kind")
        at = end
    return [*parts, bytes([TRAILER])]


def _colours(flags: int) -> int:
    """The size in bytes of the table of colours that follows, if there is one."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Where a chain of blocks ends, each of which begins with its length."""
    while length := data[at]:
        at += 1 + length
    return at + 1


def _keep(data: bytes, at: int) -> bool:
    label = data[at + 1]
    return label == GRAPHIC_CONTROL or (label == APPLICATION and data[at + 3 : at + 14] in LOOPS)
