"""The consumers of a node: a member of the group, and a task for each partition."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from backchannel.brokers.drivers import driver, end
from backchannel.brokers.kafka.clients import KafkaClients
from backchannel.telemetry.failures import reason

log = logging.getLogger(__name__)

SESSION_MILLISECONDS = 6_000
"""The time after which the partitions of a silent node are given to others.

Brokers refuse less by default (`group.min.session.timeout.ms`).
"""
REBALANCE_MILLISECONDS = 6_000
"""The time in which a node joins again after another one has joined, or left."""
BEAT_MILLISECONDS = 1_000
JOIN_MILLISECONDS = 15_000
"""The time for a request of a member: the broker answers once all have joined."""
IDLE_MILLISECONDS = 2**31 - 1
"""A member stays in the group although it waits for the database."""
WAIT_MILLISECONDS = 100
"""The longest time that a request for entries waits at the broker for the first of them."""
COMMIT_SECONDS = 0.5
DELETE_SECONDS = 60.0

Finish = Callable[[Any], Awaitable[None]]
"""Handles a record, or sets it aside."""
Delete = Callable[[Mapping[Any, int]], Awaitable[None]]
"""Deletes the records before these offsets, by partition."""


class Consumers:
    """Consume partitions, of which the broker gives each to one member of the group.

    Each partition is handled from an offset before which everything is handled. So its order holds
    even while two members believe that it is theirs.
    """

    def __init__(self, clients: KafkaClients, topic: str, group: str, delete: Delete) -> None:
        self._clients = clients
        self._topic = topic
        self._group = group
        self._delete = delete
        self._errors = driver("aiokafka.errors", extra="kafka")
        driver("aiokafka.abc", extra="kafka").ConsumerRebalanceListener.register(Consumers)
        self._joining = asyncio.Lock()
        self._users = 0
        self._member: Any = None
        self._committing: asyncio.Task[None] | None = None
        self._deleting: asyncio.Task[None] | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._handled: dict[Any, int] = {}
        """The offsets that have to be committed."""
        self._committed: dict[Any, int] = {}
        """The offsets before which records can be deleted."""
        self._changed = asyncio.Event()
        self._warned = False
        """True once the broker has refused to delete entries."""

    async def consume(self, partition: int, finish: Finish) -> None:
        """Handle the entries of a partition whenever it is given to this node."""
        async with self._joined() as (member, committing):
            while True:
                task = asyncio.create_task(self._work(member, partition, finish))
                self._tasks[partition] = task
                try:
                    await asyncio.wait((task, committing), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await end(task)
                if committing.done():
                    committing.result()
                if not task.cancelled():
                    task.result()

    async def on_partitions_revoked(self, revoked: object) -> None:
        """End what is handled, because another member may have the partitions now."""
        del revoked
        await end(*self._tasks.values())
        await self._commit_soon()

    async def on_partitions_assigned(self, assigned: object) -> None:
        """Do nothing: the tasks wait for records of any partition."""

    @asynccontextmanager
    async def _joined(self) -> AsyncGenerator[tuple[Any, asyncio.Task[None]]]:
        """The member, which leaves the group when its last user ends."""
        self._users += 1
        try:
            async with self._joining:
                if self._committing is None:
                    self._member = await self._clients.member(
                        self._topic,
                        self,
                        group_id=self._group,
                        auto_offset_reset="earliest",
                        session_timeout_ms=SESSION_MILLISECONDS,
                        rebalance_timeout_ms=REBALANCE_MILLISECONDS,
                        heartbeat_interval_ms=BEAT_MILLISECONDS,
                        request_timeout_ms=JOIN_MILLISECONDS,
                        max_poll_interval_ms=IDLE_MILLISECONDS,
                        fetch_max_wait_ms=WAIT_MILLISECONDS,
                    )
                    self._committing = asyncio.create_task(self._commit_always())
                    self._deleting = asyncio.create_task(self._delete_always())
            yield self._member, self._committing
        finally:
            self._users -= 1
            if not self._users:
                await self._leave()

    async def _leave(self) -> None:
        tasks = [each for each in (self._committing, self._deleting) if each is not None]
        await end(*tasks)
        self._committing = self._deleting = None
        member = self._member
        if member is not None:
            await self._commit_soon()
            self._member = None
            await self._clients.stop(member)

    async def _work(self, member: Any, partition: int, finish: Finish) -> None:
        topic_partition = self._clients.kafka.TopicPartition(self._topic, partition)
        while True:
            record = await member.getone(topic_partition)
            await finish(record)
            self._handled[topic_partition] = record.offset + 1
            self._changed.set()

    async def _commit_always(self) -> None:
        """Commit together what was handled during the previous commit."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._commit()

    async def _commit_soon(self) -> None:
        # What is not committed is handled again, which changes nothing.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._commit()

    async def _commit(self) -> None:
        handled, self._handled = self._handled, {}
        if not handled or self._member is None:
            return
        # Another member has the partitions now, and handles the entries again.
        with contextlib.suppress(self._errors.CommitFailedError, self._errors.IllegalStateError):
            await self._member.commit(handled)
            self._committed.update(handled)

    async def _delete_always(self) -> None:
        while True:
            await asyncio.sleep(DELETE_SECONDS)
            committed, self._committed = self._committed, {}
            try:
                if committed:
                    await self._delete(committed)
            except (self._errors.KafkaError, TimeoutError) as error:
                self._committed = {**committed, **self._committed}
                if not getattr(error, "retriable", True):
                    self._warn_once(error)

    def _warn_once(self, error: Exception) -> None:
        if not self._warned:
            log.warning("the queue's Kafka keeps entries that were handled: %s", reason(error))
        self._warned = True
