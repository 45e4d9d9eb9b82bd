"""Looking into files in a process of its own, so that a bad one hurts nobody (rule S17)."""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import msgspec

from backchannel.domain.errors import UnsupportedFile
from backchannel.files.digests import digest
from backchannel.files.faults import on_disk
from backchannel.files.inspection.report import CONTENT_ENDING, THUMBNAIL_ENDING, Report
from backchannel.ports.files import Digest, Inspected

AT_ONCE = 2
"""Processes at a time; the others wait."""
PATIENCE = 30.0
"""Seconds after which a process is ended, whatever it does."""

log = logging.getLogger(__name__)


class ChildInspector:
    """Implements `ports.files.Inspector`. Each file gets a fresh process."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def inspect(self, path: Path, *, claimed: str) -> Inspected:
        async with self._slots:
            report = await _ask(path, claimed)
        if report.refusal:
            raise UnsupportedFile(report.refusal)
        content = _beside(path, CONTENT_ENDING) if report.rewritten else path
        thumbnail = _beside(path, THUMBNAIL_ENDING) if report.has_thumbnail else None
        return Inspected(
            media_type=report.media_type,
            content=content,
            digest=await on_disk(lambda: digest(content)),
            thumbnail=thumbnail,
            thumbnail_digest=await on_disk(lambda: _digest_of(thumbnail)),
            width=report.width,
            height=report.height,
            duration=report.duration,
        )


async def _ask(path: Path, claimed: str) -> Report:
    program = [sys.executable, "-I", "-m", "backchannel.files.inspection"]
    command = [*program, str(path), claimed, str(os.getpid())]
    child = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(PATIENCE):
            output, _ = await child.communicate()
        return msgspec.json.decode(output, type=Report)
    except (TimeoutError, msgspec.DecodeError):
        log.warning("the inspection of an upload ended with %s", child.returncode)
        raise UnsupportedFile("the file cannot be read within the server's limits") from None
    finally:
        await _end(child)


async def _end(child: Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _digest_of(path: Path | None) -> Digest | None:
    return None if path is None else digest(path)
