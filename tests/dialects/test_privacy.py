"""Hidden data reach no other user, in any dialect and on open sockets too; hiding is mutual."""

import httpx
import pytest

from backchannel.chat.messages import draft, send
from backchannel.chat.presence import change_privacy
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.users import Audience, PrivacyPatch
from tests.support.chat_server import ChatServer
from tests.support.client_dialects import NATIVE
from tests.support.plain_socket import ClientSocket, Frame, Person


async def received(client: ClientSocket, kind: str) -> list[Frame]:
    """The frames of one kind up to the answer to a `ping` sent now."""
    await client.send({"type": "ping"})
    frames: list[Frame] = []
    while (frame := await client.receive())["type"] != "pong":
        frames.append(frame)
    return [frame for frame in frames if frame["type"] == kind]


@pytest.fixture(autouse=True)
async def greetings(server: ChatServer, ada: Person, bob: Person) -> None:
    """Ada and Bob have written to each other."""
    await send(server.core, draft(ada.id, bob.id, "hello"))
    await send(server.core, draft(bob.id, ada.id, "hello, too"))


@pytest.fixture(params=["ada", "bob"])
def hider(request: pytest.FixtureRequest, ada: Person, bob: Person) -> Person:
    """The user who hides: the one who acts, or the one who would be told."""
    return ada if request.param == "ada" else bob


async def hide(server: ChatServer, person: Person, *, hidden: bool = True) -> None:
    audience = Audience.NOBODY if hidden else Audience.EVERYBODY
    patch = PrivacyPatch(last_seen=audience, receipts=audience, typing=audience)
    await change_privacy(server.core, person.id, patch)


async def test_hidden_typing_is_not_sent(
    server: ChatServer, ada: Person, bob: Person, hider: Person
) -> None:
    typing = {"type": "typing", "conversation_id": direct_conversation_id(ada.id, bob.id)}
    async with NATIVE.open(server, ada) as adas, NATIVE.open(server, bob) as bobs:
        await hide(server, hider)
        await adas.send(typing)
        await received(adas, "pong")
        assert await received(bobs, "typing") == []
        await hide(server, hider, hidden=False)
        await adas.send(typing)
        await received(adas, "pong")
        assert len(await received(bobs, "typing")) == 1


async def test_hiding_presence_ends_watches_at_once(
    server: ChatServer, ada: Person, bob: Person, hider: Person
) -> None:
    watch = {"type": "watch", "user_ids": [ada.id]}
    async with NATIVE.open(server, bob) as bobs:
        await bobs.send(watch)
        assert len(await received(bobs, "presence")) == 1
        await hide(server, hider)
        async with NATIVE.open(server, ada):
            assert await received(bobs, "presence") == []
            await bobs.send(watch)
            assert await received(bobs, "presence") == []
            await hide(server, hider, hidden=False)
            await bobs.send(watch)
            assert [each["online"] for each in await received(bobs, "presence")] == [True]
        assert [each["online"] for each in await received(bobs, "presence")] == [False]


@pytest.mark.parametrize("reading", ["REST", "socket"])
async def test_hidden_read_marks_are_sent_in_no_dialect(
    server: ChatServer, ada: Person, bob: Person, hider: Person, reading: str
) -> None:
    conversation_id = direct_conversation_id(ada.id, bob.id)
    await hide(server, hider)
    async with (
        httpx.AsyncClient(base_url=server.address, headers=bob.headers) as bobs,
        httpx.AsyncClient(base_url=server.address, headers=ada.headers) as adas,
    ):
        if reading == "REST":
            path = f"/v1/conversations/{conversation_id}/read"
            (await bobs.put(path, json={"seq": 1})).raise_for_status()
        else:
            async with NATIVE.open(server, bob) as client:
                await client.send({"type": "read", "conversation_id": conversation_id, "seq": 1})
                await received(client, "pong")
        native = (await adas.get(f"/v1/conversations/{conversation_id}")).json()
        assert native["theirs"]["read_seq"] == 0
        pair = {"sender_id": ada.id, "receiver_id": bob.id}
        queued = await adas.get("/message/messages", params=pair)
        assert queued.is_success
        assert '"read"' not in queued.text
        events = (await adas.get("/v1/sync")).json()["events"]
        receipts = [each["data"] for each in events if each["kind"] == "receipt"]
        assert {each["read_seq"] for each in receipts if each["user_id"] == bob.id} <= {0}


async def test_privacy_is_read_and_changed_over_rest(server: ChatServer, ada: Person) -> None:
    path = "/v1/me/privacy"
    async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as adas:
        settings = ("last_seen", "read_receipts", "typing", "first_messages")
        shown = dict.fromkeys(settings, "everybody")
        assert (await adas.get(path)).json() == shown
        changed = (await adas.patch(path, json={"typing": "nobody"})).json()
        assert changed == (await adas.get(path)).json() == {**shown, "typing": "nobody"}
        refused = await adas.patch(path, json={"typing": "friends"})
        assert (refused.status_code, refused.json()["field"]) == (400, "typing")
        events = (await adas.get("/v1/sync")).json()["events"]
        assert events[-1]["data"] == {"user_id": ada.id}
