"""Everything on its way to the server: messages until they are answered, and signals."""

import asyncio
import contextlib
import time
from collections import deque

from backchannel.cli.chat.unsent import Message, UnsentMessages

Signal = dict[str, object]


class Outbox:
    """Messages go one at a time, in the order they were typed, over any number of connections.

    The next one is sent when the one before it has been answered, so that a message which the
    server asks to send later is not overtaken.
    """

    def __init__(self, unsent: UnsentMessages) -> None:
        self._unsent = unsent
        self._signals: deque[Signal] = deque()
        self._messages: dict[str, Message] = {}
        self._in_flight: str | None = None
        self._not_before = 0.0
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """How many messages have not been answered."""
        return len(self._messages)

    @property
    def waiting(self) -> list[Message]:
        """The messages that have not been answered, the oldest first."""
        return list(self._messages.values())

    @property
    def pause(self) -> float:
        """Seconds until the server wants to see the next message."""
        return max(0.0, self._not_before - time.monotonic())

    def resume(self, messages: list[Message]) -> None:
        """Take up what is left from earlier."""
        self._messages |= {message.client_id: message for message in messages}
        self._changed.set()

    def signal(self, **signal: object) -> None:
        """Send a frame that matters now or never."""
        self._signals.append(signal)
        self._changed.set()

    def mark_read(self, conversation_id: str, seq: int) -> None:
        self.signal(type="read", conversation_id=conversation_id, seq=seq)

    def send(self, message: Message) -> None:
        """Send a message. Raises `OSError` if it cannot be kept; it is sent all the same."""
        self._messages[message.client_id] = message
        self._changed.set()
        self._unsent.keep(message)

    def answered(self, client_id: str | None) -> Message | None:
        """The message that has been stored or refused for good, None if it was answered before."""
        if client_id is None:
            return None
        if client_id == self._in_flight:
            self._in_flight = None
        message = self._messages.pop(client_id, None)
        if message is not None:
            self._unsent.forget(client_id)
        self._changed.set()
        return message

    def postpone(self, client_id: str | None, seconds: float) -> bool:
        """Send a message again after a while. False if it is not waiting for an answer."""
        if client_id not in self._messages:
            return False
        self._in_flight = None
        self._not_before = time.monotonic() + seconds
        self._changed.set()
        return True

    @property
    def in_flight(self) -> str | None:
        """The `client_id` of the message that has been sent and not answered."""
        return self._in_flight

    def begin_again(self) -> None:
        """Start over on a new connection: signals are out of date, messages are not."""
        self._signals.clear()
        self._in_flight = None
        self._changed.set()

    async def next(self) -> Message | Signal:
        """The next frame to send; waits until there is one."""
        while True:
            self._changed.clear()
            if self._signals:
                return self._signals.popleft()
            if self._messages and self._in_flight is None and not self.pause:
                self._in_flight, message = next(iter(self._messages.items()))
                return message
            await self._change(self.pause or None)

    async def settled(self, patience: float) -> bool:
        """Wait until every message is answered. False after `patience` seconds of no answer.

        The time that the server has asked to wait does not count.
        """
        left, deadline = len(self._messages), time.monotonic() + patience
        while self._messages:
            self._changed.clear()
            now = time.monotonic()
            if len(self._messages) < left or self.pause:
                left, deadline = len(self._messages), now + self.pause + patience
            if now >= deadline:
                return False
            await self._change(deadline - now)
        return True

    async def _change(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
