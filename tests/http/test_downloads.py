"""Single ranges, as in section 14 of RFC 9110."""

import pytest

from backchannel.http.downloads import (
    ByteRange,
    RangeNotSatisfiable,
    disposition,
    is_same,
    requested_range,
)

ETAG = '"abc"'
SIZE = 1_000


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=0-499", ByteRange(0, 500)),
        ("bytes=500-999", ByteRange(500, 1_000)),
        ("bytes=999-", ByteRange(999, 1_000)),
        ("bytes=0-", ByteRange(0, 1_000)),
        ("bytes=900-5000", ByteRange(900, 1_000)),
        ("bytes=-1", ByteRange(999, 1_000)),
        ("bytes=-5000", ByteRange(0, 1_000)),
        ("Bytes = 1-2 ", ByteRange(1, 3)),
        (f"bytes=0-{'9' * 19}", ByteRange(0, 1_000)),
        # An unsupported range may be ignored: the whole content is sent.
        (None, None),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,5-6", None),
        ("bytes=a-b", None),
        ("bytes=1", None),
        ("bytes=+1-2", None),
        ("bytes=\u0661-\u0662", None),
        (f"bytes=0-{'9' * 20}", None),
        ("items=0-1", None),
    ],
)
def test_a_single_range_is_parsed(field: str | None, part: ByteRange | None) -> None:
    assert requested_range(field, size=SIZE, etag=ETAG) == part


@pytest.mark.parametrize("field", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=9999-"])
def test_a_range_past_the_end_is_refused(field: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        requested_range(field, size=SIZE, etag=ETAG)
    assert refused.value.size == SIZE


@pytest.mark.parametrize(
    ("if_range", "counts"),
    [
        (ETAG, True),
        ('"other"', False),
        (f"W/{ETAG}", False),
        ("Mon, 04 May 2026 10:00:00 GMT", False),
    ],
)
def test_a_range_of_another_version_is_the_whole(if_range: str, *, counts: bool) -> None:
    part = requested_range("bytes=0-1", size=SIZE, etag=ETAG, if_range=if_range)
    assert (part is not None) == counts


@pytest.mark.parametrize(
    ("field", "same"),
    [(None, False), (ETAG, True), (f'"x", W/{ETAG}', True), ("*", True), ('"x"', False)],
)
def test_if_none_match_is_compared_with_the_etag(field: str | None, *, same: bool) -> None:
    assert is_same(field, ETAG) == same


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Cat.jpg", "attachment; filename=\"Cat.jpg\"; filename*=UTF-8''Cat.jpg"),
        (
            "Kätzchen.jpg",
            "attachment; filename=\"K_tzchen.jpg\"; filename*=UTF-8''K%C3%A4tzchen.jpg",
        ),
        ('a"b;c.txt', "attachment; filename=\"a_b;c.txt\"; filename*=UTF-8''a%22b%3Bc.txt"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
    ],
)
def test_S16_a_file_name_cannot_break_out_of_its_header(name: str, field: str) -> None:
    assert disposition(name, shown=False) == field
    assert disposition(name, shown=True) == field.replace("attachment", "inline", 1)
