"""An answer while the responder produces it: collected, and shown to the user as it grows."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from backchannel.domain.ids import RESPONDER_ID, answer_client_id
from backchannel.domain.messages import BODY_LIMIT, Draft, Message, MessageKind
from backchannel.ports.responder import AnswerCut, Responder, ResponderFailed

LONGEST = 600.0
"""Seconds after which even an answer that still grows has failed."""
FAILED = "No answer could be given. Send your message again to try once more."
STOPPED = "Stopped before anything was said."
CUT = "\n\n[This answer was cut off: it reached the longest length allowed.]"
"""Ends the text of a cut answer, for clients that do not look at its kind."""

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
        fault = gathering.exception()
        if isinstance(fault, AnswerCut):
            return self._draft(FAILED, cut=True)
        if fault is not None:
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
                if len(self._text) > BODY_LIMIT:  # no more of it could be stored
                    raise AnswerCut("the answer is longer than a message may be")
                self._grown(self._text)

    def _draft(self, instead: str, *, cut: bool = False) -> Draft:
        """The answer; without any text, a message of the kind `failure` that says `instead`."""
        whole = fitted(self._text)
        cut = cut or len(self._text.replace("\0", "")) > len(whole)
        kind, text = MessageKind.TEXT, whole
        if not text or text.isspace():
            kind, text = MessageKind.FAILURE, instead
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
        if message.deleted_at is None and message.kind != MessageKind.FAILURE
    ]


def fitted(text: str, limit: int = BODY_LIMIT) -> str:
    """The beginning of a text, cut to `limit` bytes, without characters that databases reject."""
    encoded = text.replace("\0", "").encode("utf-8", "replace")
    return encoded[:limit].decode("utf-8", "ignore")
