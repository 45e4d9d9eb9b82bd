"""What a seed means: who takes part, how everything is, and what happens when."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from random import Random
from unittest.mock import patch

from backchannel.chat import group_commit, sync
from backchannel.delivery import catch_up, connection
from tests.simulation.device import Habits
from tests.simulation.network import Weather
from tests.simulation.template import DEVICES


class Act(Enum):
    """What a device's user does."""

    WRITE = "write"
    READ = "read"
    CHANGE = "change"


class Fault(Enum):
    """What goes wrong."""

    DIE_BEFORE_COMMIT = "the process dies before its next commit"
    DIE_AFTER_COMMIT = "the process dies after its next commit, before anybody is told"
    DIE = "the process dies now"
    RESTART = "the process is asked to end, and started again"
    CLIENT_GOES = "a client is gone without a word"
    SERVER_CUTS = "a connection is reset on the server's side"
    STALL = "nothing gets through to a client, or from it"
    DISK_FULL = "nothing can be written for a while"
    DISK_SLOW = "every step of the storage takes long"
    CLOCK_JUMPS = "the calendar is set"
    TRIM = "old log entries are forgotten"


class Operation(Enum):
    """What the operator does."""

    BACK_UP = "the data are copied"
    RESTORE = "the process dies, and the newest copy is put in the place of the data"


WEIGHTS = {Fault.CLIENT_GOES: 4, Fault.SERVER_CUTS: 3, Fault.STALL: 3, Fault.DISK_SLOW: 2}


@dataclass(frozen=True)
class Step:
    """Something happens at `at` seconds: to `device`, a number."""

    at: float
    act: Act | Fault | Operation
    device: int


@dataclass(frozen=True)
class Scenario:
    """Everything that is chosen before a run begins; the dice go on choosing during it."""

    users: int
    habits: tuple[tuple[int, Habits], ...]
    """The devices: each with the number of its user."""
    steps: tuple[Step, ...]
    weather: Weather
    disorder: float
    disk_delay: float
    queued: int
    unread: int
    bus_trouble: float
    sizes: Mapping[tuple[object, str], int]
    """The server's constants, as small as makes their limits felt."""


def draw(dice: Random, *, sends: int = 50, faults: int = 10, restores: int = 0) -> Scenario:
    """A scenario with about so many sends and faults."""
    users = dice.choice((2, 2, 3))
    habits = tuple(
        (user, _habits(dice)) for user in range(users) for _ in range(dice.randint(1, DEVICES))
    )
    span = dice.uniform(5.0, 30.0)
    steps = _steps(dice, span, len(habits), sends=sends, faults=faults)
    return Scenario(
        users=users,
        habits=habits,
        steps=_with_restores(dice, span, steps, restores),
        weather=_weather(dice),
        disorder=dice.choice((0.0, 0.3, 1.0)),
        disk_delay=dice.choice((0.001, 0.01, 0.1)),
        queued=dice.choice((4, 64, 1_024)),
        unread=dice.choice((1_000, 262_144)),
        bus_trouble=dice.choice((0.0, 0.0, 0.2)),
        sizes={
            (connection, "WINDOW_EVENTS"): dice.choice((3, 16, 256)),
            (connection, "OUTBOX_BYTES"): dice.choice((400, 4_000, 1_048_576)),
            (catch_up, "PAGE"): dice.choice((2, 7, 200)),
            (catch_up, "CHUNK_BYTES"): dice.choice((30, 131_072)),
            (sync, "GAP_LIMIT"): dice.choice((25, 20_000, 20_000)),
            (group_commit, "BATCH"): dice.choice((2, 1_024)),
            (group_commit, "WAITING_BYTES"): dice.choice((20_000, 16 << 20)),
        },
    )


@contextlib.contextmanager
def sized(scenario: Scenario) -> Iterator[None]:
    """Give the server the scenario's constants."""
    with contextlib.ExitStack() as patches:
        for (module, name), value in scenario.sizes.items():
            patches.enter_context(patch.object(module, name, value))
        yield


def _with_restores(
    dice: Random, span: float, steps: tuple[Step, ...], restores: int
) -> tuple[Step, ...]:
    if not restores:
        return steps
    copies = [Step(dice.uniform(0, span), Operation.BACK_UP, 0) for _ in range(restores)]
    returns = [Step(dice.uniform(0, span), Operation.RESTORE, 0) for _ in range(restores)]
    return tuple(sorted((*steps, *copies, *returns), key=lambda step: step.at))


def _weather(dice: Random) -> Weather:
    # So that even the slowest network carries what is sent in time.
    latency, buffered = dice.choice(((0.002, 300), (0.05, 3_000), (0.5, 100_000)))
    return Weather(latency=latency, pieces=dice.choice((0.0, 0.1, 0.6)), buffered=buffered)


def _habits(dice: Random) -> Habits:
    trusting = dice.random() < 0.5
    return Habits(
        trusting=trusting,
        # Who is welcomed with live events at once has to repair the gap before them.
        token_in_header=not trusting and dice.random() < 0.3,
        confirms_within=dice.choice((0.1, 1.0, 1.0, 5.0, None)),
        returns_within=dice.choice((0.1, 1.0, 5.0)),
    )


def _steps(dice: Random, span: float, devices: int, *, sends: int, faults: int) -> tuple[Step, ...]:
    acts: list[Act | Fault] = [*[Act.READ] * (sends // 4), *[Act.CHANGE] * (sends // 5)]
    weights = [WEIGHTS.get(each, 1) for each in Fault]
    acts += dice.choices(list(Fault), weights, k=faults)
    steps = [Step(dice.uniform(0, span), act, dice.randrange(devices)) for act in acts]
    while sends > 0:
        at, device, burst = dice.uniform(0, span), dice.randrange(devices), dice.randint(1, 8)
        steps += [Step(at, Act.WRITE, device)] * burst
        sends -= burst
    return tuple(sorted(steps, key=lambda step: step.at))
