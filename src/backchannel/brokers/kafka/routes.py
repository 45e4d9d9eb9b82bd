"""The routes of messages: the other channels on the broker, and their subscriptions.

A channel that has not yet announced all its topics is sent everything, so it misses nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from backchannel.brokers.kafka.records import RemoteChannel, digest

LIFE_SECONDS = 15.0
"""Seconds without a heartbeat after which a channel counts as gone."""


class Routes:
    """The channels that are alive, and the topics to which each of them subscribes."""

    def __init__(self) -> None:
        self._seen: dict[RemoteChannel, float] = {}
        self._announced: dict[RemoteChannel, set[bytes]] = {}
        """The topics of each channel that has announced all of its topics."""
        self._wanting: defaultdict[bytes, set[RemoteChannel]] = defaultdict(set)

    @property
    def peers(self) -> set[RemoteChannel]:
        """All channels that are alive, except this one."""
        return set(self._seen)

    @property
    def announced(self) -> set[RemoteChannel]:
        """The channels that have announced all of their topics."""
        return set(self._announced)

    @property
    def partitions(self) -> set[int]:
        """The partitions in use."""
        return {peer.partition for peer in self._seen}

    def note(self, peer: RemoteChannel, now: float) -> bool:
        """Note a heartbeat, at `now` seconds; True if the channel was unknown."""
        new = peer not in self._seen
        self._seen[peer] = now
        return new

    def want(self, peer: RemoteChannel, digests: Iterable[bytes], *, whole: bool) -> None:
        """Add topics to a channel's subscriptions; with `whole` they replace the earlier ones."""
        if whole:
            self._forget_wants(peer)
            self._announced[peer] = set()
        elif peer not in self._announced:  # it is sent everything until it has announced the rest
            return
        for each in digests:
            self._announced[peer].add(each)
            self._wanting[each].add(peer)

    def unwant(self, peer: RemoteChannel, digests: Iterable[bytes]) -> None:
        for each in digests:
            self._announced.get(peer, set()).discard(each)
            self._remove(peer, each)

    def forget(self, peer: RemoteChannel) -> None:
        """Remove a channel that has left."""
        self._seen.pop(peer, None)
        self._forget_wants(peer)

    def expire(self, now: float) -> None:
        """Forget the channels that have been silent for too long."""
        for peer, seen in list(self._seen.items()):
            if now - seen > LIFE_SECONDS:
                self.forget(peer)

    def of(self, topic: str) -> Sequence[RemoteChannel]:
        """The channels that a message of this topic is sent to."""
        wanting = self._wanting.get(digest(topic), ())
        if len(self._announced) == len(self._seen):
            return tuple(wanting)
        return (*wanting, *(peer for peer in self._seen if peer not in self._announced))

    def _forget_wants(self, peer: RemoteChannel) -> None:
        for each in self._announced.pop(peer, ()):
            self._remove(peer, each)

    def _remove(self, peer: RemoteChannel, wanted: bytes) -> None:
        wanting = self._wanting.get(wanted)
        if wanting is not None:
            wanting.discard(peer)
            if not wanting:
                del self._wanting[wanted]
