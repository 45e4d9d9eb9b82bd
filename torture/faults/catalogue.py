"""All faults by name."""

from torture.faults.clock_jump import ClockJump
from torture.faults.cut import Cut
from torture.faults.delay import Delay
from torture.faults.duplicates import Duplicates
from torture.faults.fault import Fault
from torture.faults.freeze import Freeze
from torture.faults.full_disk import FullDisk
from torture.faults.kill import Kill
from torture.faults.paused_reader import PausedReader
from torture.faults.restart import Restart
from torture.faults.restore import Restore
from torture.faults.stall import Stall

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
    )
}
