"""The task that turns a stored question into its stored answer."""

import asyncio
import logging
from collections.abc import Callable

from backchannel.chat.answer import Answer, context_of
from backchannel.chat.group_commit import GroupCommit, settled
from backchannel.chat.persist import persist
from backchannel.domain.errors import ChatError, NotFound, Throttled
from backchannel.domain.messages import Message
from backchannel.domain.signals import Partial, Signal
from backchannel.ports.bus import Bus
from backchannel.ports.clock import Clock
from backchannel.ports.responder import Responder
from backchannel.ports.storage import Messages
from backchannel.ports.throttle import Throttle

PARTIAL_INTERVAL = 0.1
"""Least seconds between two signals of how far an answer has got."""

log = logging.getLogger(__name__)


class Answering:
    """Has questions answered, one at a time in each session, and stores what comes of it."""

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
        self._answers: dict[str, Answer] = {}

    async def settle(self, question: Message, responder: Responder) -> None:
        """Store the answer to a question, unless that is gone by now."""
        try:
            await self._take_turn(question.sender_id)
            *before, asked = await persist(lambda: self._read(question))
            if asked.id != question.id or asked.deleted_at is not None:
                return
            answer = Answer(asked, self._tell(asked))
            self._answers[asked.conversation_id] = answer
            draft = await answer.complete(responder, context_of(before))
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

    async def _take_turn(self, user_id: str) -> None:
        """Wait until one more answer is allowed: what has been stored is refused no more."""
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
        if not read:
            raise NotFound("the session is gone")
        return read

    def _tell(self, question: Message) -> Callable[[str], None]:
        """Signals how far an answer has got, now and then."""
        told_at = self._clock.monotonic()

        def tell(text: str) -> None:
            nonlocal told_at
            now = self._clock.monotonic()
            if now - told_at >= PARTIAL_INTERVAL:
                told_at = now
                partial = Partial(question.conversation_id, question.seq, text)
                self._bus.signal(Signal(question.sender_id, partial))

        return tell
