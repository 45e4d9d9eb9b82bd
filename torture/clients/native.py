"""The Python client, unchanged, with a journal and counters."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from backchannel.checker import journal
from backchannel_client import (
    ApiError,
    BackchannelClient,
    Checkpoint,
    ConnectionState,
    Draft,
    Journal,
    LogEvent,
    StateChanged,
)
from torture.clients.device import Device
from torture.clients.rest import PASSWORD, Person

READ_EVERY = 5
WINDOW = 64
RETRY_EVERY = 0.5


class Native(Device):
    """Keeps its log up to `checkpoint` over its connections and logins."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._client = BackchannelClient(
            f"http://{self.wire.address}",
            agent=self.name,
            window=WINDOW,
            journal=Journal(self._write, self.name),
        )
        self._client.on(StateChanged, self._state_changed)
        self._checkpoint: Checkpoint | None = None
        self._unsent: asyncio.Queue[Draft] = asyncio.Queue()
        self._invoked: set[str] = set()
        self._received = 0

    @property
    def unanswered(self) -> int:
        return self._unsent.qsize() + len(self._client.outbox)

    def send(self, to: Person, padding: Sequence[str]) -> None:
        for each in padding:
            key = self.next_key()
            self._unsent.put_nowait(Draft(to.id, f"{key} {each}".rstrip(), client_id=key))

    async def run(self) -> None:
        async with self._client:
            sending = asyncio.create_task(self._send_all())
            try:
                while True:
                    await self._log_in()
                    self._client.connect(self._checkpoint, self)
                    await self._client.stopped()
            finally:
                sending.cancel()

    def drop_connection(self) -> None:
        super().drop_connection()
        self._client.retry_now()

    async def finish(self) -> None:
        conversations = [self.person.conversation_with(peer) for peer in self.peers.values()]
        await self._client.finish_journal(conversations)
        self.is_finished = True

    async def apply(self, events: Sequence[LogEvent], checkpoint: Checkpoint) -> None:
        """Store the checkpoint, and mark every few messages as read."""
        self._checkpoint = checkpoint
        for event in events:
            message = event.message() if event.kind == "message" else None
            if message is not None and message.sender_id != self.person.id:
                self._received += 1
                if self._received % READ_EVERY == 0:
                    self._client.mark_read(message.conversation_id, message.seq)

    async def reset(self, checkpoint: Checkpoint, reason: str) -> None:  # noqa: ARG002 - in the journal
        self._checkpoint = checkpoint

    async def _log_in(self) -> None:
        """Log in; a restore may have ended an earlier login."""
        while True:
            try:
                await self._client.login(self.person.username, PASSWORD)
            except ApiError as error:
                if not error.transient:
                    raise
                await asyncio.sleep(RETRY_EVERY)
            else:
                return

    async def _send_all(self) -> None:
        while True:
            await self._client.send(await self._unsent.get())

    def _state_changed(self, change: StateChanged) -> None:
        self.is_open = change.state is ConnectionState.ONLINE
        self.context.tally.reconnected += change.state is ConnectionState.OFFLINE

    def _write(self, line: bytes) -> None:
        """Count a record, and write it into the journal of all devices."""
        record: journal.Record = msgspec.json.decode(line, type=journal.Record)
        tally = self.context.tally
        match record:
            case journal.Invoke(client_id=key):
                tally.sent += key not in self._invoked
                self._invoked.add(key)
            case journal.Ok():
                tally.acknowledged += 1
            case journal.Fail():
                tally.refused += 1
            case journal.Unknown():
                tally.unknown += 1
            case journal.Deliver():
                tally.delivered += 1
            case _:
                pass
        self.note(record)
