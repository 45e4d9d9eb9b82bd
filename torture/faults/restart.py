"""SIGTERM under load, and a new start (rule R12)."""

import signal
import subprocess

from torture.faults.fault import Fault
from torture.plan import Kind, Strike
from torture.stage import Stage


class Restart(Fault):
    kind = Kind("restart", seconds=2.5, weight=2)

    async def strike(self, stage: Stage, strike: Strike) -> None:  # noqa: ARG002 - all are hit
        try:
            code = await stage.host.stop(signal.SIGTERM)
        except subprocess.TimeoutExpired:
            stage.breach("R12", "the server did not end on SIGTERM")
            code = await stage.host.stop(signal.SIGKILL)
        else:
            if code != 0:
                stage.breach("R12", f"the server ended with {code} on SIGTERM")
        await stage.host.start()
