"""A client with a server in the same process: no network, no HTTP."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from backchannel_client import (
    BackchannelClient,
    Checkpoint,
    Closed,
    Journal,
    LogEvent,
    MemoryOutbox,
    OutboxStore,
    Outgoing,
    Tokens,
)

AT = Checkpoint("e", 4)
TIMEOUT = 90.0

Json = dict[str, Any]


class FakeSocket:
    """A connection whose other end is the test."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        self._coming: asyncio.Queue[Json | Closed] = asyncio.Queue()
        self._said = asyncio.Condition()
        self._ended: Closed | None = None

    async def send(self, text: str) -> None:
        if self._ended is not None:
            raise self._ended
        self.sent.append(json.loads(text))
        async with self._said:
            self._said.notify_all()

    async def receive(self) -> str:
        frame = await self._coming.get()
        if isinstance(frame, Closed):
            raise frame
        return json.dumps(frame)

    async def close(self) -> None:
        self._ended = Closed(1000, "")

    def push(self, frame: Json) -> None:
        self._coming.put_nowait(frame)

    def welcome(self, position: int, heartbeat: float = 25) -> None:
        user = {"user_id": "ada-id", "username": "ada"}
        self.push(
            {"type": "welcome", **user, "epoch": "e", "position": position, "heartbeat": heartbeat}
        )

    def cut(self, code: int = 1006, reason: str = "") -> None:
        self._ended = Closed(code, reason)
        self._coming.put_nowait(self._ended)

    def of(self, kind: str) -> list[Json]:
        """The frames of a type that the client has sent."""
        return [frame for frame in self.sent if frame["type"] == kind]

    async def sent_frames(self, kind: str, count: int = 1) -> list[Json]:
        """Wait until the client has sent this many frames of a type."""
        async with asyncio.timeout(TIMEOUT), self._said:
            await self._said.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)


class FakeServer:
    def __init__(self) -> None:
        self.sockets: list[FakeSocket] = []
        self.requests: list[httpx.Request] = []
        self.refuses_refresh = False
        self._opened = asyncio.Condition()

    async def open(self) -> FakeSocket:
        self.sockets.append(FakeSocket())
        async with self._opened:
            self._opened.notify_all()
        return self.sockets[-1]

    async def socket(self, number: int = 1) -> FakeSocket:
        """The connection with this number, once the client has opened it."""
        async with asyncio.timeout(TIMEOUT), self._opened:
            await self._opened.wait_for(lambda: len(self.sockets) >= number)
        return self.sockets[number - 1]

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Refresh tokens; refuse other requests with 401, or with 429 if their token is fresh."""
        self.requests.append(request)
        if request.url.path == "/v1/refresh":
            if self.refuses_refresh:
                return httpx.Response(401, json={"code": "unauthenticated", "detail": "ended"})
            return httpx.Response(200, content=msgspec.json.encode(issued_tokens("fresh")))
        if request.headers.get("authorization") != "Bearer fresh":
            return httpx.Response(401, json={"code": "token_expired", "detail": "expired"})
        throttled = {"code": "throttled", "detail": "slow down", "field": "q", "retry_after": 2}
        return httpx.Response(429, json=throttled)


class SlowOutbox(MemoryOutbox):
    """Changes only once `may_write` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.may_write = asyncio.Event()

    def hold(self) -> None:
        """Make the next change wait."""
        self.asked.clear()
        self.may_write.clear()

    async def put(self, item: Outgoing) -> None:
        await self._turn()
        await super().put(item)

    async def remove(self, client_id: str) -> None:
        await self._turn()
        await super().remove(client_id)

    async def _turn(self) -> None:
        self.asked.set()
        await self.may_write.wait()


class Device:
    """A client whose sink records everything."""

    def __init__(self, client: BackchannelClient, server: FakeServer) -> None:
        self.client = client
        self.server = server
        self.applied: list[LogEvent] = []
        self.resets: list[str] = []
        self.checkpoint: Checkpoint | None = None
        self.failures = 0
        """So many times `apply` fails."""

    async def apply(self, events: Sequence[LogEvent], checkpoint: Checkpoint) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        self.applied += events
        self.checkpoint = checkpoint

    async def reset(self, checkpoint: Checkpoint, reason: str) -> None:
        self.resets.append(reason)
        self.checkpoint = checkpoint

    async def reached(self, position: int) -> None:
        """Wait until the sink has reached a position."""
        async with asyncio.timeout(TIMEOUT):
            while self.checkpoint is None or self.checkpoint.position < position:  # noqa: ASYNC110 - it notifies nobody
                await asyncio.sleep(0.001)


@asynccontextmanager
async def device(
    checkpoint: Checkpoint | None = AT,
    *,
    outbox: OutboxStore | None = None,
    journal: Journal | None = None,
    window: int = 1,
) -> AsyncGenerator[Device]:
    """A device that connects."""
    server = FakeServer()
    transport = httpx.MockTransport(server.answer)
    async with BackchannelClient(
        "http://chat.example",
        open=server.open,
        http=transport,
        random=lambda: 0.0,
        journal=journal,
        window=window,
    ) as client:
        made = Device(client, server)
        client.tokens.adopt(issued_tokens("first"))
        await client.keep_outbox(outbox or MemoryOutbox())
        client.connect(checkpoint, made)
        yield made


def issued_tokens(token: str) -> Tokens:
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    user = {"id": "ada-id", "username": "ada", "display_name": "Ada", "email": None}
    return msgspec.convert(
        {
            "user": {**user, "created_at": "", "updated_at": ""},
            "login_id": "l",
            "access_token": token,
            "expires_at": ends,
            "refresh_token": f"r-{token}",
            "refresh_expires_at": ends,
        },
        Tokens,
    )


def profile(position: int) -> Json:
    """An event that changes nothing for a client."""
    data = {"user_id": "u"}
    return {
        "type": "event",
        "kind": "profile",
        "position": position,
        "previous": position - 1,
        "data": data,
    }


def ack(client_id: str, position: int | None) -> Json:
    return {
        "type": "ack",
        "client_id": client_id,
        "id": f"id-{client_id}",
        "conversation_id": "c1",
        "seq": 7,
        "created_at": "2026-05-04T10:00:00.000Z",
        "position": position,
        "previous": None if position is None else position - 1,
        "repeated": position is None,
    }


def own(position: int, client_id: str) -> Json:
    """The log's entry of a message of this device's user."""
    data = {
        "conversation_id": "c1",
        "seq": 7,
        "id": f"id-{client_id}",
        "sender_id": "ada-id",
        "recipient_id": "grace",
        "client_id": client_id,
        "body": "Hi",
        "created_at": "",
    }
    return {"kind": "message", "position": position, "previous": position - 1, "data": data}


def refusal(client_id: str, code: str, **more: object) -> Json:
    status = {"type": "error", "title": "No", "status": 403, "detail": "no"}
    return {**status, "code": code, "client_id": client_id, **more}


def records(path: Path) -> list[Json]:
    """A journal's lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
