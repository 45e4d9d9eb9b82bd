"""One connection after another to `/v1/ws`: sends `hello`, follows the log, reconnects."""

import asyncio
import contextlib
from collections.abc import Sequence

from backchannel_client import frames
from backchannel_client.applying import Applier, NotStored
from backchannel_client.closing import (
    LOGGED_OUT,
    LOST,
    RECONNECT,
    TOO_BIG,
    AfterClose,
    Backoff,
    after_close,
)
from backchannel_client.errors import ApiError
from backchannel_client.follower import Checkpoint
from backchannel_client.sending import Sending
from backchannel_client.signals import ConnectionState, Emit, LoggedOut, StateChanged
from backchannel_client.tokens import TokenManager
from backchannel_client.transport import Closed, Open, Socket

SILENCE = 1.8
"""Heartbeats that may stay away until a silent connection counts as lost."""
FIRST_TIMEOUT = 45.0
SHORTEST_RENEWAL = 1.0
PING_EVERY = 0.5


class Connection:
    """Stays connected while `run` runs."""

    def __init__(
        self,
        tokens: TokenManager,
        sending: Sending,
        applier: Applier,
        emit: Emit,
        open_socket: Open,
        backoff: Backoff,
    ) -> None:
        self._tokens = tokens
        self._sending = sending
        self._applier = applier
        self._emit = emit
        self._open = open_socket
        self._backoff = backoff
        self._outgoing: asyncio.Queue[frames.ClientFrame] | None = None
        self._timeout = FIRST_TIMEOUT
        self._watched: list[str] = []
        self._retry = asyncio.Event()
        self._caught_up = asyncio.Event()

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The point up to which the device holds the log."""
        return self._applier.checkpoint

    async def run(self) -> None:
        """Follow the log until the login ends, or the server forbids to reconnect."""
        final_reason = ""  # not that of an earlier connection, if this task is cancelled or fails
        try:
            while True:
                self._emit(StateChanged(ConnectionState.CONNECTING))
                outcome, reason, error = await self._attempt()
                if outcome.renew:
                    outcome = await self._renewed(outcome)
                if not outcome.reconnect:
                    final_reason = reason
                    break
                self._emit(StateChanged(ConnectionState.OFFLINE, reason, error))
                await self._pause(max(outcome.wait, self._backoff.next()))
        finally:
            self._emit(StateChanged(ConnectionState.STOPPED, final_reason))
        if outcome.logged_out:
            self._tokens.forget()
            self._emit(LoggedOut())

    def retry_now(self) -> None:
        """Do not wait for the next attempt: the network may be back."""
        self._backoff.reset()
        self._retry.set()

    def send_frame(self, frame: frames.ClientFrame) -> None:
        """Send a frame that is only useful now: it is dropped without a connection."""
        if self._outgoing is not None:
            self._outgoing.put_nowait(frame)

    def watch(self, user_ids: Sequence[str]) -> None:
        """Watch the presence of these users, and of no others; kept over reconnects."""
        self._watched = list(user_ids)
        self.send_frame(frames.Watch(user_ids=self._watched))

    async def catch_up(self) -> int:
        """Wait until this device holds the whole log; returns the position."""
        self._caught_up.clear()
        while not self._caught_up.is_set():
            self._applier.confirm()
            self.send_frame(frames.Ping())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PING_EVERY):
                    await self._caught_up.wait()
        checkpoint = self.checkpoint
        return checkpoint.position if checkpoint else 0

    async def _attempt(self) -> tuple[AfterClose, str, Exception | None]:
        """Run one connection; return the consequences of its end, the reason and any error."""
        try:
            token = await self._tokens.token()
            socket = await self._open()
        except ApiError as error:
            return (LOGGED_OUT if error.status == 401 else RECONNECT), error.detail, error
        except (OSError, TimeoutError) as error:
            return RECONNECT, str(error) or "the server does not answer", error
        try:
            code, reason = await self._exchange(socket, token)
            if code == TOO_BIG and await self._sending.too_big(reason):
                return RECONNECT, reason, None
        finally:
            self._outgoing = None
            self._sending.stop()
            await socket.close()
        return after_close(code, reason), reason, None

    async def _exchange(self, socket: Socket, token: str) -> tuple[int, str]:
        """Send `hello`, then handle frames until the end; return the close code and reason."""
        self._applier.connected()
        outgoing: asyncio.Queue[frames.ClientFrame] = asyncio.Queue()
        tasks: list[asyncio.Task[None]] = []
        try:
            await socket.send(frames.encode(_hello(token, self.checkpoint)))
            tasks.append(asyncio.create_task(_write(socket, outgoing)))
            tasks.append(asyncio.create_task(self._renew_in_time()))
            return await self._listen(socket, outgoing)
        except Closed as closed:
            return closed.code, closed.reason
        except NotStored:
            return LOST, "what came could not be stored"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _acknowledge_last(socket, self._applier.stop())

    async def _listen(
        self, socket: Socket, outgoing: asyncio.Queue[frames.ClientFrame]
    ) -> tuple[int, str]:
        """Handle frames until none has arrived for too long. Raises `Closed`, `NotStored`."""
        received_at = _now()
        while True:
            silent_at = received_at + self._timeout
            due = self._applier.due
            text = await _received(socket, silent_at if due is None else min(due, silent_at))
            if text is not None:
                received_at = _now()
                await self._take(frames.decode(text), outgoing)
            elif _now() >= silent_at:
                return LOST, "the server has fallen silent"
            await self._applier.tick()

    async def _take(
        self, frame: frames.ServerFrame | None, outgoing: asyncio.Queue[frames.ClientFrame]
    ) -> None:
        """Handle a frame. Raises `NotStored`."""
        match frame:
            case None:
                return
            case frames.Ack():
                await self._applier.acknowledged(frame)
                return
            case frames.Refusal():
                await self._sending.refused(frame)
                return
            case frames.Typing() | frames.Presence() | frames.Partial():
                self._emit(frame)
                return
            case frames.Welcome():
                self._outgoing = outgoing
                self._welcome(frame)
            case frames.Pong() if self.checkpoint and self.checkpoint.position >= frame.position:
                self._caught_up.set()
            case _:
                pass
        await self._applier.receive(frame)

    def _welcome(self, welcome: frames.Welcome) -> None:
        self._timeout = welcome.heartbeat * SILENCE
        self._backoff.reset()
        self._applier.welcomed(welcome.user_id, self.send_frame)
        self._emit(StateChanged(ConnectionState.ONLINE))
        self._sending.start(welcome.user_id, self.send_frame)
        if self._watched:
            self.watch(self._watched)

    async def _renew_in_time(self) -> None:
        """Send each new token; if that fails, the server closes and requires it."""
        while True:
            await asyncio.sleep(max(self._tokens.renew_in, SHORTEST_RENEWAL))
            with contextlib.suppress(ApiError):
                self.send_frame(frames.Renew(token=await self._tokens.token()))

    async def _renewed(self, outcome: AfterClose) -> AfterClose:
        try:
            await self._tokens.renew()
        except ApiError as error:
            return LOGGED_OUT if error.status == 401 else outcome
        return outcome

    async def _pause(self, seconds: float) -> None:
        self._retry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _hello(token: str, checkpoint: Checkpoint | None) -> frames.Hello:
    if checkpoint is None:
        return frames.Hello(token=token)
    return frames.Hello(token=token, epoch=checkpoint.epoch, position=checkpoint.position)


async def _received(socket: Socket, until: float) -> str | bytes | None:
    """The next text, None if none has arrived by then. Raises `Closed`."""
    try:
        async with asyncio.timeout_at(until):
            return await socket.receive()
    except TimeoutError:
        return None


async def _write(socket: Socket, outgoing: asyncio.Queue[frames.ClientFrame]) -> None:
    with contextlib.suppress(Closed):  # the reader gets it, too
        while True:
            await socket.send(frames.encode(await outgoing.get()))


async def _acknowledge_last(socket: Socket, position: int | None) -> None:
    """Acknowledge what is stored, unless the connection has already ended."""
    if position is not None:
        with contextlib.suppress(Closed):
            await socket.send(frames.encode(frames.Acknowledge(position=position)))
