"""Logs are bounded, and no device misses removed entries."""

from pathlib import Path

from backchannel.chat import maintenance
from backchannel.chat.messages import draft, send
from backchannel.ports.storage import Acknowledgement
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user


async def test_received_log_entries_are_trimmed_after_ninety_days(tmp_path: Path) -> None:
    clock = ManualClock()
    async with make_core(tmp_path, clock=clock) as core:
        ada, bob = await make_user(core, "ada"), await make_user(core, "bob")
        for number in range(5):
            await send(core, draft(ada.id, bob.id, f"n{number}"))
        await core.storage.acknowledge([Acknowledgement(bob.id, "device", 3)])
        assert await maintenance.trim(core) == 0
        clock.advance(91 * 86_400)
        assert await maintenance.trim(core) > 0
        page = await core.storage.log(bob.id, after=0, limit=10)
    assert page.head.floor <= 3
    assert [each.position for each in page.events][-2:] == [4, 5]
