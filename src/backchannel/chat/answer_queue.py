"""The responder's part in sessions: each question gets one answer, also across a crash."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from backchannel.chat.answers import Answerer, persist
from backchannel.chat.group_commit import GroupCommit, Outcome, Reply
from backchannel.domain.errors import ChatError, Throttled
from backchannel.domain.messages import Draft, Message
from backchannel.ports.responder import Responder
from backchannel.ports.storage import Storage

PAGE = 100
"""Questions from before the start that are looked up at a time."""


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """The number of concurrent answers. The throttle limits answers per minute."""

    at_once: int = 64
    at_once_per_user: int = 2
    waiting_per_user: int = 64
    """Questions of one user that may wait for their answers."""
    context: int = 20
    """Messages before the question that the responder gets."""


class AnswerQueue:
    """Answers a session's questions one after the other, several sessions at a time."""

    def __init__(
        self,
        storage: Storage,
        sending: GroupCommit,
        answerer: Answerer,
        responder: Responder | None,
        limits: AnswerLimits,
    ) -> None:
        self._storage = storage
        self._sending = sending
        self._answerer = answerer
        self._responder = responder
        self._limits = limits
        self._waiting = Counter[str]()
        self._asked: set[str] = set()
        self._queues: dict[str, deque[Message]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(limits.at_once)
        self._rooms: dict[str, asyncio.Semaphore] = {}

    def submit(self, question: Draft, reply: Reply) -> None:
        """Store a question and call `reply`; once durable, it is answered.

        Raises `Throttled` if too many questions of its sender wait, and `Overloaded`.
        """
        user_id = question.sender_id
        if self._waiting[user_id] >= self._limits.waiting_per_user:
            raise Throttled("wait for the answers to your earlier messages", retry_after=1.0)

        def stored(outcome: Outcome) -> None:
            self._leave(user_id)
            # A repeated question is being answered, or has been.
            if not isinstance(outcome, ChatError) and not outcome.repeated:
                self.ask(outcome.message)
            reply(outcome)

        self._sending.submit(question, stored)
        self._waiting[user_id] += 1

    def ask(self, question: Message) -> None:
        """Answer a stored question, once the earlier ones of its session are answered."""
        if self._responder is None or question.id in self._asked:
            return
        self._asked.add(question.id)
        self._waiting[question.sender_id] += 1
        session = question.conversation_id
        self._queues.setdefault(session, deque()).append(question)
        if session not in self._workers:
            work = self._work(session, self._responder)
            self._workers[session] = asyncio.get_running_loop().create_task(work)

    def is_asked(self, question_id: str) -> bool:
        """True while this process has the question to answer."""
        return question_id in self._asked

    def stop(self, conversation_id: str) -> None:
        """Stop the current answer in a session; the text so far is kept."""
        self._answerer.stop(conversation_id)

    async def resume(self) -> None:
        """Answer the questions from before a crash or a restart."""
        after = ""
        while page := await persist(partial(self._storage.unanswered, after=after, limit=PAGE)):
            after = page[-1].id
            for question in page:
                self.ask(question)
            sessions = {question.conversation_id for question in page} & self._workers.keys()
            await asyncio.gather(*(self._workers[each] for each in sessions))

    async def close(self) -> None:
        """Give no more answers; the pending ones are given after the next start."""
        self._responder = None
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, session: str, responder: Responder) -> None:
        queue = self._queues[session]
        user_id = queue[0].sender_id
        try:
            while queue:
                await self._answerer.settle(queue[0], responder, self._entered(user_id))
                self._forget(queue.popleft())
        finally:
            for question in queue:
                self._forget(question)
            del self._queues[session], self._workers[session]

    @asynccontextmanager
    async def _entered(self, user_id: str) -> AsyncGenerator[None]:
        limit = self._limits.at_once_per_user
        room = self._rooms.setdefault(user_id, asyncio.Semaphore(limit))
        async with room, self._room:
            yield

    def _forget(self, question: Message) -> None:
        self._asked.discard(question.id)
        self._leave(question.sender_id)

    def _leave(self, user_id: str) -> None:
        self._waiting[user_id] -= 1
        if not self._waiting[user_id]:
            del self._waiting[user_id]
            self._rooms.pop(user_id, None)
