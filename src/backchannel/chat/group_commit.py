"""Group commit: while one batch of messages goes to disk, the next one gathers."""

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from backchannel.domain.errors import ChatError, Overloaded, Unavailable
from backchannel.domain.messages import Draft
from backchannel.ports.bus import Bus
from backchannel.ports.clock import Clock
from backchannel.ports.storage import Messages, Stored
from backchannel.telemetry import metrics

Outcome = Stored | ChatError
Reply = Callable[[Outcome], None]

BATCH = 1_024
"""Most messages in one transaction: more would make the first of them wait for the last."""
WAITING = 16_384
"""Most messages that may wait. At a full queue a sender is told at once (rule R14)."""

log = logging.getLogger(__name__)


async def settled(submit: Callable[[Reply], None]) -> Stored:
    """What `submit` has stored, once its reply comes. Raises the refusal it gets instead."""
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def settle(result: Outcome) -> None:
        if not outcome.done():
            outcome.set_result(result)

    submit(settle)
    result = await outcome
    if isinstance(result, ChatError):
        raise result
    return result


class _Batch(msgspec.Struct, frozen=True):
    replies: list[Reply]
    commit: "asyncio.Task[Sequence[Outcome]]"


class GroupCommit:
    """The one way a message gets into storage."""

    def __init__(self, storage: Messages, bus: Bus, clock: Clock) -> None:
        self._storage = storage
        self._bus = bus
        self._clock = clock
        self._drafts: list[Draft] = []
        self._replies: list[Reply] = []
        self._runner: asyncio.Task[None] | None = None
        self._stopped = False

    def submit(self, draft: Draft, reply: Reply) -> None:
        """Queue a draft; `reply` gets its outcome once it is durable, or is known not to be.

        Replies and events go out in the order of submission. Raises `Overloaded` at once
        when too many drafts are waiting, and `Unavailable` once stopped.
        """
        if self._stopped:
            raise Unavailable("the server restarts; send again in a moment", retry_after=1.0)
        if len(self._drafts) >= WAITING:
            raise Overloaded("too many messages are waiting to be stored", retry_after=1.0)
        self._drafts.append(draft)
        self._replies.append(reply)
        if self._runner is None:
            self._runner = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Take nothing more, and wait until everything submitted has its reply (rule R12)."""
        self._stopped = True
        while self._runner is not None:
            await asyncio.wait([self._runner])

    async def _run(self) -> None:
        try:
            committing = await self._start()
            while committing is not None:
                await asyncio.wait([committing.commit])
                # The disk gets its next work before the loop is busy with replies.
                following = await self._start()
                self._settle(committing)
                committing = following
        finally:
            self._runner = None

    async def _start(self) -> _Batch | None:
        if not self._drafts:
            return None
        drafts, self._drafts = self._drafts[:BATCH], self._drafts[BATCH:]
        replies, self._replies = self._replies[:BATCH], self._replies[BATCH:]
        commit = asyncio.create_task(self._append(drafts))
        await asyncio.sleep(0)  # lets the task hand its batch to the writer
        return _Batch(replies, commit)

    async def _append(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        metrics.BATCH_MESSAGES.observe(len(drafts))
        try:
            with metrics.COMMIT_SECONDS.time():
                return await self._storage.append(drafts, at=self._clock.now())
        except ChatError as refusal:
            return [refusal] * len(drafts)
        except Exception:
            log.exception("a batch of %d messages failed", len(drafts))
            return [Unavailable("the message could not be stored")] * len(drafts)

    def _settle(self, batch: _Batch) -> None:
        metrics.MESSAGES_STORED.inc(sum(isinstance(each, Stored) for each in batch.commit.result()))
        for reply, outcome in zip(batch.replies, batch.commit.result(), strict=True):
            # Reply first: the sending socket then knows this position when its event comes by.
            try:
                reply(outcome)
                if not isinstance(outcome, ChatError):
                    self._bus.publish(outcome.events)
            except Exception:
                log.exception("a reply failed")
