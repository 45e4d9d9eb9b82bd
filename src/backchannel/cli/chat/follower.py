"""Follows one user's log by docs/protocol.md, whatever carries the frames."""

import asyncio
from typing import Protocol

from backchannel.cli.chat import frames
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.position import Fit, Position
from backchannel.cli.chat.unsent import Message
from backchannel.dialects.native import server_frames as server
from backchannel.domain.errors import TooLarge

DEFAULT_PAUSE = 1.0
"""Seconds until a message is sent again, where the server does not say when."""
PASSING = {"throttled", "overloaded", "unavailable"}
"""Codes of errors after which the same message may be accepted later."""


class Listener(Protocol):
    """Told of everything that happens, once and in order."""

    def connected(self, *, afresh: bool) -> None:
        """Live from now on; `afresh` if what happened before must be fetched."""
        ...

    def disconnected(self, reason: str) -> None: ...

    def happened(self, entry: frames.Entry) -> None: ...

    def stored(self, ack: server.Ack, message: Message) -> None:
        """The server has this message, which was told of once."""
        ...

    def refused(self, refusal: server.Error, message: Message | None) -> None:
        """The server has refused a message for good, or something else."""
        ...

    def signalled(self, signal: frames.Signal) -> None: ...


class Follower:
    """Knows how far this device is, and asks for what is missing."""

    def __init__(self, outbox: Outbox, listener: Listener) -> None:
        self.live = asyncio.Event()
        self._outbox = outbox
        self._listener = listener
        self._position = Position()

    def hello(self, token: str) -> dict[str, object]:
        """The first frame of a connection: who this is, and how far."""
        return {"type": "hello", "token": token, **self._position.known()}

    def acknowledge(self) -> None:
        """Tell the server how far everything has been shown, if that is news."""
        position = self._position.to_acknowledge()
        if position is not None:
            self._outbox.signal(type="ack", position=position)

    def lost(self, reason: str) -> None:
        """The connection is gone."""
        self._listener.disconnected(reason)

    def too_big(self, reason: str) -> bool:
        """The server has closed because of a frame's size. False if that was not a message."""
        client_id = self._outbox.in_flight
        if client_id is None:
            return False
        self._refused(_too_large(reason, client_id))
        return True

    def take(self, frame: frames.Frame) -> None:
        """Do what a frame asks for."""
        match frame:
            case server.Welcome() | server.Reset():
                self._begin(frame)
            case frames.Event():
                self._apply(frame)
            case frames.Sync(events):
                for entry in events:
                    self._apply(entry)
            case server.Ack() | server.Error():
                self._answered(frame)
            case server.Typing() | server.Presence():
                self._listener.signalled(frame)
            case server.Heartbeat() | server.Pong() | server.Lagging():
                # A lagging connection gets nothing more until it asks.
                if self._position.behind(frame.position) or isinstance(frame, server.Lagging):
                    self._catch_up()
            case server.Done() | server.Partial():
                pass  # nothing waits for the one, and the other is of a session

    def _begin(self, frame: server.Welcome | server.Reset) -> None:
        afresh = self._position.empty or isinstance(frame, server.Reset)
        if afresh:
            self._position.begin(frame.epoch, frame.position)
        self.live.set()
        self._listener.connected(afresh=afresh)

    def _apply(self, entry: frames.Entry) -> None:
        if self._passed(entry.previous, entry.position):
            message = entry.message()
            if message is not None and message.client_id:
                self._outbox.answered(message.client_id)  # its acknowledgement was lost
            self._listener.happened(entry)

    def _passed(self, previous: int, position: int) -> bool:
        """Whether an entry is the next one; a gap before it is asked for."""
        fit = self._position.fit(previous, position)
        if fit is Fit.GAP:
            self._catch_up()
        return fit is Fit.NEXT

    def _answered(self, answer: server.Ack | server.Error) -> None:
        if isinstance(answer, server.Error):
            self._refused(answer)
            return
        if answer.position is not None and answer.previous is not None:
            # The acknowledgement of the user's own message is also its event.
            self._passed(answer.previous, answer.position)
        message = self._outbox.answered(answer.client_id)
        if message is not None:
            self._listener.stored(answer, message)

    def _refused(self, error: server.Error) -> None:
        passing = error.retry_after is not None or error.code in PASSING
        pause = DEFAULT_PAUSE if error.retry_after is None else error.retry_after
        if passing and self._outbox.postpone(error.client_id, pause):
            return
        self._listener.refused(error, self._outbox.answered(error.client_id))

    def _catch_up(self) -> None:
        self._outbox.signal(type="sync", **self._position.known())


def _too_large(reason: str, client_id: str) -> server.Error:
    return server.Error(
        title=TooLarge.code,
        status=TooLarge.status,
        code=TooLarge.code,
        detail=reason,
        client_id=client_id,
    )
