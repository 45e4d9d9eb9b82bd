"""Broken servers: one piece of the real code is replaced, and the checker must notice."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest.mock import patch

import msgspec

from backchannel.chat.group_commit import GroupCommit, Outcome
from backchannel.checker.verdict import FindingKind
from backchannel.delivery.connection import Connection, State
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.delivery.hub import Hub
from backchannel.dialects.native import wire
from backchannel.dialects.native.socket import NativeSerializer
from backchannel.domain.errors import Unavailable
from backchannel.domain.events import Event
from backchannel.ports.storage import LogPage
from backchannel.storage.sql import receipts
from backchannel.storage.sql.batch import Batch
from backchannel.storage.sql.locked_conversations import LockedConversation
from tests.simulation.disk import Disk
from tests.simulation.template import in_memory

Break = Callable[[], contextlib.AbstractContextManager[Any]]


@contextlib.contextmanager
def repeated_keys_are_not_detected() -> Iterator[None]:
    """Repeated keys are not looked for, nor is there an index that would refuse them."""
    write, body = Batch.write, wire.message_body

    def note_none(*_: Any) -> None: ...

    async def write_anyway(self: Batch, connection: Any) -> None:
        # Another key for the index; clients still receive their own.
        self._rows = [(*row[:4], f"{row[4]}~{row[2]}", *row[5:]) for row in self._rows]
        await write(self, connection)

    def shown(message: Any, viewer_id: str) -> Any:
        key = message.client_id.partition("~")[0]
        return body(msgspec.structs.replace(message, client_id=key), viewer_id)

    with (
        patch.object(Batch, "_note", note_none),
        patch.object(Batch, "write", write_anyway),
        patch.object(wire, "message_body", shown),
    ):
        yield


@contextlib.contextmanager
def acknowledged_before_it_is_durable() -> Iterator[None]:
    """A commit does not wait for the disk, so a crash undoes what was acknowledged."""
    commit, crash = Disk.commit, Disk.crash
    synced: dict[int, bytes] = {}

    def commit_unsynced(self: Disk) -> Any:
        cursor = commit(self)
        if id(self) not in synced or self.rng.random() < 0.2:
            synced[id(self)] = self.database.serialize()
        return cursor

    def crash_losing(self: Disk) -> None:
        crash(self)
        if id(self) in synced:
            self.database.close()
            self.database = in_memory(synced[id(self)])

    with patch.object(Disk, "commit", commit_unsynced), patch.object(Disk, "crash", crash_losing):
        yield


def seq_from_a_timestamp() -> contextlib.AbstractContextManager[Any]:
    """A message's `seq` is its time, not the next number."""
    add = LockedConversation.add

    def add_by_time(self: LockedConversation, sender_id: str) -> int:
        self.last_seq = max(add(self, sender_id), self.updated_at % 100_000)
        return self.last_seq

    return patch.object(LockedConversation, "add", add_by_time)


def resumes_one_event_too_late() -> contextlib.AbstractContextManager[Any]:
    return _resume_with(1)


def resumes_one_event_too_early() -> contextlib.AbstractContextManager[Any]:
    return _resume_with(-1)


def _resume_with(error: int) -> contextlib.AbstractContextManager[Any]:
    connect = ConnectionManager.connect

    def connect_wrongly(
        self: ConnectionManager, *args: Any, position: int, **kwargs: Any
    ) -> Connection:
        return connect(self, *args, position=max(0, position + error), **kwargs)

    return patch.object(ConnectionManager, "connect", connect_wrongly)


def delivered_moves_back() -> contextlib.AbstractContextManager[Any]:
    """Reading up to a message moves the delivered mark back to it."""
    count = receipts._count

    async def count_and_forget(connection: Any, targets: Sequence[Any]) -> None:
        await count(connection, targets)
        for marks, target in targets:
            marks.delivered_seq = target

    return patch.object(receipts, "_count", count_and_forget)


def a_page_is_reversed() -> contextlib.AbstractContextManager[Any]:
    page = NativeSerializer.page

    def page_backwards(
        self: NativeSerializer, events: Sequence[Event], position: int, *, more: bool
    ) -> tuple[bytes]:
        return page(self, events[::-1], position, more=more)

    return patch.object(NativeSerializer, "page", page_backwards)


def hub_ignores_a_returning_user() -> contextlib.AbstractContextManager[Any]:
    join = Hub.join

    def join_once(self: Hub, connection: Connection) -> bool:
        known: set[str] = self.__dict__.setdefault("known", set())
        if connection.login_id in known:
            return False
        known.add(connection.login_id)
        return join(self, connection)

    return patch.object(Hub, "join", join_once)


def goes_live_too_early() -> contextlib.AbstractContextManager[Any]:
    """Events since the log was read are taken for sent."""

    def go_live(self: Connection) -> bool:
        self.position = self.acked_position = max(self.position, self.latest)
        self.state = State.LIVE
        return True

    return patch.object(Connection, "go_live", go_live)


def only_one_page_is_read() -> contextlib.AbstractContextManager[Any]:
    """The first page of a log is taken for the whole."""
    return patch.object(LogPage, "complete", new=True)


def a_full_outbox_drops() -> contextlib.AbstractContextManager[Any]:
    """Events for which there is no room are dropped, not read from the log later."""

    def forget(self: Connection) -> None:
        self.position = self.latest

    return patch.object(Connection, "_hold_back", forget)


def a_reply_skips_events() -> contextlib.AbstractContextManager[Any]:
    """The cursor jumps to the sender's own message, whether or not what precedes it was sent."""

    def jump(self: Connection, event: Event) -> None:
        self.position = event.position

    return patch.object(Connection, "note_sent", jump)


def gaps_are_ignored() -> contextlib.AbstractContextManager[Any]:
    """A wake-up that follows a lost one is pushed as if nothing were missing."""
    offer = Connection.offer

    def offer_anyway(self: Connection, event: Event) -> None:
        if self.state is State.LIVE:
            self.position = max(self.position, event.position - 1)
        offer(self, event)

    return patch.object(Connection, "offer", offer_anyway)


def refused_and_stored() -> contextlib.AbstractContextManager[Any]:
    """A batch is stored, and its senders are told that it is not."""
    append = GroupCommit._append

    async def append_and_deny(self: GroupCommit, batch: Any) -> Sequence[Outcome]:
        outcomes = await append(self, batch)
        if len(outcomes) < 2:
            return outcomes
        return [Unavailable("nothing was stored") for _ in outcomes]

    return patch.object(GroupCommit, "_append", append_and_deny)


MUTANTS: dict[Break, set[FindingKind]] = {
    repeated_keys_are_not_detected: {FindingKind.CONFLICT, FindingKind.DUPLICATE},
    acknowledged_before_it_is_durable: {FindingKind.LOST},
    seq_from_a_timestamp: {FindingKind.GAP},
    resumes_one_event_too_late: {FindingKind.INCOMPLETE, FindingKind.GAP},
    resumes_one_event_too_early: {FindingKind.DUPLICATE},
    delivered_moves_back: {FindingKind.RECEIPT},
    a_page_is_reversed: {FindingKind.REORDERED, FindingKind.DUPLICATE},
    hub_ignores_a_returning_user: {FindingKind.INCOMPLETE},
    goes_live_too_early: {FindingKind.INCOMPLETE},
    only_one_page_is_read: {FindingKind.INCOMPLETE},
    a_full_outbox_drops: {FindingKind.INCOMPLETE},
    a_reply_skips_events: {FindingKind.INCOMPLETE},
    gaps_are_ignored: {FindingKind.INCOMPLETE},
    refused_and_stored: {FindingKind.PHANTOM},
}
"""The defect, and the findings that the checker may report."""
