"""The server's clock is set an hour forward or back, and right again (rule R11).

libfaketime stands between the server and the C library; only the wall clock is faked, as only
that one ever jumps.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from torture.faults.fault import Fault
from torture.host import Host
from torture.plan import Kind, Strike
from torture.stage import Stage

HOUR = 3_600
PACKAGED = "vendor/libfaketime/src/libfaketime.so.1"
SYSTEM = "*/faketime/libfaketime.so.1"


class ClockJump(Fault):
    kind = Kind("clock-jump", seconds=1.5)

    def obstacle(self) -> str | None:
        library = _library()
        if library is None:
            return "libfaketime is not installed: pip install libfaketime, or apt install faketime"
        if not _works(library):
            return f"{library} has no effect on this Python"
        return None

    @contextmanager
    def prepared(self, host: Host) -> Iterator[None]:
        self.set_clock(host, 0)
        host.environment |= _environment(_library()) | {
            "FAKETIME_TIMESTAMP_FILE": str(_setting(host)),
        }
        yield

    async def strike(self, stage: Stage, strike: Strike) -> None:
        self.set_clock(stage.host, HOUR if strike.dice % 2 else -HOUR)
        await asyncio.sleep(strike.seconds)
        self.set_clock(stage.host, 0)

    def set_clock(self, host: Host, offset: int) -> None:
        """Let it differ from this machine's by so many seconds from now on."""
        new = _setting(host).with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.replace(_setting(host))


def _setting(host: Host) -> Path:
    return host.folder / "clock"


def _library() -> Path | None:
    spec = find_spec("libfaketime")
    places = (
        [Path(each) / PACKAGED for each in spec.submodule_search_locations or ()] if spec else []
    )
    places += Path("/usr/lib").glob(SYSTEM)
    return next((each for each in places if each.exists()), None)


def _environment(library: Path | None) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def _works(library: Path) -> bool:
    faked = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"],
        env=_environment(library) | {"FAKETIME": f"+{HOUR}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return faked.returncode == 0 and float(faked.stdout) > time.time() + HOUR / 2
