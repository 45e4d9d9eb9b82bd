"""Which class plays which dialect of the plan."""

from torture.clients.device import Device, World
from torture.clients.native import Native
from torture.clients.rest import Person
from torture.plan import DevicePlan
from torture.proxy import Wire

PLAYERS: dict[str, type[Device]] = dict.fromkeys(
    ("native", "chat", "event", "rooms", "queued"), Native
)


def device_for(cast: DevicePlan, person: Person, wire: Wire, world: World) -> Device:
    """The device that the plan names."""
    return PLAYERS[cast.dialect](cast.name, person, wire, world)
