"""The effects of faults on a server, one by one."""

import asyncio
import dataclasses
import errno
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from backchannel.checker.journal import JournalWriter
from torture import run
from torture.clients.rest import Rest
from torture.faults.clock_jump import ClockJump
from torture.faults.full_disk import FullDisk, fill, make_room
from torture.faults.processes import Freeze, Kill, Restart
from torture.faults.restore import Restore
from torture.harness import Harness
from torture.plan import Plan, PlannedFault
from torture.single_server import SingleServer
from torture.tally import Tally

PLANNED = PlannedFault(at=0, fault="", seconds=0.2, victims=(), random_bits=1)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncGenerator[Harness]:
    """A server without any devices."""
    server = SingleServer(tmp_path)
    rest = Rest(server.address)
    try:
        with JournalWriter(tmp_path / "journal.jsonl") as journals:
            await server.start()
            yield Harness(server, rest, [], journals, Tally())
    finally:
        await rest.close()
        await server.close()


def state_of(pid: int) -> str:
    """R, S, D, T (stopped) …: proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("fault", [Kill(), Restart()], ids=lambda each: each.kind.name)
async def test_R12_restarting_faults_replace_the_server_process(
    harness: Harness, fault: Kill
) -> None:
    before = harness.server.pid
    await fault.inject(harness, PLANNED)
    assert harness.server.pid != before
    assert not Path(f"/proc/{before}").exists()
    assert not harness.server.has_crashed
    assert harness.tally.breaches == []
    await harness.rest.register("ada")


async def test_S23_a_restore_takes_the_server_back_to_its_backup(harness: Harness) -> None:
    await harness.rest.register("ada")
    before = harness.server.pid
    await Restore().inject(harness, PLANNED)
    assert harness.server.pid != before
    await harness.rest.log_in("ada")
    assert '"type":"restore"' in (harness.server.folder / "journal.jsonl").read_text()
    assert (
        "has changed since it was last used" in (harness.server.folder / "server.log").read_text()
    )


async def test_a_frozen_server_is_stopped_and_continued(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[int] = []
    sleep = asyncio.sleep

    async def until_stopped(_: float) -> None:
        async with asyncio.timeout(60):
            while state_of(harness.server.pid) != "T":
                await sleep(0.01)
        stopped.append(harness.server.pid)

    monkeypatch.setattr("torture.faults.processes.asyncio.sleep", until_stopped)
    await Freeze().inject(harness, PLANNED)
    monkeypatch.undo()
    assert stopped == [harness.server.pid]
    await harness.rest.register("ada")


async def test_an_unexpected_end_of_the_server_is_noticed(harness: Harness) -> None:
    assert not harness.server.has_crashed
    os.kill(harness.server.pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        while not harness.server.has_crashed:  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.01)


async def test_R11_the_server_s_clock_jumps(tmp_path: Path) -> None:
    fault = ClockJump()
    server = SingleServer(tmp_path)
    with fault.prepared(server):
        await server.start()
        try:
            async with httpx.AsyncClient(base_url=server.address) as http:
                before = await _hour(http)
                fault.set_clock(server, 2 * 3_600)
                assert (await _hour(http) - before) % 24 in {2, 3}
        finally:
            await server.close()


async def _hour(http: httpx.AsyncClient) -> int:
    """The hour in which, by the server's clock, a new user was created."""
    account = {"username": f"user{os.urandom(4).hex()}", "password": "mist over the harbour"}
    made = (await http.post("/v1/register", json=account)).raise_for_status().json()
    return int(made["created_at"][11:13])


def test_R10_the_full_disk_fault_recovers_or_is_refused_as_unsupported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = FullDisk()
    if fault.obstacle() is not None:
        from torture.__main__ import main  # noqa: PLC0415

        with pytest.raises(SystemExit) as ended:
            main(["--faults", "full-disk"])
        assert ended.value.code == 2
        assert "not tried: full-disk" in capsys.readouterr().err
        return
    server = SingleServer(tmp_path)
    with fault.prepared(server):
        (server.data / "before").write_bytes(bytes(100_000))
        fill(server.data)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            (server.data / "refused").write_bytes(bytes(1_000_000))
        make_room(server.data)
        (server.data / "after").write_bytes(bytes(1_000_000))
    assert not server.data.is_mount()
    assert (server.data / "before").stat().st_size == 100_000, "kept although the disk was removed"


async def test_a_stuck_run_names_the_current_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "OVERTIME", 0.1)
    monkeypatch.setattr(Kill, "inject", lambda *_: asyncio.Event().wait())
    plan = Plan(
        seed=1,
        seconds=0.0,
        users=(),
        contacts=(),
        devices=(),
        bursts=(),
        faults=(dataclasses.replace(PLANNED, fault=Kill.kind.name),),
    )
    server = SingleServer(tmp_path)
    rest = Rest(server.address)
    with JournalWriter(tmp_path / "journal.jsonl") as journals:
        harness = Harness(server, rest, [], journals, Tally())
        with pytest.raises(run.Stuck, match="under way: kill, planned for second 0"):
            await run._run_plan(plan, harness)
    await rest.close()
