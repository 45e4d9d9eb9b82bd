"""A core whose clock stands still until a test moves it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backchannel.chat.core import Core
from tests.support.clock import ManualClock
from tests.support.core import make_core


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def core(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Core]:
    async with make_core(tmp_path, clock=clock) as opened:
        yield opened


@pytest.fixture
def ended(core: Core) -> list[str]:
    """The ended logins that the bus has announced, in order."""
    notified: list[str] = []
    core.bus.listen_ended(notified.extend)
    return notified
