"""Link previews: cached, and limited per minute for each user."""

import msgspec

from backchannel.domain.errors import NotFound
from backchannel.ports.previews import Preview, Previewer
from backchannel.ports.security import Clock, Throttle

REMEMBERED = 1_000
"""Most pages that are remembered; the oldest go first."""
LIFE = 3_600.0
LIFE_WITHOUT = 300.0
"""Seconds for which a page is not requested again; the latter if it has no preview."""


class _Entry(msgspec.Struct, frozen=True):
    preview: Preview | None
    until: float


class Previews:
    """The previews of this process. Without a previewer there are none."""

    def __init__(self, previewer: Previewer | None, throttle: Throttle, clock: Clock) -> None:
        self._previewer = previewer
        self._throttle = throttle
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    @property
    def enabled(self) -> bool:
        """True if the operator has turned link previews on."""
        return self._previewer is not None

    async def preview(self, user_id: str, url: str) -> Preview:
        """The title, description and site name that the page at `url` states.

        Raises `Invalid` (no web address), `NotFound` (no preview, for whatever reason) and
        `Throttled`.
        """
        if self._previewer is None:
            raise NotFound("link previews are switched off")
        await self._throttle.admit(f"preview:user:{user_id}")
        entry = self._entries.get(url)
        if entry is None or entry.until <= self._clock.monotonic():
            entry = self._remember(url, await self._previewer.preview(url))
        if entry.preview is None:
            raise NotFound("this page has no preview", field="url")
        return entry.preview

    def _remember(self, url: str, preview: Preview | None) -> _Entry:
        life = LIFE_WITHOUT if preview is None else LIFE
        entry = _Entry(preview, self._clock.monotonic() + life)
        self._entries.pop(url, None)
        self._entries[url] = entry
        if len(self._entries) > REMEMBERED:
            del self._entries[next(iter(self._entries))]
        return entry
