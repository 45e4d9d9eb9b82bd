"""S22: erasures that run at the same time as other work."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backchannel.chat import attachments, erasures
from backchannel.chat.core import Core
from backchannel.chat.erasures import SETTLING, Eraser
from backchannel.domain.errors import NotFound, Unavailable
from backchannel.domain.files import Upload
from backchannel.ports.files import Inspected
from tests.support import media
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user

CONTENT = media.jpeg()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def core(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Core]:
    async with make_core(tmp_path, clock=clock) as opened:
        yield opened


async def pieces(*contents: bytes) -> AsyncIterator[bytes]:
    for each in contents:
        yield each


def kept(tmp_path: Path) -> list[str]:
    """The names of all files on disk."""
    roots = (tmp_path / "files", tmp_path / "uploads")
    return [path.name for root in roots for path in root.rglob("*") if path.is_file()]


async def create(core: Core, user_id: str) -> Upload:
    return await attachments.create_upload(core, user_id, name="a.jpg", size=len(CONTENT))


async def requested(core: Core, clock: ManualClock, user_id: str) -> str:
    """The id of an erasure that is due."""
    erasure = await erasures.request(core, user_id)
    clock.advance(SETTLING / 1_000)
    return erasure.id


async def is_complete(core: Core, erasure_id: str) -> bool:
    return (await erasures.find(core, erasure_id)).completed_at is not None


async def test_S22_an_erasure_waits_for_an_upload_that_is_being_inspected(
    core: Core, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await make_user(core, "ada")
    inspect = core.files.inspector.inspect
    inspecting, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(path: Path, *, claimed: str, user_id: str) -> Inspected:
        inspecting.set()
        await goes_on.wait()
        return await inspect(path, claimed=claimed, user_id=user_id)

    monkeypatch.setattr(core.files.inspector, "inspect", slow)
    upload = await create(core, ada.id)
    sending = asyncio.create_task(core.uploads.append(upload, 0, pieces(CONTENT)))
    await inspecting.wait()
    erasure_id = await requested(core, clock, ada.id)
    round_ = asyncio.create_task(Eraser(core).round())
    finished, _ = await asyncio.wait({round_}, timeout=0.3)
    assert not finished
    assert not await is_complete(core, erasure_id)
    goes_on.set()
    await asyncio.gather(sending, round_)
    assert await is_complete(core, erasure_id)
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("part", "step"),
    [("staging", "discard"), ("blobs", "delete"), ("storage", "cancel_upload")],
)
async def test_S22_an_erasure_interrupted_while_deleting_an_upload_leaves_nothing_of_it(
    core: Core,
    clock: ManualClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    step: str,
) -> None:
    ada = await make_user(core, "ada")
    upload = await create(core, ada.id)
    await core.files.staging.append(upload.id, 0, CONTENT)
    beside = core.files.staging.path(f"{upload.id}.thumbnail")
    beside.write_bytes(b"what an inspection had made of it")
    await core.files.blobs.put(upload.id, beside)
    erasure_id = await requested(core, clock, ada.id)

    async def cut_off(*_: Any, **__: Any) -> None:
        raise Unavailable("the process was killed", retry_after=1)

    with monkeypatch.context() as killed:
        killed.setattr(
            core.storage if part == "storage" else getattr(core.files, part), step, cut_off
        )
        await Eraser(core).round()
    assert not await is_complete(core, erasure_id)
    await Eraser(core).round()
    assert await is_complete(core, erasure_id)
    assert kept(tmp_path) == []


async def test_S22_no_bytes_are_written_to_an_erased_upload(
    core: Core, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await make_user(core, "ada")
    upload = await create(core, ada.id)
    written: list[bytes] = []

    async def late() -> AsyncIterator[bytes]:
        erasure_id = await requested(core, clock, ada.id)
        await Eraser(core).round()
        assert await is_complete(core, erasure_id)

        async def append(_: str, __: int, chunk: bytes) -> None:
            written.append(chunk)

        monkeypatch.setattr(core.files.staging, "append", append)
        yield CONTENT

    with pytest.raises(NotFound):
        await core.uploads.append(upload, 0, late())
    assert written == []
