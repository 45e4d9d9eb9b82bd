"""What is sent to somebody who is away arrives once, whichever dialect is spoken then."""

import pytest

from backchannel.chat.change import delete, edit
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Person, Talker, talking
from tests.support.tongues import ALL, CHAT, CURSORLESS, EVENT, NATIVE, Tongue


@pytest.mark.parametrize("later", CURSORLESS, ids=str)
@pytest.mark.parametrize("spoken", ALL, ids=str)
async def test_R5_a_message_arrives_once_across_dialects(
    server: ChatServer, ada: Person, bob: Person, spoken: Tongue, later: Tongue
) -> None:
    texts = [f"while you were out {count}" for count in range(5)]
    async with spoken.open(server, ada) as sender:
        for text in texts:
            await spoken.say(sender, bob, text)
    async with later.open(server, bob) as first:
        assert [text for _, text in await later.all_heard(first)] == texts
    for again in CURSORLESS:
        async with again.open(server, bob) as second:
            assert await again.all_heard(second) == []


@pytest.mark.parametrize("spoken", CURSORLESS, ids=str)
async def test_R5_reconnecting_at_once_repeats_nothing(
    server: ChatServer, ada: Person, bob: Person, spoken: Tongue
) -> None:
    heard: list[str] = []
    async with spoken.open(server, ada) as sender:
        for count in range(20):
            await spoken.say(sender, bob, str(count))
            async with spoken.open(server, bob) as receiver:
                heard.append((await spoken.hear(receiver))[1])
    assert heard == [str(count) for count in range(20)]


async def test_R5_what_a_native_device_has_acknowledged_is_not_delivered_again(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with CHAT.open(server, ada) as sender, NATIVE.open(server, bob) as device:
        await CHAT.say(sender, bob, "seen")
        while (event := await device.hear())["type"] != "event":
            pass
        await device.say({"type": "ack", "position": event["position"]}, {"type": "ping"})
        while (await device.hear())["type"] != "pong":
            pass
    async with EVENT.open(server, bob) as second:
        assert await EVENT.all_heard(second) == []


async def test_R5_what_a_native_device_has_not_acknowledged_is_delivered(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with CHAT.open(server, ada) as sender, NATIVE.open(server, bob) as device:
        await CHAT.say(sender, bob, "perhaps lost")
        assert (await NATIVE.hear(device))[1] == "perhaps lost"
    async with EVENT.open(server, bob) as second:
        assert await EVENT.hear(second) == ("ada", "perhaps lost")


@pytest.mark.parametrize("spoken", CURSORLESS, ids=str)
async def test_R5_ones_own_messages_are_no_news(
    server: ChatServer, ada: Person, bob: Person, spoken: Tongue
) -> None:
    async with spoken.open(server, ada) as device:
        await spoken.say(device, bob, "mine")
    for tongue in CURSORLESS:
        async with tongue.open(server, ada) as later:
            assert await tongue.all_heard(later) == []


@pytest.mark.parametrize("spoken", CURSORLESS, ids=str)
async def test_R7_a_late_device_gets_the_text_as_it_is_now_and_no_deleted_one(
    server: ChatServer, ada: Person, bob: Person, spoken: Tongue
) -> None:
    async with CHAT.open(server, ada) as sender:
        frames = [await sender.ask({"receiver": "bob", "content": each}) for each in "abc"]
    conversation_id = frames[0]["conversation_id"]
    await delete(server.core, ada.id, conversation_id, 2)
    await edit(server.core, ada.id, conversation_id, 3, "c, corrected")
    async with spoken.open(server, bob) as late:
        assert [text for _, text in await spoken.all_heard(late)] == ["a", "c, corrected"]


@pytest.mark.parametrize("spoken", CURSORLESS, ids=str)
async def test_R5_a_long_absence_is_made_up_in_order(
    server: ChatServer, ada: Person, bob: Person, spoken: Tongue
) -> None:
    texts = [f"{count:04}" for count in range(1_000)]
    async with spoken.open(server, ada) as sender:
        await sender.say(*(spoken.sending(bob, text, text) for text in texts))
        await _acknowledged(spoken, sender, len(texts))
    async with spoken.open(server, bob) as late:
        assert [(await spoken.hear(late))[1] for _ in texts] == texts


@pytest.mark.parametrize("spoken", CURSORLESS, ids=str)
async def test_two_devices_both_hear_everything_once(
    server: ChatServer, ada: Person, bob: Person, spoken: Tongue
) -> None:
    async with (
        spoken.open(server, ada) as sender,
        spoken.open(server, bob) as phone,
        spoken.open(server, bob) as laptop,
    ):
        await spoken.say(sender, bob, "to both")
        for device in (phone, laptop):
            assert [text for _, text in await spoken.all_heard(device)] == ["to both"]


async def test_the_marks_tell_the_truth(server: ChatServer, ada: Person, bob: Person) -> None:
    async with CHAT.open(server, ada) as sender:
        frame = await sender.ask({"receiver": "bob", "content": "there?"})
    conversation_id = frame["conversation_id"]
    assert await _delivered_seq(server, ada, conversation_id) == 0
    async with talking(server, "/websocket", bob) as (late,):
        await late.hear()
        await server.core.receipts.flush()
    assert await _delivered_seq(server, ada, conversation_id) == 1


async def _delivered_seq(server: ChatServer, person: Person, conversation_id: str) -> int:
    view = await server.core.storage.conversation(person.id, conversation_id)
    assert view is not None
    return view.theirs.delivered_seq


async def _acknowledged(spoken: Tongue, sender: Talker, count: int) -> None:
    while count:
        count -= spoken.is_acknowledgement(await sender.hear())
