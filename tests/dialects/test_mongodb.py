"""Every dialect over MongoDB: people talk, are away, and come back after a restart."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.storage.openers import DATABASE
from tests.support import mongod
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.plain_socket import Person, enrol, log_in
from tests.support.tongues import ALL, CURSORLESS, Tongue

pytestmark = pytest.mark.service

Url = str


@pytest.fixture
def url(tmp_path: Path) -> Url:
    server = mongod.shared()
    server.empty_for(str(tmp_path), DATABASE)
    return server.url(DATABASE)


@pytest.fixture
async def server(tmp_path: Path, url: Url) -> AsyncGenerator[ChatServer]:
    async with make_core(tmp_path, database=url) as core, chat_server(core) as running:
        yield running


@pytest.mark.parametrize(
    ("mine", "theirs"), list(zip(ALL, [*ALL[1:], ALL[0]], strict=True)), ids=str
)
async def test_two_people_talk(
    server: ChatServer, ada: Person, bob: Person, mine: Tongue, theirs: Tongue
) -> None:
    async with mine.open(server, ada) as a, theirs.open(server, bob) as b:
        for count in range(3):
            await mine.say(a, bob, f"to bob {count}")
            assert (await theirs.hear(b))[1] == f"to bob {count}"
            await theirs.say(b, ada, f"to ada {count}")
            assert (await mine.hear(a))[1] == f"to ada {count}"


@pytest.mark.parametrize("spoken", CURSORLESS, ids=str)
async def test_R8_what_was_said_before_a_restart_is_heard_after_it(
    tmp_path: Path, url: Url, spoken: Tongue
) -> None:
    async with make_core(tmp_path, database=url) as core, chat_server(core) as first:
        ada, bob = await enrol(first, "ada"), await enrol(first, "bob")
        async with spoken.open(first, ada) as a:
            await spoken.say(a, bob, "until tomorrow")
    async with make_core(tmp_path, database=url) as core, chat_server(core) as second:
        again = await log_in(second, "bob")
        async with spoken.open(second, again) as b:
            assert (await spoken.hear(b))[1] == "until tomorrow"
        (message,) = await core.storage.history(
            (await core.storage.conversations(bob.id, before=None, limit=9))[0].id, limit=9
        )
        assert (message.sender_id, message.body) == (ada.id, "until tomorrow")
