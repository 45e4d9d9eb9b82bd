"""`backchannel queue`: the operator handles the entries that the queue has set aside."""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from backchannel.brokers.drivers import CannotConnect
from backchannel.brokers.queues.opening import open_queue
from backchannel.ports.queue import SetAside
from tests.cli.conftest import TIMEOUT
from tests.support.queue_brokers import DRIVERS, queue_broker


@pytest.fixture(params=list(DRIVERS))
def queue_url(request: pytest.FixtureRequest) -> Generator[str]:
    with queue_broker(request.param) as url:
        yield url


def command(
    folder: Path, settings: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """`backchannel queue` with these settings and arguments."""
    return subprocess.run(
        [sys.executable, "-m", "backchannel", "queue", *arguments],
        env={**settings, "BACKCHANNEL_DATA_DIR": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.service
async def test_set_aside_entries_are_listed_without_their_contents(
    tmp_path: Path, queue_url: str
) -> None:
    secret = secrets.token_hex(32)
    try:
        queue = await open_queue(queue_url, key=secret.encode())
    except CannotConnect as error:
        pytest.skip(f"no broker answers: {error}")

    async def refuse(entry: bytes) -> None:
        raise SetAside("it cannot be read\x1b")

    consuming = asyncio.create_task(queue.consume(refuse))
    try:
        await queue.put("a", b"private", user_id="ada")
        async with asyncio.timeout(TIMEOUT):
            while not await queue.list_set_aside(1):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)
        settings = {"BACKCHANNEL_QUEUE_URL": queue_url, "JWT_SECRET": secret}
        done = await asyncio.to_thread(command, tmp_path, settings, "list")
        assert (done.returncode, done.stderr) == (0, "")
        assert "it cannot be read?" in done.stdout
        assert "private" not in done.stdout
        (aside,) = await queue.list_set_aside(2)
        assert aside.id in done.stdout
        for arguments, code, said in (
            (("drop",), 1, "or use --all"),
            (("retry", "unknown"), 1, "no entry with this id"),
            (("drop", aside.id), 0, "deleted: 1 entry"),
            (("retry", "--all"), 0, "put again: 0 entries"),
        ):
            done = await asyncio.to_thread(command, tmp_path, settings, *arguments)
            assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done
        assert await queue.list_set_aside(1) == []
    finally:
        consuming.cancel()
        assert queue._channel is not None
        await queue._channel.remove()
        await queue.close()


def test_queue_commands_without_a_queue_name_the_setting(tmp_path: Path) -> None:
    done = command(tmp_path, {}, "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no queue; set `queue.url`" in done.stderr
