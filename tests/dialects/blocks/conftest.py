"""Two users, one of whom has blocked the other."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx
import pytest

from backchannel.chat.conversations import set_blocked
from backchannel.chat.messages import draft, send
from backchannel.domain.conversations import Marks
from backchannel.domain.events import EventKind
from backchannel.domain.ids import direct_conversation_id
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import ClientSocket, Frame, Person

EMOJI = "%F0%9F%91%8D"


@dataclass(frozen=True)
class Blocked:
    """Ada acts, and Bob must not notice; `blocker` has blocked the other."""

    server: ChatServer
    ada: Person
    bob: Person
    blocker: Person

    @property
    def conversation_id(self) -> str:
        return direct_conversation_id(self.ada.id, self.bob.id)

    @property
    def messages(self) -> str:
        return f"/v1/conversations/{self.conversation_id}/messages"

    async def send(self, sender: Person, to: Person, text: str) -> None:
        await send(self.server.core, draft(sender.id, to.id, text))

    async def set(self, *, blocked: bool) -> None:
        other = self.bob if self.blocker is self.ada else self.ada
        await set_blocked(self.server.core, self.blocker.id, other.id, blocked=blocked)

    async def position(self) -> int:
        """The last position of Bob's log: everything that reaches him has one."""
        await self.server.core.receipts.flush()
        return (await self.server.core.storage.heads([self.bob.id]))[self.bob.id].position

    async def seen(self) -> Marks:
        """Ada's marks as Bob sees them."""
        view = await self.server.core.storage.conversation(self.bob.id, self.conversation_id)
        assert view is not None
        return view.theirs

    async def kinds(self, *, after: int) -> list[EventKind]:
        """The kinds of the events that Bob has received since then."""
        page = await self.server.core.storage.log(self.bob.id, after=after, limit=100)
        return [event.payload.kind for event in page.events]


@pytest.fixture(params=["ada", "bob"])
async def pair(
    request: pytest.FixtureRequest, server: ChatServer, ada: Person, bob: Person
) -> Blocked:
    """Ada and Bob have written to each other, and one of them has blocked the other."""
    made = Blocked(server, ada, bob, ada if request.param == "ada" else bob)
    for number in range(3):
        await made.send(ada, bob, f"from ada {number}")
        await made.send(bob, ada, f"from bob {number}")
    reaction = f"{made.messages}/2/reactions/{EMOJI}"
    async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
        (await http.put(reaction)).raise_for_status()
    await made.set(blocked=True)
    return made


@pytest.fixture
async def adas(pair: Blocked) -> AsyncGenerator[httpx.AsyncClient]:
    """Ada's HTTP client."""
    async with httpx.AsyncClient(base_url=pair.server.address, headers=pair.ada.headers) as client:
        yield client


async def nothing_more(client: ClientSocket) -> list[Frame]:
    """The frames that a native socket receives before the answer to a request sent now."""
    await client.send({"type": "ping"})
    frames: list[Frame] = []
    while (frame := await client.receive())["type"] != "pong":
        if frame["type"] != "sync":
            frames.append(frame)
    return frames
