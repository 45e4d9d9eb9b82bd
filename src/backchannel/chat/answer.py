"""One answer: what the responder says to a question, gathered, and told while it grows."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing

from backchannel.domain.ids import RESPONDER_ID, answer_client_id
from backchannel.domain.messages import BODY_LIMIT, Draft, Message, MessageKind
from backchannel.ports.responder import Responder, ResponderFailed

LONGEST = 600.0
"""Seconds after which even an answer that still grows has failed."""
FAILED = "No answer could be given. Send your message again to try once more."
STOPPED = "Stopped before anything was said."

log = logging.getLogger(__name__)


class Answer:
    """Gathers the pieces of one answer; `grown` is called with all of it after each piece."""

    def __init__(self, question: Message, grown: Callable[[str], None]) -> None:
        self.question = question
        self._grown = grown
        self._text = ""
        self._gathering: asyncio.Task[None] | None = None

    async def complete(self, responder: Responder, before: Sequence[Message]) -> Draft:
        """The message that answers the question, whatever happens: a failure says so."""
        gathering = asyncio.create_task(self._gather(responder, before))
        self._gathering = gathering
        try:
            await asyncio.wait([gathering])
        finally:
            gathering.cancel()
        if gathering.cancelled():
            return self._draft(STOPPED)
        if fault := gathering.exception():
            unexpected = None if isinstance(fault, ResponderFailed) else fault
            log.warning("no answer to message %s: %s", self.question.id, fault, exc_info=unexpected)
            # Half an answer that looks whole would deceive.
            self._text = ""
        return self._draft(FAILED)

    def stop(self) -> None:
        """Let it be complete as far as it goes."""
        if self._gathering is not None:
            self._gathering.cancel()

    async def _gather(self, responder: Responder, before: Sequence[Message]) -> None:
        pieces = responder.answer(self.question, before)
        async with asyncio.timeout(LONGEST), aclosing(pieces):
            async for piece in pieces:
                self._text += piece
                if len(self._text) >= BODY_LIMIT:
                    return
                self._grown(self._text)

    def _draft(self, instead: str) -> Draft:
        """The answer; without any text, a message of the kind `failure` that says `instead`."""
        text = fitted(self._text)
        blank = not text or text.isspace()
        return Draft(
            conversation_id=self.question.conversation_id,
            sender_id=RESPONDER_ID,
            recipient_id=self.question.sender_id,
            client_id=answer_client_id(self.question.id),
            body=instead if blank else text,
            kind=MessageKind.FAILURE if blank else MessageKind.TEXT,
            reply_to=self.question.seq,
        )


def fitted(text: str) -> str:
    """As much of a text as a message may hold, without what no database holds."""
    encoded = text.replace("\0", "").encode("utf-8", "replace")
    return encoded[:BODY_LIMIT].decode("utf-8", "ignore")
