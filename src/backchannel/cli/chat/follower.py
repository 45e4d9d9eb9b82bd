"""Follows one user's log by docs/protocol.md, whatever carries the frames."""

import asyncio
from typing import Protocol

from backchannel.cli.chat import frames
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.position import Fit, Position
from backchannel.dialects.native import server_frames as server


class Listener(Protocol):
    """Who is told what happens, each thing once and in order."""

    def connected(self, *, afresh: bool) -> None:
        """Live from now on; `afresh` if what happened before must be fetched."""
        ...

    def disconnected(self, reason: str) -> None: ...

    def happened(self, entry: frames.Entry) -> None: ...

    def stored(self, ack: server.Ack) -> None: ...

    def refused(self, refusal: server.Error) -> None: ...

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
            self._outbox.send(type="ack", position=position)

    def lost(self, reason: str) -> None:
        """The connection is gone."""
        self._listener.disconnected(reason)

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
            self._listener.happened(entry)

    def _passed(self, previous: int, position: int) -> bool:
        """Whether an entry is the next one; a gap before it is asked for."""
        fit = self._position.fit(previous, position)
        if fit is Fit.GAP:
            self._catch_up()
        return fit is Fit.NEXT

    def _answered(self, answer: server.Ack | server.Error) -> None:
        self._outbox.answered(answer.client_id)
        if isinstance(answer, server.Error):
            self._listener.refused(answer)
            return
        if answer.position is not None and answer.previous is not None:
            # The acknowledgement of one's own message is also its event.
            self._passed(answer.previous, answer.position)
        self._listener.stored(answer)

    def _catch_up(self) -> None:
        self._outbox.send(type="sync", **self._position.known())
