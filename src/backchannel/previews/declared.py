"""The encoding a page declares in itself (WHATWG HTML, section 13.2.3.2: the prescan)."""

import re

from backchannel.previews.encodings import codec_of

REACH = 16_384
"""Bytes that are looked through: more than the standard's 1024, as browsers heed later ones too."""

_XML = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([^\"'>]{1,60})[\"']")
_TAG = re.compile(rb"</?([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(
    rb"[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)))?"
)
_CHARSET = re.compile(rb"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;\"']+))", re.IGNORECASE)
_UNFIT = {"utf-16-be", "utf-16-le"}
"""A declaration that could be read cannot be in one of these."""


def declared(content: bytes) -> str | None:
    """The codec that the page declares, None if it declares none that is known."""
    head = content[:REACH]
    if head.startswith(b"<\0?\0x\0"):
        return "utf-16-le"
    if head.startswith(b"\0<\0?\0x"):
        return "utf-16-be"
    codec = _from_meta(head)
    if codec is None and (xml := _XML.match(head)):
        codec = codec_of(xml[1].decode("latin-1"))
    return "utf-8" if codec in _UNFIT else codec


def _from_meta(head: bytes) -> str | None:
    place = 0
    while (place := head.find(b"<", place)) >= 0:
        if head.startswith(b"<!--", place):
            end = head.find(b"-->", place + 2)
        elif tag := _TAG.match(head, place):
            attributes, end = _attributes(head, tag.end())
            if tag[0].lower() == b"<meta" and (codec := _codec(attributes)):
                return codec
            end -= 1
        elif head[place + 1 : place + 2] in {b"!", b"/", b"?"}:
            end = head.find(b">", place)
        else:
            end = place
        if end < 0:
            return None
        place = end + 1
    return None


def _attributes(head: bytes, place: int) -> tuple[dict[bytes, bytes], int]:
    """A tag's attributes, the first of each name, and where they end."""
    found: dict[bytes, bytes] = {}
    while match := _ATTRIBUTE.match(head, place):
        value = next((group for group in match.groups()[1:] if group is not None), b"")
        found.setdefault(match[1].lower(), value)
        place = match.end()
    return found, place


def _codec(meta: dict[bytes, bytes]) -> str | None:
    label = meta.get(b"charset")
    if label is None and meta.get(b"http-equiv", b"").lower() == b"content-type":
        named = _CHARSET.search(meta.get(b"content", b""))
        label = named and next(group for group in named.groups() if group is not None)
    if label is None:
        return None
    if label.lower() == b"x-user-defined":
        return "cp1252"
    return codec_of(label.decode("latin-1"))
