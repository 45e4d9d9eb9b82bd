"""Every dialect on every database: users chat, disconnect, and return after a restart.

All tests in this folder run on one of them with `--engine`, as they do at night.
"""

from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, chat_server
from tests.support.client_dialects import ALL, AUTO_ACK, ClientDialect
from tests.support.core import make_core
from tests.support.plain_socket import Person, log_in, register

pytestmark = [
    pytest.mark.service,
    pytest.mark.parametrize("engine", ["mongodb", "postgresql", "mariadb"], indirect=True),
]


@pytest.mark.parametrize(
    ("mine", "theirs"), list(zip(ALL, [*ALL[1:], ALL[0]], strict=True)), ids=str
)
async def test_two_users_chat_in_both_directions(
    server: ChatServer, ada: Person, bob: Person, mine: ClientDialect, theirs: ClientDialect
) -> None:
    async with mine.open(server, ada) as ada_client, theirs.open(server, bob) as bob_client:
        for count in range(3):
            await mine.send(ada_client, bob, f"to bob {count}")
            assert (await theirs.receive(bob_client))[1] == f"to bob {count}"
            await theirs.send(bob_client, ada, f"to ada {count}")
            assert (await mine.receive(ada_client))[1] == f"to ada {count}"


@pytest.mark.parametrize("spoken", AUTO_ACK, ids=str)
async def test_R8_messages_sent_before_a_restart_are_delivered_after_it(
    tmp_path: Path, database: str, spoken: ClientDialect
) -> None:
    async with make_core(tmp_path, database=database) as core, chat_server(core) as first:
        ada, bob = await register(first, "ada"), await register(first, "bob")
        async with spoken.open(first, ada) as ada_client:
            await spoken.send(ada_client, bob, "until tomorrow")
    async with make_core(tmp_path, database=database) as core, chat_server(core) as second:
        again = await log_in(second, "bob")
        async with spoken.open(second, again) as bob_client:
            assert (await spoken.receive(bob_client))[1] == "until tomorrow"
        (message,) = await core.storage.history(
            (await core.storage.conversations(bob.id, before=None, limit=9))[0].id, limit=9
        )
        assert (message.sender_id, message.body) == (ada.id, "until tomorrow")
