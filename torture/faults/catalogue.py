"""All faults by name."""

from torture.faults.clock_jump import ClockJump
from torture.faults.connections import Cut, Delay, PausedReader, Stall
from torture.faults.duplicates import Duplicates
from torture.faults.fault import Fault
from torture.faults.full_disk import FullDisk
from torture.faults.nodes import BusOutage, DatabaseKill, NodeFreeze, NodeKill, RollingRestart
from torture.faults.processes import Freeze, Kill, Restart
from torture.faults.restore import Restore

FAULTS: dict[str, Fault] = {
    each.kind.name: each
    for each in (
        Cut(),
        Delay(),
        Stall(),
        PausedReader(),
        Duplicates(),
        Kill(),
        Restart(),
        Restore(),
        Freeze(),
        ClockJump(),
        FullDisk(),
        NodeKill(),
        NodeFreeze(),
        RollingRestart(),
        DatabaseKill(),
        BusOutage(),
    )
}
