"""A full disk: the server refuses clearly, continues to read, and recovers (rule R10).

Every other time it is killed and restarted in between: refused messages must not exist.

The data folder is a file system in memory, whose size is set to its used space.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from torture.clients.device import Device
from torture.faults.fault import Fault, Missed
from torture.harness import Harness
from torture.plan import Kind, PlannedFault
from torture.single_server import SingleServer

SIZE = "size=50%"
"""Of the machine's memory, at most, while there is room."""
TIMEOUT = 20.0


class FullDisk(Fault):
    kind = Kind("full-disk", seconds=3.0)
    for_several = False

    def obstacle(self) -> str | None:
        if os.geteuid() != 0:
            return "only root may mount a file system to fill"
        with tempfile.TemporaryDirectory() as folder:
            try:
                with _mounted(Path(folder)):
                    return None
            except (OSError, subprocess.CalledProcessError):
                return "no file system may be mounted here"

    @contextmanager
    def prepared(self, server: SingleServer) -> Iterator[None]:
        server.data.mkdir(parents=True, exist_ok=True)
        kept = server.folder / "kept"
        try:
            with _mounted(server.data):
                try:
                    yield
                finally:
                    shutil.copytree(server.data, kept)
        finally:
            server.data.rmdir()
            kept.rename(server.data)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        writer = harness.victims(planned)[0]
        fill(harness.server.data)
        try:
            await _until_refused(harness, writer, planned.seconds)
            await _expect_reads_and_logins(harness, writer)
            if planned.random_bits % 2:
                await harness.server.stop(signal.SIGKILL)
                await harness.server.start()
                await _expect_reads_and_logins(harness, writer)
        finally:
            make_room(harness.server.data)
        await _expect_recovery(harness, writer)


async def _until_refused(harness: Harness, writer: Device, seconds: float) -> None:
    """Write until there is no room. Raises `Missed` if the disk does not fill."""
    before, until = harness.tally.refused, time.monotonic() + seconds
    while harness.tally.refused == before:
        if time.monotonic() > until + TIMEOUT:
            raise Missed("the disk never was full")
        writer.send(next(iter(writer.peers.values())), ["." * 20_000] * 5)
        await asyncio.sleep(0.1)


async def _expect_reads_and_logins(harness: Harness, reader: Device) -> None:
    conversation = reader.person.conversation_with(next(iter(reader.peers.values())))
    try:
        async with asyncio.timeout(TIMEOUT):
            await harness.rest.messages(reader.person, conversation)
    except (TimeoutError, httpx.HTTPError) as error:
        harness.breach("R10", f"nothing can be read while the disk is full: {error!r}")
    try:
        async with asyncio.timeout(TIMEOUT):
            await harness.rest.log_in(reader.person.username)
    except (TimeoutError, httpx.HTTPError) as error:
        harness.breach("R10", f"nobody can log in while the disk is full: {error!r}")


async def _expect_recovery(harness: Harness, writer: Device) -> None:
    before = harness.tally.acknowledged
    writer.send(next(iter(writer.peers.values())), ["there is room again"])
    try:
        async with asyncio.timeout(TIMEOUT):
            while harness.tally.acknowledged == before:  # noqa: ASYNC110 - a number does not tell
                await asyncio.sleep(0.05)
    except TimeoutError:
        harness.breach("R10", "nothing is stored though the disk has room again")


def fill(folder: Path) -> None:
    """Make a file system as small as its content, unless that grows in the meantime."""
    for spare in range(0, 1 << 24, 1 << 16):
        disk = os.statvfs(folder)
        used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
        if _try_mount("-o", f"remount,size={used + spare}", str(folder)):
            return
    raise Missed("the file system could not be made smaller")


def make_room(folder: Path) -> None:
    """Give the file system room again."""
    _mount("-o", f"remount,{SIZE}", str(folder))


@contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    _mount("-t", "tmpfs", "-o", SIZE, "backchannel-torture", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True, capture_output=True)


def _try_mount(*options: str) -> bool:
    return subprocess.run(["mount", *options], check=False, capture_output=True).returncode == 0
