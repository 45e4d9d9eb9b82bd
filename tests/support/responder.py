"""A responder that answers with the pieces that a test sends, when the test sends them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from backchannel.domain.messages import Message
from backchannel.ports.responder import AnswerCut, ResponderFailed

END = ""
FAIL = "\x18"
CUT = "\x19"


@dataclass
class ScriptedResponder:
    """Answers with `answer: TEXT` at once, or with what the test sends while `slow`."""

    slow: bool = False
    asked: list[str] = field(default_factory=list)
    contexts: list[list[str]] = field(default_factory=list)
    pieces: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    at_once: int = 0
    most_at_once: int = 0

    async def answer(self, question: Message, before: Sequence[Message]) -> AsyncGenerator[str]:
        self.asked.append(question.body)
        self.contexts.append([message.body for message in before])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if not self.slow:
                yield f"answer: {question.body}"
                return
            while (piece := await self.pieces.get()) != END:
                if piece == FAIL:
                    raise ResponderFailed("the model is out of order")
                if piece == CUT:
                    raise AnswerCut("the model has reached its limit")
                yield piece
        finally:
            self.at_once -= 1

    async def close(self) -> None: ...

    def send(self, *pieces: str) -> None:
        for piece in pieces:
            self.pieces.put_nowait(piece)
