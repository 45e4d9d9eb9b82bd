"""A message to a user who is offline arrives once, in whichever dialect the user returns."""

import pytest

from backchannel.chat.messages import delete, edit
from tests.support.chat_server import ChatServer
from tests.support.client_dialects import ALL, AUTO_ACK, CHAT, EVENT, NATIVE, ClientDialect
from tests.support.plain_socket import ClientSocket, Person, connected


@pytest.mark.parametrize("later", AUTO_ACK, ids=str)
@pytest.mark.parametrize("spoken", ALL, ids=str)
async def test_R5_a_message_arrives_once_across_dialects(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect, later: ClientDialect
) -> None:
    texts = [f"while you were out {count}" for count in range(5)]
    async with spoken.open(server, ada) as sender:
        for text in texts:
            await spoken.send(sender, bob, text)
    async with later.open(server, bob) as first:
        assert [text for _, text in await later.receive_all(first, len(texts))] == texts
    for again in AUTO_ACK:
        async with again.open(server, bob) as second:
            assert await again.receive_all(second) == []


@pytest.mark.parametrize("spoken", AUTO_ACK, ids=str)
async def test_R5_reconnecting_at_once_repeats_nothing(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    received: list[str] = []
    async with spoken.open(server, ada) as sender:
        for count in range(20):
            await spoken.send(sender, bob, str(count))
            async with spoken.open(server, bob) as receiver:
                received.append((await spoken.receive(receiver))[1])
    assert received == [str(count) for count in range(20)]


async def test_R5_what_a_native_device_has_acknowledged_is_not_delivered_again(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with CHAT.open(server, ada) as sender, NATIVE.open(server, bob) as device:
        await CHAT.send(sender, bob, "seen")
        while (event := await device.receive())["type"] != "event":
            pass
        await device.send({"type": "ack", "position": event["position"]}, {"type": "ping"})
        while (await device.receive())["type"] != "pong":
            pass
    async with EVENT.open(server, bob) as second:
        assert await EVENT.receive_all(second) == []


async def test_R5_what_a_native_device_has_not_acknowledged_is_delivered(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with CHAT.open(server, ada) as sender, NATIVE.open(server, bob) as device:
        await CHAT.send(sender, bob, "perhaps lost")
        assert (await NATIVE.receive(device))[1] == "perhaps lost"
    async with EVENT.open(server, bob) as second:
        assert await EVENT.receive(second) == ("ada", "perhaps lost")


@pytest.mark.parametrize("spoken", AUTO_ACK, ids=str)
async def test_R5_own_messages_are_not_delivered_as_missed(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    async with spoken.open(server, ada) as device:
        await spoken.send(device, bob, "mine")
    for dialect in AUTO_ACK:
        async with dialect.open(server, ada) as later:
            assert await dialect.receive_all(later) == []


@pytest.mark.parametrize("spoken", AUTO_ACK, ids=str)
async def test_R7_a_late_device_gets_edited_texts_and_no_deleted_messages(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    async with CHAT.open(server, ada) as sender:
        frames = [await sender.ask({"receiver": "bob", "content": each}) for each in "abc"]
    conversation_id = frames[0]["conversation_id"]
    await delete(server.core, ada.id, conversation_id, 2)
    await edit(server.core, ada.id, conversation_id, 3, "c, corrected")
    async with spoken.open(server, bob) as late:
        assert [text for _, text in await spoken.receive_all(late, 2)] == ["a", "c, corrected"]


@pytest.mark.parametrize("spoken", AUTO_ACK, ids=str)
async def test_R5_a_thousand_missed_messages_arrive_in_order(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    texts = [f"{count:04}" for count in range(1_000)]
    async with spoken.open(server, ada) as sender:
        await sender.send(*(spoken.sending(bob, text, text) for text in texts))
        await _acknowledged(spoken, sender, len(texts))
    async with spoken.open(server, bob) as late:
        assert [(await spoken.receive(late))[1] for _ in texts] == texts


@pytest.mark.parametrize("spoken", AUTO_ACK, ids=str)
async def test_two_devices_each_receive_every_message_once(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    async with (
        spoken.open(server, ada) as sender,
        spoken.open(server, bob) as phone,
        spoken.open(server, bob) as laptop,
    ):
        await spoken.send(sender, bob, "to both")
        for device in (phone, laptop):
            assert [text for _, text in await spoken.receive_all(device, 1)] == ["to both"]


async def test_delivered_marks_are_correct(server: ChatServer, ada: Person, bob: Person) -> None:
    async with CHAT.open(server, ada) as sender:
        frame = await sender.ask({"receiver": "bob", "content": "there?"})
    conversation_id = frame["conversation_id"]
    assert await _delivered_seq(server, ada, conversation_id) == 0
    async with connected(server, "/websocket", bob) as (late,):
        await late.receive()
        await server.core.receipts.flush()
    assert await _delivered_seq(server, ada, conversation_id) == 1


async def _delivered_seq(server: ChatServer, person: Person, conversation_id: str) -> int:
    view = await server.core.storage.conversation(person.id, conversation_id)
    assert view is not None
    return view.theirs.delivered_seq


async def _acknowledged(spoken: ClientDialect, sender: ClientSocket, count: int) -> None:
    while count:
        count -= spoken.is_acknowledgement(await sender.receive())
