"""The end of a session, by either side."""

import pytest
from websockets.exceptions import ConnectionClosed

from tests.transports.engineio.engine import FAST, engine
from tests.transports.harness import eventually


async def test_a_polling_client_closes() -> None:
    async with engine() as server:
        sid = await server.open()
        poll = await server.waiting_poll(sid)
        assert (await server.push(sid, "1")).status_code == 200
        waiting = await poll
        assert (waiting.status_code, waiting.text) == (200, "6")
        assert (await server.poll(sid)).status_code == 400
        assert server.last.ending == "transport close"
        assert len(server.server.sessions) == 0


@pytest.mark.parametrize("farewell", ["1", None])
async def test_a_websocket_client_closes(farewell: str | None) -> None:
    async with engine() as server, server.websocket() as client:
        await client.recv()
        if farewell is None:
            await client.close()
        else:
            await client.send(farewell)
            with pytest.raises(ConnectionClosed):
                await client.recv()
        await server.last.gone.wait()
        assert server.last.ending == "transport close"
        assert len(server.server.sessions) == 0


async def test_a_polling_client_gets_the_last_packets_and_then_the_close() -> None:
    async with engine() as server:
        sid = await server.open()
        session = server.last.session
        session.send_text(b"bye")
        session.close()
        session.send_text(b"too late")
        assert (await server.poll(sid)).text == "4bye"
        assert not server.last.gone.is_set()
        assert (await server.push(sid, "4ignored")).status_code == 200
        assert (await server.poll(sid)).text == "1"
        await server.last.gone.wait()
        assert (server.last.ending, server.last.received) == ("forced close", [])
        assert (await server.poll(sid)).status_code == 400


async def test_a_polling_client_that_does_not_come_for_the_close_is_forgotten() -> None:
    async with engine(FAST) as server:
        await server.open()
        server.last.session.close()
        await server.last.gone.wait()
        assert server.last.ending == "forced close"


async def test_a_websocket_client_is_told_why_it_is_closed() -> None:
    async with engine() as server, server.websocket() as client:
        await client.recv()
        server.last.session.send_text(b"bye")
        server.last.session.close(4001, "logged out")
        assert await client.recv() == "4bye"
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4001, "logged out")
        await server.last.gone.wait()
        assert server.last.ending == "forced close"


async def test_R12_draining_ends_polling_sessions_and_accepts_no_new_ones() -> None:
    async with engine() as server:
        sid = await server.open()
        poll = await server.waiting_poll(sid)
        server.server.sessions.drain()
        assert (await poll).text == "1"
        await eventually(lambda: len(server.server.sessions) == 0)
        answer = await server.request(EIO="4", transport="polling")
        assert answer.status_code == 503
