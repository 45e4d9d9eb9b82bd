"""All faults by name."""

from torture.faults.cut import Cut
from torture.faults.fault import Fault
from torture.faults.kill import Kill
from torture.faults.restart import Restart

FAULTS: dict[str, Fault] = {each.kind.name: each for each in (Cut(), Kill(), Restart())}
