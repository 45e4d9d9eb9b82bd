"""Users of different dialects talk to each other, and nobody else hears them."""

from contextlib import AsyncExitStack

import pytest

from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Person
from tests.support.tongues import ALL, Tongue


@pytest.mark.parametrize("theirs", ALL, ids=str)
@pytest.mark.parametrize("mine", ALL, ids=str)
async def test_R3_two_people_talk_whichever_dialects_they_use(
    server: ChatServer, ada: Person, bob: Person, mine: Tongue, theirs: Tongue
) -> None:
    async with mine.open(server, ada) as a, theirs.open(server, bob) as b:
        for count in range(3):
            await mine.say(a, bob, f"to bob {count}")
            assert await theirs.hear(b) in _said_by(ada, f"to bob {count}")
            await theirs.say(b, ada, f"to ada {count}")
            assert await mine.hear(a) in _said_by(bob, f"to ada {count}")
        assert await mine.all_heard(a) == await theirs.all_heard(b) == []


@pytest.mark.parametrize("spoken", ALL, ids=str)
async def test_S11_nobody_else_gets_anything(
    server: ChatServer, ada: Person, bob: Person, eve: Person, spoken: Tongue
) -> None:
    async with AsyncExitStack() as ears, spoken.open(server, ada) as a:
        heard = [(each, await ears.enter_async_context(each.open(server, eve))) for each in ALL]
        await spoken.say(a, bob, "between us")
        for tongue, ear in heard:
            assert await tongue.all_heard(ear) == []


@pytest.mark.parametrize("theirs", ALL, ids=str)
@pytest.mark.parametrize("mine", ALL, ids=str)
async def test_the_senders_other_devices_hear_it_once_the_sending_one_never(
    server: ChatServer, ada: Person, bob: Person, mine: Tongue, theirs: Tongue
) -> None:
    async with mine.open(server, ada) as sending, theirs.open(server, ada) as other:
        await mine.say(sending, bob, "noted")
        assert await theirs.hear(other) in _said_by(ada, "noted")
        assert await theirs.all_heard(other) == await mine.all_heard(sending) == []


def _said_by(person: Person, text: str) -> list[tuple[str, str]]:
    return [(person.id, text), (person.username, text)]
