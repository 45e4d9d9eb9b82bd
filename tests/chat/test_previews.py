"""Previews are cached, and limited in number."""

import pytest

from backchannel.chat import previews
from backchannel.chat.previews import LIFE, LIFE_WITHOUT, Previews
from backchannel.domain.errors import NotFound, Throttled
from backchannel.ports.previews import Preview
from backchannel.security.throttle import InProcessThrottle, Limit
from tests.support.clock import ManualClock


class Counting:
    """Has a preview of every page but `http://none/`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def preview(self, url: str) -> Preview | None:
        self.asked.append(url)
        return None if url == "http://none/" else Preview(url, "Title")

    async def close(self) -> None: ...


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def made(web: Counting | None, clock: ManualClock, limit: int = 999) -> Previews:
    return Previews(web, InProcessThrottle(clock, {"preview:user": Limit(limit, 60)}), clock)


async def test_previews_are_404_if_they_are_switched_off(clock: ManualClock) -> None:
    with pytest.raises(NotFound, match="switched off"):
        await made(None, clock).preview("ada", "http://page/")


async def test_a_preview_is_cached_for_an_hour(clock: ManualClock) -> None:
    web = Counting()
    remembering = made(web, clock)
    for _ in range(3):
        assert (await remembering.preview("ada", "http://page/")).title == "Title"
    assert len(web.asked) == 1
    clock.advance(LIFE)
    await remembering.preview("bob", "http://page/")
    assert len(web.asked) == 2


async def test_a_failed_preview_is_cached_for_less_time(clock: ManualClock) -> None:
    web = Counting()
    remembering = made(web, clock)
    for _ in range(3):
        with pytest.raises(NotFound):
            await remembering.preview("ada", "http://none/")
    assert len(web.asked) == 1
    clock.advance(LIFE_WITHOUT)
    with pytest.raises(NotFound):
        await remembering.preview("ada", "http://none/")
    assert len(web.asked) == 2


async def test_S18_the_cache_is_bounded(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "REMEMBERED", 3)
    web = Counting()
    remembering = made(web, clock)
    for number in (1, 2, 3, 4, 4, 3, 2, 1):
        await remembering.preview("ada", f"http://page/{number}")
    assert [url[-1] for url in web.asked] == ["1", "2", "3", "4", "1"]


async def test_S18_previews_are_throttled_per_user(clock: ManualClock) -> None:
    remembering = made(Counting(), clock, limit=2)
    await remembering.preview("ada", "http://page/")
    await remembering.preview("ada", "http://page/")
    with pytest.raises(Throttled):
        await remembering.preview("ada", "http://page/")
    await remembering.preview("bob", "http://page/")
