"""An open storage with two users in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backchannel.ports.storage import Storage
from tests.storage.openers import OPENERS, Opener
from tests.storage.people import Pair, make_pair


@pytest.fixture(params=OPENERS, ids=lambda opener: opener.name)
def opener(request: pytest.FixtureRequest) -> Opener:
    chosen: Opener = request.param
    return chosen


@pytest.fixture
async def storage(opener: Opener, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await opener.open(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def pair(storage: Storage) -> Pair:
    return await make_pair(storage)
