"""Answers of the responder: requesting them, showing them as they grow, and storing each once."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeVar

from msgspec.structs import replace

from backchannel.chat.group_commit import GroupCommit, settled
from backchannel.domain.errors import ChatError, NotFound, Overloaded, Throttled, Unavailable
from backchannel.domain.ids import RESPONDER_ID, answer_client_id
from backchannel.domain.messages import BODY_LIMIT, Draft, Message, MessageKind
from backchannel.domain.signals import Partial, Signal
from backchannel.ports.bus import Bus
from backchannel.ports.responder import AnswerCut, Responder, ResponderFailed
from backchannel.ports.security import Clock, Throttle
from backchannel.ports.storage import Messages

FIRST_WAIT = 0.5
"""Seconds before the second attempt; the wait doubles from one to the next."""
LONGEST_WAIT = 30.0

T = TypeVar("T")
Turn = AbstractAsyncContextManager[Sequence[Message]]
"""A question's turn, once it has come: the messages that the responder may see, the question last.

Raises `ChatError` if the question is gone by then.
"""

log = logging.getLogger(__name__)

LONGEST = 600.0
"""Seconds after which even an answer that still grows has failed."""
FAILED = "No answer could be given. Send your message again to try once more."
STOPPED = "Stopped before anything was said."
CUT = "\n\n[This answer was cut off: it reached the maximum length.]"
"""Ends the text of a cut answer, for clients that ignore its kind."""

WITHOUT_ANSWER = (MessageKind.FAILURE, MessageKind.STOPPED)

PARTIAL_INTERVAL = 0.1
"""Least seconds between two signals with the text of an answer so far."""
REPEAT_INTERVAL = 2.0
"""Seconds between two such signals while an answer does not grow, for devices that join."""


async def persist(attempt: Callable[[], Awaitable[T]]) -> T:
    """Retry `attempt` until the database is available. Raises its other refusals."""
    wait = FIRST_WAIT
    while True:
        try:
            return await attempt()
        except (Unavailable, Overloaded) as refusal:
            if wait == FIRST_WAIT:
                log.warning("tried again until it succeeds: %s", refusal)
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)


class GrowingAnswer:
    """Gathers the pieces of one answer.

    `grown` is called with the whole text after each piece, and again while no piece arrives.
    """

    def __init__(self, question: Message, grown: Callable[[str], None]) -> None:
        self.question = question
        self._grown = grown
        self._text = ""
        self._gathering: asyncio.Task[None] | None = None

    async def complete(self, responder: Responder, turn: Turn) -> Draft:
        """The message that answers the question; after a failure, it says so.

        It can be stopped at any time, also while it waits for its turn. Raises `ChatError` if the
        question is gone.
        """
        gathering = asyncio.create_task(self._gather(responder, turn))
        self._gathering = gathering
        try:
            while (await asyncio.wait([gathering], timeout=REPEAT_INTERVAL))[1]:
                if self._text:
                    self._grown(self._text)
        finally:
            gathering.cancel()
        if gathering.cancelled():
            return self._draft(STOPPED, MessageKind.STOPPED)
        fault = gathering.exception()
        if isinstance(fault, ChatError):
            raise fault
        if isinstance(fault, AnswerCut):
            return self._draft(FAILED, cut=True)
        if fault is not None:
            unexpected = None if isinstance(fault, ResponderFailed) else fault
            log.warning("no answer to message %s: %s", self.question.id, fault, exc_info=unexpected)
            # An incomplete answer must not look complete.
            self._text = ""
        return self._draft(FAILED)

    def stop(self) -> None:
        """End the answer with the text that it has."""
        if self._gathering is not None:
            self._gathering.cancel()

    async def _gather(self, responder: Responder, turn: Turn) -> None:
        async with turn as (*before, question):
            pieces, limit = responder.answer(question, context_of(before)), asyncio.timeout(LONGEST)
            try:
                async with limit, aclosing(pieces):
                    async for piece in pieces:
                        self._add(piece)
            except TimeoutError:
                if limit.expired():
                    raise ResponderFailed(f"it has no end after {LONGEST:g} s") from None
                raise

    def _add(self, piece: str) -> None:
        self._text += piece
        if len(self._text) > BODY_LIMIT:  # no more of it could be stored
            raise AnswerCut("the answer is longer than a message may be")
        self._grown(self._text)

    def _draft(
        self, instead: str, without: MessageKind = MessageKind.FAILURE, *, cut: bool = False
    ) -> Draft:
        """The answer; without any text, a message of the kind `without` that says `instead`."""
        whole = fitted(self._text)
        cut = cut or len(self._text.replace("\0", "")) > len(whole)
        kind, text = MessageKind.TEXT, whole
        if not text or text.isspace():
            kind, text = without, instead
        elif cut:
            kind, text = MessageKind.CUT, fitted(whole, BODY_LIMIT - len(CUT)) + CUT
        return Draft(
            conversation_id=self.question.conversation_id,
            sender_id=RESPONDER_ID,
            recipient_id=self.question.sender_id,
            client_id=answer_client_id(self.question.id),
            body=text,
            kind=kind.value,
            reply_to=self.question.seq,
        )


def context_of(before: Sequence[Message]) -> list[Message]:
    """The earlier messages as a responder gets them, without notices that the server added."""
    return [
        replace(message, body=message.body.removesuffix(CUT))
        if message.kind == MessageKind.CUT
        else message
        for message in before
        if message.deleted_at is None and message.kind not in WITHOUT_ANSWER
    ]


def fitted(text: str, limit: int = BODY_LIMIT) -> str:
    """The beginning of a text, cut to `limit` bytes, without characters that databases reject."""
    encoded = text.replace("\0", "").encode("utf-8", "replace")
    return encoded[:limit].decode("utf-8", "ignore")


class Answerer:
    """Has questions answered, one at a time in each session, and stores the answers."""

    def __init__(
        self,
        storage: Messages,
        bus: Bus,
        clock: Clock,
        sending: GroupCommit,
        throttle: Throttle,
        *,
        context: int,
    ) -> None:
        self._storage = storage
        self._bus = bus
        self._clock = clock
        self._sending = sending
        self._throttle = throttle
        self._context = context
        self._answers: dict[str, GrowingAnswer] = {}

    async def settle(
        self, question: Message, responder: Responder, room: AbstractAsyncContextManager[object]
    ) -> None:
        """Store the answer to a question, unless the question has been deleted.

        It is given in `room`, which is entered once the user may have one more answer.
        """
        answer = GrowingAnswer(question, self._signals(question))
        self._answers[question.conversation_id] = answer
        try:
            draft = await answer.complete(responder, self._turn(question, room))
            await persist(lambda: settled(lambda reply: self._sending.submit(draft, reply)))
        except ChatError as refusal:
            # Its session was deleted, its user disabled, or another process was quicker.
            log.info("no answer to message %s is stored: %s", question.id, refusal)
        except Exception:
            log.exception("answering message %s failed", question.id)
        finally:
            self._answers.pop(question.conversation_id, None)

    def stop(self, conversation_id: str) -> None:
        """Stop the current answer in a session; the text so far is kept."""
        answer = self._answers.get(conversation_id)
        if answer is not None:
            answer.stop()

    @asynccontextmanager
    async def _turn(
        self, question: Message, room: AbstractAsyncContextManager[object]
    ) -> AsyncGenerator[Sequence[Message]]:
        # Before entering the room: while a user waits for the next minute, others are answered in
        # it.
        await self._admit(question.sender_id)
        async with room:
            yield await persist(lambda: self._read(question))

    async def _admit(self, user_id: str) -> None:
        """Wait until one more answer is allowed: a stored question is no longer refused."""
        while True:
            try:
                return await self._throttle.admit(f"answer:user:{user_id}")
            except Throttled as throttled:
                await asyncio.sleep(throttled.retry_after or 1.0)

    async def _read(self, question: Message) -> list[Message]:
        """The messages that the responder may see, as they are now, ending with the question."""
        read = await self._storage.history(
            question.conversation_id, before=question.seq + 1, limit=self._context + 1
        )
        if not read or read[-1].id != question.id or read[-1].deleted_at is not None:
            raise NotFound("the question is gone")
        return read

    def _signals(self, question: Message) -> Callable[[str], None]:
        """A function that signals the text of an answer so far, at intervals."""
        signalled_at = self._clock.monotonic()

        def signal(text: str) -> None:
            nonlocal signalled_at
            now = self._clock.monotonic()
            if now - signalled_at >= PARTIAL_INTERVAL:
                signalled_at = now
                partial = Partial(question.conversation_id, question.seq, text)
                self._bus.signal(Signal(question.sender_id, partial))

        return signal
