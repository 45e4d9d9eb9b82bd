"""A block blocks: nothing either of the two does reaches the other, in any dialect.

Only deletions still do: each user may always take back a message.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from backchannel.chat.conversations import set_blocked
from backchannel.chat.send import draft, send
from backchannel.domain.conversations import Marks
from backchannel.domain.events import EventKind
from backchannel.domain.ids import direct_conversation_id
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Frame, Person, Talker
from tests.support.tongues import ALL, CURSORLESS, NATIVE, Tongue

EMOJI = "%F0%9F%91%8D"


@dataclass(frozen=True)
class Blocked:
    """Ada acts, Bob must learn nothing; `blocker` is who has blocked the other."""

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

    async def say(self, sender: Person, to: Person, text: str) -> None:
        await send(self.server.core, draft(sender.id, to.id, text))

    async def set(self, *, blocked: bool) -> None:
        other = self.bob if self.blocker is self.ada else self.ada
        await set_blocked(self.server.core, self.blocker.id, other.id, blocked=blocked)

    async def position(self) -> int:
        """How far Bob's log goes: whatever reaches him has a place in it."""
        await self.server.core.receipts.flush()
        return (await self.server.core.storage.heads([self.bob.id]))[self.bob.id].position

    async def seen(self) -> Marks:
        """Ada's marks as Bob sees them."""
        view = await self.server.core.storage.conversation(self.bob.id, self.conversation_id)
        assert view is not None
        return view.theirs

    async def kinds(self, *, after: int) -> list[EventKind]:
        """The kinds of what Bob has learned since."""
        page = await self.server.core.storage.log(self.bob.id, after=after, limit=100)
        return [event.fact.kind for event in page.events]


@pytest.fixture(params=["ada", "bob"])
async def pair(
    request: pytest.FixtureRequest, server: ChatServer, ada: Person, bob: Person
) -> Blocked:
    """Ada and Bob have written to each other, and one of them has blocked the other."""
    made = Blocked(server, ada, bob, ada if request.param == "ada" else bob)
    for number in range(3):
        await made.say(ada, bob, f"from ada {number}")
        await made.say(bob, ada, f"from bob {number}")
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


async def nothing_more(talker: Talker) -> list[Frame]:
    """What a native socket has heard up to the answer to a question asked now."""
    await talker.say({"type": "ping"})
    heard: list[Frame] = []
    while (frame := await talker.hear())["type"] != "pong":
        if frame["type"] != "sync":
            heard.append(frame)
    return heard


@pytest.mark.parametrize("spoken", ALL, ids=str)
async def test_a_block_refuses_messages_in_every_dialect(pair: Blocked, spoken: Tongue) -> None:
    before = await pair.position()
    async with spoken.open(pair.server, pair.ada) as talker:
        await talker.say(spoken.sending(pair.bob, "hello", "a message"))
        frame = await talker.hear()
        while "blocked" not in json.dumps(frame):
            assert not spoken.is_acknowledgement(frame)
            frame = await talker.hear()
    assert await pair.position() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", {"to": "bob", "body": "x"}),
        ("/message/send", {"receiver_id": "bob", "content": "x"}),
        ("/api/chat/send", {"sender": "ada", "receiver": "bob", "content": "x"}),
    ],
)
async def test_a_block_refuses_messages_over_rest(
    pair: Blocked, adas: httpx.AsyncClient, path: str, body: Frame
) -> None:
    before = await pair.position()
    refused = await adas.post(path, json=body)
    assert (refused.status_code, "blocked" in refused.text) == (403, True)
    assert await pair.position() == before


async def test_a_block_refuses_files_sent_over_rest(pair: Blocked, adas: httpx.AsyncClient) -> None:
    before = await pair.position()
    form: dict[str, Any] = {"data": {"receiver_id": "bob"}, "files": {"file": ("x.txt", b"x")}}
    refused = await adas.post("/file/upload", **form)
    assert (refused.status_code, "blocked" in refused.text) == (403, True)
    assert await pair.position() == before


CHANGES: dict[str, tuple[str, str, Frame]] = {
    "edit": ("PATCH", "/1", {"body": "new words"}),
    "edit without a change": ("PATCH", "/1", {"body": "from ada 0"}),
    "react to the other's message": ("PUT", "/4/reactions/%E2%9D%A4", {}),
    "react to an own message": ("PUT", f"/1/reactions/{EMOJI}", {}),
    "react once more": ("PUT", f"/2/reactions/{EMOJI}", {}),
    "take a reaction back": ("DELETE", f"/2/reactions/{EMOJI}", {}),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_block_refuses_changes_over_rest(
    pair: Blocked, adas: httpx.AsyncClient, change: str
) -> None:
    method, path, body = CHANGES[change]
    before = await pair.position()
    refused = await adas.request(method, pair.messages + path, json=body or None)
    assert (refused.status_code, refused.json()["code"]) == (403, "blocked")
    assert await pair.position() == before
    await pair.set(blocked=False)
    allowed = await adas.request(method, pair.messages + path, json=body or None)
    assert allowed.status_code == 200, allowed.text


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "edit", "seq": 1, "body": "new words"},
        {"type": "react", "seq": 4, "emoji": "❤"},
        {"type": "react", "seq": 2, "emoji": "👍", "active": False},
    ],
    ids=lambda frame: str(frame["type"]),
)
async def test_a_block_refuses_changes_over_the_socket(pair: Blocked, frame: Frame) -> None:
    before = await pair.position()
    async with NATIVE.open(pair.server, pair.ada) as talker:
        await nothing_more(talker)
        answer = await talker.ask(frame | {"conversation_id": pair.conversation_id, "ref": "r"})
        while answer["type"] not in {"error", "done"}:
            answer = await talker.hear()
    assert (answer["type"], answer["code"], answer["ref"]) == ("error", "blocked", "r")
    assert await pair.position() == before


async def test_a_message_may_be_deleted_in_spite_of_a_block(
    pair: Blocked, adas: httpx.AsyncClient
) -> None:
    before = await pair.position()
    assert (await adas.delete(pair.messages + "/1")).status_code == 200
    assert await pair.kinds(after=before) == [EventKind.DELETE]
    assert (await adas.delete(pair.messages + "/2")).json()["code"] == "forbidden"


@pytest.mark.parametrize("reading", ["REST", "socket"])
async def test_a_block_silences_read_marks(
    pair: Blocked, adas: httpx.AsyncClient, reading: str
) -> None:
    before, marks = await pair.position(), await pair.seen()
    if reading == "REST":
        path = f"/v1/conversations/{pair.conversation_id}/read"
        assert (await adas.put(path, json={"seq": 6})).status_code == 204
    else:
        async with NATIVE.open(pair.server, pair.ada) as talker:
            mark = {"type": "read", "conversation_id": pair.conversation_id, "seq": 6}
            await talker.say(mark)
            await nothing_more(talker)
    own = (await adas.get(f"/v1/conversations/{pair.conversation_id}")).json()
    assert (own["unread"], own["mine"]["read_seq"]) == (0, 6)
    assert (await pair.position(), await pair.seen()) == (before, marks)
    await pair.set(blocked=False)
    assert EventKind.RECEIPT in await pair.kinds(after=before)
    assert await pair.seen() == Marks(6, 6)


@pytest.mark.parametrize("spoken", CURSORLESS, ids=str)
async def test_a_block_silences_what_a_socket_has_received(pair: Blocked, spoken: Tongue) -> None:
    before, marks = await pair.position(), await pair.seen()
    storage = pair.server.core.storage
    async with spoken.open(pair.server, pair.ada) as talker:
        for _ in range(3):
            await spoken.hear(talker)
        async with asyncio.timeout(20):
            while not await storage.delivered_position(pair.ada.id):
                await pair.server.core.receipts.flush()
                await asyncio.sleep(0.01)
    assert (await pair.position(), await pair.seen()) == (before, marks)
    await pair.set(blocked=False)
    assert EventKind.RECEIPT in await pair.kinds(after=before)
    assert (await pair.seen()).delivered_seq == 6


async def test_a_block_silences_acknowledgements(pair: Blocked, adas: httpx.AsyncClient) -> None:
    before, marks = await pair.position(), await pair.seen()
    head = (await pair.server.core.storage.heads([pair.ada.id]))[pair.ada.id].position
    assert (await adas.post("/v1/sync/ack", json={"position": head})).status_code == 204
    assert (await pair.position(), await pair.seen()) == (before, marks)


async def test_a_block_silences_changes_of_the_profile(
    pair: Blocked, adas: httpx.AsyncClient
) -> None:
    before = await pair.position()
    assert (await adas.patch("/v1/me", json={"display_name": "A new name"})).status_code == 200
    assert await pair.position() == before
    await pair.set(blocked=False)
    assert EventKind.PROFILE in await pair.kinds(after=before)


@pytest.mark.parametrize("name", ["join", "connection", "join-session"])
async def test_a_block_silences_other_events(pair: Blocked, name: str) -> None:
    before = await pair.position()
    rooms = CURSORLESS[-1]
    async with rooms.open(pair.server, pair.ada) as talker:
        data = {"join": pair.ada.id, "connection": pair.ada.token}.get(name, "a session")
        await talker.ask({"event": name, "data": data})
    assert await pair.position() == before


async def test_a_block_silences_typing(pair: Blocked) -> None:
    async with (
        NATIVE.open(pair.server, pair.bob) as bobs,
        NATIVE.open(pair.server, pair.ada) as talker,
    ):
        typing = {"type": "typing", "conversation_id": pair.conversation_id}
        await talker.say(typing)
        await nothing_more(talker)
        assert await nothing_more(bobs) == []
        await pair.set(blocked=False)
        await nothing_more(bobs)
        await talker.say(typing)
        await nothing_more(talker)
        assert [frame["type"] for frame in await nothing_more(bobs)] == ["typing"]


async def test_a_block_ends_a_watch_at_once_and_unblocking_begins_it_again(
    pair: Blocked,
) -> None:
    await pair.set(blocked=False)
    async with NATIVE.open(pair.server, pair.bob) as bobs:
        await bobs.say({"type": "watch", "user_ids": [pair.ada.id]})
        assert [each["type"] for each in await nothing_more(bobs)] == ["presence", "done"]
        await pair.set(blocked=True)
        await nothing_more(bobs)
        async with NATIVE.open(pair.server, pair.ada):
            assert await nothing_more(bobs) == []
        assert await nothing_more(bobs) == []
        await bobs.say({"type": "watch", "user_ids": [pair.ada.id]})
        assert [each["type"] for each in await nothing_more(bobs)] == ["done"]
        async with NATIVE.open(pair.server, pair.ada):
            assert await nothing_more(bobs) == []
            await pair.set(blocked=False)
            assert presence(await nothing_more(bobs)) == [True]
        assert presence(await nothing_more(bobs)) == [False]


async def test_two_blocks_are_lifted_by_lifting_both(pair: Blocked, ada: Person) -> None:
    other = pair.bob if pair.blocker is pair.ada else pair.ada
    await set_blocked(pair.server.core, other.id, pair.blocker.id, blocked=True)
    before = await pair.position()
    await pair.set(blocked=False)
    told = await pair.kinds(after=before)
    assert set(told) <= {EventKind.CONVERSATION}  # what happens to the own block list
    async with httpx.AsyncClient(base_url=pair.server.address, headers=ada.headers) as http:
        refused = await http.patch(pair.messages + "/1", json={"body": "new words"})
        assert refused.status_code == 403
        await set_blocked(pair.server.core, other.id, pair.blocker.id, blocked=False)
        allowed = await http.patch(pair.messages + "/1", json={"body": "new words"})
        assert allowed.status_code == 200


def presence(frames: list[Frame]) -> list[bool]:
    """What frames tell of presence."""
    return [frame["online"] for frame in frames if frame["type"] == "presence"]
