"""The connection manager stores last-seen times, also after failed attempts."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from backchannel.delivery import connection_manager
from backchannel.delivery.connection import Connection
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.delivery.serializer import Serializer, Socket
from backchannel.domain.errors import Unavailable
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user


def connect(connections: ConnectionManager, user_id: str) -> Connection:
    """A device to which nothing is sent."""
    nothing = object()
    return connections.connect(
        user_id,
        "login",
        2**62,
        socket=cast("Socket", nothing),
        serializer=cast("Serializer", nothing),
        position=0,
    )


async def test_R10_last_seen_times_are_kept_until_they_can_be_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    async with make_core(tmp_path, clock=clock) as core:
        ada = await make_user(core, "ada")
        connections = ConnectionManager(core)
        record = core.storage.record_last_seen

        async def refuse(seen: Mapping[str, int]) -> None:
            raise Unavailable("the disk is full")

        monkeypatch.setattr(core.storage, "record_last_seen", refuse)
        connections.disconnect(connect(connections, ada.id))
        left_at = core.clock.now()
        clock.advance(60)
        with pytest.raises(Unavailable):
            await connections.flush()
        monkeypatch.setattr(core.storage, "record_last_seen", record)
        await connections.flush()
        account = await core.storage.account(ada.id)
    assert account is not None
    assert account.user.last_seen_at == left_at


async def test_R10_rounds_that_fail_are_logged_once_until_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection_manager, "TICK", 0)
    async with make_core(tmp_path) as core:
        connections = ConnectionManager(core)
        record, failures = core.storage.record_last_seen, 0

        async def refuse(_: Mapping[str, int]) -> None:
            nonlocal failures
            failures += 1
            raise Unavailable("the disk is full")

        monkeypatch.setattr(core.storage, "record_last_seen", refuse)
        connections.disconnect(connect(connections, (await make_user(core, "ada")).id))
        running = asyncio.create_task(connections.run())
        async with asyncio.timeout(60):
            while failures < 5:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0)
            monkeypatch.setattr(core.storage, "record_last_seen", record)
            while "succeeds again" not in caplog.text:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0)
        running.cancel()
    logged = [each.message for each in caplog.records if "looking after" in each.message]
    assert logged == [
        "looking after connections failed and will be tried again: the disk is full",
        "looking after connections succeeds again",
    ]
