"""A preview is readable in any encoding, however the page declares it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.previews.encodings import codec_of
from backchannel.previews.fetching import MOST_BYTES, FetchedPage
from backchannel.previews.pages import preview_of

URL = "https://example.org/"
RUSSIAN = "Новости дня: погода в Москве и области на завтра"
JAPANESE = "今日のニュース、これからの天気とカタカナのお知らせ"
KOREAN = "오늘의 뉴스와 날씨 그리고 사람들의 이야기"
CHINESE = "今天的新闻和天气预报以及人们的故事"
TAIWANESE = "今天的新聞和天氣預報以及人們的故事"
SAMPLES = {
    "utf-8": ("utf-8", "Grüße aus Zürich"),
    "windows-1252": ("cp1252", "“Grüße” aus Zürich €"),
    "iso-8859-1": ("cp1252", "“Grüße” aus Zürich"),
    "iso-8859-2": ("iso8859-2", "Zażółć gęślą jaźń"),
    "iso-8859-15": ("iso8859-15", "Prix en €, œuvre"),
    "windows-1250": ("cp1250", "Příliš žluťoučký kůň"),
    "windows-1251": ("cp1251", RUSSIAN),
    "koi8-r": ("koi8-r", RUSSIAN),
    "koi8-u": ("koi8-u", "Їжак ґанок"),
    "iso-8859-5": ("iso8859-5", RUSSIAN),
    "ibm866": ("cp866", RUSSIAN),
    "x-mac-cyrillic": ("mac-cyrillic", RUSSIAN),
    "macintosh": ("mac-roman", "Grüße aus Zürich"),
    "windows-1253": ("cp1253", "Καλημέρα κόσμε"),
    "iso-8859-7": ("iso8859-7", "Καλημέρα κόσμε"),
    "windows-1254": ("cp1254", "Güneş İstanbul şehri"),
    "iso-8859-9": ("cp1254", "Güneş İstanbul şehri"),
    "windows-1255": ("cp1255", "שלום עולם"),
    "iso-8859-8-i": ("iso8859-8", "שלום עולם"),
    "windows-1256": ("cp1256", "مرحبا بالعالم"),
    "windows-1257": ("cp1257", "Labas rytas, ąžuolas"),
    "windows-1258": ("cp1258", "Tiê\u0301ng"),
    "windows-874": ("cp874", "สวัสดีชาวโลก"),
    "tis-620": ("cp874", "สวัสดีชาวโลก"),
    "shift_jis": ("cp932", JAPANESE + "①"),
    "x-sjis": ("cp932", JAPANESE),
    "euc-jp": ("euc_jp", JAPANESE),
    "iso-2022-jp": ("iso2022_jp", JAPANESE),
    "gb2312": ("gb18030", CHINESE + "镕"),
    "gbk": ("gbk", CHINESE),
    "gb18030": ("gb18030", CHINESE + "㐀"),
    "big5": ("big5hkscs", TAIWANESE),
    "euc-kr": ("cp949", KOREAN + "똠"),
    "ks_c_5601-1987": ("cp949", KOREAN),
}
PAGE = "<!doctype html><html><head>{}<title>{}</title></head></html>"


def title(content: bytes, charset: str = "") -> str | None:
    found = preview_of(FetchedPage(URL, charset, content))
    return found.title if found else None


@pytest.mark.parametrize("label", SAMPLES)
@pytest.mark.parametrize(
    "declaration",
    [
        "<meta charset={}>",
        '<META CHARSET = "{}" >',
        '<meta http-equiv="Content-Type" content="text/html; charset={}">',
        "<meta content='text/html;charset={}' http-equiv=content-type />",
        "<!-- <meta charset=utf-8> --><script x='<meta charset=utf-8>'></script><meta charset={}>",
        "<meta name=x content='charset=utf-8'><meta charset={}>",
    ],
)
def test_a_page_that_declares_its_encoding(label: str, declaration: str) -> None:
    codec, text = SAMPLES[label]
    page = PAGE.format(declaration.format(label.upper()), text)
    assert title(page.encode(codec)) == text


@pytest.mark.parametrize("label", SAMPLES)
def test_a_server_that_declares_the_encoding_is_believed(label: str) -> None:
    codec, text = SAMPLES[label]
    page = PAGE.format("<meta charset=utf-8>", text)
    assert title(page.encode(codec), f" {label} ") == text


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_has_precedence(codec: str) -> None:
    page = PAGE.format("<meta charset=koi8-r>", RUSSIAN)
    mark = "" if codec in {"utf-8-sig", "utf-16"} else "\ufeff"
    assert title((mark + page).encode(codec), "windows-1251") == RUSSIAN


def test_utf_16_declared_in_ascii_means_utf_8() -> None:
    assert title(PAGE.format("<meta charset=utf-16>", "Grüße").encode()) == "Grüße"


def test_the_encoding_of_an_xml_declaration_is_used() -> None:
    page = f"<?xml version='1.0' encoding='koi8-r'?><title>{RUSSIAN}</title>"
    assert title(page.encode("koi8-r")) == RUSSIAN


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_seen_by_its_xml_declaration(encoding: str) -> None:
    page = f"<?xml version='1.0'?><title>{RUSSIAN}</title>"
    assert title(page.encode(encoding)) == RUSSIAN


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", RUSSIAN),
        ("cp1252", "Grüße aus Zürich, café"),
        ("cp1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("iso8859-5", RUSSIAN),
        ("cp866", RUSSIAN),
        ("cp932", JAPANESE),
        ("euc_jp", JAPANESE),
        ("iso2022_jp", JAPANESE),
        ("gbk", CHINESE),
        ("big5", TAIWANESE),
        ("cp949", KOREAN),
    ],
)
def test_a_page_that_declares_nothing_is_guessed(codec: str, text: str) -> None:
    assert title(PAGE.format("", text).encode(codec)) == text
    assert title(PAGE.format("<meta charset=nonsense>", text).encode(codec), "x-unknown") == text


@pytest.mark.parametrize(
    ("language", "codec", "text"),
    [
        ("pl", "iso8859-2", "Zażółć gęślą jaźń"),
        ("el", "iso8859-7", "Καλημέρα κόσμε"),
        ("tr-TR", "cp1254", "Güneş İstanbul şehri"),
        ("he", "cp1255", "שלום עולם"),
        ("ar", "cp1256", "مرحبا بالعالم"),
        ("th", "cp874", "สวัสดีชาวโลก"),
    ],
)
def test_the_language_of_a_page_determines_the_guessed_encoding(
    language: str, codec: str, text: str
) -> None:
    page = f"<html dir=auto lang='{language}'><title>{text}</title>"
    assert title(page.encode(codec)) == text


@pytest.mark.parametrize("label", ["", "zlib", "utf-7", "hz-gb-2312", "iso-2022-kr", "punycode"])
def test_S16_only_encodings_of_the_web_are_decoded(label: str) -> None:
    assert codec_of(label) is None


PARTS = [
    "<",
    "<a ",
    '<a a="',
    "<a a='",
    "<meta ",
    "<!--",
    "<?xml ",
    "<html ",
    "a=",
    "\xff",
    "=",
    " ",
]


@pytest.mark.parametrize("part", PARTS)
def test_S18_no_encoding_declaration_takes_long(part: str) -> None:
    content = (part * (MOST_BYTES // len(part))).encode("latin-1")
    began = time.process_time()
    title(content)
    assert time.process_time() - began < 5


def test_an_unfinished_escape_sequence_is_tolerated() -> None:
    assert title(b"<title>T</title>\x1b$" + bytes(50)) == "T"


@given(st.binary(max_size=300), st.sampled_from([b"<meta ", b"<title>", b"<?xml ", b"\x1b$"]))
def test_no_page_raises_an_unexpected_error(content: bytes, beginning: bytes) -> None:
    title(beginning + content)
