"""After a restart of the server, clients reconnect by themselves and miss nothing."""

import asyncio
import signal
import time
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.support.native import Person, register
from tests.support.node_client import NodeClient, node_client
from tests.support.process import ServerProcess, server_process

pytestmark = [pytest.mark.service, pytest.mark.slow]


@pytest.fixture
def server(tmp_path: Path) -> Generator[ServerProcess]:
    with server_process(tmp_path) as running:
        yield running


async def send_message(server: ServerProcess, sender: Person, to: Person, text: str) -> None:
    async with httpx.AsyncClient(base_url=server.address, timeout=60) as http:
        outgoing = {"receiver": to.username, "content": text}
        answer = await http.post(
            "/api/chat/send", json=outgoing, headers={"access_token": sender.token}
        )
        answer.raise_for_status()


async def connected(client: NodeClient) -> bool:
    """Wait until it is connected; return whether it has recovered."""
    while True:
        kind, *rest = await client.next()
        if kind == "connect":
            return bool(rest[0]["recovered"])


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=lambda each: each.name)
async def test_R5_R12_clients_recover_from_a_restart(
    server: ServerProcess, ending: signal.Signals, transport: str
) -> None:
    ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
    given = {"auth": {"token": bob.token}, "transports": [transport]}
    async with node_client(server.address, **given) as client:  # type: ignore[arg-type]
        await connected(client)
        for count in range(2):
            await send_message(server, ada, bob, f"before {count}")
            assert (await client.event("chat message"))["content"] == f"before {count}"
            await client.event("offset")
            began = time.monotonic()
            code = await asyncio.to_thread(server.stop, ending)
            assert code == (0 if ending is signal.SIGTERM else -signal.SIGKILL)
            assert time.monotonic() - began < 15, "stopping does not wait for clients that poll"
            await asyncio.to_thread(server.start)
            await send_message(server, ada, bob, f"after {count}")
            assert await connected(client)
            assert (await client.event("chat message"))["content"] == f"after {count}"
        await client.silent("chat message")
