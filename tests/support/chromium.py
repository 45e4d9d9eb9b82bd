"""A real browser: Debian's Chromium without a window, on a page that reports its results."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

HEADLESS_SHELL = "/usr/lib/chromium/chromium-headless-shell"
"""Without the parts that draw windows it needs half as much time. Debian's script for it would
leave it running when the script is ended."""
PROGRAMS = (HEADLESS_SHELL, "chromium", "chromium-browser")
PROGRAM = next(filter(None, map(shutil.which, PROGRAMS)), None)
"""The first that is installed."""
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class PageServer:
    """Serves one page at its own origin, and receives the report that the page posts."""

    def __init__(self) -> None:
        self._page = b""
        self._server: asyncio.Server | None = None
        self.report: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def start(self) -> str:
        """Listen on a free port; return the origin."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def show(self, page: str) -> None:
        """Serve these files from now on."""
        self._page = page.encode()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            body = b""
            if head.startswith("POST"):
                fields = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
                reported = await reader.readexactly(int(fields["content-length"]))
                if not self.report.done():
                    self.report.set_result(json.loads(reported))
            elif head.startswith("GET / "):
                body = self._page
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
            )
            await writer.drain()
        writer.close()


@asynccontextmanager
async def browsing(address: str, profile: Path) -> AsyncGenerator[None]:
    """Show a page in Chromium for the duration of the block."""
    assert PROGRAM is not None
    browser = await asyncio.create_subprocess_exec(
        PROGRAM,
        *QUIET,
        f"--user-data-dir={profile}",
        "--remote-debugging-port=0",
        address,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        browser.terminate()
        await browser.wait()
