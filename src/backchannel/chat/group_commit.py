"""Group commit: while one batch of messages goes to disk, the next one gathers."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from backchannel.budgets.queue import FairQueue
from backchannel.chat.publisher import Publisher
from backchannel.chat.publisher import Reply as PublishedReply
from backchannel.domain.errors import ChatError, Unavailable
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Draft
from backchannel.ports.security import Clock
from backchannel.ports.storage import Messages, Stored
from backchannel.telemetry import metrics

Outcome = Stored | ChatError
Reply = Callable[[Outcome], None]
Waiting = FairQueue[tuple[Draft, Reply]]

BATCH = 512
"""Most messages in one transaction: more would make the first of them wait for the last."""
BATCH_BYTES = 1 << 20
"""Most bytes in one transaction, for the same reason."""
OVERHEAD = 512
"""Bytes that a message takes beside its text while it waits."""
WAITING_BYTES = 4 << 20
WAITING_BYTES_PER_USER = 2 << 20
"""The limits on waiting messages. Above them a sender is refused at once (rule R14).

With `OVERHEAD` counted, one user's are fewer than 4,096 messages.
"""

_FAILED = "the message could not be stored"
_SERVER_FAULT = 500

log = logging.getLogger(__name__)


class Failed(Unavailable):
    """A message could not be stored for a reason other than the database or the message."""


async def settled(submit: Callable[[Reply], None]) -> Stored:
    """Wait for the reply to `submit`; return the stored message, or raise the refusal."""
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def settle(result: Outcome) -> None:
        if not outcome.done():
            outcome.set_result(result)

    submit(settle)
    result = await outcome
    if isinstance(result, ChatError):
        raise result
    return result


class _Batch:
    """The drafts of one transaction: all that are waiting when it begins."""

    __slots__ = ("_clock", "_waiting", "at", "began_at", "begun", "drafts", "replies", "settling")

    def __init__(self, waiting: Waiting, clock: Clock) -> None:
        self._waiting = waiting
        self._clock = clock
        self.begun = False
        self.began_at = 0.0  # seconds, as `time.perf_counter` gives them
        self.at = 0  # milliseconds since 1970
        self.drafts: list[Draft] = []
        self.replies: list[Reply] = []
        self.settling = asyncio.Event()  # set once its replies are next to go out

    def take(self) -> tuple[Sequence[Draft], int]:
        """The drafts, and the time at which they were taken. May run in another thread."""
        if not self.begun:
            # Set first: a caller that sees it unset has queued a draft that is taken now.
            self.begun = True
            self.began_at = time.perf_counter()
            self.at = self._clock.now()
            taken = self._waiting.take(BATCH, BATCH_BYTES)
            self.drafts = [draft for draft, _ in taken]
            self.replies = [reply for _, reply in taken]
        return self.drafts, self.at


class GroupCommit:
    """Stores messages in batches; no other code stores a message.

    One batch is being stored while the next one waits and gathers drafts.
    """

    def __init__(self, storage: Messages, publisher: Publisher, clock: Clock) -> None:
        self._storage = storage
        self._publisher = publisher
        self._clock = clock
        self._waiting: Waiting = FairQueue(
            bytes_per_key=WAITING_BYTES_PER_USER,
            bytes_in_all=WAITING_BYTES,
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
        user_id = draft.sender_id
        if user_id == RESPONDER_ID:
            user_id = draft.recipient_id
        body = draft.body
        size = OVERHEAD + (len(body) if body.isascii() else 4 * len(body))  # at most, in UTF-8
        self._waiting.put(user_id, (draft, reply), size)
        following = self._next
        if following is None or following.begun:
            self._hand_over()

    async def stop(self) -> None:
        """Accept no more drafts, and wait until every submitted one has its reply (rule R12)."""
        self._stopped = True
        while self._last is not None and not self._last.done():
            await asyncio.wait([self._last])

    def _hand_over(self) -> None:
        """Let storage begin a batch as soon as it can, without a request from its thread."""
        before, self._next = self._next, _Batch(self._waiting, self._clock)
        commit = self._commit(self._next, before)
        self._last = asyncio.get_running_loop().create_task(commit)

    async def _commit(self, batch: _Batch, before: _Batch | None) -> None:
        outcomes = await self._append(batch)
        if before is not None and not before.settling.is_set():
            await before.settling.wait()  # this one was refused while that was being stored
        if self._waiting and batch is self._next:
            self._hand_over()  # more was waiting than fits into a batch
        batch.settling.set()
        await self._settle(batch, outcomes)

    async def _append(self, batch: _Batch) -> Sequence[Outcome]:
        try:
            outcomes = await self._storage.append_gathered(batch.take)
        except Exception as fault:
            drafts, at = batch.take()
            if not isinstance(fault, ChatError):
                log.exception("a batch of %d messages failed", len(drafts))
            return await self._append_by_halves(drafts, at, fault)
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - batch.began_at)
        metrics.BATCH_MESSAGES.observe(len(outcomes))
        return outcomes

    async def _append_by_halves(
        self, drafts: Sequence[Draft], at: int, fault: Exception
    ) -> Sequence[Outcome]:
        """Store drafts that were refused together by halves: only those at fault are refused.

        If the database is unavailable or full, no draft is at fault, and nothing is retried.
        """
        refusal = fault if isinstance(fault, ChatError) else Failed(_FAILED)
        if len(drafts) <= 1 or (refusal is fault and refusal.status >= _SERVER_FAULT):
            return [refusal] * len(drafts)
        outcomes: list[Outcome] = []
        middle = len(drafts) // 2
        for half in (drafts[:middle], drafts[middle:]):
            try:
                outcomes += await self._storage.append(half, at=at)
            except Exception as its_fault:  # noqa: BLE001 - a single draft is refused with it
                outcomes += await self._append_by_halves(half, at, its_fault)
        return outcomes

    async def _settle(self, batch: _Batch, outcomes: Sequence[Outcome]) -> None:
        stored = 0
        replies: list[PublishedReply[Outcome]] = []
        for reply, outcome in zip(batch.replies, outcomes, strict=True):
            if isinstance(outcome, ChatError):
                replies.append((reply, outcome, ()))
            else:
                replies.append((reply, outcome, outcome.events))
                stored += not outcome.repeated
        metrics.MESSAGES_STORED.inc(stored)
        # Reply first: the sending socket then knows this position when its event arrives.
        await self._publisher.publish_replies(replies)
