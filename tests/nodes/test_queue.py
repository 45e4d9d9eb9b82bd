"""The queue in front of the database, on real servers: nothing is lost during an outage."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from backchannel.brokers.queues.opening import open_queue
from tests.brokers.conftest import patiently
from tests.support.nodes import as_chat_server, metric, node, nodes, require_redis
from tests.support.plain_socket import Person, register
from tests.support.postgresql import binaries, instance
from tests.support.process import ServerProcess
from tests.support.queue_brokers import DRIVERS, queue_broker
from tests.support.socketio_client import SocketIoClient, socketio_connected

pytestmark = [pytest.mark.service, pytest.mark.slow]

AGAIN = {201, 503}
FAR = 60.0
"""Seconds in which something must happen, also on a busy machine."""


@pytest.fixture(params=list(DRIVERS))
def queue_url(request: pytest.FixtureRequest) -> Generator[str]:
    with queue_broker(request.param) as url:
        yield url


@asynccontextmanager
async def queue_settings(url: str) -> AsyncGenerator[dict[str, str]]:
    """The settings of servers with a separate queue, which is removed at the end."""
    secret = secrets.token_hex(32)
    queue = await patiently("the broker", lambda: open_queue(url, key=secret.encode()))
    try:
        yield {"queue_url": url, "jwt_secret": secret}
    finally:
        assert queue._channel is not None
        await queue._channel.remove()
        await queue.close()


async def send(server: ServerProcess, sender: Person, receiver: Person, text: str) -> Any:
    """Send as documented, with a key so that it can be sent again; return the answer.

    The message is sent again if the queue, whose disk may stall, has not confirmed it in time.
    """
    message = {"receiver_id": receiver.id, "content": text, "client_id": f"key {text}"}
    async with (
        asyncio.timeout(FAR),
        httpx.AsyncClient(base_url=server.address, headers=sender.headers) as http,
    ):
        while (answer := await http.post("/message/send", json=message)).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def outcome(server: ServerProcess, sender: Person, receiver: Person, text: str) -> Any:
    """Send until the response has an outcome: the first response may come before the consumer."""
    async with asyncio.timeout(FAR):
        while "message_id" not in (answer := await send(server, sender, receiver, text)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return answer


async def stored_text(server: ServerProcess, sender: Person, receiver: Person) -> str:
    """Send new messages until the answer has the id of one; its text.

    Another node may store it, which tells of it once.
    """
    async with asyncio.timeout(FAR):
        for number in itertools.count():
            if "message_id" in await send(server, sender, receiver, f"{number}"):
                return f"{number}"
            await asyncio.sleep(0.1)
    raise AssertionError  # for the type checker: the block returns or raises


async def texts(server: ServerProcess, reader: Person, peer: Person) -> list[str] | None:
    """The contents of a conversation, the oldest first; None during an outage of the database."""
    async with httpx.AsyncClient(base_url=server.address, headers=reader.headers) as http:
        query: dict[str, str | int] = {"sender_id": reader.id, "receiver_id": peer.id, "limit": 200}
        answer = await http.get("/message", params=query)
    if answer.status_code != 200:
        return None
    return [each["content"] for each in answer.json()["data"]["messages"]]


async def stored(server: ServerProcess, one: Person, other: Person, count: int) -> list[str]:
    """The contents of a conversation once it has `count` messages, with any that follow.

    An outage may be noticed after its end.
    """
    async with asyncio.timeout(FAR):
        while len(await texts(server, one, other) or ()) < count:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        while (found := await texts(server, one, other)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return found


class Listener:
    """A Socket.IO client of the dialect that records everything and answers pings."""

    def __init__(self, client: SocketIoClient) -> None:
        self._client = client
        self.texts: list[str] = []
        self.acks: list[Any] = []
        self.rejections: list[Any] = []

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(FAR):
            while not condition():
                packet = str(await self._client.socket.recv())
                if packet == "2":
                    await self._client.socket.send("3")
                elif (frame := self._client._read(packet)) is not None:
                    self._note(frame)

    def _note(self, frame: dict[str, Any]) -> None:
        if "ack" in frame:
            self.acks.append(frame["data"])
        elif frame["event"] == "receiveMessage":
            self.texts.append(frame["data"]["content"])
        elif frame["event"] == "messageRejected":
            self.rejections.append(frame["data"])


async def test_R1_R9_messages_are_accepted_while_the_database_is_away(
    tmp_path: Path, queue_url: str
) -> None:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with instance() as database:
        async with queue_settings(queue_url) as settings:
            server = node(tmp_path, "one", database_url=database.url, **settings)
            try:
                await asyncio.to_thread(server.start)  # the queue's heartbeat goes on
                await _send_without_database(server, database.kill, database.start)
            finally:
                server.close()


async def _send_without_database(
    server: ServerProcess, kill: Callable[[], None], start: Callable[[], None]
) -> None:
    chat = as_chat_server(server)
    ada, bob = await register(chat, "ada"), await register(chat, "bob")
    async with (
        socketio_connected(chat, bob) as bob_client,
        socketio_connected(chat, ada) as ada_client,
    ):
        first = await outcome(server, ada, bob, "0")
        assert (first["status"], first["sequence_number"]) == ("success", 1)
        kill()
        for number in range(1, 10):
            answer = await send(server, ada, bob, str(number))
            assert answer == {
                "status": "success",
                "client_id": f"key {number}",
                "message": "Message enqueued for processing",
            }
        sender, receiver = Listener(ada_client), Listener(bob_client)
        data = {"receiver_id": bob.id, "content": "10"}
        await ada_client.send({"event": "sendMessage", "data": data})
        await sender.until(lambda: len(sender.acks) == 1)
        assert sender.acks[0]["status"] == "success"
        await send(server, ada, bob, "7")  # a client that repeats itself
        stranger = Person("01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20", "nobody", "")
        assert "message_id" not in await send(server, ada, stranger, "lost")
        assert await texts(server, ada, bob) is None, "the token is accepted for the queue only"
        await asyncio.to_thread(start)
        expected = [str(number) for number in range(11)]
        for listener in (sender, receiver):
            await listener.until(lambda: len(listener.texts) >= 11)  # noqa: B023 - awaited at once
            assert listener.texts == expected
        assert await stored(server, ada, bob, 11) == expected
        await send(server, ada, bob, "7")
        assert await stored(server, ada, bob, 11) == expected
        await sender.until(lambda: bool(sender.rejections))
        (rejection,) = sender.rejections
        assert (rejection["client_id"], rejection["status"]) == ("key lost", "fail")
        assert rejection["code"] == "not_found"


@pytest.mark.nightly
async def test_R4_R8_sustained_load_while_the_database_is_away(
    tmp_path: Path, queue_url: str
) -> None:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with instance() as database:
        async with queue_settings(queue_url) as settings:
            server = node(tmp_path, "one", database_url=database.url, **settings)
            try:
                await asyncio.to_thread(server.start)
                await _send_for_an_outage(server, database.kill, database.start)
            finally:
                server.close()


async def _send_for_an_outage(
    server: ServerProcess, kill: Callable[[], None], start: Callable[[], None]
) -> None:
    """Three users send without pause, and for 20 s of that time there is no database."""
    chat = as_chat_server(server)
    reader, *senders = [await register(chat, name) for name in ("ada", "bob", "eve", "max")]
    ending = asyncio.Event()

    async def send_on(sender: Person) -> list[str]:
        sent: list[str] = []
        while not ending.is_set():
            text = f"{sender.username} {len(sent)}"
            await send(server, sender, reader, text)
            sent.append(text)
            await asyncio.sleep(0.2)
        return sent

    async with asyncio.TaskGroup() as tasks:
        sending = [tasks.create_task(send_on(each)) for each in senders]
        await asyncio.sleep(2)
        kill()
        await asyncio.sleep(20)
        await asyncio.to_thread(start)
        await asyncio.sleep(2)
        ending.set()
    for sender, task in zip(senders, sending, strict=True):
        sent = task.result()
        assert len(sent) > 30, "the sender had to wait"
        assert await stored(server, sender, reader, len(sent)) == sent


async def test_R8_no_message_is_lost_or_repeated_when_a_consumer_is_killed(
    tmp_path: Path, queue_url: str
) -> None:
    async with (
        queue_settings(queue_url) as settings,
        nodes(tmp_path, 2, require_redis(), **settings) as (consumer, other),
    ):
        chat = as_chat_server(other)
        ada, bob = await register(chat, "ada"), await register(chat, "bob")
        async with socketio_connected(chat, bob) as bob_client:
            receiver = Listener(bob_client)
            sending = asyncio.create_task(_send_all(other, ada, bob, range(40)))
            await receiver.until(lambda: len(receiver.texts) >= 10)
            consumer.kill()
            await sending
            expected = [str(number) for number in range(40)]
            assert await stored(other, ada, bob, 40) == expected
            await receiver.until(lambda: len(receiver.texts) >= 40)
            assert receiver.texts == expected
        assert metric(other, "queue_accepted_total") == 40


async def _send_all(
    server: ServerProcess, sender: Person, receiver: Person, numbers: Sequence[int]
) -> None:
    for number in numbers:
        await send(server, sender, receiver, str(number))


async def test_a_refusal_reaches_the_sender_also_from_another_node(
    tmp_path: Path, queue_url: str
) -> None:
    async with (
        queue_settings(queue_url) as settings,
        nodes(tmp_path, 2, require_redis(), **settings) as (_, other),
    ):
        chat = as_chat_server(other)
        ada, bob = await register(chat, "ada"), await register(chat, "bob")
        text = await stored_text(other, ada, bob)
        message = {"receiver_id": bob.id, "content": "another", "client_id": f"key {text}"}
        async with (
            asyncio.timeout(FAR),
            httpx.AsyncClient(base_url=other.address, headers=ada.headers) as http,
        ):
            # Accepted at first, or not confirmed in time, where a machine is slow.
            while (answer := await http.post("/message/send", json=message)).status_code in AGAIN:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert (answer.status_code, answer.json()["status"]) == (409, "fail")
