"""A block: no action of either user reaches the other, in any dialect.

Deletions are the exception: users may always delete their messages.
"""

import json
from typing import Any

import httpx
import pytest

from backchannel.chat.conversations import set_blocked
from backchannel.domain.events import EventKind
from tests.dialects.blocks.conftest import EMOJI, Blocked, nothing_more
from tests.support.client_dialects import ALL, NATIVE, ClientDialect
from tests.support.plain_socket import Frame, Person


@pytest.mark.parametrize("spoken", ALL, ids=str)
async def test_a_block_refuses_messages_in_every_dialect(
    pair: Blocked, spoken: ClientDialect
) -> None:
    before = await pair.position()
    async with spoken.open(pair.server, pair.ada) as client:
        await client.send(spoken.sending(pair.bob, "hello", "a message"))
        frame = await client.receive()
        while "blocked" not in json.dumps(frame):
            assert not spoken.is_acknowledgement(frame)
            frame = await client.receive()
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
    async with NATIVE.open(pair.server, pair.ada) as client:
        await nothing_more(client)
        answer = await client.ask(frame | {"conversation_id": pair.conversation_id, "ref": "r"})
        while answer["type"] not in {"error", "done"}:
            answer = await client.receive()
    assert (answer["type"], answer["code"], answer["ref"]) == ("error", "blocked", "r")
    assert await pair.position() == before


async def test_a_message_may_be_deleted_in_spite_of_a_block(
    pair: Blocked, adas: httpx.AsyncClient
) -> None:
    before = await pair.position()
    assert (await adas.delete(pair.messages + "/1")).status_code == 200
    assert await pair.kinds(after=before) == [EventKind.DELETE]
    assert (await adas.delete(pair.messages + "/2")).json()["code"] == "forbidden"


async def test_two_mutual_blocks_must_both_be_lifted(pair: Blocked, ada: Person) -> None:
    other = pair.bob if pair.blocker is pair.ada else pair.ada
    await set_blocked(pair.server.core, other.id, pair.blocker.id, blocked=True)
    before = await pair.position()
    await pair.set(blocked=False)
    received = await pair.kinds(after=before)
    assert set(received) <= {EventKind.CONVERSATION}  # changes of their own block list
    async with httpx.AsyncClient(base_url=pair.server.address, headers=ada.headers) as http:
        refused = await http.patch(pair.messages + "/1", json={"body": "new words"})
        assert refused.status_code == 403
        await set_blocked(pair.server.core, other.id, pair.blocker.id, blocked=False)
        allowed = await http.patch(pair.messages + "/1", json={"body": "new words"})
        assert allowed.status_code == 200
