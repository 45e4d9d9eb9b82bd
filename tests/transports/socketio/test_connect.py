"""Joining namespaces (Socket.IO 5, "Connection to a namespace")."""

import asyncio

import pytest

from backchannel.transports.socketio.endpoint import SocketIoSettings
from tests.transports.harness import eventually
from tests.transports.socketio.sockets import close_code, join, socketio


@pytest.mark.parametrize("prefix", ["", "/custom,"])
@pytest.mark.parametrize("auth", ["", '{"token":"123"}'])
async def test_a_client_joins_a_namespace(prefix: str, auth: str) -> None:
    async with socketio() as io, io.open() as client:
        await client.send(f"40{prefix}{auth}")
        answer = await client.recv()
        sid = io.last.socket.id
        assert answer == f'40{prefix}{{"sid":"{sid}"}}'
        assert await client.recv() == f'42{prefix}["auth",{auth or "{}"}]'
        assert len(sid) == 20
        assert io.last.socket.namespace == (prefix.removesuffix(",") or "/")


async def test_the_comma_after_a_namespace_may_be_missing() -> None:
    async with socketio() as io, io.open() as client:
        await client.send("40/custom")
        assert str(await client.recv()).startswith('40/custom,{"sid":')


async def test_each_namespace_has_its_own_id() -> None:
    async with socketio() as io, io.open() as client:
        main = await join(client)
        custom = await join(client, "/custom,")
        assert main["sid"] != custom["sid"]
        assert io.last.request.request.query == "EIO=4&transport=websocket"
        assert io.last.socket.request is io.handlers[0].socket.request


@pytest.mark.parametrize("packet", ["40/random", "40/random,", '40/random,{"token":"123"}'])
async def test_an_unknown_namespace_is_refused(packet: str) -> None:
    async with socketio() as io, io.open() as client:
        await client.send(packet)
        assert await client.recv() == '44/random,{"message":"Invalid namespace"}'
        await join(client)


async def test_a_refusal_carries_its_message_and_data() -> None:
    async with socketio() as io, io.open() as client:
        await client.send("40/members,")
        refusal = '44/members,{"message":"Not authorized","data":{"code":7}}'
        assert await client.recv() == refusal
        await client.send("40/members,")
        assert await client.recv() == refusal


async def test_S21_an_internal_error_reveals_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with socketio() as io, io.open() as client:
        await client.send("40/broken,")
        assert await client.recv() == '44/broken,{"message":"Internal error"}'
    assert "endpoint failed" in caplog.text


async def test_a_handler_that_fails_to_open_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tests.transports.socketio.sockets.Echo.opened", fail)
    async with socketio() as io, io.open() as client:
        await client.send("40")
        assert await close_code(client) == 1011
        await io.last.gone.wait()
    assert "handler failed" in caplog.text


@pytest.mark.timed
async def test_a_client_that_joins_nothing_is_closed() -> None:
    async with socketio(SocketIoSettings(connect_timeout=0.1)) as io:
        async with io.open() as client:
            assert await close_code(client) == 1000
        async with io.open() as client:
            await client.send("40/slow,")
            assert await close_code(client) == 1000
        async with io.joined() as client:
            await asyncio.sleep(0.2)
            await client.send('42["message"]')
            assert await client.recv() == '42["back"]'
            await client.send("41")
            assert await close_code(client) == 1000


@pytest.mark.parametrize(
    "packet",
    [
        "4abc",  # no packet
        '42["message"]',  # joined nothing yet
        '42/custom,["message"]',
        "41",
        "430[]",
        '44{"message":"no"}',
        "40[]",  # auth is an object
        '40"token"',
        "40{",
        "40\x1e40",
    ],
)
async def test_anything_but_a_connect_packet_closes(packet: str) -> None:
    async with socketio() as io, io.open() as client:
        await client.send(packet)
        assert await close_code(client) == 1002
        await eventually(lambda: len(io.server.sessions) == 0)


@pytest.mark.parametrize("packets", [("40/slow,", "40/slow,"), ("40", "40")])
async def test_joining_twice_closes(packets: tuple[str, str]) -> None:
    async with socketio() as io, io.open() as client:
        for packet in packets:
            await client.send(packet)
        assert await close_code(client) == 1002


async def test_a_client_may_offer_to_recover_its_connection() -> None:
    async with socketio() as io, io.open() as client:
        await client.send("40/recovering,")
        assert await client.recv() == '40/recovering,{"sid":"the-sid","pid":"the-pid"}'
        assert (io.last.request.pid, io.last.request.offset) == (None, None)
    async with socketio() as io, io.open() as client:
        await client.send('40/recovering,{"pid":"P","offset":"O","token":"T"}')
        assert await client.recv() == '40/recovering,{"sid":"the-sid","pid":"P"}'
        assert (io.last.request.pid, io.last.request.offset) == ("P", "O")
        assert io.last.request.auth["token"] == "T"
    async with socketio() as io, io.open() as client:
        await client.send('40/recovering,{"pid":1,"offset":{}}')
        assert await client.recv() == '40/recovering,{"sid":"the-sid","pid":"the-pid"}'
