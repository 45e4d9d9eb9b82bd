"""A simulated client that follows docs/protocol.md, and its journal."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from backchannel.checker import journal
from backchannel.domain.errors import ChatError
from tests.simulation.client_socket import ClientSocket, Dial, Frame
from tests.simulation.outbox import Outbox
from tests.simulation.replica import Replica, own_message
from tests.simulation.timers import Timers

GAP_TIMEOUT = 0.5
"""Seconds in which what is missing may still come by itself."""
SILENCE = 60.0
"""Seconds without a byte after which a connection counts as dead; the server beats every 25."""
SYNC_AGAIN = 1.0
"""Seconds after which a `sync` that was refused is asked for again."""


class DeviceEnvironment(Protocol):
    """The part of the environment that a device uses."""

    @property
    def dial(self) -> Dial: ...

    def record(self, build: Callable[..., journal.Record], **fields: Any) -> None:
        """Write a record into the journal; the environment adds the time."""
        ...

    async def fetch(self, user_id: str) -> Replica:
        """Fetch a user's present state over HTTP. Raises `ChatError` and `TimeoutError`."""
        ...


@dataclass(frozen=True)
class DeviceBehaviour:
    """The behaviour of a device. Times are in seconds; it never acknowledges where that is None.

    A `trusting` device accepts everything and repairs nothing: it shows whether the server's
    pushing alone is correct.
    """

    trusting: bool
    token_in_header: bool
    confirms_within: float | None
    returns_within: float


class Device:
    """One device of a user. Its data survive its connections."""

    def __init__(
        self,
        name: str,
        user: str,
        token: str,
        behaviour: DeviceBehaviour,
        environment: DeviceEnvironment,
        rng: Random,
    ) -> None:
        self.name = name
        self.user = user
        self.position: int | None = None
        self.replica = Replica()
        self.welcomed = False
        self._token = token
        self._behaviour = behaviour
        self._environment = environment
        self._rng = rng
        self._epoch: str | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._replied: set[int] = set()
        self._held: dict[int, tuple[Frame, journal.Source]] = {}
        self._timers = Timers()
        self.socket = ClientSocket(
            self,
            environment.dial,
            rng,
            token=token if behaviour.token_in_header else None,
            returns_within=behaviour.returns_within,
            timeout=math.inf if behaviour.trusting else SILENCE,
        )
        self.outbox = Outbox(user, name, self._record, self.socket.send, rng)

    @property
    def idle(self) -> bool:
        """True if it is connected and has nothing left to do."""
        busy = self.outbox or self._fetching is not None or "confirm" in self._timers
        return self.welcomed and not busy

    # ------------------------------------------------------------------ the user's actions

    def read(self) -> None:
        """Read one of the conversations, to the end or not."""
        known = [(name, max(messages)) for name, messages in self.replica.messages.items()]
        if known and self.welcomed:
            conversation, last = self._rng.choice(known)
            seq = self._rng.choice((last, self._rng.randint(1, last)))
            self._ask({"type": "read", "conversation_id": conversation, "seq": seq})

    def change(self) -> None:
        """Edit or delete one of the user's messages, or react to one of the other user's."""
        undeleted = self.replica.undeleted()
        if not undeleted or not self.welcomed:
            return
        message = self._rng.choice(undeleted)
        reference = {"conversation_id": message["conversation_id"], "seq": message["seq"]}
        if message["sender_id"] != self.user:
            emoji, active = self._rng.choice("👍🎉"), self._rng.random() < 0.7
            self._ask({"type": "react", **reference, "emoji": emoji, "active": active})
            return
        body = self._rng.choice((None, f"{message['body']}!"))
        place_id = {"conversation": message["conversation_id"], "id": message["id"]}
        self._record(journal.Change, **place_id, body=body)
        if body is None:
            self._ask({"type": "delete", **reference})
        else:
            self._ask({"type": "edit", **reference, "body": body})

    def _ask(self, frame: Frame) -> None:
        """A refused request is not repeated: only the resulting state is checked."""
        self.socket.send({**frame, "ref": frame["type"]})

    # -------------------------------------------------------------------- the connection

    def opened(self) -> None:
        if self._behaviour.token_in_header:
            return
        hello: Frame = {"type": "hello", "token": self._token}
        if self.position is not None:
            hello |= {"epoch": self._epoch, "position": self.position}
        self.socket.send(hello)

    def lost(self) -> None:
        self.welcomed = False
        self._timers.cancel_all()
        self._held.clear()
        self.outbox.offline()

    def has_waited_too_long(self) -> bool:
        return not self.welcomed or self.outbox.late

    def taken(self, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                self._welcome(frame)
            case "event":
                self._event(frame, "live")
            case "sync":
                for event in frame["events"]:
                    self._event(event, "sync")
            case "ack":
                self._acknowledged(frame)
            case "error":
                self._refused(frame)
            case "reset":
                self._reset(frame["epoch"], frame["position"], frame["reason"])
            case "lagging":
                self._sync()
            case "heartbeat":
                self._compare(frame["position"])
            case _:
                pass

    def _refused(self, error: Frame) -> None:
        if "client_id" in error:
            self.outbox.refused(error)
        elif "ref" not in error:  # of all requests, only a `sync` has none
            self._timers.set("sync", SYNC_AGAIN, self._sync)

    def _welcome(self, frame: Frame) -> None:
        self.welcomed = True
        self._record(journal.Resume, user=self.user, epoch=self._epoch, position=self.position)
        if self.position is None:
            self._reset(frame["epoch"], frame["position"], "fresh")
        elif self._behaviour.token_in_header and frame["epoch"] != self._epoch:
            # Before any live event, whose position means something else than it did.
            self._reset(frame["epoch"], frame["position"], "epoch_changed")
        elif self._behaviour.token_in_header:
            self._sync()
        self.outbox.online()

    def _reset(self, epoch: str, position: int, reason: str) -> None:
        self._epoch, self.position = epoch, position
        self.replica = Replica()
        self._held.clear()
        self._replied.clear()
        self._record(journal.Reset, epoch=epoch, position=position, reason=reason)
        if self._fetching is not None:
            self._fetching.cancel()
        self._fetching = asyncio.get_running_loop().create_task(self._fetch())

    async def _fetch(self) -> None:
        """Fetch the state afresh, and apply the events since then to it."""
        while True:
            try:
                present = await self._environment.fetch(self.user)
                break
            except (ChatError, TimeoutError):
                await asyncio.sleep(1.0)
        self.replica.absorb(present)
        self._fetching = None

    def _sync(self) -> None:
        self.socket.send({"type": "sync", "position": self.position, "epoch": self._epoch})

    # ----------------------------------------------------------------------- the user's log

    def _acknowledged(self, ack: Frame) -> None:
        outgoing = self.outbox.acknowledged(ack)
        if ack["position"] is not None and ack["previous"] == self.position:
            self._replied.add(ack["position"])
            data = own_message(ack, self.user, outgoing.to, outgoing.body)
            self._apply({"position": ack["position"], "kind": "message", "data": data}, "reply")
            self._release()

    def _event(self, event: Frame, source: journal.Source) -> None:
        assert self.position is not None
        if self._behaviour.trusting:
            if event["position"] not in self._replied:
                self._apply(event, source)
        elif event["position"] > self.position:
            self._held[event["previous"]] = event, source
            self._release()
            if self._held:
                self._timers.set("gap", GAP_TIMEOUT, self._close_gap)

    def _release(self) -> None:
        """Apply the held events that now follow."""
        assert self.position is not None
        while (following := self._held.pop(self.position, None)) is not None:
            self._apply(*following)

    def _compare(self, position: int) -> None:
        """The log reaches `position`: if the events do not arrive soon, request them."""
        assert self.position is not None
        missing = position > self.position and not self._behaviour.trusting
        if missing and "gap" not in self._timers:
            self._timers.set("gap", GAP_TIMEOUT, self._close_gap)

    def _close_gap(self) -> None:
        self._held.clear()
        self._sync()

    def _apply(self, event: Frame, source: journal.Source) -> None:
        self.position = event["position"]
        kind, data = event["kind"], event["data"]
        if kind == "message":
            self._deliver(data, source)
        elif kind == "receipt":
            self._receipt(data)
        self.replica.apply(kind, data)
        within = self._behaviour.confirms_within
        if within is not None and "confirm" not in self._timers:
            self._timers.set("confirm", within * self._rng.random(), self._confirm)

    def _confirm(self) -> None:
        self.socket.send({"type": "ack", "position": self.position})

    # ----------------------------------------------------------------------- the journal

    def _record(self, build: Callable[..., journal.Record], **fields: Any) -> None:
        self._environment.record(build, device=self.name, **fields)

    def _deliver(self, data: Frame, source: journal.Source) -> None:
        self._record(
            journal.Deliver,
            conversation=data["conversation_id"],
            id=data["id"],
            sender=data["sender_id"],
            body=data["body"],
            seq=data["seq"],
            client_id=data.get("client_id"),
            position=self.position,
            source=source,
        )

    def _receipt(self, data: Frame) -> None:
        for mark in ("delivered", "read"):
            self._record(
                journal.DeliverReceipt,
                conversation=data["conversation_id"],
                reader=data["user_id"],
                mark=mark,
                seq=data[f"{mark}_seq"],
                position=self.position,
            )
