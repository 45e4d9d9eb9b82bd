"""The tasks that supervise the connection manager while the server runs."""

import asyncio
import logging
from pathlib import Path

import pytest

from backchannel.app.run import _with_background_tasks
from backchannel.chat.erasures import Eraser
from tests.support.core import make_core


async def test_work_that_fails_permanently_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def fail(_: Eraser) -> None:
        failed.set()
        raise LookupError("nobody expects this")

    monkeypatch.setattr(Eraser, "run", fail)
    async with make_core(tmp_path) as core, _with_background_tasks(core):
        await failed.wait()
    (record,) = (each for each in caplog.records if each.levelno == logging.CRITICAL)
    assert "has failed; restart the server" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)
