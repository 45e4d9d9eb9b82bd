"""One connection after another to `/v1/ws`: greets, follows the log, reconnects."""

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
    Backoff,
    Verdict,
    after_close,
)
from backchannel_client.errors import ApiError
from backchannel_client.follower import Place
from backchannel_client.sending import Sending
from backchannel_client.session import SessionKeeper
from backchannel_client.signals import ConnectionState, Emit, LoggedOut, StateChanged
from backchannel_client.transport import Closed, Open, Socket

SILENCE = 1.8
"""Heartbeats that may stay away until a silent connection counts as lost."""
FIRST_PATIENCE = 45.0
SHORTEST_RENEWAL = 1.0
PING_EVERY = 0.5


class Connection:
    """Stays connected for as long as `run` runs."""

    def __init__(
        self,
        session: SessionKeeper,
        sending: Sending,
        applier: Applier,
        emit: Emit,
        open_socket: Open,
        backoff: Backoff,
    ) -> None:
        self._session = session
        self._sending = sending
        self._applier = applier
        self._emit = emit
        self._open = open_socket
        self._backoff = backoff
        self._outgoing: asyncio.Queue[frames.ClientFrame] | None = None
        self._patience = FIRST_PATIENCE
        self._watched: list[str] = []
        self._hurry = asyncio.Event()
        self._levelled = asyncio.Event()

    @property
    def place(self) -> Place | None:
        """The device's place in the log."""
        return self._applier.place

    async def run(self) -> None:
        """Follow the log until the login ends, or the server forbids to come back."""
        reason = ""
        try:
            while True:
                self._emit(StateChanged(ConnectionState.CONNECTING))
                verdict, reason, error = await self._once()
                if verdict.renew:
                    verdict = await self._renewed(verdict)
                if not verdict.reconnect:
                    break
                self._emit(StateChanged(ConnectionState.OFFLINE, reason, error))
                await self._pause(max(verdict.wait, self._backoff.next()))
        finally:
            self._emit(StateChanged(ConnectionState.STOPPED, reason))
        if verdict.logged_out:
            self._session.forget()
            self._emit(LoggedOut())

    def retry_now(self) -> None:
        """Do not wait for the next attempt: the network may be back."""
        self._backoff.reset()
        self._hurry.set()

    def say(self, frame: frames.ClientFrame) -> None:
        """Send a frame that matters now or never: it is dropped without a connection."""
        if self._outgoing is not None:
            self._outgoing.put_nowait(frame)

    def watch(self, user_ids: Sequence[str]) -> None:
        """Be told of these users' presence, and of no others'; kept over reconnects."""
        self._watched = list(user_ids)
        self.say(frames.Watch(user_ids=self._watched))

    async def level(self) -> int:
        """Wait until this device holds all that the log holds; the position."""
        self._levelled.clear()
        while not self._levelled.is_set():
            self._applier.confirm()
            self.say(frames.Ping())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PING_EVERY):
                    await self._levelled.wait()
        place = self.place
        return place.position if place else 0

    async def _once(self) -> tuple[Verdict, str, Exception | None]:
        """One connection: what its end asks for, why it ended, and what kept it from opening."""
        try:
            token = await self._session.token()
            socket = await self._open()
        except ApiError as error:
            return (LOGGED_OUT if error.status == 401 else RECONNECT), error.detail, error
        except (OSError, TimeoutError) as error:
            return RECONNECT, str(error) or "the server does not answer", error
        try:
            code, reason = await self._attend(socket, token)
            if code == TOO_BIG and await self._sending.too_big(reason):
                return RECONNECT, reason, None
        finally:
            self._outgoing = None
            self._sending.stop()
            await socket.close()
        return after_close(code, reason), reason, None

    async def _attend(self, socket: Socket, token: str) -> tuple[int, str]:
        """Greet, then take what comes until the connection ends: its close code and reason."""
        self._applier.connected()
        outgoing: asyncio.Queue[frames.ClientFrame] = asyncio.Queue()
        tasks: list[asyncio.Task[None]] = []
        try:
            await socket.send(frames.encode(_hello(token, self.place)))
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
            await _take_leave(socket, self._applier.stop())

    async def _listen(
        self, socket: Socket, outgoing: asyncio.Queue[frames.ClientFrame]
    ) -> tuple[int, str]:
        """Take what comes, until nothing has come for too long. Raises `Closed`, `NotStored`."""
        heard_at = _now()
        while True:
            silent_at = heard_at + self._patience
            due = self._applier.due
            text = await _received(socket, silent_at if due is None else min(due, silent_at))
            if text is not None:
                heard_at = _now()
                await self._take(frames.decode(text), outgoing)
            elif _now() >= silent_at:
                return LOST, "the server has fallen silent"
            await self._applier.tick()

    async def _take(
        self, frame: frames.ServerFrame | None, outgoing: asyncio.Queue[frames.ClientFrame]
    ) -> None:
        """Do what a frame asks for. Raises `NotStored`."""
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
            case frames.Pong() if self.place and self.place.position >= frame.position:
                self._levelled.set()
            case _:
                pass
        await self._applier.receive(frame)

    def _welcome(self, welcome: frames.Welcome) -> None:
        self._patience = welcome.heartbeat * SILENCE
        self._backoff.reset()
        self._applier.welcomed(welcome.user_id, self.say)
        self._emit(StateChanged(ConnectionState.ONLINE))
        self._sending.start(welcome.user_id, self.say)
        if self._watched:
            self.watch(self._watched)

    async def _renew_in_time(self) -> None:
        """Hand each new token over; where that fails, the server closes and asks for it."""
        while True:
            await asyncio.sleep(max(self._session.renew_in, SHORTEST_RENEWAL))
            with contextlib.suppress(ApiError):
                self.say(frames.Renew(token=await self._session.token()))

    async def _renewed(self, verdict: Verdict) -> Verdict:
        try:
            await self._session.renew()
        except ApiError as error:
            return LOGGED_OUT if error.status == 401 else verdict
        return verdict

    async def _pause(self, seconds: float) -> None:
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _hello(token: str, place: Place | None) -> frames.Hello:
    if place is None:
        return frames.Hello(token=token)
    return frames.Hello(token=token, epoch=place.epoch, position=place.position)


async def _received(socket: Socket, until: float) -> str | bytes | None:
    """The next text, None if nothing has come by then. Raises `Closed`."""
    try:
        async with asyncio.timeout_at(until):
            return await socket.receive()
    except TimeoutError:
        return None


async def _write(socket: Socket, outgoing: asyncio.Queue[frames.ClientFrame]) -> None:
    with contextlib.suppress(Closed):  # the reader is told of it, too
        while True:
            await socket.send(frames.encode(await outgoing.get()))


async def _take_leave(socket: Socket, position: int | None) -> None:
    """Acknowledge what is stored; a connection that is gone does not take it."""
    if position is not None:
        with contextlib.suppress(Closed):
            await socket.send(frames.encode(frames.Acknowledge(position=position)))
