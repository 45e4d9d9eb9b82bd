"""A flush of receipts while a write of receipts is under way."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.ports.storage import Acknowledgement
from tests.support.core import make_core


async def test_R12_marks_that_are_being_written_are_not_missed_by_a_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, away = asyncio.Event(), asyncio.Event()

    async def refused(_: Sequence[Acknowledgement]) -> list[object]:
        begun.set()
        await away.wait()
        raise Unavailable("the database is away")

    async with make_core(tmp_path) as core:
        with monkeypatch.context() as patched:
            patched.setattr(core.storage, "acknowledge", refused)
            core.receipts.acknowledge("ada", "phone", 1)
            await begun.wait()
            flush = asyncio.create_task(core.receipts.flush())
            await asyncio.sleep(0)
            away.set()
            with pytest.raises(Unavailable):
                await flush
        assert core.receipts.reached("ada") == 1
