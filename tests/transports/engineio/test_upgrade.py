"""From polling to WebSocket (Engine.IO 4, "Upgrade"): nothing lost, duplicated or reordered."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from backchannel.transports.engineio.endpoint import EngineIoSettings
from tests.transports.engineio.engine import Engine, engine
from tests.transports.harness import eventually


async def probe(client: ClientConnection) -> None:
    await client.send("2probe")
    assert await client.recv() == "3probe"


async def closes(client: ClientConnection) -> bool:
    try:
        await asyncio.wait_for(client.recv(), 10)
    except ConnectionClosed:
        return True
    return False


async def still_works(server: Engine, sid: str) -> bool:
    await server.push(sid, "4hello")
    return (await server.poll(sid)).text == "4hello"


async def test_a_session_moves_to_a_websocket() -> None:
    async with engine() as server:
        sid = await server.open()
        async with server.upgrade(sid) as client:
            await probe(client)
            polled = await server.poll(sid)
            assert (polled.status_code, polled.text) == (200, "6")
            await client.send("5")
            await client.send("4hello")
            assert await client.recv() == "4hello"
        await server.last.gone.wait()


async def test_a_poll_that_waits_is_ended_by_the_probe() -> None:
    async with engine() as server:
        sid = await server.open()
        poll = await server.waiting_poll(sid)
        async with server.upgrade(sid) as client:
            await probe(client)
            assert (await asyncio.wait_for(poll, 10)).text == "6"


async def test_http_requests_are_refused_after_the_upgrade() -> None:
    async with engine() as server:
        sid = await server.open()
        async with server.upgrade(sid) as client:
            await probe(client)
            await client.send("5")
            await client.send("4moved")
            assert await client.recv() == "4moved"
            assert (await server.poll(sid)).json()["code"] == 3
            assert (await server.push(sid, "4no")).json()["code"] == 3
            await client.send("4hello")
            assert await client.recv() == "4hello"


async def test_an_upgrade_counts_polled_packets_as_delivered() -> None:
    async with engine() as server:
        sid = await server.open()
        server.last.session.send_text(b"hello")
        await server.poll(sid)
        async with server.upgrade(sid) as client:
            await probe(client)
            assert (server.last.session.backlog, server.last.flushes) == (6, 0)
            await client.send("5")
            await eventually(lambda: server.last.flushes > 0)
            assert server.last.session.backlog == 0


async def test_R4_a_post_finished_after_the_upgrade_is_refused() -> None:
    async with engine() as server:
        sid = await server.open()
        polling = server.polling(sid)
        gate = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"4late"
            await gate.wait()

        params = {"EIO": "4", "transport": "polling", "sid": sid}
        post = asyncio.create_task(server.http.post("/", params=params, content=body()))
        await eventually(lambda: polling.posting)
        async with server.upgrade(sid) as client:
            await probe(client)
            await client.send("5")
            await client.send("4early")
            assert await client.recv() == "4early"
            gate.set()
            assert (await post).status_code == 400
            assert server.last.received == [b"early"]
            assert await closes(client)


async def test_R4_a_post_interrupted_by_the_upgrade_delivers_nothing() -> None:
    async with engine() as server:
        sid = await server.open()
        polling = server.polling(sid)
        server.last.session.pause_reading()
        post = asyncio.create_task(server.push(sid, "4one\x1e4two"))
        await eventually(lambda: polling.posting)
        async with server.upgrade(sid) as client:
            await probe(client)
            await client.send("5")
            assert (await post).status_code == 400
            assert server.last.received == []
            assert await closes(client)


@pytest.mark.parametrize("upgraded", [True, False])
async def test_a_second_websocket_is_closed(*, upgraded: bool) -> None:
    async with engine() as server:
        sid = await server.open()
        async with server.upgrade(sid) as client:
            await probe(client)
            if upgraded:
                await client.send("5")
                await client.send("4moved")
                await client.recv()
            async with server.upgrade(sid) as second:
                assert await closes(second)
            if not upgraded:
                await client.send("5")
            await client.send("4hello")
            assert await client.recv() == "4hello"


async def test_a_session_opened_on_a_websocket_accepts_no_second_one() -> None:
    async with engine() as server, server.websocket() as client:
        await client.recv()
        async with server.upgrade(server.last.session.id) as second:
            assert await closes(second)
        await client.send("4hello")
        assert await client.recv() == "4hello"


@pytest.mark.parametrize("packet", ["4hello", "2", "1", b"\x01"])
async def test_anything_but_a_probe_ends_the_upgrade(packet: str | bytes) -> None:
    async with engine() as server:
        sid = await server.open()
        async with server.upgrade(sid) as client:
            await client.send(packet)
            assert await closes(client)
        assert await still_works(server, sid)


async def test_an_attempt_that_stops_halfway_is_given_up() -> None:
    async with engine(EngineIoSettings(upgrade_timeout=0.2)) as server:
        sid = await server.open()
        async with server.upgrade(sid) as client:
            await probe(client)
            assert await closes(client)
        assert await still_works(server, sid)


async def test_after_a_lost_websocket_another_may_try() -> None:
    async with engine() as server:
        sid = await server.open()
        async with server.upgrade(sid) as client:
            await probe(client)
        await asyncio.sleep(0.05)
        assert await still_works(server, sid)
        async with server.upgrade(sid) as client:
            await probe(client)
            await client.send("5")
            await client.send("4hello")
            assert await client.recv() == "4hello"


async def test_a_session_that_ends_closes_its_pending_upgrade() -> None:
    async with engine() as server:
        sid = await server.open()
        async with server.upgrade(sid) as client:
            await probe(client)
            await server.push(sid, "1")
            assert await closes(client)


async def test_a_session_closing_during_the_upgrade_closes_the_websocket() -> None:
    async with engine() as server:
        sid = await server.open()
        async with server.upgrade(sid) as client:
            await probe(client)
            server.last.session.send_text(b"bye")
            server.last.session.close()
            await client.send("5")
            assert await client.recv() == "4bye"
            assert await closes(client)
        await server.last.gone.wait()
        assert server.last.ending == "forced close"


async def test_R4_an_upgrade_under_load_keeps_the_order_of_messages() -> None:
    """Both sides send all the time while the transport changes, ten times over."""
    async with engine(EngineIoSettings()) as server:
        for _ in range(10):
            await upgrade_under_load(server)


async def upgrade_under_load(server: Engine) -> None:
    sid = await server.open()
    handler = server.last
    sent = [f"{number}" for number in range(300)]
    got: list[str] = []

    async def talk() -> None:
        for number in sent:
            handler.session.send_text(number.encode())
            await asyncio.sleep(0.0005)

    connected = asyncio.create_task(talk())
    await server.push(sid, "4a\x1e4b")
    async with server.upgrade(sid) as client:
        await client.send("2probe")
        answered = asyncio.ensure_future(client.recv())
        while not answered.done():
            got += (await server.poll(sid)).text.split("\x1e")
        await server.push(sid, "4c")
        await client.send("5")
        await client.send("4d")
        while len([packet for packet in got if packet != "6"]) < len(sent) + 4:
            got.append(str(await client.recv()))
    await connected
    packets = [packet.removeprefix("4") for packet in got if packet != "6"]
    assert [packet for packet in packets if packet.isdigit()] == sent
    assert [packet for packet in packets if packet.isalpha()] == ["a", "b", "c", "d"]
    assert handler.received == [b"a", b"b", b"c", b"d"]
    await eventually(lambda: handler.ending is not None)
