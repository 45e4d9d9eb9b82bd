"""Events and answers, with and without attachments (Socket.IO 5, "Sending and receiving data")."""

import asyncio
from typing import Any, cast
from unittest.mock import Mock

import pytest

from backchannel.transports.socketio.endpoint import SocketIoSettings
from backchannel.transports.socketio.packets import encode_event
from backchannel.transports.socketio.server import SocketIoClient
from backchannel.transports.socketio.socket import NamespaceSocket
from tests.transports.harness import eventually
from tests.transports.socketio.sockets import close_code, socketio

TWO = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'


@pytest.mark.parametrize("prefix", ["", "/custom,"])
async def test_an_event_is_received_and_sent(prefix: str) -> None:
    async with socketio() as io, io.joined("/custom") as client:
        await client.send(f'42{prefix}["message",1,"2",{{"3":[true]}}]')
        assert await client.recv() == f'42{prefix}["back",1,"2",{{"3":[true]}}]'


async def test_an_event_with_attachments_comes_and_goes() -> None:
    async with socketio() as io, io.joined() as client:
        await client.send(f'452-["message",{TWO}]')
        await client.send(bytes([1, 2, 3]))
        await client.send(bytes([4, 5, 6]))
        assert await client.recv() == f'452-["back",{TWO}]'
        assert await client.recv() == bytes([1, 2, 3])
        assert await client.recv() == bytes([4, 5, 6])


@pytest.mark.parametrize("prefix", ["", "/custom,"])
async def test_an_event_is_answered(prefix: str) -> None:
    async with socketio() as io, io.joined("/custom") as client:
        await client.send(f'42{prefix}456["message",1,"2",{{"3":[false]}}]')
        assert await client.recv() == f'43{prefix}456[1,"2",{{"3":[false]}}]'
        await client.send(f'42{prefix}0["message"]')
        assert await client.recv() == f"43{prefix}0[]"


async def test_an_answer_may_have_attachments() -> None:
    async with socketio() as io, io.joined() as client:
        await client.send(f'452-789["message",{TWO}]')
        await client.send(bytes([1, 2, 3]))
        await client.send(bytes([4, 5, 6]))
        assert await client.recv() == f"462-789[{TWO}]"
        assert await client.recv() == bytes([1, 2, 3])
        assert await client.recv() == bytes([4, 5, 6])


async def test_an_acknowledgement_of_the_client_reaches_its_callback() -> None:
    answers: list[tuple[Any, ...]] = []
    async with socketio() as io, io.joined("/custom") as client:
        for handler in io.handlers:
            handler.socket.emit("question", 1, ack=lambda *args: answers.append(args))
            handler.socket.emit("question", b"\x07", ack=lambda *args: answers.append(args))
        questions = [await client.recv() for _ in range(6)]
        assert questions == [
            '420["question",1]',
            '451-1["question",{"_placeholder":true,"num":0}]',
            b"\x07",
            '42/custom,0["question",1]',
            '451-/custom,1["question",{"_placeholder":true,"num":0}]',
            b"\x07",
        ]
        await client.send('430["yes"]')
        await client.send('430["once only"]')
        await client.send("4399[]")
        await client.send('461-/custom,1[{"_placeholder":true,"num":0}]')
        await client.send(b"\x08")
        await client.send("43/custom,0[]")
        await eventually(lambda: len(answers) == 3)
        assert answers == [("yes",), (b"\x08",), ()]


async def test_outstanding_answers_are_bounded() -> None:
    answers: list[int] = []
    async with socketio(SocketIoSettings(acks=2)) as io, io.joined() as client:
        for number in range(3):
            io.last.socket.emit("question", ack=lambda number=number: answers.append(number))
        for ack_id in range(3):
            await client.send(f"43{ack_id}[]")
        await eventually(lambda: len(answers) == 2)
        assert answers == [1, 2]


async def test_one_packet_may_be_encoded_for_many_sockets() -> None:
    async with socketio() as io, io.joined("/custom") as client:
        main, custom = io.handlers
        main.socket.send_text(encode_event("news", {"é": [1, None]}))
        custom.socket.send_text(encode_event("news", namespace="/custom"))
        assert await client.recv() == '42["news",{"é":[1,null]}]'
        assert await client.recv() == '42/custom,["news"]'


async def test_a_flush_is_announced_to_every_namespace() -> None:
    async with socketio() as io, io.joined("/custom") as client:
        before = [handler.flushes for handler in io.handlers]
        await client.send('42["message"]')
        await client.recv()
        await asyncio.sleep(0.01)
        assert all(h.flushes > b for h, b in zip(io.handlers, before, strict=True))
        assert io.last.socket.backlog == 0


async def test_the_protocols_own_names_are_reserved() -> None:
    async with socketio() as io, io.joined():
        with pytest.raises(ValueError, match="protocol"):
            io.last.socket.emit("disconnect")


@pytest.mark.parametrize(
    "packets",
    [
        ["4abc"],
        ["42{}"],
        ["42"],
        ["42[]"],
        ["42[1]"],
        ['42["connect"]'],
        ['42["message"'],
        ['42abc["message-with-ack",1,"2",{"3":[false]}]'],
        ["42" + "[" * 5000],
        ["43[]"],
        ["430{}"],
        ['45["message"]'],
        ['450-["message"]'],
        ['4511-["message"]'],
        ['421-["message"]'],
        [b"\x01"],
        ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
        ['451-["message",{"_placeholder":true,"num":1}]', b"\x01"],
        ['451-["message",{"_placeholder":true,"num":-1}]', b"\x01"],
        ['451-["message",{"_placeholder":true}]', b"\x01"],
        ['451-["message",{"_placeholder":true,"num":0}]', b"x" * 101],
    ],
    ids=lambda packets: str(packets)[:40],
)
async def test_an_invalid_packet_closes(packets: list[str | bytes]) -> None:
    async with socketio(SocketIoSettings(attachments_size=100)) as io, io.joined() as client:
        for packet in packets:
            await client.send(packet)
        assert await close_code(client) == 1002
        await io.last.gone.wait()
        assert io.last.events == []


async def test_R13_a_pause_lasts_until_every_namespace_reads_on() -> None:
    """The namespaces of a client share one connection: it is not read while one is too busy."""
    async with socketio() as io, io.joined("/custom") as client:
        main, custom = [cast("NamespaceSocket", each.socket) for each in io.handlers]
        connection = cast("SocketIoClient", main._connection)
        session = connection.session = Mock(wraps=connection.session)
        main.pause_reading()
        custom.pause_reading()
        main.resume_reading()
        assert not session.resume_reading.called
        await client.send('42/custom,["leave"]')
        custom.resume_reading()
        assert session.resume_reading.called
        assert await client.recv() == "41/custom,"


async def test_S18_attachments_need_a_login() -> None:
    """They are held until the last one has come."""
    async with socketio() as io, io.open() as client:
        await client.send('451-["message",{"_placeholder":true,"num":0}]')
        await client.send(b"bytes")
        assert await close_code(client) == 1002
