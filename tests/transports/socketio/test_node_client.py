"""The clients that browsers use, in Node: npm's socket.io-client 4 and 3."""

import asyncio
import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backchannel.transports.engineio.endpoint import EngineIoSettings
from tests.transports.harness import eventually
from tests.transports.socketio.sockets import Io, socketio

NPM = Path(__file__).parents[2] / "npm"
SCRIPT = Path(__file__).with_name("client.cjs")

pytestmark = pytest.mark.service


@pytest.fixture(scope="session")
def node() -> str:
    """Node's path, after installing its packages from the lock file."""
    program = shutil.which("node")
    if program is None or shutil.which("npm") is None:
        pytest.skip("there is no Node.js here")
    with (NPM / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # only one of the test processes installs them
        if not (NPM / "node_modules").exists():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NPM, check=True)
    return program


async def run(node: str, io: Io, client: str, transports: str, *encoding: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        node,
        str(SCRIPT),
        client,
        io.http,
        transports,
        *encoding,
        stdout=subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(NPM / "node_modules")},
    )
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    assert process.returncode == 0
    return msgspec.json.decode(output, type=dict[str, Any])


def buffer(*data: int) -> dict[str, Any]:
    return {"type": "Buffer", "data": list(data)}


@pytest.mark.parametrize("encoding", ["", "base64"])
@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
@pytest.mark.parametrize("client", ["socket.io-client", "socket.io-client-3"])
async def test_R4_the_client_library_works(
    node: str, client: str, transports: str, encoding: str
) -> None:
    async with socketio(engine=EngineIoSettings(ping_interval=0.5)) as io:
        report = await run(node, io, client, transports, encoding)
        assert report == {
            "auth": [{"token": "T"}],
            "inOrder": True,
            "back": ["grüße 🎉", buffer(1, 2), {"deep": [buffer(3), None]}],
            "answer": [1, buffer(4)],
            "unknown": ["Invalid namespace", None],
            "members": ["Not authorized", {"code": 7}],
            "custom": ["in custom"],
            "transport": transports.rpartition(",")[2],
            "ending": "io server disconnect",
        }
        main = io.handlers[0]
        assert [args[0] for _, args in main.events[:1000]] == list(range(1000))
        await eventually(lambda: main.ending == "forced close")
        assert io.last.ending == "client namespace disconnect"
