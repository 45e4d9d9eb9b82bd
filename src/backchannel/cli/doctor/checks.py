"""Everything the doctor looks at, in the order of its report."""

from collections.abc import Callable

from backchannel.cli.doctor import data, machine, protection
from backchannel.cli.doctor.finding import Finding
from backchannel.settings import Settings

CHECKS: list[Callable[[Settings], Finding]] = [
    machine.server,
    machine.python,
    machine.sqlite,
    machine.clock,
    machine.open_files,
    machine.port,
    data.data_folder,
    data.free_space,
    data.database,
    protection.secret,
    protection.certificate,
    protection.registration,
]
DEEP: list[Callable[[Settings], Finding]] = [*CHECKS, data.contents]
"""Further checks, which read everything."""
