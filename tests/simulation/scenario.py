"""The scenario of a seed: users, conditions, and events with their times."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from random import Random
from unittest.mock import patch

from backchannel.brokers import envelope
from backchannel.chat import group_commit, sync
from backchannel.delivery import catch_up, connection
from tests.simulation.device import DeviceBehaviour
from tests.simulation.network import NetworkConditions
from tests.simulation.template import DEVICES


class UserAction(Enum):
    """The actions of a device's user."""

    WRITE = "write"
    READ = "read"
    CHANGE = "change"


class Fault(Enum):
    """The faults."""

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
    """The actions of the operator."""

    BACK_UP = "the data are copied"
    LOSE_BUS = "the bus between the servers is away for a while"
    RESTORE = "the process dies, and the newest copy is put in the place of the data"


WEIGHTS = {Fault.CLIENT_GOES: 4, Fault.SERVER_CUTS: 3, Fault.STALL: 3, Fault.DISK_SLOW: 2}


@dataclass(frozen=True)
class Step:
    """Something happens at `at` seconds: to `device`, a number."""

    at: float
    action: UserAction | Fault | Operation
    device: int


@dataclass(frozen=True)
class Scenario:
    """Everything that is chosen before a run begins; the generator is used during it as well."""

    users: int
    behaviours: tuple[tuple[int, DeviceBehaviour], ...]
    """The devices: each with the number of its user."""
    steps: tuple[Step, ...]
    conditions: NetworkConditions
    disorder: float
    disk_delay: float
    queued: int
    unread: int
    bus_trouble: float
    sizes: Mapping[tuple[object, str], int]
    """The server's constants, as small as makes their limits felt."""
    servers: int = 1


def draw(
    rng: Random, *, sends: int = 50, faults: int = 10, restores: int = 0, servers: int = 1
) -> Scenario:
    """A scenario with about this many sends and faults."""
    users = rng.choice((2, 2, 3))
    behaviours = tuple(
        (user, _behaviour(rng)) for user in range(users) for _ in range(rng.randint(1, DEVICES))
    )
    span = rng.uniform(5.0, 30.0)
    steps = _steps(rng, span, len(behaviours), sends=sends, faults=faults)
    scenario = Scenario(
        users=users,
        behaviours=behaviours,
        steps=_with_restores(rng, span, steps, restores),
        conditions=_conditions(rng),
        disorder=rng.choice((0.0, 0.3, 1.0)),
        disk_delay=rng.choice((0.001, 0.01, 0.1)),
        queued=rng.choice((4, 64, 1_024)),
        unread=rng.choice((1_000, 262_144)),
        bus_trouble=rng.choice((0.0, 0.0, 0.2)),
        sizes={
            (connection, "WINDOW_EVENTS"): rng.choice((3, 16, 256)),
            (connection, "OUTBOX_BYTES"): rng.choice((400, 4_000, 1_048_576)),
            (catch_up, "PAGE"): rng.choice((2, 7, 200)),
            (catch_up, "CHUNK_BYTES"): rng.choice((30, 131_072)),
            (sync, "GAP_LIMIT"): rng.choice((25, 20_000, 20_000)),
            (group_commit, "BATCH"): rng.choice((2, 512)),
            (group_commit, "WAITING_BYTES"): rng.choice((20_000, 16 << 20)),
        },
    )
    return scenario if servers == 1 else _joined(rng, scenario, span, servers)


def _joined(rng: Random, scenario: Scenario, span: float, servers: int) -> Scenario:
    """The scenario for several servers, whose bus has its own troubles."""
    outages = [Step(rng.uniform(0, span), Operation.LOSE_BUS, 0) for _ in range(rng.randint(0, 2))]
    return replace(
        scenario,
        servers=servers,
        bus_trouble=rng.choice((0.0, 0.2, 0.5)),
        steps=tuple(sorted((*scenario.steps, *outages), key=lambda step: step.at)),
        sizes={**scenario.sizes, (envelope, "CONTENT_LIMIT"): rng.choice((60, 8_192))},
    )


@contextlib.contextmanager
def sized(scenario: Scenario) -> Iterator[None]:
    """Give the server the scenario's constants."""
    with contextlib.ExitStack() as patches:
        for (module, name), value in scenario.sizes.items():
            patches.enter_context(patch.object(module, name, value))
        yield


def _with_restores(
    rng: Random, span: float, steps: tuple[Step, ...], restores: int
) -> tuple[Step, ...]:
    if not restores:
        return steps
    copies = [Step(rng.uniform(0, span), Operation.BACK_UP, 0) for _ in range(restores)]
    returns = [Step(rng.uniform(0, span), Operation.RESTORE, 0) for _ in range(restores)]
    return tuple(sorted((*steps, *copies, *returns), key=lambda step: step.at))


def _conditions(rng: Random) -> NetworkConditions:
    # So that even the slowest network is fast enough for the traffic.
    latency, buffered = rng.choice(((0.002, 300), (0.05, 3_000), (0.5, 100_000)))
    return NetworkConditions(latency=latency, pieces=rng.choice((0.0, 0.1, 0.6)), buffered=buffered)


def _behaviour(rng: Random) -> DeviceBehaviour:
    trusting = rng.random() < 0.5
    return DeviceBehaviour(
        trusting=trusting,
        # A device that gets live events right after the welcome must fill the gap before them.
        token_in_header=not trusting and rng.random() < 0.3,
        confirms_within=rng.choice((0.1, 1.0, 1.0, 5.0, None)),
        returns_within=rng.choice((0.1, 1.0, 5.0)),
    )


def _steps(rng: Random, span: float, devices: int, *, sends: int, faults: int) -> tuple[Step, ...]:
    acts: list[UserAction | Fault] = [
        *[UserAction.READ] * (sends // 4),
        *[UserAction.CHANGE] * (sends // 5),
    ]
    weights = [WEIGHTS.get(each, 1) for each in Fault]
    acts += rng.choices(list(Fault), weights, k=faults)
    steps = [Step(rng.uniform(0, span), act, rng.randrange(devices)) for act in acts]
    while sends > 0:
        at, device, burst = rng.uniform(0, span), rng.randrange(devices), rng.randint(1, 8)
        steps += [Step(at, UserAction.WRITE, device)] * burst
        sends -= burst
    return tuple(sorted(steps, key=lambda step: step.at))
