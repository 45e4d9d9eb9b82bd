"""A backup under load, and some time later a restore of it (rules R5, S23)."""

import asyncio
import os
import shutil
import signal
import sys
import time

from backchannel.checker import journal
from torture.faults.fault import Fault
from torture.host import Host
from torture.plan import Kind, Strike
from torture.stage import Stage

PATIENCE = 60.0


class Restore(Fault):
    kind = Kind("restore", seconds=4.0)

    async def strike(self, stage: Stage, strike: Strike) -> None:
        host, backup = stage.host, str(stage.host.folder / "backup")
        shutil.rmtree(backup, ignore_errors=True)
        begun = time.monotonic_ns()
        await _run(host, "backup", backup)
        await asyncio.sleep(strike.seconds / 3)
        await host.stop(signal.SIGKILL if strike.dice % 2 else signal.SIGTERM)
        await _run(host, "restore", backup, "--yes")
        stage.note(journal.Restore(at=time.monotonic_ns(), device="operator", backup_at=begun))
        for aside in host.data.glob("before-restore-*"):
            shutil.rmtree(aside)
        for device in stage.devices:
            device.begin_anew()
        await host.start()


async def _run(host: Host, *command: str) -> None:
    """Run a command on the data of the server; raises `RuntimeError` with what it says."""
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backchannel", *command, "--data-dir", str(host.data)),
        cwd=host.folder,
        env=inherited,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE):
        said, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {said.decode(errors='replace')}")
