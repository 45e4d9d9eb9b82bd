"""What faults act upon: the server, the devices and their wires."""

from collections.abc import Sequence
from dataclasses import dataclass

from backchannel.checker.journal import JournalWriter, Record
from torture.clients.device import Device
from torture.clients.rest import Rest
from torture.host import Host
from torture.plan import Strike
from torture.proxy import Wire
from torture.tally import Tally


@dataclass(frozen=True)
class Stage:
    host: Host
    rest: Rest
    devices: Sequence[Device]
    journals: JournalWriter
    tally: Tally

    def victims(self, strike: Strike) -> Sequence[Device]:
        return [self.devices[each] for each in strike.victims]

    def wires(self, strike: Strike) -> Sequence[Wire]:
        """Those of the victims."""
        return [each.wire for each in self.victims(strike)]

    def device_of(self, user_id: str) -> Device:
        """A user's first device."""
        return next(each for each in self.devices if each.person.id == user_id)

    def note(self, record: Record) -> None:
        """Write into the journal what no device does."""
        self.journals.write(record)

    def breach(self, rule: str, text: str) -> None:
        """A rule of the server's is broken."""
        self.tally.breaches.append(f"{rule}: {text}")
