"""The connections of this process to a port, as the kernel knows them."""

import asyncio
import os
from pathlib import Path

FAR = 60.0


def open_connections(port: int) -> int:
    """The number of this process's sockets that are connected to, or are connecting to, a port."""
    ours = {_target(each) for each in Path("/proc/self/fd").iterdir()}
    lines = Path("/proc/self/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(
        int(each[2].partition(":")[2], 16) == port and f"socket:[{each[9]}]" in ours
        for each in fields
    )


async def all_closed(port: int) -> None:
    """Wait until this process has no connection to a port."""
    async with asyncio.timeout(FAR):
        while open_connections(port):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


def _target(link: Path) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115 - a socket is no path
    except OSError:  # the descriptor of the listing itself
        return ""
