"""Messages that the server has not acknowledged: sent again until they are."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from backchannel.checker import journal
from backchannel.domain.ids import direct_conversation_id
from tests.simulation.timers import Timers

Frame = dict[str, Any]
Record = Callable[..., None]
"""Writes a record of the given type and fields into the device's journal."""

TIMEOUT = 8.0
"""Seconds without an answer after which a send is unknown, and its connection given up."""
RETRIED = {"overloaded", "unavailable", "throttled"}
"""Refusals that may not hold a moment later."""


@dataclass
class Outgoing:
    """A message that a user has written. It has waited for its answer since `sent_at`."""

    to: str
    conversation: str
    body: str
    sent_at: float | None = None


class Outbox:
    """Keeps messages until they are known to be stored, with `client_id`, across connections."""

    def __init__(
        self, user: str, device: str, record: Record, send: Callable[[Frame], None], rng: Random
    ) -> None:
        self._user = user
        self._device = device
        self._record = record
        self._send = send
        self._rng = rng
        self._timers = Timers()
        self._written = 0
        self._online = False
        self._waiting: dict[str, Outgoing] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def late(self) -> bool:
        """True if it has waited too long for an answer."""
        now = self._timers.now
        return any(now - (each.sent_at or now) > TIMEOUT for each in self._waiting.values())

    def write(self, to: str) -> None:
        """Write to a user, and send it now or later."""
        self._written += 1
        client_id = f"{self._device}-{self._written}"
        body = client_id + "." * self._rng.choice((0, 0, 0, 20, 300))
        conversation = direct_conversation_id(self._user, to)
        self._waiting[client_id] = Outgoing(to, conversation, body)
        if self._online:
            self._transmit(client_id)

    def online(self) -> None:
        """A connection is open: send everything again, in order (rule R4)."""
        self._online = True
        for client_id in self._waiting:
            self._transmit(client_id)

    def offline(self) -> None:
        """The connection is lost, with the answers on it."""
        self._online = False
        self._timers.cancel_all()
        for client_id, outgoing in self._waiting.items():
            if outgoing.sent_at is not None:
                outgoing.sent_at = None
                self._record(journal.Unknown, client_id=client_id)

    def acknowledged(self, ack: Frame) -> Outgoing:
        """The message is stored."""
        self._record(journal.Ok, client_id=ack["client_id"], id=ack["id"], seq=ack["seq"])
        return self._waiting.pop(ack["client_id"])

    def refused(self, error: Frame) -> None:
        """The message is not stored; its user may try again later, or give up."""
        client_id = error["client_id"]
        self._record(journal.Fail, client_id=client_id, code=error["code"])
        if error["code"] not in RETRIED or self._rng.random() < 0.1:
            del self._waiting[client_id]
            return
        self._waiting[client_id].sent_at = None
        wait = error.get("retry_after", 1.0) * (1 + self._rng.random())
        self._timers.set(client_id, wait, lambda: self._transmit(client_id))

    def _transmit(self, client_id: str) -> None:
        outgoing = self._waiting[client_id]
        outgoing.sent_at = self._timers.now
        self._record(
            journal.Invoke,
            user=self._user,
            client_id=client_id,
            conversation=outgoing.conversation,
            body=outgoing.body,
            to=outgoing.to,
        )
        # A conversation can be named only once it exists; before, it is refused.
        if self._rng.random() < 0.2 and self._written > 5:
            target = {"conversation_id": outgoing.conversation}
        else:
            target = {"to": outgoing.to}
        self._send({"type": "send", "client_id": client_id, "body": outgoing.body, **target})
