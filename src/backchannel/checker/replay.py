"""A replay of the deliveries to a device, with the state it held at each."""

from collections.abc import Iterator

import msgspec

from backchannel.checker.model import Delivery, Life, Message, Rewind


class Taken(msgspec.Struct, gc=False, eq=False):
    """A delivery. `earlier` is one of the same message that the device still held.

    `floor` is the position it had said to hold, `previous` what was delivered before, and
    `before` the same in this conversation: both only of what came in order, as events do.
    """

    delivery: Delivery
    earlier: Delivery | None
    floor: int | None
    previous: Delivery | None
    before: Delivery | None

    @property
    def repeated(self) -> bool:
        position = self.delivery.position
        return self.earlier is not None or (
            self.floor is not None and position is not None and position <= self.floor
        )


class _Shelf:
    """The messages that a device holds. After a kill it may reconnect with fewer than before."""

    def __init__(self, floor: int | None) -> None:
        self.floor = floor
        self.held: dict[Message, Delivery] = {}
        self.last: dict[str, Delivery] = {}
        self._taken: list[Taken] = []

    def look_at(self, delivery: Delivery) -> Taken:
        return Taken(
            delivery,
            self.held.get(delivery.message),
            self.floor,
            self._taken[-1].delivery if self._taken else None,
            self.last.get(delivery.message.conversation),
        )

    def put(self, taken: Taken) -> None:
        delivery = taken.delivery
        self.held[delivery.message] = delivery
        self._taken.append(taken)
        if delivery.message.number is not None:
            self.last[delivery.message.conversation] = delivery

    def rewind(self, position: int) -> None:
        self.floor = position
        while self._taken and (self._taken[-1].delivery.position or 0) > position:
            taken = self._taken.pop()
            message = taken.delivery.message
            del self.held[message]
            if taken.before is None:
                self.last.pop(message.conversation, None)
            else:
                self.last[message.conversation] = taken.before


def replay(life: Life) -> Iterator[Taken]:
    """The deliveries of one life, in order, without replies that may overtake events."""
    return _replay(life, _Shelf(life.base))


def held(life: Life) -> set[Message]:
    """All that a device holds at the end of a life.

    Histories count only where it is not known what the device should have got by events.
    """
    shelf = _Shelf(life.base)
    for _ in _replay(life, shelf):
        pass
    replies = (each for each in life.log if isinstance(each, Delivery) and not each.in_order)
    found = {each.message for each in replies}
    found.update(shelf.held)
    if life.base is None:
        found.update(*(fetched.messages for fetched in life.fetched))
    return found


def _replay(life: Life, shelf: _Shelf) -> Iterator[Taken]:
    for each in life.log:
        if isinstance(each, Rewind):
            shelf.rewind(each.position)
        elif isinstance(each, Delivery) and each.in_order:
            taken = shelf.look_at(each)
            if not taken.repeated:
                shelf.put(taken)
            yield taken
