"""The previewer: `ports.previews.Previewer` over the public internet."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from backchannel.ports.previews import Preview
from backchannel.previews.fetching import SECONDS, Fetcher
from backchannel.previews.pages import preview_of
from backchannel.previews.targets import PublicResolver, Unreachable, parse, system_addresses

AT_ONCE = 8
"""Pages fetched at a time; the others wait."""

log = logging.getLogger(__name__)


class WebPreviewer:
    """Fetches pages with a `Fetcher`, and parses them on separate threads."""

    def __init__(self, ports: Collection[int], *, fetcher: Fetcher | None = None) -> None:
        self._ports = ports
        # Name servers may be slow, and pages may be made to be slow to read: neither may hold
        # up the threads that others use.
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="preview")
        self._fetcher = fetcher or Fetcher(PublicResolver(self._addresses), ports)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def preview(self, url: str) -> Preview | None:
        target = parse(url, ports=self._ports)
        async with self._room:
            try:
                async with asyncio.timeout(SECONDS):
                    page = await self._fetcher.fetch(target)
            except (Unreachable, TimeoutError) as reason:
                log.debug("no preview: %s", reason)
                return None
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, preview_of, page)

    async def close(self) -> None:
        await self._fetcher.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _addresses(self, host: str) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, system_addresses, host)
