"""The switchboard: what it writes down, and what is never lost on the way."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from backchannel.delivery.connection import Connection
from backchannel.delivery.switchboard import Switchboard
from backchannel.delivery.voice import Sink, Voice
from backchannel.domain.errors import Unavailable
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user


def connect(desk: Switchboard, user_id: str) -> Connection:
    """A device that nothing is sent to."""
    nothing = object()
    return desk.connect(
        user_id, "login", 2**62, sink=cast("Sink", nothing), voice=cast("Voice", nothing), cursor=0
    )


async def test_R10_when_somebody_was_here_is_kept_until_it_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    async with make_core(tmp_path, clock=clock) as core:
        ada = await make_user(core, "ada")
        desk = Switchboard(core)
        record = core.storage.record_last_seen

        async def refuse(seen: Mapping[str, int]) -> None:
            raise Unavailable("the disk is full")

        monkeypatch.setattr(core.storage, "record_last_seen", refuse)
        desk.disconnect(connect(desk, ada.id))
        left_at = core.clock.now()
        clock.advance(60)
        with pytest.raises(Unavailable):
            await desk.flush()
        monkeypatch.setattr(core.storage, "record_last_seen", record)
        await desk.flush()
        account = await core.storage.account(ada.id)
    assert account is not None
    assert account.user.last_seen_at == left_at
