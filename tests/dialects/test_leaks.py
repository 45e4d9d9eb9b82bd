"""Closed sockets leave nothing behind."""

import asyncio
import gc

import pytest
from websockets.asyncio.client import connect

from backchannel.delivery.connection import Connection
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Person
from tests.transports.harness import eventually


@pytest.mark.parametrize("path", ["/v1/ws", "/chat", "/websocket"])
async def test_R21_closed_sockets_leave_no_objects_or_tasks(
    server: ChatServer, ada: Person, path: str
) -> None:
    others = _connections()  # kept by tests that failed before
    await _visit(server, ada, path)
    tasks = len(asyncio.all_tasks())
    await asyncio.gather(*(_visit(server, ada, path) for _ in range(20)))
    await eventually(
        lambda: _connections() <= others and len(asyncio.all_tasks()) <= tasks, within=60
    )
    assert len(server.connections.hub) == 0


async def _visit(server: ChatServer, person: Person, path: str) -> None:
    headers = {"Authorization": f"Bearer {person.token}"}
    async with connect(f"{server.socket_address}{path}", additional_headers=headers) as socket:
        await (await socket.ping())


def _connections() -> int:
    gc.collect()
    # By the type: `isinstance` on a proxy, as in MongoDB's driver, uses an object that may be gone.
    return sum(issubclass(type(each), Connection) for each in gc.get_objects())
