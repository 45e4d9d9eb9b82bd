"""Two processes that write, finish, cancel or collect one upload (rule R20).

Each has its own `Uploads`, as two processes would, on one storage, one staging folder and one
store. A gate holds one attempt at some step while the other one runs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from backchannel.chat import attachments, maintenance
from backchannel.chat.core import Core
from backchannel.chat.uploads import Uploads
from backchannel.domain.errors import ChatError, Conflict, NotFound, Unavailable
from backchannel.domain.files import UPLOAD_LIFE, Upload
from backchannel.ports.files import FilePorts
from backchannel.security.clock import SystemClock
from tests.files.conftest import People
from tests.files.test_uploads import CONTENT, create, kept, pieces, read
from tests.storage.people import usage
from tests.support import media
from tests.support.clock import ManualClock

STEPS = ["before inspect", "after inspect", "before put", "after put", "before finish"]


class Gate:
    """Stops the first caller until it is opened."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    def before(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def held(*given: Any, **named: Any) -> Any:
            await self.wait()
            return await call(*given, **named)

        return held

    def after(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def held(*given: Any, **named: Any) -> Any:
            result = await call(*given, **named)
            await self.wait()
            return result

        return held

    async def wait(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            await self.open.wait()


class Through:
    """A proxy of another object, with some methods replaced."""

    def __init__(self, wrapped: object, **replaced: Any) -> None:
        self._wrapped = wrapped
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)


def gated(core: Core, step: str) -> tuple[Uploads, Gate]:
    """An `Uploads` on the core's storage that stops at a step of finishing."""
    gate = Gate()
    when, method = step.split()
    hold = getattr(gate, when)
    storage: Any = core.storage
    blobs: Any = core.files.blobs
    inspector: Any = core.files.inspector
    if method == "inspect":
        inspector = Through(inspector, inspect=hold(inspector.inspect))
    elif method == "put":
        blobs = Through(blobs, put=hold(blobs.put))
    else:
        storage = Through(storage, finish_upload=hold(storage.finish_upload))
    ports = FilePorts(blobs=blobs, staging=core.files.staging, inspector=inspector)
    return Uploads(storage, ports, SystemClock()), gate


async def complete(core: Core, people: People, content: bytes = CONTENT) -> Upload:
    """An upload that lacks only its last bytes."""
    upload = await create(core, people.ada, len(content))
    await core.files.staging.append(upload.id, 0, content)
    return upload


async def unless_refused(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except ChatError as refusal:
        return refusal


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("content", [CONTENT, media.jpeg()], ids=["bytes", "picture"])
async def test_R20_an_upload_finished_by_two_processes_keeps_its_content(
    core: Core, people: People, tmp_path: Path, step: str, content: bytes
) -> None:
    upload = await complete(core, people, content)
    late, gate = gated(core, step)
    finishing = asyncio.create_task(late.progress(upload))
    await gate.reached.wait()
    assert await core.uploads.progress(upload) == len(content)
    gate.open.set()
    assert await finishing == len(content)
    assert await read(core, people.ada, upload.id)
    assert [name for name in kept(tmp_path) if not name.startswith(upload.id)] == []
    assert [name for name in kept(tmp_path) if name.endswith((".part", ".content"))] == []


@pytest.mark.parametrize("step", STEPS)
async def test_R20_an_upload_cancelled_elsewhere_leaves_nothing(
    core: Core, people: People, tmp_path: Path, step: str
) -> None:
    upload = await complete(core, people)
    late, gate = gated(core, step)
    finishing = asyncio.create_task(unless_refused(late.progress(upload)))
    await gate.reached.wait()
    await core.uploads.cancel(upload)
    gate.open.set()
    assert isinstance(await finishing, ChatError)
    assert kept(tmp_path) == []
    assert await usage(core.storage, people.ada) == 0


@pytest.mark.parametrize("by", ["cancel", "collect"])
async def test_R20_an_upload_finished_by_another_process_is_not_cancelled_or_collected(
    core: Core, people: People, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The cancelling process has read the upload as unfinished; then it is finished."""
    upload = await complete(core, people)
    gate = Gate()
    storage: Any = core.storage
    other = Uploads(
        Through(storage, cancel_upload=gate.before(storage.cancel_upload)),
        core.files,
        clock,
    )
    finisher = core.uploads
    if by == "cancel":
        call: Awaitable[Any] = other.cancel(upload)
    else:
        clock.advance(UPLOAD_LIFE / 1_000 + 1)
        monkeypatch.setattr(core, "uploads", other)
        call = maintenance.collect(core)
    ending = asyncio.create_task(unless_refused(call))
    await gate.reached.wait()
    await finisher.progress(upload)
    gate.open.set()
    await ending
    assert await read(core, people.ada, upload.id) == CONTENT


async def test_R20_a_failed_attempt_leaves_the_file_that_another_process_finished(
    core: Core, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await complete(core, people)
    gate = Gate()
    blobs: Any = core.files.blobs

    async def full(*_: object) -> None:
        raise Unavailable("the disk is full", retry_after=5)

    ports = FilePorts(
        blobs=Through(blobs, put=gate.before(full)),
        staging=core.files.staging,
        inspector=core.files.inspector,
    )
    late = asyncio.create_task(Uploads(core.storage, ports, SystemClock()).progress(upload))
    await gate.reached.wait()
    await core.uploads.progress(upload)
    gate.open.set()
    assert await late == len(CONTENT)
    assert await read(core, people.ada, upload.id) == CONTENT


async def test_R20_two_puts_of_one_content_do_not_disturb_each_other(
    core: Core, people: People, tmp_path: Path
) -> None:
    upload = await complete(core, people)
    source = core.files.staging.path(upload.id)
    await asyncio.gather(*(core.files.blobs.put("0" * 32, source) for _ in range(8)))
    assert await core.files.blobs.read("0" * 32, 0, len(CONTENT)) == CONTENT
    assert [name for name in kept(tmp_path) if name.endswith(".part")] == []


async def test_R20_two_writers_at_one_offset_do_not_mix_their_bytes(
    core: Core, people: People
) -> None:
    upload = await create(core, people.ada, len(CONTENT))
    other = Uploads(core.storage, core.files, SystemClock())
    half = len(CONTENT) // 2

    async def late() -> Any:
        await other.append(upload, 0, pieces(CONTENT[:half]))
        yield CONTENT[:half]

    with pytest.raises(Conflict):
        await core.uploads.append(upload, 0, late())
    assert await attachments.progress(core, people.ada, upload.id) == (upload, half)


async def test_R20_a_failed_checksum_removes_no_bytes_of_another_writer(
    core: Core, people: People
) -> None:
    upload = await create(core, people.ada, len(CONTENT))
    other = Uploads(core.storage, core.files, SystemClock())

    async def late() -> Any:
        await other.append(upload, 0, pieces(CONTENT[:1_000]))
        yield CONTENT[:2_000]

    with pytest.raises(Conflict):
        await core.uploads.append(upload, 0, late(), verify=lambda: None)
    assert (await attachments.progress(core, people.ada, upload.id))[1] == 1_000


async def test_R20_an_interrupted_cancellation_is_completed_by_the_collection(
    core: Core, people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await complete(core, people)

    async def cut_off(_: str) -> None:
        raise Unavailable("the process was killed", retry_after=1)

    with monkeypatch.context() as killed:
        killed.setattr(core.files.staging, "discard", cut_off)
        with pytest.raises(Unavailable):
            await core.uploads.cancel(upload)
    with pytest.raises(NotFound):
        await attachments.progress(core, people.ada, upload.id)
    assert await usage(core.storage, people.ada) == 0
    assert await maintenance.collect(core) == 1
    assert kept(tmp_path) == []
