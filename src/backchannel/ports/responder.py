"""The responder port: produces the answers in sessions."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from backchannel.domain.messages import Message


class ResponderFailed(Exception):
    """There is no answer, or no more of it. The text is for the log and names no secret."""


class AnswerCut(ResponderFailed):
    """The responder has reached a limit: the pieces so far are its whole answer."""


class Responder(Protocol):
    """Gives answers, piece by piece. The same question may be put again after a crash."""

    def answer(self, question: Message, before: Sequence[Message]) -> AsyncGenerator[str]:
        """The answer to `question`, in consecutive pieces.

        `before` has the messages ahead of it in its session, oldest first: as much as an
        operator lets the responder see. The generator may be closed early. It ends within the
        adapter's own time limit and raises `ResponderFailed`, or `AnswerCut`.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
