"""The distribution of tests to the processes of pytest."""

from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

BATCH = 8
"""Most tests that a process is given at a time: enough to share the fixtures of a module."""


class SmallBatches(LoadScheduling):  # type: ignore[misc]  # it is not typed
    """Gives each process few tests at a time.

    By default, a process gets half of its share of the remaining tests: at the end, one process has
    many slow tests while the others have none.
    """

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        if not self.pending or len(self.node2pending[node]) < BATCH:
            super().check_schedule(node, duration)
