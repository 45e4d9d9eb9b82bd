"""The real core on simulated ports."""

from dataclasses import MISSING, fields
from typing import Any

from backchannel.app.core import Ports, build_core
from backchannel.chat.core import Core, Policy
from backchannel.ports.bus import Bus
from backchannel.ports.security import Clock
from backchannel.security.throttle import InProcessThrottle
from backchannel.security.tokens import JwtTokens
from backchannel.storage.sql.sqlite.storage import DatabaseFile, SqliteStorage
from tests.simulation.template import KEY, YEAR


def make_core(database: DatabaseFile, bus: Bus, clock: Clock) -> Core:
    """A core with the users of the template; its other ports are not used."""
    used: dict[str, Any] = {
        "storage": SqliteStorage(database),
        "bus": bus,
        "clock": clock,
        "tokens": JwtTokens(KEY, clock, access_life=YEAR, refresh_life=YEAR),
        "throttle": InProcessThrottle(clock, {}),
    }
    return build_core(Ports(**_unused_ports() | used), Policy())


class Nothing:
    """A port that must not be used."""

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(name)


def _unused_ports() -> dict[str, Any]:
    return {each.name: Nothing() for each in fields(Ports) if each.default is MISSING}
