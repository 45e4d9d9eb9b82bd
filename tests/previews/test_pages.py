"""A page's description of itself becomes bounded plain text (S16)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.ports.previews import Preview
from backchannel.previews.fetching import MOST_BYTES, FetchedPage
from backchannel.previews.pages import DESCRIPTION_LIMIT, TITLE_LIMIT, preview_of

URL = "https://example.org/a/page"
OPEN_GRAPH = """<!doctype html><html><head>
<title>Plain title</title>
<meta property="og:title" content="Mist &amp; harbour">
<meta name='og:description' content='Half past
   six'>
<META PROPERTY=og:image CONTENT=/mist.jpg>
<meta property="og:image" content="/second.jpg">
<meta property="og:site_name" content="Example">
</head><body><title>Other</title><meta property="og:title" content="Other"></body></html>"""
TRICKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&lt;svg/onload=alert(1)",
    "a\x00b\x1b[31m",
    "\u202eesrever\u2066",
    "&#0;&#x202e;&#xd800;",
]
ENDLESS = ["<", "<!--", "<![CDATA[", "<![", "<a ", '<a a="', "</", "<?", "&", "<meta ", "<title>"]
ENDLESS += ["<a>", "</a>", "<!-->", "<?x>", "<a x ", "<script>", "<script", "< ", "<title><<<"]


def parsed(html: str | bytes, charset: str = "") -> Preview | None:
    content = html.encode() if isinstance(html, str) else html
    return preview_of(FetchedPage(URL, charset, content))


def title(html: str | bytes, charset: str = "") -> str | None:
    found = parsed(html, charset)
    return found.title if found else None


def test_open_graph_properties_are_used() -> None:
    assert parsed(OPEN_GRAPH) == Preview(
        URL, "Mist & harbour", "Half past six", "https://example.org/mist.jpg", "Example"
    )


def test_a_preview_needs_only_a_title() -> None:
    page = "<title> One\n title </title><meta name=Description content=More><title>Two</title>"
    assert parsed(page) == Preview(URL, "One title", "More")
    for nothing in ("", "text", "<title></title>", "<meta property=og:image content=/x.jpg>"):
        assert parsed(nothing) is None


@pytest.mark.parametrize("trick", TRICKS)
def test_S16_markup_is_removed_from_previews(trick: str) -> None:
    page = f'<title>T {trick}</title><meta name=description content="D {trick}">'
    found = parsed(page)
    assert found is not None
    for text in (found.title, found.description):
        assert text is not None
        assert text.isprintable()
        assert "<" not in text


@pytest.mark.parametrize(
    "image",
    ["javascript:alert(1)", "data:image/png;base64,AAAA", "file:///x", "http://u:p@h/", "http://["],
)
def test_S16_an_image_needs_a_web_address(image: str) -> None:
    found = parsed(f'<title>T</title><meta property="og:image" content="{image}">')
    assert found is not None
    assert found.image_url is None


def test_S18_texts_are_bounded() -> None:
    long = "word " * 1_000
    found = parsed(f"<title>{long}</title><meta name=description content='{long}'>")
    assert found is not None
    assert len(found.title or "") <= TITLE_LIMIT
    assert len(found.description or "") <= DESCRIPTION_LIMIT
    assert (found.title or "").endswith("…")


@pytest.mark.parametrize(
    ("content", "charset", "expected"),
    [
        ("<title>Ünï</title>".encode(), "", "Ünï"),
        ("<title>Ünï</title>".encode("latin-1"), "iso-8859-1", "Ünï"),
        ("<meta charset='windows-1252'><title>“”</title>".encode("cp1252"), "", "“”"),
        ("<title>漢字</title>".encode("shift_jis"), "Shift_JIS", "漢字"),
        (
            b"<meta http-equiv=content-type content='charset=koi8-r'><title>\xc1</title>",
            "",
            "\u0430",
        ),
        (b"<title>\xff</title>", "utf-8", "\ufffd"),
        (b"<title>x</title>", "zlib", "x"),
        (b"<title>x</title>", "unicode_escape", "x"),
        (b"<title>x</title>", "iso-8859-99", "x"),
        (b"<title>x</title>", "punycode", "x"),
    ],
)
def test_the_declared_charset_is_used(content: bytes, charset: str, expected: str) -> None:
    assert title(content, charset) == expected


@pytest.mark.parametrize("part", ENDLESS)
def test_S18_no_page_takes_long_to_parse(part: str) -> None:
    for beginning in ("<title>T</title>", "<title>T</title><meta content='"):
        page = beginning + part * (MOST_BYTES // len(part))
        began = time.process_time()
        assert title(page) == "T"
        assert time.process_time() - began < 2


def test_S18_undecodable_bytes_take_no_longer() -> None:
    content = b"<title>T</title>" + b"\xff" * MOST_BYTES
    began = time.process_time()
    assert title(content, "windows-1253") == "T"
    assert time.process_time() - began < 2


def test_metadata_after_long_scripts_are_found() -> None:
    script = "<script>" + "if (a < b) {}" * 20_000 + "</script>"
    style = "<STYLE>" + "p > a {}" * 10_000 + "</STYLE >"
    assert title(f"{script}{style}<title>T</title>") == "T"
    assert title(f"<title>T</title>{script}<script>no end") == "T"


@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "gbk", "utf-7", "hex"]))
def test_no_page_raises_an_unexpected_error(content: bytes, charset: str) -> None:
    found = preview_of(FetchedPage(URL, charset, content))
    assert found is None or found.title
