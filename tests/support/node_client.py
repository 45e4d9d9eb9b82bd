"""Independent clients: npm's packages, each in a Node process."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

NPM = Path(__file__).parents[1] / "npm"
SCRIPT = Path(__file__).with_suffix(".cjs")
WS_SCRIPT = SCRIPT.with_name("ws_client.cjs")
TIMEOUT = 60
QUIET = 0.3
"""Seconds after which what has not come will not come."""


def installed_node() -> str:
    """Node's path, after installing its packages from the lock file; skips without Node."""
    program = shutil.which("node")
    if program is None or shutil.which("npm") is None:
        pytest.skip("there is no Node.js here")
    with (NPM / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # only one of the test processes installs them
        if not _is_as_locked():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NPM, check=True)
    return program


def _is_as_locked() -> bool:
    """True if npm's record of the installation is newer than the lock file."""
    note = NPM / "node_modules" / ".package-lock.json"
    return note.exists() and note.stat().st_mtime > (NPM / "package-lock.json").stat().st_mtime


class NodeClient:
    """A socket of socket.io-client, controlled by lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders = process.stdin
        self._happenings = process.stdout

    async def happens(self, kind: str) -> list[Any]:
        """The arguments of the next event, which must be of this kind."""
        happened, *rest = await self.next()
        assert happened == kind, (happened, rest)
        return rest

    async def event(self, name: str) -> Any:
        """The argument of the next event of this name; others are skipped."""
        while True:
            kind, *rest = await self.next()
            if kind == "event" and rest[0] == name:
                assert len(rest) == 2, "handlers get exactly the documented arguments"
                return rest[1]

    async def silent(self, *names: str) -> None:
        """Assert that none of these events comes."""
        try:
            while True:
                async with asyncio.timeout(QUIET):
                    kind, *rest = await self.next()
                assert kind != "event" or rest[0] not in names, rest
        except TimeoutError:
            return

    async def ask(self, *event: object) -> Any:
        """Emit an event with a callback; return the argument of the callback."""
        await self.order("ask", *event)
        while True:
            kind, *rest = await self.next()
            if kind == "answer":
                (answer,) = rest
                return answer

    async def emit(self, *event: object) -> None:
        await self.order("emit", *event)

    async def transport(self) -> str:
        """The current transport."""
        await self.order("transport")
        while True:
            kind, *rest = await self.next()
            if kind == "transport":
                return str(rest[0])

    async def order(self, *order: object) -> None:
        self._orders.write(json.dumps(order).encode() + b"\n")
        await self._orders.drain()

    async def next(self) -> list[Any]:
        """The next line of the client: its kind, and its values."""
        async with asyncio.timeout(TIMEOUT):
            line = await self._happenings.readline()
        assert line, "the client has ended"
        happened: list[Any] = json.loads(line)
        return happened


@asynccontextmanager
async def node_client(
    url: str, *, library: str = "socket.io-client", script: Path = SCRIPT, **options: object
) -> AsyncGenerator[NodeClient]:
    """A client that connects to `url` at once; `options` are those of the library."""
    process = await asyncio.create_subprocess_exec(
        installed_node(),
        str(script),
        library,
        url,
        json.dumps(options),
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "NODE_PATH": str(NPM / "node_modules")},
    )
    try:
        yield NodeClient(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
