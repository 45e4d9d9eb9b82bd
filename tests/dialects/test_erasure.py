"""S22: whatever dialect somebody has spoken, an erasure reaches it, live and in every byte."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from backchannel.chat import erasures
from backchannel.chat.erasing import SETTLING, Eraser
from backchannel.domain.errors import ChatError
from backchannel.domain.events import EventKind
from tests.support.chat_server import ChatServer
from tests.support.core import PASSWORD
from tests.support.plain_socket import Person, Talker
from tests.support.tongues import ALL, NATIVE, Tongue

CANARY = "kanarienvogel"


def found(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return any(CANARY.encode() in path.read_bytes() for path in files)


async def deletion(talker: Talker) -> int:
    """The `seq` of the next message that is said to be deleted."""
    while True:
        frame = await talker.hear()
        if frame.get("kind") == EventKind.DELETE:
            assert frame["data"]["body"] == ""
            return int(frame["data"]["seq"])


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no other process whose sockets an erasure must wait for."""
    assert SETTLING > 1_000
    monkeypatch.setattr("backchannel.chat.erasing.SETTLING", 0)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("spoken", ALL, ids=str)
async def test_S22_what_was_said_in_any_dialect_goes_live_and_for_ever(
    server: ChatServer, ada: Person, bob: Person, tmp_path: Path, spoken: Tongue
) -> None:
    async with AsyncExitStack() as sockets:
        bobs = await sockets.enter_async_context(NATIVE.open(server, bob))
        adas = await sockets.enter_async_context(spoken.open(server, ada))
        for number in range(2):
            await spoken.say(adas, bob, f"{CANARY} {number}")
        assert [await NATIVE.hear(bobs) for _ in range(2)] == [
            (ada.id, f"{CANARY} {number}") for number in range(2)
        ]
        assert found(tmp_path)
        wish = await erasures.erase_own(server.core, ada.id, PASSWORD)
        await adas.end()
        with pytest.raises(ChatError):
            await erasures.erase_own(server.core, ada.id, PASSWORD)
        await Eraser(server.core).round()
        assert [await deletion(bobs) for _ in range(2)] == [1, 2]
    done = await erasures.find(server.core, wish.id)
    assert (done.completed_at is not None, done.erased.messages) == (True, 2)
    assert not found(tmp_path)
