"""Connection state recovery: who was cut off goes on, with all of it and nothing twice."""

from pathlib import Path

import pytest

from backchannel.chat.core import Policy
from backchannel.dialects.socketio.recovery import EVENT
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.node_client import node_client
from tests.support.plain_socket import Person, enrol, log_in
from tests.support.socketio_talker import SocketIoTalker, opened, socketio_talking
from tests.support.tongues import CHAT, QUEUED, ROOMS, Said


async def say(server: ChatServer, person: Person, to: Person, *texts: str) -> None:
    async with CHAT.open(server, person) as talker:
        for text in texts:
            await CHAT.say(talker, to, text)


async def heard(talker: SocketIoTalker) -> list[str]:
    return [text for _, text in await ROOMS.all_heard(talker)]


async def test_R5_what_was_missed_comes_once(server: ChatServer, ada: Person, bob: Person) -> None:
    async with socketio_talking(server, bob) as first:
        await say(server, ada, bob, "before")
        assert await heard(first) == ["before"]
        first.socket.transport.abort()
    await say(server, ada, bob, "meanwhile 1", "meanwhile 2")
    async with socketio_talking(server, bob, recovering=first) as second:
        assert (second.sid, second.pid) == (first.sid, first.pid)
        assert await heard(second) == ["meanwhile 1", "meanwhile 2"]
        await say(server, ada, bob, "after")
        assert await heard(second) == ["after"]


async def test_R5_what_the_kernel_took_but_the_client_did_not_get_comes_again(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with socketio_talking(server, bob) as first:
        await heard(first)
        reached = first.offset
        await say(server, ada, bob, "lost on the way")
        await heard(first)
        first.offset = reached
    async with socketio_talking(server, bob, recovering=first) as second:
        assert second.sid == first.sid
        assert await heard(second) == ["lost on the way"]


async def test_R5_what_was_sent_from_elsewhere_meanwhile_comes_too(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with socketio_talking(server, ada) as first:
        await QUEUED.say(first, bob, "from here")
        await heard(first)
    await say(server, ada, bob, "from the phone")
    async with socketio_talking(server, ada, recovering=first) as second:
        expected: list[Said] = [(ada.id, "from the phone")]
        assert await QUEUED.all_heard(second) == expected


async def test_R5_every_single_cut_is_survived(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    texts = [f"{count}" for count in range(30)]
    got: list[str] = []
    async with CHAT.open(server, ada) as sender:
        async with socketio_talking(server, bob) as device:
            got += await heard(device)
        for text in texts:
            await CHAT.say(sender, bob, text)
            async with socketio_talking(server, bob, recovering=device) as back:
                got.append((await ROOMS.hear(back))[1])
                while back.offset is None:
                    await back.all_heard()
                device = back
    assert got == texts


async def test_R5_recovery_survives_a_restart(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core, chat_server(core) as server:
        ada, bob = await enrol(server, "ada"), await enrol(server, "bob")
        async with socketio_talking(server, bob) as first:
            await say(server, ada, bob, "before")
            assert await heard(first) == ["before"]
        await say(server, ada, bob, "meanwhile")
    async with (
        make_core(tmp_path) as core,
        chat_server(core) as server,
        socketio_talking(server, bob, recovering=first) as second,
    ):
        assert second.sid == first.sid
        assert await heard(second) == ["meanwhile"]


@pytest.mark.parametrize("offset", [None, "", "x", "-1", "+1", "1.0", "9" * 30, "99", "²"])
async def test_an_offset_that_means_nothing_begins_anew(
    server: ChatServer, ada: Person, bob: Person, offset: str | None
) -> None:
    async with socketio_talking(server, bob) as first:
        await heard(first)
    first.offset = offset
    await say(server, ada, bob, "meanwhile")
    async with socketio_talking(server, bob, recovering=first) as second:
        assert second.sid != first.sid
        assert await heard(second) == ["meanwhile"]


@pytest.mark.parametrize("pid", ["", "x", "x.y", "é.é"])
async def test_a_name_that_was_never_given_begins_anew(
    server: ChatServer, bob: Person, pid: str
) -> None:
    async with socketio_talking(server, bob) as first:
        await heard(first)
    first.pid = pid
    async with socketio_talking(server, bob, recovering=first) as second:
        assert second.sid != first.sid


async def test_S11_another_user_begins_anew_and_learns_nothing(
    server: ChatServer, ada: Person, bob: Person, eve: Person
) -> None:
    async with socketio_talking(server, bob) as first:
        await heard(first)
    await say(server, ada, bob, "between us")
    async with socketio_talking(server, eve, recovering=first) as second:
        assert second.sid != first.sid
        assert await heard(second) == []
    again = await log_in(server, "bob")
    async with socketio_talking(server, again, recovering=first) as own:
        assert own.sid == first.sid, "another login of the same user has the same log"


async def test_S18_a_client_that_comes_back_takes_its_old_place(tmp_path: Path) -> None:
    policy = Policy(sockets_per_user=1)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        bob = await enrol(server, "bob")
        async with socketio_talking(server, bob) as first:
            await heard(first)
            async with socketio_talking(server, bob, recovering=first) as second:
                assert second.sid == first.sid
                assert len(server.desk.hub) == 1
                assert str(await first.socket.recv()) == "41"


async def test_handlers_get_what_their_document_says_and_no_more(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    async with opened(server, additional_headers=bob.headers) as socket:
        await socket.send("40")
        await socket.recv()
        assert str(await socket.recv()) == f'42["{EVENT}","0"]'
        await say(server, ada, bob, "hi")
        packets = [str(await socket.recv()) for _ in range(3)]
    assert packets[0].startswith('42["receiveMessage",{')
    assert packets[1].startswith('42["chat message",{')
    assert packets[0].endswith("}]")
    assert packets[1].endswith("}]")
    assert packets[2].startswith(f'42["{EVENT}","')


@pytest.mark.service
@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
async def test_R5_npms_client_recovers(
    server: ChatServer, ada: Person, bob: Person, transports: str
) -> None:
    given = {"auth": {"token": bob.token}, "transports": transports.split(",")}
    async with node_client(server.address, **given) as client:  # type: ignore[arg-type]
        (first,) = await client.happens("connect")
        for count in range(5):
            await say(server, ada, bob, f"{count}")
            assert (await client.event("chat message"))["content"] == f"{count}"
            await client.event(EVENT)
            await client.order("cut")
            await client.happens("disconnect")
            await say(server, ada, bob, f"cut {count}")
            assert await client.happens("connect") == [{**first, "recovered": True}]
            assert (await client.event("chat message"))["content"] == f"cut {count}"
        await client.silent("chat message")
