"""The Python client conforms to the vectors that all clients share."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backchannel_client import Checkpoint, Follower, Outgoing, after_close, is_transient
from backchannel_client.follower import Apply, AskForSync, Effect, FetchState
from backchannel_client.frames import decode, encode
from backchannel_client.outbox import frame_of

VECTORS = Path(__file__).parents[2] / "sdk" / "vectors"

Json = dict[str, Any]


@cache
def vectors(name: str) -> Json:
    content: Json = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return content


def checkpoint(given: Json | None) -> Checkpoint | None:
    return None if given is None else Checkpoint(**given)


def seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1_000


def take(follower: Follower, step: Json) -> list[Effect]:
    """Do one step of a scenario."""
    now = step["now"] / 1_000
    if "receive" in step:
        frame = decode(json.dumps(step["receive"]))
        assert frame is not None
        return follower.receive(frame, now)
    if "restored" in step:
        return follower.restored(Checkpoint(**step["restored"]))
    if "tick" in step:
        return follower.tick(now)
    if "connected" in step:
        follower.connected()
    if "stored" in step:
        follower.stored(step["stored"])
    return []


def plain(effect: Effect) -> Json:
    """An effect as the vectors write it."""
    at = {"epoch": effect.checkpoint.epoch, "position": effect.checkpoint.position}
    match effect:
        case Apply(events):
            positions = [event.position for event in events]
            return {"do": "apply", "positions": positions, "checkpoint": at}
        case AskForSync():
            return {"do": "sync", "checkpoint": at}
        case FetchState(reason):
            return {"do": "reset", "reason": reason, "checkpoint": at}


@pytest.mark.parametrize(
    "scenario", vectors("follower")["scenarios"], ids=lambda scenario: scenario["name"]
)
def test_the_follower_passes_the_shared_scenarios(scenario: Json) -> None:
    follower = Follower(checkpoint(scenario["checkpoint"]))
    for step in scenario["steps"]:
        assert [plain(effect) for effect in take(follower, step)] == step["effects"], step
        if "deadline" in step:
            assert follower.deadline == seconds(step["deadline"]), step
        if "confirm" in step:
            assert follower.confirm() == step["confirm"], step


@pytest.mark.parametrize("case", vectors("closing")["cases"], ids=lambda case: str(case["code"]))
def test_close_codes_have_the_shared_consequences(case: Json) -> None:
    after = after_close(case["code"], case["reason"])
    assert {
        "reconnect": after.reconnect,
        "renew": after.renew,
        "loggedOut": after.logged_out,
        "wait": after.wait * 1_000,
    } == case["expected"]


@pytest.mark.parametrize(
    "case", vectors("outbox")["frames"], ids=lambda case: case["frame"]["client_id"]
)
def test_an_outbox_item_becomes_the_shared_frame(case: Json) -> None:
    files = [{"name": "", "type": "", "size": 0, **file} for file in case["item"]["files"]]
    item = msgspec.convert({**case["item"], "files": files}, Outgoing)
    assert json.loads(encode(frame_of(item))) == case["frame"]


@pytest.mark.parametrize("case", vectors("outbox")["refusals"], ids=lambda case: case["code"])
def test_temporary_errors_keep_a_message_in_the_outbox(case: Json) -> None:
    assert is_transient(case["code"]) is case["transient"]
