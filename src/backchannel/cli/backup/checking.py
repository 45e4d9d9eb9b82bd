"""Checks that a backup is complete and whole."""

from pathlib import Path

from backchannel.cli.backup import folder as layout
from backchannel.cli.backup.folder import About
from backchannel.cli.backup.progress import Progress
from backchannel.storage.errors import CannotOpen
from backchannel.storage.sql.sqlite.copying import Summary, inspect_copy

MOST_NAMED = 10
"""Faults that are named one by one."""


def check_backup(source: Path) -> tuple[About, Summary]:
    """The description of a backup. Raises `CannotOpen` unless all of it is whole."""
    sums = layout.read_sums(source)
    about = layout.read_about(source)
    faults = list(layout.faults_in(source, sums, Progress("checking").step))
    if layout.DATABASE not in sums:
        faults.append(f"{source / layout.DATABASE} is not in the list of checksums")
    if faults:
        more = len(faults) - MOST_NAMED
        named = "; ".join(faults[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        raise CannotOpen(f"the backup cannot be used: {named}")
    return about, inspect_copy(source / layout.DATABASE)
