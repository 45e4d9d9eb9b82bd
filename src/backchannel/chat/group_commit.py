"""Group commit: while one batch of messages goes to disk, the next one gathers."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from backchannel.budgets.queue import FairQueue
from backchannel.domain.errors import ChatError, Unavailable
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Draft
from backchannel.ports.bus import Bus
from backchannel.ports.clock import Clock
from backchannel.ports.storage import Messages, Stored
from backchannel.telemetry import metrics

Outcome = Stored | ChatError
Reply = Callable[[Outcome], None]
Waiting = FairQueue[tuple[Draft, Reply]]

BATCH = 1_024
"""Most messages in one transaction: more would make the first of them wait for the last."""
BATCH_BYTES = 1 << 20
"""Most bytes in one transaction, for the same reason."""
REPLIES = 128
"""Replies that go out in one turn of the event loop."""
OVERHEAD = 512
"""Bytes that a message takes beside its text while it waits."""
WAITING_BYTES = 4 << 20
WAITING_BYTES_PER_USER = 2 << 20
WAITING_PER_USER = 4_096
"""The limits on waiting messages. Above them a sender is refused at once (rule R14)."""

_FAILED = "the message could not be stored"
_SERVER_FAULT = 500

log = logging.getLogger(__name__)


async def settled(submit: Callable[[Reply], None]) -> Stored:
    """Wait for the reply to `submit` and return what was stored, or raise the refusal."""
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def settle(result: Outcome) -> None:
        if not outcome.done():
            outcome.set_result(result)

    submit(settle)
    result = await outcome
    if isinstance(result, ChatError):
        raise result
    return result


def size_in_memory(text: str) -> int:
    """Bytes that a text takes at most, without a look at each character."""
    return len(text) if text.isascii() else 4 * len(text)


class _Batch:
    """The drafts of one transaction: all that are waiting when it begins."""

    __slots__ = ("_clock", "_waiting", "at", "began_at", "begun", "drafts", "replies")

    def __init__(self, waiting: Waiting, clock: Clock) -> None:
        self._waiting = waiting
        self._clock = clock
        self.begun = False
        self.began_at = 0.0  # seconds, as `time.perf_counter` gives them
        self.at = 0  # milliseconds since 1970
        self.drafts: list[Draft] = []
        self.replies: list[Reply] = []

    def take(self) -> tuple[Sequence[Draft], int]:
        """The drafts, and the time at which they were taken; maybe in another thread."""
        if not self.begun:
            # Set first: a caller that sees it unset has queued a draft that is taken now.
            self.begun = True
            self.began_at = time.perf_counter()
            self.at = self._clock.now()
            for draft, reply in self._waiting.take(BATCH, BATCH_BYTES):
                self.drafts.append(draft)
                self.replies.append(reply)
        return self.drafts, self.at


class GroupCommit:
    """The one way a message gets into storage.

    One batch is being stored, and one waits for that: it takes with it what came meanwhile.
    """

    def __init__(self, storage: Messages, bus: Bus, clock: Clock) -> None:
        self._storage = storage
        self._bus = bus
        self._clock = clock
        self._waiting: Waiting = FairQueue(
            bytes_per_key=WAITING_BYTES_PER_USER,
            bytes_in_all=WAITING_BYTES,
            items_per_key=WAITING_PER_USER,
            refusal="too many messages are waiting to be stored",
        )
        self._next: _Batch | None = None
        self._last: asyncio.Task[None] | None = None
        self._stopped = False

    def submit(self, draft: Draft, reply: Reply) -> None:
        """Queue a draft; `reply` gets its outcome once it is durable, or is known not to be.

        The replies and events of one user go out in the order of submission; users take
        turns. Raises `Overloaded` at once when too much waits, and `Unavailable` once stopped.
        """
        if self._stopped:
            raise Unavailable("the server restarts; send again in a moment", retry_after=1.0)
        # All answers of the responder share a sender; the users they are for take turns.
        is_answer = draft.sender_id == RESPONDER_ID
        user_id = draft.recipient_id if is_answer else draft.sender_id
        self._waiting.put(user_id, (draft, reply), OVERHEAD + size_in_memory(draft.body))
        if self._next is None or self._next.begun:
            self._hand_over()

    async def stop(self) -> None:
        """Take nothing more, and wait until everything submitted has its reply (rule R12)."""
        self._stopped = True
        while self._last is not None and not self._last.done():
            await asyncio.wait([self._last])

    def _hand_over(self) -> None:
        """Let storage begin a batch as soon as it can: its thread has no need to ask for it."""
        batch = self._next = _Batch(self._waiting, self._clock)
        commit = self._commit(batch, before=self._last)
        self._last = asyncio.get_running_loop().create_task(commit)

    async def _commit(self, batch: _Batch, *, before: asyncio.Task[None] | None) -> None:
        outcomes = await self._append(batch)
        if before is not None and not before.done():
            await asyncio.wait([before])  # this one was refused while that was being stored
        if self._waiting and batch is self._next:
            self._hand_over()  # more was waiting than fits into a batch
        await self._settle(batch, outcomes)

    async def _append(self, batch: _Batch) -> Sequence[Outcome]:
        try:
            outcomes = await self._storage.append_gathered(batch.take)
        except Exception as fault:
            drafts, at = batch.take()
            if not isinstance(fault, ChatError):
                log.exception("a batch of %d messages failed", len(drafts))
            return await self._append_apart(drafts, at, fault)
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - batch.began_at)
        metrics.BATCH_MESSAGES.observe(len(outcomes))
        return outcomes

    async def _append_apart(
        self, drafts: Sequence[Draft], at: int, fault: Exception
    ) -> Sequence[Outcome]:
        """Store drafts that were refused together by halves: only those at fault are refused.

        A database that is away or full is no draft's fault, and is not asked again.
        """
        refusal = fault if isinstance(fault, ChatError) else Unavailable(_FAILED)
        if len(drafts) <= 1 or (refusal is fault and refusal.status >= _SERVER_FAULT):
            return [refusal] * len(drafts)
        outcomes: list[Outcome] = []
        middle = len(drafts) // 2
        for half in (drafts[:middle], drafts[middle:]):
            try:
                outcomes += await self._storage.append(half, at=at)
            except Exception as its_fault:  # noqa: BLE001 - a single draft is refused with it
                outcomes += await self._append_apart(half, at, its_fault)
        return outcomes

    async def _settle(self, batch: _Batch, outcomes: Sequence[Outcome]) -> None:
        metrics.MESSAGES_STORED.inc(sum(isinstance(each, Stored) for each in outcomes))
        for count, (reply, outcome) in enumerate(zip(batch.replies, outcomes, strict=True), 1):
            if count % REPLIES == 0:
                await asyncio.sleep(0)
            # Reply first: the sending socket then knows this position when its event comes by.
            try:
                reply(outcome)
                if not isinstance(outcome, ChatError):
                    self._bus.publish(outcome.events)
            except Exception:
                log.exception("a reply failed")
