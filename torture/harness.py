"""The harness: the targets of faults, and the journal of what they observe."""

from collections.abc import Sequence
from dataclasses import dataclass

from backchannel.checker.journal import JournalWriter, Record
from torture.clients.device import Device
from torture.clients.rest import Rest
from torture.cluster import Cluster
from torture.plan import PlannedFault
from torture.proxy import Wire
from torture.single_server import SingleServer
from torture.tally import Tally


@dataclass(frozen=True)
class Harness:
    """The servers, the devices of the virtual users, and the journal of a run."""

    target: SingleServer | Cluster
    rest: Rest
    devices: Sequence[Device]
    journals: JournalWriter
    tally: Tally

    @property
    def server(self) -> SingleServer:
        """The only server."""
        if not isinstance(self.target, SingleServer):
            raise TypeError("there are several servers")
        return self.target

    @property
    def cluster(self) -> Cluster:
        """The servers, where there are several."""
        if not isinstance(self.target, Cluster):
            raise TypeError("there is a single server")
        return self.target

    def victims(self, planned: PlannedFault) -> Sequence[Device]:
        return [self.devices[each] for each in planned.victims]

    def wires(self, planned: PlannedFault) -> Sequence[Wire]:
        """The wires of the victims."""
        return [each.wire for each in self.victims(planned)]

    def device_of(self, user_id: str) -> Device:
        """A user's first device."""
        return next(each for each in self.devices if each.person.id == user_id)

    def note(self, record: Record) -> None:
        """Write a record that is not a device's into the journal."""
        self.journals.write(record)

    def breach(self, rule: str, text: str) -> None:
        """Record that the server has broken a rule."""
        self.tally.breaches.append(f"{rule}: {text}")
