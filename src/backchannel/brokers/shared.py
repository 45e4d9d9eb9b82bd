"""The bus of several nodes: local subscribers are called at once, others over a link."""

import logging
import secrets
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from backchannel.brokers.envelope import NODE_ID, Envelopes, Forged, Part, Unreadable, decoded
from backchannel.brokers.in_process import InProcessBus
from backchannel.brokers.link import Connect, Link
from backchannel.brokers.stamps import TOLERANCE, Replayed, Stamper, Stamps, TooLate, WrongTime
from backchannel.domain.events import Event
from backchannel.domain.signals import (
    EventsLost,
    Hiding,
    LoginsEnded,
    Notice,
    Presence,
    PresenceQuery,
    Signal,
    SocketCount,
)
from backchannel.ports.bus import LossListener, NoticeListener, PacketListener
from backchannel.telemetry import metrics
from backchannel.telemetry.logs import SparingLog

EVERYBODY = "all"
"""The topic of notices, which every node receives."""
NODE = "node."
"""A topic of each node, for packets to it."""
PACKETS = 256
"""Most incomplete packets at once; beyond that, the oldest one is dropped."""
LOGINS = 100
"""Most logins in one notice, so that every broker takes it."""
USER, PRESENCE = "user.", "presence."
"""A topic of each kind for each user: a node receives only those of the users it serves."""


class Broker(NamedTuple):
    """A way to connect to a broker, and the bytes of the largest envelope it takes."""

    connect: Connect
    largest: int


log = SparingLog(logging.getLogger(__name__))


class SharedBus(InProcessBus):
    """Implements `ports.bus.Bus` over topics of a broker."""

    shared = True

    def __init__(self, broker: Broker, key: bytes) -> None:
        """Nodes with the same `key`, of 64 bytes at most, trust each other."""
        super().__init__()
        self._largest = broker.largest
        self.node_id = secrets.token_hex(NODE_ID // 2)
        self._envelopes = Envelopes(self.node_id, key, Stamper())
        self._stamps = Stamps()
        self._link = Link(broker.connect, self._receive, self._reconnected, self._note_late)
        self._interest = Counter[str]()
        self._notices: list[NoticeListener] = []
        self._losses: list[LossListener] = []
        self._packets: list[PacketListener] = []
        self._numbers = count()
        self._parts: dict[tuple[str, int], list[bytes]] = {}

    async def open(self) -> None:
        """Connect to the broker. Raises `CannotConnect`."""
        self._link.subscribe(EVERYBODY)
        self._link.subscribe(NODE + self.node_id)
        await self._link.open()

    async def close(self) -> None:
        await self._link.close()
        await super().close()

    @property
    def connected(self) -> bool:  # type: ignore[override]  # a constant in a single process
        return self._link.connected

    def publish(self, events: Sequence[Event]) -> None:
        super().publish(events)
        for event in events:
            topic = USER + event.user_id
            envelope = self._envelopes.event(topic, event, largest=self._largest)
            self._link.publish(topic, envelope)

    def signal(self, signal: Signal) -> None:
        super().signal(signal)
        topic = _topic_of(signal)
        envelope = self._envelopes.signal(topic, signal)
        if len(envelope) <= self._largest:  # a long answer that grows: its end comes as a message
            self._link.publish(topic, envelope)

    def publish_ended(self, login_ids: Sequence[str]) -> None:
        super().publish_ended(login_ids)
        for start in range(0, len(login_ids), LOGINS):
            self.notify(LoginsEnded(tuple(login_ids[start : start + LOGINS])))

    def notify(self, notice: Notice) -> None:
        envelope = self._envelopes.notice(EVERYBODY, notice)
        if len(envelope) > self._largest:  # the broker would end the connection
            log.warning("a notice is too large for the bus", notice=type(notice).__name__)
        else:
            self._link.publish(EVERYBODY, envelope)

    def listen_notices(self, listener: NoticeListener) -> None:
        self._notices.append(listener)

    def send(self, node_id: str, packet: bytes) -> None:
        number = next(self._numbers)
        topic = NODE + node_id
        for envelope in self._envelopes.parts(topic, number, packet, largest=self._largest):
            self._link.publish(topic, envelope)

    def listen_packets(self, listener: PacketListener) -> None:
        self._packets.append(listener)

    def listen_losses(self, listener: LossListener) -> None:
        self._losses.append(listener)

    def follow(self, user_id: str) -> None:
        self._begin(USER + user_id)
        self._begin(PRESENCE + user_id)

    def unfollow(self, user_id: str) -> None:
        self._end(USER + user_id)
        self._end(PRESENCE + user_id)

    def watch(self, user_id: str) -> None:
        self._begin(PRESENCE + user_id)

    def unwatch(self, user_id: str) -> None:
        self._end(PRESENCE + user_id)

    async def subscribed(self, user_id: str) -> None:
        for topic in (USER + user_id, PRESENCE + user_id):
            if topic in self._interest:
                await self._link.subscribed(topic)

    def _begin(self, topic: str) -> None:
        self._interest[topic] += 1
        if self._interest[topic] == 1:
            self._link.subscribe(topic)

    def _end(self, topic: str) -> None:
        self._interest[topic] -= 1
        if not self._interest[topic]:
            del self._interest[topic]
            self._link.unsubscribe(topic)

    def _reconnected(self, *, dropped: bool) -> None:
        """Report a loss: others may have published meanwhile, and our messages may be gone."""
        if dropped:
            self.notify(EventsLost())
        self._note_loss(None)

    def _note_late(self, topic: str) -> None:
        """Report a loss: the topic's user is served here, but earlier messages did not arrive."""
        self._note_loss(topic.partition(".")[2])

    def _note_loss(self, user_id: str | None) -> None:
        for listener in self._losses:
            listener(user_id)

    def _receive(self, topic: str, envelope: bytes) -> None:
        user_id = topic.partition(".")[2]
        try:
            sender, stamp, body = self._envelopes.open(topic, envelope)
            if sender == self.node_id:  # local listeners were called at once
                return
            self._stamps.accept(sender, stamp)
            metrics.BUS_RECEIVED.inc()
            self._hand_on(decoded(body, user_id), sender, user_id)
        except Forged:
            log.warning("a message on the bus is not from a server with this `jwt_secret`")
        except Replayed:
            pass  # Not logged, because brokers repeat messages, too.
        except TooLate:
            self._note_loss(user_id or None)
        except WrongTime:
            log.warning(
                "a message on the bus is refused for its time; set the clocks of the servers",
                tolerance_seconds=TOLERANCE // 1_000_000,
            )
            self._note_loss(user_id or None)
        except Unreadable as error:
            log.warning("a message on the bus cannot be read", reason=str(error))
            self._note_loss(user_id or None)

    def _join(self, part: Part, sender: str) -> None:
        """Hand on a packet once its last part has come."""
        parts = self._parts.setdefault((sender, part.number), [])
        parts.append(part.content)
        if part.last:
            del self._parts[sender, part.number]
            for listener in self._packets:
                listener(b"".join(parts), sender)
        elif len(self._parts) > PACKETS:
            del self._parts[next(iter(self._parts))]

    def _hand_on(
        self, content: Event | int | Signal | Notice | Part, sender: str, user_id: str
    ) -> None:
        match content:
            case Event():
                super().publish((content,))
            case int():
                self._note_loss(user_id)
            case Signal():
                super().signal(content)
            case Part():
                self._join(content, sender)
            case LoginsEnded(login_ids):
                super().publish_ended(login_ids)
            case EventsLost():
                self._note_loss(None)
            case _:
                for listener in self._notices:
                    listener(content, sender)


def _topic_of(signal: Signal) -> str:
    """The topic for the watchers of a user, or for the user's own devices."""
    of_watchers = isinstance(signal.content, Presence | Hiding | SocketCount | PresenceQuery)
    return (PRESENCE if of_watchers else USER) + signal.user_id
