"""What is to be sent, and what has been sent and not yet answered."""

import asyncio

Frame = dict[str, object]


class Outbox:
    """Frames on their way. A message stays until it is answered, over any reconnect."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Frame] = asyncio.Queue()
        self._unanswered: dict[object, Frame] = {}
        self._settled = asyncio.Event()
        self._settled.set()

    def send(self, **frame: object) -> None:
        """Send a frame; one with a `client_id` gets an answer."""
        if "client_id" in frame:
            self._unanswered[frame["client_id"]] = frame
            self._settled.clear()
        self._queue.put_nowait(frame)

    def mark_read(self, conversation_id: str, seq: int) -> None:
        self.send(type="read", conversation_id=conversation_id, seq=seq)

    def answered(self, client_id: str | None) -> None:
        self._unanswered.pop(client_id, None)
        if not self._unanswered:
            self._settled.set()

    def begin_again(self) -> None:
        """On a new connection: what was not answered goes first, the rest is out of date."""
        self._queue = asyncio.Queue()
        for frame in self._unanswered.values():
            self._queue.put_nowait(frame)

    async def next(self) -> Frame:
        return await self._queue.get()

    async def settled(self) -> None:
        """Wait until every message has been answered."""
        await self._settled.wait()
