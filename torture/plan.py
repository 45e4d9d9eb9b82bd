"""The plan of a run: when each device sends messages, and the faults. A seed has one plan."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DEVICES: tuple[tuple[str, ...], ...] = (
    ("native", "native"),
    ("chat",),
    ("rooms",),
    ("native", "event"),
    ("native",),
    ("queued",),
    ("event",),
    ("native", "rooms"),
)
"""The devices of a user, by dialect; the ninth user is like the first."""
DIALECTS = ("native", "chat", "event", "rooms", "queued")
CONTACTS = 3
"""The number of others that a user writes to."""
BURSTS = {1: 60, 2: 25, 5: 10, 20: 5}
"""The numbers of messages sent without a pause, and their weights."""
SIZES = {0: 94, 1_000: 5, 20_000: 1}
"""The numbers of characters a body has besides its name, and their weights."""
WARM_UP = 0.5
"""Seconds of traffic before the first fault."""
LEAST_VICTIMS = 2
ROUNDING = 1e-6


class NoRoom(Exception):
    """The run is too short to try every kind of fault once; the text names a sufficient time."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: its duration in seconds, and its frequency among others."""

    name: str
    seconds: float
    weight: int = 1


@dataclass(frozen=True, slots=True)
class DevicePlan:
    name: str
    user: int
    dialect: str


@dataclass(frozen=True, slots=True)
class Burst:
    """At this second of the run a device sends `count` messages to a user without waiting."""

    at: float
    device: int
    to: int
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault at this second of the run, which lasts for `seconds`.

    Faults of devices hit the victims; `random_bits` are for other choices.
    """

    at: float
    fault: str
    seconds: float
    victims: tuple[int, ...]
    random_bits: int


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    seconds: float
    users: tuple[str, ...]
    contacts: tuple[tuple[int, ...], ...]
    """The peers of each user."""
    devices: tuple[DevicePlan, ...]
    bursts: tuple[Burst, ...]
    faults: tuple[PlannedFault, ...]

    @property
    def messages(self) -> int:
        return sum(each.count for each in self.bursts)

    @property
    def digest(self) -> str:
        """A digest of the plan: equal plans have equal digests."""
        parts = repr((self.users, self.contacts, self.devices, self.bursts, self.faults))
        return hashlib.sha256(parts.encode()).hexdigest()[:12]

    def peers(self, user: int) -> Sequence[int]:
        """The users whom a user writes to or receives messages from."""
        writers = {other for other, known in enumerate(self.contacts) if user in known}
        return sorted(writers.union(self.contacts[user]))

    def lines(self) -> Iterator[str]:
        """The plan in readable form, by lines."""
        counts = dict.fromkeys(DIALECTS, 0)
        for device in self.devices:
            counts[device.dialect] += 1
        dialects = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        yield f"plan {self.digest} of seed {self.seed}"
        yield f"  {len(self.users)} users with {len(self.devices)} devices: {dialects}"
        yield f"  {self.messages:,} messages in {self.seconds:.0f} s"
        for planned in self.faults:
            hit = ", ".join(self.devices[each].name for each in planned.victims)
            yield f"  {planned.at:7.1f} s  {planned.fault:14} {hit}".rstrip()


def make_plan(seed: int, *, seconds: float, users: int, rate: float, kinds: Sequence[Kind]) -> Plan:
    """A plan for `seconds`, with about `rate` messages a second in all.

    Raises `NoRoom`.
    """
    rng = random.Random(seed)  # noqa: S311 - it must be repeatable
    names = tuple(f"user{number + 1}" for number in range(users))
    devices = tuple(
        DevicePlan(f"{name}/{dialect}{index + 1}", number, dialect)
        for number, name in enumerate(names)
        for index, dialect in enumerate(DEVICES[number % len(DEVICES)])
    )
    contacts = tuple(_contacts(rng, user, users) for user in range(users))
    bursts = tuple(_bursts(rng, seconds, rate, contacts, devices))
    faults = tuple(_faults(rng, seconds, kinds, len(devices)))
    return Plan(seed, seconds, names, contacts, devices, bursts, faults)


def _contacts(rng: random.Random, user: int, users: int) -> tuple[int, ...]:
    others = [other for other in range(users) if other != user]
    return tuple(rng.sample(others, min(CONTACTS, len(others))))


def _bursts(
    rng: random.Random,
    seconds: float,
    rate: float,
    contacts: Sequence[Sequence[int]],
    devices: Sequence[DevicePlan],
) -> Iterator[Burst]:
    mean = sum(count * often for count, often in BURSTS.items()) / sum(BURSTS.values())
    at = rng.expovariate(rate / mean)
    while at < seconds:
        device = rng.randrange(len(devices))
        to = rng.choice(contacts[devices[device].user])
        yield Burst(at, device, to, _one_of(rng, BURSTS), _one_of(rng, SIZES))
        at += rng.expovariate(rate / mean)


def _faults(
    rng: random.Random, seconds: float, kinds: Sequence[Kind], devices: int
) -> Iterator[PlannedFault]:
    """Every kind once, in any order; then more of them for as long as there is time."""
    needed = WARM_UP + sum(kind.seconds for kind in kinds)
    if needed > seconds:
        raise NoRoom(
            f"{len(kinds)} kinds of faults need {needed:.0f} seconds of traffic and there are "
            f"{seconds:.0f}: take longer (--seconds), or name fewer of them (--faults)"
        )
    untried = list(kinds)
    rng.shuffle(untried)
    at = WARM_UP
    weights = [each.weight for each in kinds]
    while kinds:
        kind = untried.pop() if untried else rng.choices(kinds, weights)[0]
        if at + kind.seconds > seconds + ROUNDING:
            return
        fewest = min(LEAST_VICTIMS, devices)
        count = rng.randint(fewest, max(fewest, devices // 2))
        victims = tuple(sorted(rng.sample(range(devices), count)))
        yield PlannedFault(at, kind.name, kind.seconds, victims, rng.getrandbits(16))
        at += kind.seconds * (1.0 if untried else rng.uniform(1.0, 1.3))


def _one_of(rng: random.Random, often: dict[int, int]) -> int:
    return rng.choices(list(often), list(often.values()))[0]
