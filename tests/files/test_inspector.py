"""S17: the process that inspects an upload has limits, and ends with its parent."""

import asyncio
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from backchannel.domain.errors import UnsupportedFile
from backchannel.files import inspector
from backchannel.files.inspection import InspectionReport
from backchannel.files.inspector import ChildInspector
from tests.files.test_inspection import inspect
from tests.support import media

TIMEOUT = 60
"""Seconds that a process may take to end on a busy machine."""
ASKING = """
import os, subprocess, sys
command = [sys.executable, "-m", "backchannel.files.inspection", sys.argv[1], ""]
subprocess.run([*command, str(os.getpid())])
"""


async def test_S17_an_inspection_over_its_time_limit_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector, "TIMEOUT", 0.01)
    with pytest.raises(UnsupportedFile, match="limits"):
        await inspect(tmp_path, media.jpeg())


async def test_S17_the_memory_of_an_inspection_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(2 << 30)
    with pytest.raises(UnsupportedFile, match="memory"):
        await ChildInspector().inspect(path, claimed="", user_id="ada")


def test_S22_an_inspection_ends_with_the_process_that_asked_for_it(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    os.mkfifo(upload)
    command = [sys.executable, "-c", ASKING, str(upload)]
    # A pipe: opening it waits until the inspection reads, and the inspection waits for a byte.
    with subprocess.Popen(command) as asking, upload.open("wb") as held:
        readers = select.poll()
        readers.register(held, 0)
        assert readers.poll(0) == []
        asking.kill()
        assert readers.poll(TIMEOUT * 1_000) == [(held.fileno(), select.POLLERR)]


async def test_S17_files_of_one_user_wait_for_each_other_and_not_those_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = ChildInspector()
    begun, released = asyncio.Event(), asyncio.Event()
    asked: list[str] = []
    ask = inspector._ask

    async def held(path: Path, claimed: str) -> InspectionReport:
        asked.append(path.name)
        if path.name.startswith("greedy"):
            begun.set()
            await released.wait()
        return await ask(path, claimed)

    async def look(user_id: str, number: int) -> None:
        path = tmp_path / f"{user_id} {number}"
        path.write_bytes(media.wav(1))
        await watched.inspect(path, claimed="", user_id=user_id)

    monkeypatch.setattr(inspector, "_ask", held)
    greedy = [asyncio.create_task(look("greedy", number)) for number in range(4)]
    await begun.wait()
    await look("other", 1)
    assert [each.partition(" ")[0] for each in asked] == ["greedy", "other"]
    released.set()
    await asyncio.gather(*greedy)


async def test_S17_plain_text_is_inspected_without_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert (await inspect(tmp_path, b"words\n" * 5_000)).media_type == "text/plain"
    assert (await inspect(tmp_path, b"{}", "application/json")).media_type == "application/json"
    assert (await inspect(tmp_path, "é".encode() * 9_000)).media_type == "text/plain"
    with pytest.raises(UnsupportedFile):
        await inspect(tmp_path, b"words", "image/png")
    with pytest.raises(FileNotFoundError):
        await inspect(tmp_path, media.png())
