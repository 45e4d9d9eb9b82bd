"""The metadata of an HTML page: Open Graph, description and title."""

import codecs
import contextlib
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

from backchannel.domain.errors import Invalid
from backchannel.ports.previews import Preview
from backchannel.previews.encodings import codec_of, declared, marked
from backchannel.previews.fetching import FetchedPage
from backchannel.previews.sniffing import sniffed
from backchannel.previews.targets import DEFAULT_PORTS, parse

TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 500
SITE_LIMIT = 100
HEAD_LIMIT = 65_536
"""Characters that are parsed, without scripts and styles."""
MOST_PARTS = 5_000
"""Tags, texts and comments that are looked at: heads have hundreds."""
PIECE = 16_384
"""Bytes decoded at a time."""

_BODY = re.compile(r"<body[\s>]", re.IGNORECASE)
_SCRIPT = re.compile(r"<(?P<closing>/?)(?P<name>script|style)\b", re.IGNORECASE)
_TAG = re.compile(r"<[!/?a-z][^>]*>?", re.IGNORECASE)
_UNSEEN = re.compile(
    # Control characters, and those that reorder or hide text and so can mislead.
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]+"
)


def preview_of(page: FetchedPage) -> Preview | None:
    """The preview of a page; None if it has no title."""
    head = _Head()
    text = _without_scripts(_BODY.split(_text(page), maxsplit=1)[0])
    # The parser found a malformed declaration; the text before it counts.
    with contextlib.suppress(AssertionError, _Enough):
        head.feed(text[:HEAD_LIMIT])
    title = _plain(head.meta.get("og:title") or head.title, TITLE_LIMIT)
    if title is None:
        return None
    description = head.meta.get("og:description") or head.meta.get("description", "")
    return Preview(
        url=page.url,
        title=title,
        description=_plain(description, DESCRIPTION_LIMIT),
        image_url=_image_url(page.url, head.meta.get("og:image", "")),
        site=_plain(head.meta.get("og:site_name", ""), SITE_LIMIT),
    )


def _without_scripts(text: str) -> str:
    """A page without the inside of its scripts and styles, which is most of some pages."""
    kept: list[str] = []
    begin, open_tag = 0, ""
    for tag in _SCRIPT.finditer(text):
        name = tag["name"].lower()
        if not open_tag and not tag["closing"]:
            kept.append(text[begin : tag.start()])
            open_tag = name
        elif open_tag == name and tag["closing"]:
            begin, open_tag = tag.start(), ""
    if not open_tag:
        kept.append(text[begin:])
    return "".join(kept)


class _Enough(Exception):
    """The page has more parts than are looked at."""


class _Head(HTMLParser):
    """Collects the title and the first of each `meta` from the first `MOST_PARTS` parts.

    Raises `_Enough` at the end of these.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.meta: dict[str, str] = {}
        self.title = ""
        self._in_title = False
        self._parts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._count()
        if tag == "title":
            self._in_title = not self.title
        elif tag == "meta":
            given = dict(attrs)
            name = (given.get("property") or given.get("name") or "").strip().lower()
            self.meta.setdefault(name, given.get("content") or "")

    def handle_endtag(self, tag: str) -> None:
        self._count()
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        self._count()
        if self._in_title and len(self.title) < 10 * TITLE_LIMIT:
            self.title += data

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - the parser's
        self._count()

    def handle_decl(self, decl: str) -> None:  # noqa: ARG002 - the parser's
        self._count()

    def handle_pi(self, data: str) -> None:  # noqa: ARG002 - the parser's
        self._count()

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _Enough


def _text(page: FetchedPage) -> str:
    """The page decoded by its byte order mark, its server, itself or a guess, in this order."""
    content = page.content
    codec = marked(content) or codec_of(page.charset) or declared(content) or sniffed(content)
    decoder = codecs.getincrementaldecoder(codec)("replace")
    # In pieces, between which other threads run: replacing undecodable bytes is slow.
    pieces = (content[at : at + PIECE] for at in range(0, len(content), PIECE))
    try:
        text = "".join([*map(decoder.decode, pieces), decoder.decode(b"", final=True)])
    except UnicodeError:  # an escape sequence of ISO-2022-JP that never ends
        text = content.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


def _plain(text: str, limit: int) -> str | None:
    """A line of text without markup, at most `limit` characters; None if nothing is left."""
    bare = _UNSEEN.sub(" ", _TAG.sub(" ", text[: 10 * limit]))
    line = " ".join(bare.split())
    return (line if len(line) <= limit else line[: limit - 1].rstrip() + "…") or None


def _image_url(page_url: str, image: str) -> str | None:
    try:
        joined = urljoin(page_url, image.strip()) if image.strip() else ""
        return str(parse(joined, ports=DEFAULT_PORTS.values()))
    except (Invalid, ValueError):
        return None
