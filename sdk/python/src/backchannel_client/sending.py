"""Sends the messages in the outbox, in order, until each has been answered."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import msgspec

from backchannel_client.errors import ApiError, is_transient
from backchannel_client.frames import Ack, Refusal, Send
from backchannel_client.journal import Journal
from backchannel_client.outbox import (
    Failure,
    OutboxStore,
    Outgoing,
    ack_of,
    entry_of,
    frame_of,
)
from backchannel_client.signals import Emit, MessageRefused, MessageStored, OutboxChanged
from backchannel_client.wire import FileInfo, LogEvent, Message, direct_conversation_id

PAUSE = 1.0
"""Seconds until a message is sent again, if the server does not say when."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to send. `to` is a user's id; for a session, set `conversation_id` instead."""

    to: str
    body: str
    conversation_id: str | None = None
    reply_to: int | None = None
    files: list[FileInfo] = field(default_factory=list[FileInfo])
    client_id: str | None = None


class Sending:
    """The outbox of one user. At most `window` messages are unanswered at once.

    With a window of 1 the order holds even if the server asks for one message to be sent later.
    A message waits, without `failed`, until its outcome is reported; a refusal is stored first.
    """

    def __init__(
        self, store: OutboxStore, emit: Emit, journal: Journal | None = None, window: int = 1
    ) -> None:
        self._user_id = ""
        self._store = store
        self._emit = emit
        self._journal = journal
        self._window = window
        self._items: dict[str, Outgoing] = {}
        self._unkept: set[str] = set()
        self._flying: set[str] = set()
        self._doubtful: set[str] = set()
        self._answered: set[str] = set()
        self._refusing: set[str] = set()
        self._writing: set[asyncio.Task[None]] = set()
        self._waiters: dict[str, list[asyncio.Future[Ack]]] = {}
        self._transmit: Callable[[Send], None] | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._paused_until = 0.0

    @property
    def items(self) -> tuple[Outgoing, ...]:
        """The messages without an acknowledgement, the oldest first."""
        return tuple(self._items.values())

    @property
    def pause(self) -> float:
        """Seconds until the server accepts the next message."""
        return max(0.0, self._paused_until - time.monotonic())

    async def load(self) -> None:
        """Read the stored messages again: at the start, or after another program has written."""
        unkept = {key: self._items[key] for key in self._unkept}
        kept = {item.client_id: item for item in await self._store.all()}
        self._items = {key: each for key, each in kept.items() if key not in self._answered}
        self._items |= {key: each for key, each in unkept.items() if key not in self._items}
        self._changed()
        self._flush()

    async def enqueue(self, draft: Draft) -> Outgoing:
        """Return once the message is stored. Raises the store's errors; it is sent even then."""
        last = max((item.created_at for item in self._items.values()), default=0)
        item = Outgoing(
            client_id=draft.client_id or str(uuid.uuid4()),
            to=draft.to,
            conversation_id=draft.conversation_id,
            body=draft.body,
            reply_to=draft.reply_to,
            files=draft.files,
            created_at=max(time.time_ns() // 1_000_000, last + 1),
        )
        self._items[item.client_id] = item
        self._unkept.add(item.client_id)
        self._changed()
        await self._complete(self._keep(item))
        return item

    async def stored(self, client_id: str) -> Ack:
        """Wait for the server's answer to a message. Raises `ApiError` if it was refused."""
        item = self._items.get(client_id)
        if item is not None and item.failed:
            raise ApiError(400, item.failed.code, item.failed.detail)
        waiter: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(client_id, []).append(waiter)
        return await waiter

    async def retry(self, client_id: str) -> None:
        """Send a refused message again, with the key it had."""
        if client_id in self._items:
            item = msgspec.structs.replace(self._items[client_id], failed=None)
            self._items[client_id] = item
            self._changed()
            await self._complete(self._store.put(item))
            self._flush()

    async def discard(self, client_id: str) -> None:
        """Forget a message that has not been answered, or was refused."""
        self._flying.discard(client_id)
        if self._items.pop(client_id, None) is not None:
            self._changed()
            await self._complete(self._store.remove(client_id))
            self._flush()

    async def written(self) -> None:
        """Wait until the store has written all changes."""
        while self._writing:
            await asyncio.wait(self._writing)

    def start(self, user_id: str, transmit: Callable[[Send], None]) -> None:
        """A connection is open; everything unanswered is sent (again)."""
        self._user_id = user_id
        self._transmit = transmit
        self._flush()

    def stop(self) -> None:
        """The connection has ended; the outcome of messages already sent is unknown."""
        self._transmit = None
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._journal is not None:
            for client_id in self._flying:
                self._journal.unknown(client_id)
        self._doubtful |= self._flying
        self._flying.clear()

    def acknowledged(self, ack: Ack) -> LogEvent | None:
        """The log entry of a message that the server has stored; None if that is already known."""
        self._flying.discard(ack.client_id)
        item = self._items.get(ack.client_id)
        if item is None or ack.client_id in self._answered:
            return None
        self._settle(item, ack)
        return entry_of(item, ack, self._user_id)

    async def applied(self, message: Message) -> None:
        """The event of a message of this user is durably applied here."""
        client_id = message.client_id or ""
        item = self._items.get(client_id)
        if item is not None and client_id not in self._answered:
            # Its acknowledgement was lost with a connection; the log proves the same.
            self._settle(item, ack_of(message, client_id))
        await self.settled(client_id)

    async def settled(self, client_id: str) -> None:
        """The message is stored at the server, and its event is applied or will come by the log."""
        self._answered.discard(client_id)
        self._doubtful.discard(client_id)
        await self.discard(client_id)

    async def refused(self, refusal: Refusal) -> None:
        """The server refuses a message, for now or for good."""
        item = self._items.get(refusal.client_id or "")
        if item is None or item.client_id in self._answered | self._refusing:
            return
        self._flying.discard(item.client_id)
        if self._journal is not None:
            if item.client_id in self._doubtful:
                self._journal.unknown(item.client_id)
            else:
                self._journal.fail(item.client_id, refusal.code)
        if is_transient(refusal.code):
            self._wait(refusal.retry_after or 0.0)
            return
        self._refusing.add(item.client_id)
        await self._complete(self._fail(item, refusal))

    async def too_big(self, reason: str) -> bool:
        """The server has closed because of a frame's size. False if no message was being sent."""
        flying = [self._items[key] for key in self._flying if key in self._items]
        if not flying:
            return False
        largest = max(flying, key=lambda item: len(item.body))
        await self.refused(
            Refusal(
                title="Content Too Large",
                status=413,
                code="too_large",
                detail=reason,
                client_id=largest.client_id,
            )
        )
        return True

    def _settle(self, item: Outgoing, ack: Ack) -> None:
        """Tell all waiting callers that the server has a message."""
        self._answered.add(item.client_id)
        if self._journal is not None:
            self._journal.ok(ack)
        for waiter in self._waiters.pop(item.client_id, ()):
            if not waiter.done():
                waiter.set_result(ack)
        self._emit(MessageStored(item, ack))
        self._flush()

    async def _keep(self, item: Outgoing) -> None:
        try:
            await self._store.put(item)
        finally:
            self._unkept.discard(item.client_id)
            self._flush()

    async def _fail(self, item: Outgoing, refusal: Refusal) -> None:
        failed = msgspec.structs.replace(item, failed=Failure(refusal.code, refusal.detail))
        with contextlib.suppress(OSError):  # after a restart it is sent, and refused, again
            await self._store.put(failed)
        self._refusing.discard(item.client_id)
        if item.client_id not in self._items:  # discarded meanwhile
            await self._store.remove(item.client_id)
            return
        self._items[item.client_id] = failed
        self._changed()
        for waiter in self._waiters.pop(item.client_id, ()):
            if not waiter.done():
                waiter.set_exception(ApiError(refusal.status, refusal.code, refusal.detail))
        self._emit(MessageRefused(failed, refusal))
        self._flush()

    async def _complete(self, work: Coroutine[None, None, None]) -> None:
        """Complete work on the store, even if the caller is cancelled."""
        task = asyncio.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.shield(task)

    def _flush(self) -> None:
        if self._transmit is None or self._pause is not None:
            return
        for item in self._items.values():
            if len(self._flying) >= self._window or item.client_id in self._unkept:
                return
            if item.failed or item.client_id in self._flying | self._answered | self._refusing:
                continue
            self._flying.add(item.client_id)
            if self._journal is not None:
                _note(self._journal, item, self._user_id)
            self._transmit(frame_of(item))

    def _wait(self, seconds: float) -> None:
        if self._pause is None:
            wait = max(PAUSE, seconds)
            self._paused_until = time.monotonic() + wait
            self._pause = asyncio.get_running_loop().call_later(wait, self._resume)

    def _resume(self) -> None:
        self._pause = None
        self._flush()

    def _changed(self) -> None:
        self._emit(OutboxChanged(self.items))


def _note(journal: Journal, item: Outgoing, user_id: str) -> None:
    journal.invoke(
        user=user_id,
        client_id=item.client_id,
        conversation=item.conversation_id or direct_conversation_id(user_id, item.to),
        body=item.body,
        to=item.to if item.conversation_id is None else None,
    )
