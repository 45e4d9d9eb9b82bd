"""The stores, and a core with two users who chat and a third one."""

from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backchannel.chat.core import Core
from backchannel.domain.ids import new_id
from backchannel.files.opening import open_files
from backchannel.ports.files import BlobStore
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user
from tests.support.s3 import BUCKET, s3_server


@pytest.fixture(scope="session")
def s3() -> Generator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture(params=["local", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    url = f"file://{tmp_path / 'files'}"
    if request.param == "s3":
        request.getfixturevalue("s3")
        url = f"s3://{BUCKET}/{new_id()}"
    opened = (await open_files(url, uploads=tmp_path / "uploads")).blobs
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def core(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Core]:
    async with make_core(tmp_path, clock=clock) as opened:
        yield opened


@dataclass(frozen=True)
class People:
    """The ids of ada and bob, who chat, and of eve."""

    ada: str
    bob: str
    eve: str


@pytest.fixture
async def people(core: Core) -> People:
    ada, bob, eve = [(await make_user(core, name)).id for name in ("ada", "bob", "eve")]
    return People(ada, bob, eve)
