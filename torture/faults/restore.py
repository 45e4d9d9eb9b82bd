"""A backup under load, and some time later a restore of it (rules R5, S23)."""

import asyncio
import os
import shutil
import signal
import sys
import time

from backchannel.checker import journal
from torture.faults.fault import Fault
from torture.harness import Harness
from torture.plan import Kind, PlannedFault
from torture.single_server import SingleServer

TIMEOUT = 120.0


class Restore(Fault):
    kind = Kind("restore", seconds=4.0)
    for_several = False

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        server, backup = harness.server, str(harness.server.folder / "backup")
        shutil.rmtree(backup, ignore_errors=True)
        begun = time.monotonic_ns()
        await _run(server, "backup", backup)
        await asyncio.sleep(planned.seconds / 3)
        await server.stop(signal.SIGKILL if planned.random_bits % 2 else signal.SIGTERM)
        await _run(server, "restore", backup, "--yes")
        harness.note(journal.Restore(at=time.monotonic_ns(), device="operator", backup_at=begun))
        for aside in server.data.glob("before-restore-*"):
            shutil.rmtree(aside)
        for device in harness.devices:
            device.start_afresh()
        await server.start()


async def _run(server: SingleServer, *command: str) -> None:
    """Run a command on the data of the server; raises `RuntimeError` with its output."""
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backchannel", *command, "--data-dir", str(server.data)),
        cwd=server.folder,
        env=inherited,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(TIMEOUT):
        output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {output.decode(errors='replace')}")
