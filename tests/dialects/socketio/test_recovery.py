"""Connection state recovery: a client that was cut off continues, without losses or repeats."""

from pathlib import Path

import pytest

from backchannel.chat.core import Policy
from backchannel.dialects.socketio.serializer import OFFSET_EVENT
from tests.support.chat_server import ChatServer, chat_server
from tests.support.client_dialects import CHAT, QUEUED, ROOMS, Said
from tests.support.core import make_core
from tests.support.node_client import node_client
from tests.support.plain_socket import Person, log_in, register
from tests.support.socketio_client import SocketIoClient, opened, socketio_connected


async def send_message(server: ChatServer, person: Person, to: Person, *texts: str) -> None:
    async with CHAT.open(server, person) as client:
        for text in texts:
            await CHAT.send(client, to, text)


async def received_texts(client: SocketIoClient, least: int) -> list[str]:
    """The texts of this many messages, and of any that follow at once."""
    return [text for _, text in await ROOMS.receive_all(client, least)]


async def test_R5_missed_messages_are_recovered_once(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with socketio_connected(server, bob) as first:
        await send_message(server, ada, bob, "before")
        assert await received_texts(first, 1) == ["before"]
        first.socket.transport.abort()
    await send_message(server, ada, bob, "meanwhile 1", "meanwhile 2")
    async with socketio_connected(server, bob, recovering=first) as second:
        assert (second.sid, second.pid) == (first.sid, first.pid)
        assert await received_texts(second, 2) == ["meanwhile 1", "meanwhile 2"]
        await send_message(server, ada, bob, "after")
        assert await received_texts(second, 1) == ["after"]


async def test_R5_a_message_lost_after_the_kernel_accepted_it_is_recovered(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with socketio_connected(server, bob) as first:
        await first.wait_for_offset()
        reached = first.offset
        await send_message(server, ada, bob, "lost on the way")
        await received_texts(first, 1)
        first.offset = reached
    async with socketio_connected(server, bob, recovering=first) as second:
        assert second.sid == first.sid
        assert await received_texts(second, 1) == ["lost on the way"]


async def test_R5_messages_sent_from_another_device_are_recovered_too(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with socketio_connected(server, ada) as first:
        await QUEUED.send(first, bob, "from here")
        await received_texts(first, 0)
    await send_message(server, ada, bob, "from the phone")
    async with socketio_connected(server, ada, recovering=first) as second:
        expected: list[Said] = [(ada.id, "from the phone")]
        assert await QUEUED.receive_all(second, 1) == expected


async def test_R5_recovery_works_after_a_disconnect_at_each_message(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    texts = [f"{count}" for count in range(30)]
    got: list[str] = []
    async with CHAT.open(server, ada) as sender:
        async with socketio_connected(server, bob) as device:
            await device.wait_for_offset()
        for text in texts:
            await CHAT.send(sender, bob, text)
            async with socketio_connected(server, bob, recovering=device) as back:
                got.append((await ROOMS.receive(back))[1])
                await back.wait_for_offset()
                device = back
    assert got == texts


async def test_R5_recovery_survives_a_restart(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core, chat_server(core) as server:
        ada, bob = await register(server, "ada"), await register(server, "bob")
        async with socketio_connected(server, bob) as first:
            await send_message(server, ada, bob, "before")
            assert await received_texts(first, 1) == ["before"]
        await send_message(server, ada, bob, "meanwhile")
    async with (
        make_core(tmp_path) as core,
        chat_server(core) as server,
        socketio_connected(server, bob, recovering=first) as second,
    ):
        assert second.sid == first.sid
        assert await received_texts(second, 1) == ["meanwhile"]


@pytest.mark.parametrize("offset", [None, "", "x", "-1", "+1", "1.0", "9" * 30, "99", "²"])
async def test_an_invalid_offset_starts_a_new_connection(
    server: ChatServer, ada: Person, bob: Person, offset: str | None
) -> None:
    async with socketio_connected(server, bob) as first:
        await first.wait_for_offset()
    first.offset = offset
    await send_message(server, ada, bob, "meanwhile")
    async with socketio_connected(server, bob, recovering=first) as second:
        assert second.sid != first.sid
        assert await received_texts(second, 1) == ["meanwhile"]


@pytest.mark.parametrize("pid", ["", "x", "x.y", "é.é"])
async def test_an_unknown_pid_starts_a_new_connection(
    server: ChatServer, bob: Person, pid: str
) -> None:
    async with socketio_connected(server, bob) as first:
        await first.wait_for_offset()
    first.pid = pid
    async with socketio_connected(server, bob, recovering=first) as second:
        assert second.sid != first.sid


async def test_S11_another_user_cannot_recover_a_connection(
    server: ChatServer, ada: Person, bob: Person, eve: Person
) -> None:
    async with socketio_connected(server, bob) as first:
        await first.wait_for_offset()
    await send_message(server, ada, bob, "between us")
    async with socketio_connected(server, eve, recovering=first) as second:
        assert second.sid != first.sid
        assert await received_texts(second, 0) == []
    again = await log_in(server, "bob")
    async with socketio_connected(server, again, recovering=first) as own:
        assert own.sid == first.sid, "another login of the same user has the same log"


async def test_S18_a_recovered_connection_replaces_its_predecessor_in_the_limit(
    tmp_path: Path,
) -> None:
    policy = Policy(sockets_per_user=1)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        bob = await register(server, "bob")
        async with socketio_connected(server, bob) as first:
            await first.wait_for_offset()
            async with socketio_connected(server, bob, recovering=first) as second:
                assert second.sid == first.sid
                assert len(server.connections.hub) == 1
                assert str(await first.socket.recv()) == "41"


async def test_handlers_get_what_their_document_says_and_no_more(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with opened(server, additional_headers=bob.headers) as socket:
        await socket.send("40")
        await socket.recv()
        assert str(await socket.recv()) == f'42["{OFFSET_EVENT}","0"]'
        await send_message(server, ada, bob, "hi")
        packets = [str(await socket.recv()) for _ in range(3)]
    assert packets[0].startswith('42["receiveMessage",{')
    assert packets[1].startswith('42["chat message",{')
    assert packets[0].endswith("}]")
    assert packets[1].endswith("}]")
    assert packets[2].startswith(f'42["{OFFSET_EVENT}","')


@pytest.mark.service
@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
async def test_R5_npms_client_recovers(
    server: ChatServer, ada: Person, bob: Person, transports: str
) -> None:
    given = {"auth": {"token": bob.token}, "transports": transports.split(",")}
    async with node_client(server.address, **given) as client:  # type: ignore[arg-type]
        (first,) = await client.happens("connect")
        for count in range(5):
            await send_message(server, ada, bob, f"{count}")
            assert (await client.event("chat message"))["content"] == f"{count}"
            await client.event(OFFSET_EVENT)
            await client.order("cut")
            await client.happens("disconnect")
            await send_message(server, ada, bob, f"cut {count}")
            assert await client.happens("connect") == [{**first, "recovered": True}]
            assert (await client.event("chat message"))["content"] == f"cut {count}"
        await client.silent("chat message")
