"""S18, S6: a misbehaving service affects only its own answers, and leaves nothing behind."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import h11
import msgspec
import pytest

from backchannel.budgets.pieces import PIECE
from backchannel.ports.responder import Responder, ResponderFailed
from backchannel.responders.openai import EVENT_BYTES, Model, OpenAi, data_of
from backchannel.responders.webhook import Webhook
from tests.responders.conftest import Reply, Service, message, pieces
from tests.support.clock import ManualClock
from tests.support.steps import measured_steps

Make = Callable[[str], Responder]
Serve = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
AT_ONCE = 130
"""More than an HTTP client's own limit of connections."""


def webhook(url: str) -> Responder:
    return Webhook(url, b"key", ManualClock(), timeout=60)


def model(url: str) -> Responder:
    return OpenAi(Model(url=url, name="tiny"), timeout=60)


both = pytest.mark.parametrize("make", [webhook, model])


@asynccontextmanager
async def listening(serve: Serve) -> AsyncGenerator[str]:
    """The address of a service that reads the head of each request, and may write any bytes."""

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(await reader.readuntil(b"\r\n\r\n"), writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()


def whole(body: bytes, *headers: str) -> bytes:
    head = ["HTTP/1.1 200 OK", "connection: close", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


async def failure(make: Make, serve: Serve) -> str:
    async with listening(serve) as url:
        with pytest.raises(ResponderFailed) as failed:
            await pieces(make(url), message("hello"))
    return str(failed.value)


def replying(reply: bytes) -> Serve:
    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(reply)

    return serve


async def test_S18_a_cookie_does_not_come_back_with_another_question() -> None:
    heads: list[bytes] = []

    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head.lower())
        writer.write(whole(b'{"body":"ok"}', f"set-cookie: a{len(heads)}={'x' * 3000}; path=/"))

    async with listening(serve) as url:
        asking = webhook(url)
        for _ in range(2):
            assert [each async for each in asking.answer(message("hello"), ())] == ["ok"]
        await asking.close()
    assert not [head for head in heads if b"cookie" in head]


@both
async def test_a_long_context_is_encoded_beside_the_event_loop(
    make: Make, service: Service
) -> None:
    # 16 times what a page of a conversation may hold, so that the difference is plain.
    before = [message('"' * 65_536, by_user=number % 2 == 0) for number in range(200)]
    service.replies = [Reply(b'{"body":"ok","choices":[{"message":{"content":"ok"}}]}')]
    assert await pieces(make(service.url), message("what is used first is loaded first")) == ["ok"]
    began = time.thread_time()
    msgspec.json.encode([each.body for each in before])
    at_once = time.thread_time() - began
    with measured_steps() as steps:
        await asyncio.sleep(0)  # the current step has begun already
        assert await pieces(make(service.url), message("hello"), *before) == ["ok"]
    assert steps.longest < at_once / 2, (steps, at_once)


async def test_concurrent_answers_are_limited_by_the_setting() -> None:
    everybody = asyncio.Barrier(AT_ONCE)

    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        del head
        await everybody.wait()
        writer.write(whole(b'{"body":"ok"}'))

    async with listening(serve) as url:
        asking = webhook(url)

        async def ask() -> list[str]:
            return [each async for each in asking.answer(message("hello"), ())]

        assert await asyncio.gather(*(ask() for _ in range(AT_ONCE))) == [["ok"]] * AT_ONCE
        await asking.close()


@both
@pytest.mark.parametrize(
    "reply",
    [
        b"you said: canary\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nyou said canary\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: \x01canary\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: canary\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nlocation: http://[canary\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: canary\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\ncanary\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\ncanary",
    ],
)
async def test_S6_a_failure_does_not_repeat_what_the_service_sent(make: Make, reply: bytes) -> None:
    reason = await failure(make, replying(reply))
    assert "canary" not in reason
    assert len(reason) < 150


@both
async def test_S18_a_redirection_is_not_followed(make: Make) -> None:
    asked: list[bytes] = []

    async def elsewhere(head: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(head)
        writer.write(whole(b'{"body":"secret"}'))

    async with listening(elsewhere) as target:
        head = f"HTTP/1.1 307 Moved\r\nlocation: {target}/latest/meta-data\r\n"
        reply = head.encode() + b"content-length: 0\r\n\r\n"
        assert "status 307" in await failure(make, replying(reply))
    assert asked == []


@both
async def test_S18_a_compressed_response_is_not_unpacked(make: Make) -> None:
    bomb = gzip.compress(b'{"body":"' + b"a" * 60_000 + b'"}')
    reply = whole(bomb, "content-encoding: gzip", "content-type: application/json")
    assert "the response is not" in await failure(make, replying(reply))


@both
async def test_S18_deeply_nested_json_is_a_failure(make: Make) -> None:
    deep = b'{"more":' + b"[" * 100_000
    assert "the response is not" in await failure(make, replying(whole(deep)))


async def test_S18_an_event_without_an_end_is_given_up() -> None:
    sent = 0

    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        del head
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ")
        while sent < 100 << 20:
            writer.write(b"x" * (1 << 16))
            await writer.drain()
            sent += 1 << 16

    assert f"longer than {EVENT_BYTES:,} bytes" in await failure(model, serve)
    assert sent < 20 << 20


async def test_S18_an_event_of_many_lines_without_an_end_is_given_up() -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(1_000):
            yield b"data: x\n" * 1_000

    with pytest.raises(ResponderFailed, match="an event of the response is longer"):
        assert not [data async for data in data_of(chunks())]


async def test_a_long_answer_in_single_characters_is_complete(service: Service) -> None:
    event = {"id": "x" * 200, "choices": [{"index": 0, "delta": {"content": "a"}}]}
    stream = f"data: {json.dumps(event)}\n\n" * 6_000 + "data: [DONE]\n\n"
    service.replies = [Reply(stream.encode(), media_type="text/event-stream")]
    assert "".join(await pieces(model(service.url), message("hello"))) == "a" * 6_000


@both
@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 103 \r\n\r\n" * 10_000 + whole(b'{"body":"ok","choices":[]}'),
        whole(b" " * 100_000 + b'{"body":"ok","choices":[]}'),
    ],
    ids=["interim responses", "a body"],
)
async def test_R13_a_response_is_parsed_in_pieces(
    make: Make, reply: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[int] = []
    receive = h11.Connection.receive_data

    def receive_data(connection: h11.Connection, data: bytes) -> None:
        parsed.append(len(data))
        receive(connection, data)

    monkeypatch.setattr(h11.Connection, "receive_data", receive_data)
    async with listening(replying(reply)) as url:
        assert "".join(await pieces(make(url), message("hello"))) in {"ok", ""}
    assert max(parsed) <= PIECE
    assert sum(parsed) >= len(reply) - 1
