"""An open storage with two users in it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from backchannel.ports.storage import Storage
from tests.storage.openers import OPENERS, Opener
from tests.storage.people import Pair, make_pair
from tests.support.postgresql import drop_databases


def _parameter(opener: Opener) -> ParameterSet:
    return pytest.param(opener, id=opener.name, marks=opener.marks)


@pytest.fixture(params=map(_parameter, OPENERS))
def opener(request: pytest.FixtureRequest) -> Iterator[Opener]:
    chosen: Opener = request.param
    yield chosen
    drop_databases()


@pytest.fixture
async def storage(opener: Opener, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await opener.open(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def pair(storage: Storage) -> Pair:
    return await make_pair(storage)
