"""Faults of several servers: one of them, all in turn, the database, or the bus."""

import asyncio
import os
import signal
import subprocess

from tests.support.process import ServerProcess
from torture.cluster import Cluster
from torture.faults.fault import Fault
from torture.harness import Harness
from torture.plan import Kind, PlannedFault


class NodeFault(Fault):
    """Hits one of several servers, or what they share."""

    for_one, for_several = False, True


def _victim(cluster: Cluster, planned: PlannedFault) -> ServerProcess:
    return cluster.nodes[planned.random_bits % len(cluster.nodes)]


class NodeKill(NodeFault):
    """`kill -9` of one server, and a restart (rules R1, R8)."""

    kind = Kind("node-kill", seconds=3.0, weight=3)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        node = _victim(harness.cluster, planned)
        await harness.cluster.stop_node(node, signal.SIGKILL)
        await asyncio.sleep(planned.seconds / 3)
        await harness.cluster.start_node(node)


class NodeFreeze(NodeFault):
    """SIGSTOP of one server, and SIGCONT some seconds later (rules R5, R16)."""

    kind = Kind("node-freeze", seconds=2.5)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        node = _victim(harness.cluster, planned)
        os.kill(node.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(planned.seconds)
        finally:
            os.kill(node.pid, signal.SIGCONT)


class RollingRestart(NodeFault):
    """Each server ends on SIGTERM and starts again, one after the other (rule R12)."""

    kind = Kind("rolling-restart", seconds=8.0)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:  # noqa: ARG002 - all are hit
        cluster = harness.cluster
        for node in cluster.nodes:
            try:
                code = await cluster.stop_node(node)
            except subprocess.TimeoutExpired:
                harness.breach("R12", "a server did not end on SIGTERM")
                code = await cluster.stop_node(node, signal.SIGKILL)
            else:
                if code != 0:
                    harness.breach("R12", f"a server ended with {code} on SIGTERM")
            await cluster.start_node(node)


class DatabaseKill(NodeFault):
    """`kill -9` of the database, which is unavailable for a while (rules R8, R9)."""

    kind = Kind("database-kill", seconds=4.0)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        async with harness.cluster.without_database():
            await asyncio.sleep(planned.seconds / 3)


class BusOutage(NodeFault):
    """The broker of the bus refuses connections for a while, or is frozen (rules R8, R15)."""

    kind = Kind("bus-outage", seconds=4.0, weight=2)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        bus = harness.cluster.bus
        if planned.random_bits % 2:
            bus.refuse()
        else:
            bus.stall()
        await asyncio.sleep(planned.seconds)
        bus.flow()
