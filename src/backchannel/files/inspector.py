"""Inspection of files in a separate process, so that a bad one does no harm (rule S17)."""

import asyncio
import hashlib
import logging
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import msgspec

from backchannel.budgets.turns import Turns
from backchannel.domain.errors import UnsupportedFile
from backchannel.domain.files import BLOCK, block_digest
from backchannel.domain.media_types import settle_type
from backchannel.files.inspection import CONTENT_ENDING, THUMBNAIL_ENDING, InspectionReport
from backchannel.files.inspection.sniffing import HEAD, sniff
from backchannel.files.local import on_disk
from backchannel.ports.files import Digest, Inspected

AT_ONCE = 2
"""Processes at a time, of different users; the others wait."""
WAITING_PER_USER = 64
"""Files of one user that may wait."""
TIMEOUT = 30.0
"""Seconds after which a process is ended, whatever it does."""

PLAIN_TEXT = "text/plain"
_BINARY = re.compile(rb"[\x00-\x08]")
"""Bytes that are in no text, and at the beginning of all contents that are parsed."""

log = logging.getLogger(__name__)


def digest(path: Path) -> Digest:
    """Read a file once, for its size, its SHA-256, and that of each of its blocks."""
    whole = hashlib.sha256()
    blocks: list[str] = []
    size = 0
    with path.open("rb") as content:
        while block := content.read(BLOCK):
            whole.update(block)
            blocks.append(block_digest(block))
            size += len(block)
    return Digest(size=size, sha256=whole.hexdigest(), blocks="".join(blocks))


class ChildInspector:
    """Implements `ports.files.Inspector`. Each file gets a fresh process."""

    def __init__(self) -> None:
        self._turns = Turns(
            AT_ONCE,
            waiting_per_key=WAITING_PER_USER,
            refusal="too many of your files are waiting to be inspected",
        )

    async def inspect(self, path: Path, *, claimed: str, user_id: str) -> Inspected:
        report = await on_disk(lambda: _of_plain_text(path, claimed))
        if report is None:
            async with self._turns.turn(user_id):
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
            placeholder=report.placeholder,
        )


def _of_plain_text(path: Path, claimed: str) -> InspectionReport | None:
    """The report on plain text, which needs no parser and so no separate process.

    None for everything else. Raises `UnsupportedFile`.
    """
    with path.open("rb") as content:
        head = content.read(HEAD)
    if _BINARY.search(head) or sniff(path) != PLAIN_TEXT:
        return None
    return InspectionReport(media_type=settle_type(claimed, PLAIN_TEXT))


async def _ask(path: Path, claimed: str) -> InspectionReport:
    program = [sys.executable, "-I", "-m", "backchannel.files.inspection"]
    command = [*program, str(path), claimed, str(os.getpid())]
    child = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(TIMEOUT):
            output, _ = await child.communicate()
        return msgspec.json.decode(output, type=InspectionReport)
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
