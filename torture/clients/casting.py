"""Which class plays which dialect of the plan."""

from torture.clients.device import Device, World
from torture.clients.native import Native
from torture.clients.plain_socket import Chat, Event
from torture.clients.rest import Person
from torture.clients.socket_io import Queued, Rooms
from torture.plan import DevicePlan
from torture.proxy import Wire

PLAYERS: dict[str, type[Device]] = {
    "native": Native,
    "chat": Chat,
    "event": Event,
    "rooms": Rooms,
    "queued": Queued,
}


def device_for(cast: DevicePlan, person: Person, wire: Wire, world: World) -> Device:
    """The device that the plan names."""
    return PLAYERS[cast.dialect](cast.name, person, wire, world)
