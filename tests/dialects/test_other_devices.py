"""Messages from a user's other devices, on sockets of dialects without positions."""

import asyncio
from typing import Any

import pytest

from backchannel.chat.messages import draft, send
from backchannel.ports.storage import LogPage
from tests.support.chat_server import ChatServer
from tests.support.client_dialects import AUTO_ACK, ClientDialect
from tests.support.plain_socket import Person


@pytest.mark.parametrize("spoken", AUTO_ACK, ids=str)
async def test_R5_a_connected_device_receives_messages_sent_before_its_log_is_read(
    server: ChatServer,
    ada: Person,
    bob: Person,
    spoken: ClientDialect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its client fetches the history once it is connected; everything later must be pushed."""
    core, read, may_be_read = server.core, server.core.storage.log, asyncio.Event()

    async def read_late(user_id: str, **page: Any) -> LogPage:
        await may_be_read.wait()
        return await read(user_id, **page)

    await send(core, draft(ada.id, bob.id, "in the history"))
    monkeypatch.setattr(core.storage, "log", read_late)
    async with spoken.open(server, ada) as client:
        await send(core, draft(ada.id, bob.id, "from the phone"))
        await send(core, draft(bob.id, ada.id, "the answer"))
        may_be_read.set()
        received = [(await spoken.receive(client))[1] for _ in range(2)]
        assert received == ["from the phone", "the answer"]
