"""The plan of a run, pure: who says what when, and which faults strike. A seed has one plan."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CAST: tuple[tuple[str, ...], ...] = (
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
"""How many others a user writes to."""
BURSTS = {1: 60, 2: 25, 5: 10, 20: 5}
"""How many messages are said without waiting between them, and how often."""
SIZES = {0: 94, 1_000: 5, 20_000: 1}
"""How many characters a body has besides its name, and how often."""
CALM = 0.5
"""Seconds of traffic before the first fault strikes."""
LEAST_VICTIMS = 2
ROUNDING = 1e-6


class NoRoom(Exception):
    """The run is too short to try every kind of fault once; the text says what would do."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: the seconds it is given, and how often it strikes beside others."""

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
    """At this second of the run a device says `count` messages to a user without waiting."""

    at: float
    device: int
    to: int
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Strike:
    """At this second a fault hits, and lasts for `seconds`.

    Those that are aimed at devices hit the victims; `dice` is for other choices.
    """

    at: float
    fault: str
    seconds: float
    victims: tuple[int, ...]
    dice: int


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    seconds: float
    users: tuple[str, ...]
    contacts: tuple[tuple[int, ...], ...]
    """Whom each user writes to."""
    devices: tuple[DevicePlan, ...]
    bursts: tuple[Burst, ...]
    strikes: tuple[Strike, ...]

    @property
    def messages(self) -> int:
        return sum(each.count for each in self.bursts)

    @property
    def digest(self) -> str:
        """Two plans are the same if this is."""
        parts = repr((self.users, self.contacts, self.devices, self.bursts, self.strikes))
        return hashlib.sha256(parts.encode()).hexdigest()[:12]

    def peers(self, user: int) -> Sequence[int]:
        """Those whom a user writes to or hears from."""
        writers = {other for other, known in enumerate(self.contacts) if user in known}
        return sorted(writers.union(self.contacts[user]))

    def lines(self) -> Iterator[str]:
        """The plan for people, a line each."""
        spoken = dict.fromkeys(DIALECTS, 0)
        for device in self.devices:
            spoken[device.dialect] += 1
        speech = ", ".join(f"{count} {name}" for name, count in spoken.items() if count)
        yield f"plan {self.digest} of seed {self.seed}"
        yield f"  {len(self.users)} users with {len(self.devices)} devices: {speech}"
        yield f"  {self.messages:,} messages in {self.seconds:.0f} s"
        for strike in self.strikes:
            hit = ", ".join(self.devices[each].name for each in strike.victims)
            yield f"  {strike.at:7.1f} s  {strike.fault:14} {hit}".rstrip()


def make_plan(seed: int, *, seconds: float, users: int, rate: float, kinds: Sequence[Kind]) -> Plan:
    """What shall happen within `seconds`, at about `rate` messages a second in all.

    Raises `NoRoom`.
    """
    dice = random.Random(seed)  # noqa: S311 - it must be repeatable
    names = tuple(f"user{number + 1}" for number in range(users))
    devices = tuple(
        DevicePlan(f"{name}/{dialect}{place + 1}", number, dialect)
        for number, name in enumerate(names)
        for place, dialect in enumerate(CAST[number % len(CAST)])
    )
    contacts = tuple(_contacts(dice, user, users) for user in range(users))
    bursts = tuple(_bursts(dice, seconds, rate, contacts, devices))
    strikes = tuple(_strikes(dice, seconds, kinds, len(devices)))
    return Plan(seed, seconds, names, contacts, devices, bursts, strikes)


def _contacts(dice: random.Random, user: int, users: int) -> tuple[int, ...]:
    others = [other for other in range(users) if other != user]
    return tuple(dice.sample(others, min(CONTACTS, len(others))))


def _bursts(
    dice: random.Random,
    seconds: float,
    rate: float,
    contacts: Sequence[Sequence[int]],
    devices: Sequence[DevicePlan],
) -> Iterator[Burst]:
    mean = sum(count * often for count, often in BURSTS.items()) / sum(BURSTS.values())
    at = dice.expovariate(rate / mean)
    while at < seconds:
        device = dice.randrange(len(devices))
        to = dice.choice(contacts[devices[device].user])
        yield Burst(at, device, to, _one_of(dice, BURSTS), _one_of(dice, SIZES))
        at += dice.expovariate(rate / mean)


def _strikes(
    dice: random.Random, seconds: float, kinds: Sequence[Kind], devices: int
) -> Iterator[Strike]:
    """Every kind once, in any order; then more of them for as long as there is time."""
    needed = CALM + sum(kind.seconds for kind in kinds)
    if needed > seconds:
        raise NoRoom(
            f"{len(kinds)} kinds of faults need {needed:.0f} seconds of traffic and there are "
            f"{seconds:.0f}: take longer (--seconds), or name fewer of them (--faults)"
        )
    deck = list(kinds)
    dice.shuffle(deck)
    at = CALM
    weights = [each.weight for each in kinds]
    while kinds:
        kind = deck.pop() if deck else dice.choices(kinds, weights)[0]
        if at + kind.seconds > seconds + ROUNDING:
            return
        fewest = min(LEAST_VICTIMS, devices)
        count = dice.randint(fewest, max(fewest, devices // 2))
        victims = tuple(sorted(dice.sample(range(devices), count)))
        yield Strike(at, kind.name, kind.seconds, victims, dice.getrandbits(16))
        at += kind.seconds * (1.0 if deck else dice.uniform(1.0, 1.3))


def _one_of(dice: random.Random, often: dict[int, int]) -> int:
    return dice.choices(list(often), list(often.values()))[0]
