"""Users of different dialects talk to each other, and no other user receives their messages."""

from contextlib import AsyncExitStack

import pytest

from tests.support.chat_server import ChatServer
from tests.support.client_dialects import ALL, ClientDialect
from tests.support.plain_socket import Person


@pytest.mark.parametrize("theirs", ALL, ids=str)
@pytest.mark.parametrize("mine", ALL, ids=str)
async def test_R3_every_pair_of_dialects_can_talk_in_both_directions(
    server: ChatServer, ada: Person, bob: Person, mine: ClientDialect, theirs: ClientDialect
) -> None:
    async with mine.open(server, ada) as ada_client, theirs.open(server, bob) as bob_client:
        for count in range(3):
            await mine.send(ada_client, bob, f"to bob {count}")
            assert await theirs.receive(bob_client) in _said_by(ada, f"to bob {count}")
            await theirs.send(bob_client, ada, f"to ada {count}")
            assert await mine.receive(ada_client) in _said_by(bob, f"to ada {count}")
        assert await mine.receive_all(ada_client) == await theirs.receive_all(bob_client) == []


@pytest.mark.parametrize("spoken", ALL, ids=str)
async def test_S11_other_users_receive_nothing(
    server: ChatServer, ada: Person, bob: Person, eve: Person, spoken: ClientDialect
) -> None:
    async with AsyncExitStack() as devices, spoken.open(server, ada) as ada_client:
        opened = [(each, await devices.enter_async_context(each.open(server, eve))) for each in ALL]
        await spoken.send(ada_client, bob, "between us")
        for dialect, device in opened:
            assert await dialect.receive_all(device) == []


@pytest.mark.parametrize("theirs", ALL, ids=str)
@pytest.mark.parametrize("mine", ALL, ids=str)
async def test_other_devices_of_the_sender_receive_a_message_once_and_the_sending_device_does_not(
    server: ChatServer, ada: Person, bob: Person, mine: ClientDialect, theirs: ClientDialect
) -> None:
    async with mine.open(server, ada) as sending, theirs.open(server, ada) as other:
        await mine.send(sending, bob, "noted")
        assert await theirs.receive(other) in _said_by(ada, "noted")
        assert await theirs.receive_all(other) == await mine.receive_all(sending) == []


def _said_by(person: Person, text: str) -> list[tuple[str, str]]:
    return [(person.id, text), (person.username, text)]
