"""What faults do to a server, looked at one by one."""

import asyncio
import errno
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from backchannel.checker.journal import JournalWriter
from torture.clients.rest import Rest
from torture.faults.clock_jump import ClockJump
from torture.faults.freeze import Freeze
from torture.faults.full_disk import FullDisk, fill, make_room
from torture.faults.kill import Kill
from torture.faults.restart import Restart
from torture.faults.restore import Restore
from torture.host import Host
from torture.plan import Strike
from torture.stage import Stage
from torture.tally import Tally

STRIKE = Strike(at=0, fault="", seconds=0.2, victims=(), dice=1)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    """A server without any devices."""
    host = Host(tmp_path)
    rest = Rest(host.address)
    try:
        with JournalWriter(tmp_path / "journal.jsonl") as journals:
            await host.start()
            yield Stage(host, rest, [], journals, Tally())
    finally:
        await rest.close()
        await host.close()


def state_of(pid: int) -> str:
    """R, S, D, T (stopped) …: proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("fault", [Kill(), Restart()], ids=lambda each: each.kind.name)
async def test_R12_the_server_is_another_one_afterwards(stage: Stage, fault: Kill) -> None:
    before = stage.host.pid
    await fault.strike(stage, STRIKE)
    assert stage.host.pid != before
    assert not Path(f"/proc/{before}").exists()
    assert not stage.host.has_fallen
    assert stage.tally.breaches == []
    await stage.rest.enrol("ada")


async def test_S23_a_restore_takes_the_server_back_to_its_backup(stage: Stage) -> None:
    await stage.rest.enrol("ada")
    before = stage.host.pid
    await Restore().strike(stage, STRIKE)
    assert stage.host.pid != before
    await stage.rest.log_in("ada")
    assert '"type":"restore"' in (stage.host.folder / "journal.jsonl").read_text()
    assert "is not as it was left" in (stage.host.folder / "server.log").read_text()


async def test_a_frozen_server_is_stopped_and_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[int] = []
    sleep = asyncio.sleep

    async def until_stopped(_: float) -> None:
        async with asyncio.timeout(20):
            while state_of(stage.host.pid) != "T":
                await sleep(0.01)
        stopped.append(stage.host.pid)

    monkeypatch.setattr("torture.faults.freeze.asyncio.sleep", until_stopped)
    await Freeze().strike(stage, STRIKE)
    monkeypatch.undo()
    assert stopped == [stage.host.pid]
    await stage.rest.enrol("ada")


async def test_a_server_that_ends_by_itself_is_noticed(stage: Stage) -> None:
    assert not stage.host.has_fallen
    os.kill(stage.host.pid, signal.SIGKILL)
    async with asyncio.timeout(20):
        while not stage.host.has_fallen:  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.01)


async def test_R11_the_server_s_clock_jumps(tmp_path: Path) -> None:
    fault = ClockJump()
    host = Host(tmp_path)
    with fault.prepared(host):
        await host.start()
        try:
            async with httpx.AsyncClient(base_url=host.address) as http:
                before = await _hour(http)
                fault.set_clock(host, 2 * 3_600)
                assert (await _hour(http) - before) % 24 in {2, 3}
        finally:
            await host.close()


async def _hour(http: httpx.AsyncClient) -> int:
    """The hour that the server says a new user was made in."""
    account = {"username": f"user{os.urandom(4).hex()}", "password": "mist over the harbour"}
    made = (await http.post("/v1/register", json=account)).raise_for_status().json()
    return int(made["created_at"][11:13])


def test_R10_a_disk_is_full_and_has_room_again_or_is_not_tried(
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
    host = Host(tmp_path)
    with fault.prepared(host):
        (host.data / "before").write_bytes(bytes(100_000))
        fill(host.data)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            (host.data / "refused").write_bytes(bytes(1_000_000))
        make_room(host.data)
        (host.data / "after").write_bytes(bytes(1_000_000))
    assert not host.data.is_mount()
    assert (host.data / "before").stat().st_size == 100_000, "kept though the disk is gone"
