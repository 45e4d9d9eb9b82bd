"""One run from one seed."""

import contextlib
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from unittest.mock import patch

from backchannel.brokers import link
from backchannel.checker import journal
from backchannel.checker.check import check
from backchannel.checker.verdict import Verdict
from tests.simulation import loop
from tests.simulation.clock import ids_from
from tests.simulation.environment import Environment
from tests.simulation.faults import ScenarioRunner
from tests.simulation.scenario import Scenario, draw, sized


@dataclass(frozen=True)
class Outcome:
    """The result of a run, and faults apart from those in its journal."""

    seed: int
    records: tuple[journal.Record, ...]
    troubles: tuple[str, ...]

    def check(self) -> Verdict:
        """The checker's verdict on the journal."""
        return check(journal.located(self.records))

    @property
    def digest(self) -> str:
        """A digest of the journal."""
        lines = b"\n".join(journal.encode(each) for each in self.records)
        return hashlib.sha256(lines).hexdigest()


def simulate(
    seed: int, *, sends: int = 50, faults: int = 10, restores: int = 0, servers: int = 1
) -> Outcome:
    """Run the scenario of a seed. Raises `Stuck`, and all errors that no part handles."""
    rng = Random(seed)
    scenario = draw(rng, sends=sends, faults=faults, restores=restores, servers=servers)
    with sized(scenario), patch.object(link, "random", rng), errors() as logged:
        try:
            environment = loop.run(lambda: _play(scenario, rng), rng, disorder=scenario.disorder)
        except Exception as error:
            error.add_note(again(seed, servers))
            raise
    return Outcome(seed, tuple(environment.records), (*environment.troubles, *logged))


def again(seed: int, servers: int = 1) -> str:
    """Instructions for a failure: the command that repeats the run of this seed."""
    several = f" --servers {servers}" if servers > 1 else ""
    return f"python -m tests.simulation --seed {seed}{several} shows it again"


async def _play(scenario: Scenario, rng: Random) -> Environment:
    environment = Environment(scenario, rng)
    with ids_from(environment.clock):
        director = ScenarioRunner(environment)
        await director.run()
        environment.calm()
        await environment.settle()
        await environment.finish()
    environment.end()
    return environment


class _Tracebacks(logging.Handler):
    """Keeps what the server logs with a traceback: nothing in a simulation may cause one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(f"{record.getMessage()}: {record.exc_info[1]!r}")


@contextlib.contextmanager
def errors() -> Iterator[list[str]]:
    """Collect the tracebacks that the server logs in the block; drop all other entries."""
    logger, handler = logging.getLogger("backchannel"), _Tracebacks()
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield handler.found
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagated
