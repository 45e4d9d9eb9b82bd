"""Frames of `/v1/ws`: errors name what is too long or invalid, and none of it is kept."""

import json
import logging
from typing import Any

import pytest

from backchannel.dialects.native import client_frames
from backchannel.domain import ids
from backchannel.domain.errors import Invalid
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Person, connected

LONG = "x" * 500_000
FRAMES: list[tuple[dict[str, Any], str]] = [
    ({"type": "hello", "token": LONG}, "token"),
    ({"type": "hello", "token": "t", "epoch": LONG}, "epoch"),
    ({"type": "send", "client_id": "a", "body": "b", "to": LONG}, "to"),
    ({"type": "send", "client_id": LONG, "body": "b", "to": "a"}, "client_id"),
    ({"type": "send", "client_id": "", "body": "b", "to": "a"}, "client_id"),
    ({"type": "send", "client_id": "a", "body": "b", "conversation_id": LONG}, "conversation_id"),
    ({"type": "send", "client_id": "a", "body": "b", "to": "a", "files": [LONG]}, "files"),
    ({"type": "send", "client_id": "a", "body": "b", "to": "a", "files": ["a"] * 11}, "files"),
    ({"type": "edit", "conversation_id": LONG, "seq": 1, "body": "b"}, "conversation_id"),
    ({"type": "delete", "conversation_id": LONG, "seq": 1}, "conversation_id"),
    ({"type": "react", "conversation_id": "a", "seq": 1, "emoji": LONG}, "emoji"),
    ({"type": "read", "conversation_id": LONG, "seq": 1}, "conversation_id"),
    ({"type": "read", "conversation_id": "a", "seq": 1, "ref": LONG}, "ref"),
    ({"type": "typing", "conversation_id": LONG}, "conversation_id"),
    ({"type": "stop", "conversation_id": LONG}, "conversation_id"),
    ({"type": "sync", "position": 1, "epoch": LONG}, "epoch"),
    ({"type": "watch", "user_ids": [LONG]}, "user_ids"),
    ({"type": "watch", "user_ids": ["a"] * 201}, "user_ids"),
    ({"type": "watch", "user_ids": [], "ref": LONG}, "ref"),
    ({"type": "renew", "token": LONG}, "token"),
    ({"type": LONG}, "type"),
]


@pytest.mark.parametrize(("frame", "field"), FRAMES)
def test_R13_each_text_of_a_frame_has_a_limit(frame: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        client_frames.decode(json.dumps(frame).encode())
    assert (refusal.value.field or "").startswith(field)
    assert len(refusal.value.text) < 200


def test_S12_a_long_name_of_an_unknown_field_is_shortened() -> None:
    with pytest.raises(Invalid) as refusal:
        client_frames.decode(json.dumps({"type": "ping", LONG: 1}).encode())
    assert len(refusal.value.text) < 200


@pytest.mark.parametrize("filling", [b"[]", b'"a"', b'{"a":0}'])
@pytest.mark.parametrize(
    "frame", [b'{"type":"watch","user_ids":[%b]}', b'{"x":[%b],"type":"ping"}', b"[%b]"]
)
def test_S18_a_frame_has_a_limited_number_of_values(frame: bytes, filling: bytes) -> None:
    with pytest.raises(Invalid, match="the frame has more than 10,000 JSON values"):
        client_frames.decode(frame % b",".join([filling] * 10_001))


def test_text_of_a_frame_may_hold_any_number_of_commas() -> None:
    frame = client_frames.decode(b'{"type":"send","client_id":"a","body":"%b"}' % (b"," * 60_000))
    assert frame == client_frames.Send(client_id="a", body="," * 60_000)


def test_R13_a_ref_that_is_too_long_is_not_repeated_in_the_error() -> None:
    assert client_frames.name_of(json.dumps({"ref": LONG}).encode()) == (None, None)
    assert client_frames.name_of(b'{"ref": "r", "client_id": "c"}') == ("r", "c")


def test_R13_ids_that_are_too_long_are_not_cached() -> None:
    before = ids._direct_id.cache_info().currsize
    with pytest.raises(Invalid):
        ids.direct_conversation_id("a", LONG)
    assert ids._direct_id.cache_info().currsize == before


async def test_S12_deep_nesting_is_an_error_frame_and_nothing_in_the_log(
    server: ChatServer, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with connected(server, "/v1/ws", ada) as (client,):
        await client.receive_all(2)  # the welcome and the log
        for text in (
            '{"x":' + "[" * 2_000,
            "[" * 100_000,
            '{"ref":' * 2_000,
            '{"ref":"r","x":' * 9,
        ):
            answer = await client.ask(text)
            assert (answer["type"], answer["code"]) == ("error", "invalid")
        assert (await client.ask({"type": "ping"}))["type"] == "pong"
    assert not [each for each in caplog.records if each.exc_info or each.levelno > logging.INFO]
