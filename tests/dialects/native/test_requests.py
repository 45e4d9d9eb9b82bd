"""Requests on `/v1/ws`: users by name, a `ref` everywhere, errors that help."""

from typing import Any, get_args

import msgspec
import pytest

from backchannel.dialects.native import client_frames
from backchannel.domain.errors import Invalid
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import ClientSocket, Frame, Person, connected

KINDS = get_args(client_frames.ClientFrame)


async def until(client: ClientSocket, kind: str) -> Frame:
    """The next frame of this type; earlier frames are skipped."""
    while (frame := await client.receive())["type"] != kind:
        pass
    return frame


async def test_a_message_goes_to_a_user_by_name(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with connected(server, "/v1/ws", ada, bob) as (adas, bobs):
        await until(adas, "sync")
        await until(bobs, "sync")
        sent = {"type": "send", "client_id": "k1", "to": bob.username.upper(), "body": "hello"}
        acked = await adas.ask({**sent, "ref": "r1"})
        assert (acked["type"], acked["ref"], acked["client_id"]) == ("ack", "r1", "k1")
        event = await until(bobs, "event")
        assert (event["kind"], event["data"]["recipient_id"]) == ("message", bob.id)
        again = await adas.ask({**sent, "to": bob.id})
        assert (again["id"], again["repeated"]) == (acked["id"], True)
        assert "ref" not in again


@pytest.mark.parametrize("name", ["nobody", "01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])
async def test_an_unknown_recipient_is_named_by_the_field_that_named_it(
    server: ChatServer, ada: Person, name: str
) -> None:
    async with connected(server, "/v1/ws", ada) as (adas,):
        await until(adas, "sync")
        sent = {"type": "send", "client_id": "k1", "to": name, "body": "hello", "ref": "r1"}
        refused = await adas.ask(sent)
        assert (refused["status"], refused["field"], refused["ref"]) == (404, "to", "r1")


async def test_a_message_to_oneself_by_name_is_refused(server: ChatServer, ada: Person) -> None:
    async with connected(server, "/v1/ws", ada) as (adas,):
        await until(adas, "sync")
        for name in (ada.id, ada.username):
            sent = {"type": "send", "client_id": "k1", "to": name, "body": "hello"}
            refused = await adas.ask(sent)
            assert (refused["code"], refused["field"]) == ("invalid", "to")


async def test_a_watch_takes_names(server: ChatServer, ada: Person, bob: Person) -> None:
    async with connected(server, "/v1/ws", ada, bob) as (adas, bobs):
        await until(adas, "sync")
        await until(bobs, "sync")
        for client, other in ((adas, bob), (bobs, ada)):
            sent = {"type": "send", "client_id": "k", "to": other.username, "body": "hello"}
            await client.send(sent)
            await until(client, "ack")
        watch = {"type": "watch", "user_ids": [bob.username], "ref": "w"}
        await adas.send(watch)
        seen = []
        while (frame := await adas.receive()).get("ref") != "w":
            seen.append(frame)
        assert frame["type"] == "done"
        present = [each for each in seen if each["type"] == "presence"]
        assert [(each["user_id"], each["online"]) for each in present] == [(bob.id, True)]
        refused = await adas.ask({**watch, "user_ids": [bob.id, "no.such.user"]})
        assert (refused["code"], refused["field"]) == ("not_found", "user_ids")


async def test_pong_and_errors_carry_the_ref(server: ChatServer, ada: Person) -> None:
    async with connected(server, "/v1/ws", ada) as (adas,):
        await until(adas, "sync")
        assert (await adas.ask({"type": "ping", "ref": "p"}))["ref"] == "p"
        refused = await adas.ask({"type": "ack", "position": "x", "ref": "a"})
        assert (refused["ref"], refused["field"]) == ("a", "position")
        refused = await adas.ask({"type": "sync", "position": -1, "ref": "s"})
        assert (refused["ref"], refused["field"]) == ("s", "position")
        refused = await adas.ask({"type": "typing", "conversation_id": "x", "ref": "t"})
        assert (refused["ref"], refused["code"]) == ("t", "not_found")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__struct_config__.tag))
def test_S12_every_frame_takes_a_ref_and_no_unknown_field(kind: Any) -> None:
    assert "ref" in kind.__struct_fields__
    tag = str(kind.__struct_config__.tag)
    with pytest.raises(Invalid) as refusal:
        client_frames.decode(msgspec.json.encode({"type": tag, "wrong": 1}))
    known = ", ".join(kind.__struct_encode_fields__)
    assert refusal.value.text == f"unknown field 'wrong' in {tag}; known are: {known}"
    assert refusal.value.field == "wrong"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b'{"type":"sned"}', "unknown type 'sned'; known are: hello, send, edit, "),
        (b'{"body":"hello"}', "type is missing"),
        (b'{"type":1}', "type must be a string, not a whole number"),
        (b'{"type":"send","client_id":"a"}', "body is missing"),
        (b'{"type":"edit","conversation_id":"a","seq":"1","body":"b"}', "seq must be a whole"),
        (b"[]", "the frame must be an object, not a list"),
        (b"{", "the frame is not valid JSON: "),
    ],
)
def test_the_error_for_a_frame_names_the_problem(payload: bytes, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        client_frames.decode(payload)
    assert refusal.value.text.startswith(text)
