"""The client for Python, as it is, with its journal and its counts."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from backchannel.checker import journal
from backchannel_client import (
    ApiError,
    BackchannelClient,
    ConnectionState,
    Draft,
    Journal,
    LogEvent,
    Place,
    StateChanged,
)
from torture.clients.device import Device
from torture.clients.rest import PASSWORD, Person

READ_EVERY = 5
WINDOW = 64
RETRY_EVERY = 0.5


class Native(Device):
    """Holds its log up to `place`, across its connections and logins."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._client = BackchannelClient(
            f"http://{self.wire.address}",
            agent=self.name,
            window=WINDOW,
            journal=Journal(self._write, self.name),
        )
        self._client.on(StateChanged, self._state_changed)
        self._place: Place | None = None
        self._unsaid: asyncio.Queue[Draft] = asyncio.Queue()
        self._invoked: set[str] = set()
        self._heard = 0

    @property
    def unanswered(self) -> int:
        return self._unsaid.qsize() + len(self._client.outbox)

    def say(self, to: Person, padding: Sequence[str]) -> None:
        for each in padding:
            key = self.next_key()
            self._unsaid.put_nowait(Draft(to.id, f"{key} {each}".rstrip(), client_id=key))

    async def live(self) -> None:
        async with self._client:
            saying = asyncio.create_task(self._say_all())
            try:
                while True:
                    await self._log_in()
                    self._client.connect(self._place, self)
                    await self._client.stopped()
            finally:
                saying.cancel()

    def hang_up(self) -> None:
        super().hang_up()
        self._client.retry_now()

    async def finish(self) -> None:
        conversations = [self.person.conversation_with(peer) for peer in self.peers.values()]
        await self._client.finish_journal(conversations)
        self.is_finished = True

    async def apply(self, events: Sequence[LogEvent], place: Place) -> None:
        """Store the place, and mark every few messages as read."""
        self._place = place
        for event in events:
            message = event.message() if event.kind == "message" else None
            if message is not None and message.sender_id != self.person.id:
                self._heard += 1
                if self._heard % READ_EVERY == 0:
                    self._client.mark_read(message.conversation_id, message.seq)

    async def reset(self, place: Place, reason: str) -> None:  # noqa: ARG002 - in the journal
        self._place = place

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

    async def _say_all(self) -> None:
        while True:
            await self._client.send(await self._unsaid.get())

    def _state_changed(self, change: StateChanged) -> None:
        self.is_open = change.state is ConnectionState.ONLINE
        self.world.tally.reconnected += change.state is ConnectionState.OFFLINE

    def _write(self, line: bytes) -> None:
        """Count a record, and write it into the journal of all devices."""
        record: journal.Record = msgspec.json.decode(line, type=journal.Record)
        tally = self.world.tally
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
