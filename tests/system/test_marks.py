"""Receipts, edits, deletions, reactions, typing and presence between real devices."""

from collections.abc import Callable

import httpx

from tests.support.native import Device, Frame, Person
from tests.support.process import ServerProcess

Devices = Callable[[Person], Device]

UNKNOWN = "01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"


async def test_R6_delivered_and_read_marks_reach_the_sender_and_only_move_forward(
    ada: Person, bob: Person, devices: Devices
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    await other.open()
    ack = await one.send(bob, "one", "a")
    await one.send(bob, "two", "b")
    await other.until(2)

    await other.acknowledge()
    await one.until(1, "receipt")
    conversation = ack["conversation_id"]
    for seq in (2, 1):
        await other.send_frame({"type": "read", "conversation_id": conversation, "seq": seq})
        await other.frame("done")
    await other.send_frame(
        {"type": "read", "conversation_id": conversation, "seq": 3, "ref": "past"}
    )
    refusal = await other.frame("error")
    await one.send(bob, "three", "c")
    await one.until(2, "receipt")

    receipts = one.of("receipt")
    marks = [(each["delivered_seq"], each["read_seq"]) for each in receipts]
    assert marks == [(2, 0), (2, 2)]
    assert {each["user_id"] for each in receipts} == {bob.id}
    assert refusal["ref"] == "past"


async def test_R7_a_device_that_was_away_never_sees_deleted_text(
    ada: Person, bob: Person, devices: Devices, server: ServerProcess
) -> None:
    one, other = devices(ada), devices(bob)
    await other.open()
    await other.close()
    await one.open()
    ack = await one.send(bob, "secret", "a")
    message = {"conversation_id": ack["conversation_id"], "seq": ack["seq"]}
    await one.send_frame({"type": "edit", **message, "body": "still secret", "ref": "1"})
    await one.frame("done")
    await one.send_frame({"type": "delete", **message, "ref": "2"})
    gone = await one.frame("done")

    await other.open()
    await other.until(1, "delete")

    assert gone["data"]["body"] == ""
    assert [each["kind"] for each in other.events] == ["message", "edit", "delete"]
    assert "secret" not in str(other.events)
    address = f"/v1/conversations/{ack['conversation_id']}/messages"
    async with httpx.AsyncClient(base_url=server.address, headers=bob.headers) as http:
        assert "secret" not in (await http.get(address)).text


async def test_R7_edits_and_reactions_reach_both_with_rising_revisions(
    ada: Person, bob: Person, devices: Devices
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    await other.open()
    ack = await one.send(bob, "helo", "a")
    message = {"conversation_id": ack["conversation_id"], "seq": ack["seq"]}
    await one.send_frame({"type": "edit", **message, "body": "hello"})
    await one.frame("done")
    await other.send_frame({"type": "react", **message, "emoji": "👍"})
    await other.frame("done")
    await other.send_frame({"type": "edit", **message, "body": "mine now", "ref": "not mine"})
    refusal = await other.frame("error")
    await one.until(1, "reaction")
    await other.until(1, "reaction")

    assert (refusal["ref"], refusal["code"]) == ("not mine", "forbidden")
    states = [_state(each) for each in other.events if each["kind"] != "receipt"]
    assert states == [
        ("message", "helo", 0, {}),
        ("edit", "hello", 1, {}),
        ("reaction", "hello", 2, {"👍": [bob.id]}),
    ]
    assert [_state(each) for each in one.events if each["kind"] != "receipt"] == states[1:]


def _state(event: Frame) -> tuple[str, str, int, dict[str, list[str]]]:
    data = event["data"]
    return event["kind"], data["body"], data["revision"], data["reactions"]


async def test_typing_and_presence_are_sent_only_to_users_who_may_see_them(
    ada: Person, bob: Person, devices: Devices
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    ack = await one.send(bob, "hello", "a")
    await other.open()
    await other.send(ada, "hello", "b")
    await other.close()
    await one.send_frame({"type": "watch", "user_ids": [bob.username, UNKNOWN]})
    assert (await one.frame("presence"))["online"] is False
    await other.open()
    assert (await one.frame("presence"))["online"] is True
    await other.send_frame({"type": "typing", "conversation_id": ack["conversation_id"]})
    typing = await one.frame("typing")
    await other.close()
    left = await one.frame("presence")

    assert (typing["user_id"], typing["active"]) == (bob.id, True)
    assert left["online"] is False
    assert left["last_seen_at"] is not None


async def test_a_blocked_user_cannot_write(
    ada: Person, bob: Person, devices: Devices, server: ServerProcess
) -> None:
    one = devices(ada)
    await one.open()
    async with httpx.AsyncClient(base_url=server.address, headers=bob.headers) as http:
        (await http.put(f"/v1/blocks/{ada.id}")).raise_for_status()
        refused = await one.send(bob, "hello", "a")
        (await http.delete(f"/v1/blocks/{ada.id}")).raise_for_status()
        accepted = await one.send(bob, "hello", "a")
    assert refused["code"] == "blocked"
    assert accepted["type"] == "ack"


async def test_S12_a_user_cannot_act_as_another(ada: Person, bob: Person, devices: Devices) -> None:
    one = devices(ada)
    await one.open()
    frame = {"type": "send", "to": bob.id, "body": "x", "client_id": "a", "sender_id": bob.id}
    await one.send_frame(frame)
    refusal = await one.frame("error")
    assert (refusal["client_id"], refusal["code"]) == ("a", "invalid")
    assert "sender_id" in refusal["detail"]
