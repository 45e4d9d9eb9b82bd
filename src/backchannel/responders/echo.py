"""The responder that echoes each question."""

from collections.abc import AsyncGenerator, Sequence

from backchannel.domain.messages import Message


class Echo:
    """The port's simplest implementation: it needs nothing and never fails."""

    async def answer(self, question: Message, before: Sequence[Message]) -> AsyncGenerator[str]:  # noqa: ARG002 - the port's signature
        yield question.body

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""
