"""S22: an erasure removes the data of every dialect, from open sockets and from every file."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from backchannel.chat import erasures
from backchannel.chat.erasures import SETTLING, Eraser
from backchannel.domain.errors import ChatError
from backchannel.domain.events import EventKind
from backchannel.domain.ids import direct_conversation_id
from tests.storage.people import bodies
from tests.support.chat_server import ChatServer
from tests.support.client_dialects import ALL, NATIVE, ClientDialect
from tests.support.core import PASSWORD
from tests.support.engines import SQLITE
from tests.support.plain_socket import ClientSocket, Person

CANARY = "kanarienvogel"


def found_in_files(folder: Path) -> bool:
    """True if the canary is in any file of the data folder, SQLite's included."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return any(CANARY.encode() in path.read_bytes() for path in files)


async def deletion(client: ClientSocket) -> int:
    """The `seq` of the next message that is reported as deleted."""
    while True:
        frame = await client.receive()
        if frame.get("kind") == EventKind.DELETE:
            assert frame["data"]["body"] == ""
            return int(frame["data"]["seq"])


@pytest.fixture
def without_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no other process whose sockets an erasure must wait for."""
    assert SETTLING > 1_000
    monkeypatch.setattr("backchannel.chat.erasures.SETTLING", 0)


@pytest.mark.usefixtures("without_deadline")
@pytest.mark.parametrize("spoken", ALL, ids=str)
async def test_S22_an_erasure_removes_messages_of_every_dialect_on_live_sockets_too(
    server: ChatServer,
    ada: Person,
    bob: Person,
    engine: str,
    tmp_path: Path,
    spoken: ClientDialect,
) -> None:
    conversation, storage = direct_conversation_id(ada.id, bob.id), server.core.storage
    async with AsyncExitStack() as sockets:
        bobs = await sockets.enter_async_context(NATIVE.open(server, bob))
        adas = await sockets.enter_async_context(spoken.open(server, ada))
        for number in range(2):
            await spoken.send(adas, bob, f"{CANARY} {number}")
        texts = [f"{CANARY} {number}" for number in range(2)]
        assert [await NATIVE.receive(bobs) for _ in range(2)] == [(ada.id, text) for text in texts]
        assert await bodies(storage, conversation) == texts
        # A database server's files are elsewhere, and a client cannot rewrite them.
        assert found_in_files(tmp_path) == (engine == SQLITE)
        erasure = await erasures.erase_own(server.core, ada.id, PASSWORD)
        await adas.end()
        with pytest.raises(ChatError):
            await erasures.erase_own(server.core, ada.id, PASSWORD)
        await Eraser(server.core).round()
        assert [await deletion(bobs) for _ in range(2)] == [1, 2]
    done = await erasures.find(server.core, erasure.id)
    assert (done.completed_at is not None, done.erased.messages) == (True, 2)
    assert await bodies(storage, conversation) == ["", ""]
    assert not found_in_files(tmp_path)
