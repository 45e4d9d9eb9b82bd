"""The command line of `python -m torture`."""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torture.cluster import BUSES, DATABASES
from torture.faults.catalogue import FAULTS

LONGEST = 20 * 3_600
"""Seconds: the users log in once, and a token lasts for a day."""


@dataclass(frozen=True)
class Options:
    """`faults` are names; None stands for all that can be tried here."""

    seed: int
    seconds: float
    users: int
    rate: float
    faults: tuple[str, ...] | None = None
    keep: Path | None = None
    nodes: int = 1
    database: str = DATABASES[0]
    bus: str = next(iter(BUSES))

    @property
    def command(self) -> str:
        """The options that reproduce the plan."""
        faults = f" --faults {','.join(self.faults)}" if self.faults is not None else ""
        several = f" --nodes {self.nodes} --database {self.database} --bus {self.bus}"
        return (
            f"python -m torture --seed {self.seed} --seconds {self.seconds:g} "
            f"--users {self.users} --rate {self.rate:g}{faults}"
            f"{several if self.nodes > 1 else ''}"
        )


def parse(arguments: Sequence[str] | None = None) -> Options:
    """The options of a run; exits with 2 and a clear line if they are wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    seconds = given.seconds + 60 * given.minutes + 3_600 * given.hours or 60.0
    for name, value, low, high in (
        ("seconds", seconds, 5, LONGEST),
        ("users", given.users, 2, 500),
        ("rate", given.rate, 1, 5_000),
        ("nodes", given.nodes, 1, 9),
    ):
        if not low <= value <= high:
            parser.error(f"--{name} must be between {low:,} and {high:,}, not {value:g}")
    if given.keep is not None and given.keep.exists() and any(given.keep.iterdir()):
        parser.error(f"--keep must name a new or empty folder, and {given.keep} holds something")
    seed = random.randrange(1_000_000) if given.seed is None else given.seed  # noqa: S311 - a plan
    for name in given.faults or ():
        if not (FAULTS[name].for_one if given.nodes == 1 else FAULTS[name].for_several):
            parser.error(f"{name} cannot be tried with --nodes {given.nodes}")
    return Options(
        seed,
        seconds,
        given.users,
        given.rate,
        given.faults,
        given.keep,
        given.nodes,
        given.database,
        given.bus,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m torture",
        description="Many users talk while a server is killed, cut off and starved; then the "
        "history checker says whether anything was lost.",
        epilog=f"faults: {', '.join(FAULTS)}",
    )
    add = parser.add_argument
    add("--seed", type=int, help="the plan to run; any other one by default, and it is printed")
    add("--seconds", type=float, default=0, help="length in all, one minute by default")
    add("--minutes", type=float, default=0, help="the same, in minutes")
    add("--hours", type=float, default=0, help="the same, in hours")
    add("--users", type=int, default=16, help="virtual users (default: %(default)s)")
    add("--rate", type=float, default=100, help="messages a second, in all (%(default)s)")
    add("--faults", type=_names, help="only these, with commas between them")
    add("--nodes", type=int, default=1, help="servers behind HAProxy (%(default)s)")
    add("--database", choices=DATABASES, default=DATABASES[0], help="of several servers")
    add("--bus", choices=[*BUSES], default=next(iter(BUSES)), help="of several servers")
    add("--keep", type=Path, help="leave journals, log and data in this folder in any case")
    return parser


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in FAULTS:
            raise argparse.ArgumentTypeError(f"no fault {name!r}; there are {', '.join(FAULTS)}")
    return names
