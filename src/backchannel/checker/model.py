"""The model of a history that the detectors use: sends, messages, conversations and devices."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import msgspec

from backchannel.checker.journal import DeliverReceipt, Location, Source
from backchannel.domain.ids import RESPONDER_ID


class Send(msgspec.Struct, eq=False):
    """A message that a client meant to send, with all attempts at it.

    `at`, `location` and `session` are those of the first attempt; `session` counts the connections
    of its device. `answer` is the id of its first acknowledgement, `holders` are the devices that
    received it. `messages` are those that the server stored for it: at most one, if it is correct.
    """

    user: str
    client_id: str
    device: str
    conversation: str
    body: str
    at: int
    location: Location
    session: int
    attempts: int = 1
    refusals: int = 0
    acknowledgements: int = 0
    acknowledged: Location | None = None
    answer: str | None = None
    holders: tuple[str, ...] = ()
    others: set[str] | None = None
    messages: list["Message"] = []

    @property
    def refused(self) -> bool:
        """True if no attempt can have succeeded."""
        return not self.acknowledgements and self.refusals >= self.attempts

    @property
    def bodies(self) -> set[str]:
        """The bodies sent under this key; more than one is an error of the client."""
        return {self.body, *(self.others or ())}


class Claim(msgspec.Struct, frozen=True, gc=False):
    """The statements of a record about a message; None if it makes none."""

    conversation: str
    seq: int | None
    sender: str | None
    client_id: str | None
    location: Location


class Message(msgspec.Struct, eq=False):
    """A message that the server reported, as it was first reported.

    `known_at` is when a client first knew of it. `seen` is where it was delivered or read first: an
    acknowledgement shows nothing. `doubts` are records that contradict it, `bodies` are other
    bodies it was seen with. `send` is a guess among several with the same body unless `traced`.
    `acceptable` are the bodies that changes have requested.
    """

    id: str
    conversation: str
    seq: int | None
    sender: str | None
    client_id: str | None
    location: Location
    known_at: int
    known: Location
    body: str | None = None
    seen: Location | None = None
    send: Send | None = None
    traced: bool = False
    deleted: bool = False
    acceptable: tuple[str, ...] = ()
    doubts: list[Claim] = []
    bodies: dict[str, Location] = {}

    @property
    def genuine(self) -> bool:
        """True if it is the message of a send. Other messages are checked for phantoms only."""
        if self.send is None:
            return self.sender == RESPONDER_ID or bool(self.acceptable)
        return self.send.messages[0] is self

    @property
    def number(self) -> int | None:
        """Its `seq`, unless that is in doubt or the message is not genuine."""
        return None if self.doubts or not self.genuine else self.seq


class Conversation(msgspec.Struct, gc=False, eq=False):
    """`declared` are the members that sends named, `participants` those whose devices took part.

    `messages` are in the order in which they became known, `ordered` are those with a number,
    by number. `numbers` are all that any device was given, ascending.
    """

    id: str
    declared: set[str] = set()
    participants: set[str] = set()
    messages: list[Message] = []
    numbers: list[int] = []
    ordered: list[Message] = []
    spare: dict[str, int] = {}
    """The sends of each user that may have an unreported number."""

    @property
    def members(self) -> set[str]:
        return self.declared or self.participants

    def unknown_between(self, low: int, high: int) -> int:
        """The count of numbers strictly between two that no record mentions."""
        if high <= low:
            return 0
        known = bisect_left(self.numbers, high) - bisect_right(self.numbers, low)
        return high - low - 1 - known

    def between(self, low: int, high: int) -> Iterator[Message]:
        """The messages strictly between two numbers."""
        start = bisect_right(self.ordered, low, key=_number)
        for index in range(start, len(self.ordered)):
            message = self.ordered[index]
            if _number(message) >= high:
                return
            yield message

    def at(self, number: int) -> Message | None:
        """The message that has this number."""
        return next(self.between(number - 1, number + 1), None)


def _number(message: Message) -> int:
    return message.seq or 0


class Delivery(msgspec.Struct, gc=False, eq=False):
    message: Message
    position: int | None
    source: Source
    location: Location

    @property
    def in_order(self) -> bool:
        """True if it came as an event. A reply without a position may overtake events."""
        return self.source != "reply" or self.position is not None


class Rewind(msgspec.Struct, gc=False, eq=False):
    """The device reconnected, and holds its log up to `position`, no further."""

    position: int
    location: Location


class LocatedReceipt(msgspec.Struct, gc=False, eq=False):
    """The record of a receipt, and where it is."""

    receipt: DeliverReceipt
    location: Location


class Fetched(msgspec.Struct, gc=False, eq=False):
    """A history, as it came."""

    device: str
    conversation: Conversation
    messages: list[Message]
    complete: bool
    asked: int
    location: Location


class Replica(msgspec.Struct, gc=False, eq=False):
    """A device's copy of its user's state, from a fresh start or a reset to the next.

    `base` is the position it began at, if it is known. `log` is what happened, in order.
    `fetched` are the histories that may have become part of the state.
    `positioned` if its dialect has positions: then it also receives what its user sends.
    """

    start: int
    base: int | None
    epoch: str | None
    positioned: bool
    log: list[Delivery | Rewind | LocatedReceipt] = []
    fetched: list[Fetched] = []


class Level(msgspec.Struct, gc=False, eq=False):
    """A device says that it holds everything."""

    position: int | None
    asked: int | None
    at: int
    location: Location


class Device(msgspec.Struct, gc=False, eq=False):
    name: str
    user: str
    replicas: list[Replica] = []
    finish: Level | None = None
    session: int = 0
