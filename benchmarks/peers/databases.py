"""The database servers for our server and other stacks; each run has an empty database.

PostgreSQL and MariaDB are the machine's, as its package has set them up.
"""

import asyncio
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import programs
from benchmarks.peers.peer import Missing
from tests.support.engines import DATABASES, drop_databases


@dataclass(frozen=True)
class RunningDatabase:
    url: str
    pids: tuple[int, ...] = ()
    """The server's processes, if it was started for this run."""


@contextmanager
def mongodb(folder: Path) -> Generator[RunningDatabase]:
    """A `mongod` over an empty folder. Raises `Missing`."""
    port = programs.free_port()
    options = ["--dbpath", str(folder), "--bind_ip=127.0.0.1", f"--port={port}", "--quiet"]
    command = [_mongod(), *options, "--logpath", str(folder / "mongod.log")]
    with programs.running(command) as pid:
        programs.wait_for_port(port, timeout=60)
        yield RunningDatabase(f"mongodb://127.0.0.1:{port}/", (pid,))


@contextmanager
def sql(engine: str, folder: Path) -> Generator[RunningDatabase]:
    """An empty database on a server of this kind, with our tables. Raises `Missing`."""
    try:
        url = asyncio.run(DATABASES[engine](folder))
    except pytest.skip.Exception as missing:
        raise Missing(str(missing)) from None
    try:
        yield RunningDatabase(url)
    finally:
        drop_databases()


def _mongod() -> str:
    """The path of `mongod`, preferably one on PATH."""
    known = shutil.which("mongod")
    if known is not None:
        return known
    found = find_spec("fiftyone")
    for location in (found and found.submodule_search_locations) or []:
        program = Path(location) / "db" / "bin" / "mongod"
        if program.exists():
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            return str(program)
    raise Missing("mongod on the path; on x86-64 Linux make bench-peers installs one")
