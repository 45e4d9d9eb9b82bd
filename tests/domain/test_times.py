"""Times as JSON shows them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.domain.times import iso, iso_or_none


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_777_891_883_000, "2026-05-04T10:51:23.000Z"),
        (1_777_891_883_007, "2026-05-04T10:51:23.007Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_milliseconds_are_formatted_as_iso_8601(milliseconds: int, text: str) -> None:
    assert iso(milliseconds) == text


def test_an_absent_time_stays_none() -> None:
    assert iso_or_none(None) is None
    assert iso_or_none(0) == "1970-01-01T00:00:00.000Z"


@given(st.integers(0, 4_102_444_800_000))
def test_iso_can_be_read_back(milliseconds: int) -> None:
    moment = datetime.fromisoformat(iso(milliseconds))
    assert moment.tzinfo == UTC
    assert round(moment.timestamp() * 1_000) == milliseconds
