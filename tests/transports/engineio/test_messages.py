"""Messages both ways (Engine.IO 4, "Sending and receiving data", "Message")."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import ConnectionClosed

from backchannel.transports.engineio.endpoint import EngineIoSettings
from backchannel.transports.engineio.polling import Polling
from backchannel.transports.http.limits import HttpLimits
from tests.transports.engineio.engine import FAST, engine
from tests.transports.harness import eventually


@pytest.mark.parametrize(
    "payload",
    ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==", "4grüße 🎉", "4", "b"],
)
async def test_a_payload_comes_back_over_polling(payload: str) -> None:
    async with engine() as server:
        sid = await server.open()
        pushed = await server.push(sid, payload)
        assert (pushed.status_code, pushed.text) == (200, "ok")
        assert pushed.headers["content-type"] == "text/html"
        polled = await server.poll(sid)
        assert (polled.status_code, polled.text) == (200, payload)


async def test_a_waiting_poll_gets_all_packets_of_a_loop_turn() -> None:
    async with engine() as server:
        sid = await server.open()
        poll = await server.waiting_poll(sid)
        for message in (b"one", b"two"):
            server.last.session.send_text(message)
        server.last.session.send_binary(b"\x03")
        assert (await poll).text == "4one\x1e4two\x1ebAw=="


async def test_text_and_binary_come_back_over_websocket() -> None:
    async with engine() as server, server.websocket() as client:
        await client.recv()
        for message in ("4hello", "4grüße", bytes([1, 2, 3, 4]), b""):
            await client.send(message)
            assert await client.recv() == message
        assert server.last.received == [b"hello", "grüße".encode(), bytes([1, 2, 3, 4]), b""]


@pytest.mark.parametrize(("b64", "back"), [("", bytes([1, 2, 3, 4])), ("&b64=1", "bAQIDBA==")])
async def test_binary_may_travel_as_text_over_websocket(b64: str, back: str | bytes) -> None:
    async with engine() as server, server.websocket(f"EIO=4&transport=websocket{b64}") as client:
        await client.recv()
        await client.send("bAQIDBA==")
        assert await client.recv() == back
        await client.send("4text")
        assert await client.recv() == "4text"
        assert server.last.received == [bytes([1, 2, 3, 4]), b"text"]


@pytest.mark.parametrize("payload", ["abc", "", "4a\x1e", "4a\x1exyz", "2", "b!", "bA"])
async def test_an_invalid_packet_closes_a_polling_session(payload: str) -> None:
    async with engine() as server:
        sid = await server.open()
        await server.push(sid, payload)
        assert server.last.ending == "parse error"
        assert server.last.received == []
        assert (await server.poll(sid)).status_code == 400


@pytest.mark.parametrize(("payload", "status"), [("abc", 400), ("4a\x1exyz", 400)])
async def test_an_invalid_payload_is_400(payload: str, status: int) -> None:
    async with engine() as server:
        sid = await server.open()
        assert (await server.push(sid, payload)).status_code == status


async def test_text_must_be_utf8() -> None:
    async with engine() as server:
        sid = await server.open()
        params = {"EIO": "4", "transport": "polling", "sid": sid}
        answer = await server.http.post("/", params=params, content=b"4\xff")
        assert answer.status_code == 400
        assert server.last.ending == "parse error"


@pytest.mark.parametrize("packet", ["abc", "2", "x", "", "b!", "bA", "bé"])
async def test_an_invalid_packet_closes_a_websocket_session(packet: str) -> None:
    async with engine() as server, server.websocket() as client:
        await client.recv()
        await client.send(packet)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (1002, "parse error")
        assert server.last.ending == "parse error"


async def test_packets_that_mean_nothing_here_are_ignored() -> None:
    async with engine() as server, server.websocket() as client:
        await client.recv()
        for packet in ("0", "5", "6", "3", "4still here"):
            await client.send(packet)
        assert await client.recv() == "4still here"


async def test_a_second_poll_closes_the_session() -> None:
    async with engine() as server:
        sid = await server.open()
        first = await server.waiting_poll(sid)
        second = await server.poll(sid)
        assert (second.status_code, second.json()["code"]) == (400, 3)
        waiting = await first
        assert (waiting.status_code, waiting.text) == (200, "1")
        assert (await server.poll(sid)).status_code == 400
        assert server.last.ending == "transport error"


def test_a_woken_poll_counts_as_waiting_until_it_is_answered() -> None:
    polling = Polling(1000)
    woken: list[bool] = []
    polling.poll(lambda: woken.append(True))
    polling.send(b"4hello")
    assert woken
    assert polling.waiting
    assert polling.take() == b"4hello"
    assert not polling.waiting


async def test_a_cancelled_poll_closes_the_session() -> None:
    async with engine() as server:
        sid = await server.open()
        poll = await server.waiting_poll(sid)
        poll.cancel()
        await server.last.gone.wait()
        assert server.last.ending == "transport error"
        assert (await server.poll(sid)).status_code == 400


async def test_a_second_post_closes_the_session() -> None:
    async with engine() as server:
        sid = await server.open()
        gate = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"4slow"
            await gate.wait()

        params = {"EIO": "4", "transport": "polling", "sid": sid}
        polling = server.polling(sid)
        slow = asyncio.create_task(server.http.post("/", params=params, content=body()))
        await eventually(lambda: polling.posting)
        second = await server.push(sid, "4fast")
        gate.set()
        assert second.status_code == 400
        await slow
        assert server.last.received == []
        assert (await server.poll(sid)).status_code == 400


async def test_a_post_that_breaks_off_closes_the_session() -> None:
    async with engine() as server:
        sid = await server.open()
        polling = server.polling(sid)

        async def body() -> AsyncIterator[bytes]:
            yield b"4lost"
            await asyncio.Event().wait()

        params = {"EIO": "4", "transport": "polling", "sid": sid}
        post = asyncio.create_task(server.http.post("/", params=params, content=body()))
        await eventually(lambda: polling.posting)
        post.cancel()
        await server.last.gone.wait()
        assert (server.last.ending, server.last.received) == ("transport error", [])


async def test_a_binary_body_is_from_an_older_protocol() -> None:
    async with engine() as server:
        sid = await server.open()
        params = {"EIO": "4", "transport": "polling", "sid": sid}
        headers = {"content-type": "application/octet-stream"}
        answer = await server.http.post("/", params=params, content=b"4a", headers=headers)
        assert answer.status_code == 400
        assert server.last.ending == "transport error"


async def test_S18_a_body_above_the_limit_is_413() -> None:
    async with engine(EngineIoSettings(max_payload=1000)) as server:
        sid = await server.open()
        assert (await server.push(sid, "4" + "x" * 999)).status_code == 200
        assert (await server.push(sid, "4" + "x" * 1000)).status_code == 413
        assert server.last.ending == "transport error"


@pytest.mark.parametrize("packet", ["4", "6", "3", "b", "4tiny"])
async def test_S18_a_payload_of_too_many_packets_is_400(packet: str) -> None:
    async with engine(EngineIoSettings(packets=1000)) as server:
        sid = await server.open()
        assert (await server.push(sid, "\x1e".join([packet] * 1000))).status_code == 200
        received = len(server.last.received)
        answer = await server.push(sid, "\x1e".join([packet] * 1001))
        assert answer.status_code == 400
        assert answer.json() == {
            "code": 3,
            "message": "Too many packets: send at most 1,000 in one request, then the next ones",
        }
        assert (server.last.ending, len(server.last.received)) == ("parse error", received)
        assert (await server.poll(sid)).status_code == 400


async def test_S18_the_packets_of_a_payload_wait_for_the_budget_of_their_sender() -> None:
    # 64 packets cost 16 KiB, and four seconds of the rate may be sent at once.
    async with engine(EngineIoSettings(read_rate=8 << 10)) as server:
        sid = await server.open()
        push = asyncio.create_task(server.push(sid, "\x1e".join(["4"] * 1000)))
        await eventually(lambda: len(server.last.received) >= 64, 60)
        before = await server.open()  # while the first client waits, another one is served
        assert (await server.push(before, "4hello")).status_code == 200
        assert len(server.handlers[0].received) < 1000
        push.cancel()


async def test_S18_an_overdue_body_is_408() -> None:
    async with engine(limits=HttpLimits(body_timeout=0.05)) as server:
        sid = await server.open()

        async def body() -> AsyncIterator[bytes]:
            yield b"4"
            await server.last.gone.wait()

        params = {"EIO": "4", "transport": "polling", "sid": sid}
        answer = await server.http.post("/", params=params, content=body())
        assert answer.status_code == 408
        assert server.last.ending == "transport error"


async def test_R13_a_client_that_does_not_poll_costs_bounded_memory() -> None:
    async with engine(EngineIoSettings(backlog=10_000)) as server:
        sid = await server.open()
        for _ in range(20):
            server.last.session.send_text(bytes(1000))
        await server.last.gone.wait()
        assert server.last.ending == "too far behind"
        assert (await server.poll(sid)).status_code == 400


async def test_polled_packets_count_as_delivered_at_the_next_poll() -> None:
    async with engine(FAST) as server:
        sid = await server.open()
        await server.push(sid, "4hello")
        handler = server.last
        await server.poll(sid)
        assert (handler.session.backlog, handler.flushes) == (6, 0)
        poll = asyncio.create_task(server.poll(sid))
        await eventually(lambda: handler.flushes == 1)
        assert handler.session.backlog == 0
        await poll


async def test_over_websocket_packets_count_as_delivered_once_the_kernel_accepted_them() -> None:
    async with engine() as server, server.websocket() as client:
        await client.recv()
        await client.send("4hello")
        await client.recv()
        assert server.last.flushes >= 1
        assert server.last.session.backlog == 0
