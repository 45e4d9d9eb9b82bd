"""Message requests: in every dialect the sender does not notice, and the recipient is not told."""

import httpx
import pytest

from backchannel.chat.conversations import answer_request
from backchannel.chat.presence import change_privacy
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.users import FirstMessages, PrivacyPatch
from tests.support.chat_server import ChatServer
from tests.support.client_dialects import ALL, NATIVE, ClientDialect
from tests.support.plain_socket import ClientSocket, Person


@pytest.fixture(autouse=True)
async def setting(server: ChatServer, bob: Person) -> None:
    """Bob takes first messages as requests."""
    patch = PrivacyPatch(first_messages=FirstMessages.REQUESTS)
    await change_privacy(server.core, bob.id, patch)


@pytest.mark.parametrize("theirs", ALL, ids=str)
@pytest.mark.parametrize("mine", ALL, ids=str)
async def test_a_request_reaches_no_device_before_it_is_accepted(
    server: ChatServer, ada: Person, bob: Person, mine: ClientDialect, theirs: ClientDialect
) -> None:
    conversation_id = direct_conversation_id(ada.id, bob.id)
    async with mine.open(server, ada) as ada_client, theirs.open(server, bob) as bob_client:
        await mine.send(ada_client, bob, "one")
        await mine.send(ada_client, bob, "two")
        assert await theirs.receive_all(bob_client) == []
        await answer_request(server.core, bob.id, conversation_id, accepted=True)
        received = [(await theirs.receive(bob_client))[1] for _ in range(2)]
        assert received == ["one", "two"]
        await theirs.send(bob_client, ada, "three")
        assert (await mine.receive(ada_client))[1] == "three"
        await mine.send(ada_client, bob, "four")
        assert (await theirs.receive(bob_client))[1] == "four"


async def test_R5_all_devices_learn_of_a_request_and_of_the_answer(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    conversation_id = direct_conversation_id(ada.id, bob.id)
    async with (
        NATIVE.open(server, bob) as phone,
        NATIVE.open(server, bob) as laptop,
        httpx.AsyncClient(base_url=server.address, headers=bob.headers) as http,
        NATIVE.open(server, ada) as ada_client,
    ):
        await NATIVE.send(ada_client, bob, "one")
        for device in (phone, laptop):
            assert await next_change(device) == ("requested", conversation_id)
        path = f"/v1/requests/{conversation_id}/decline"
        (await http.post(path)).raise_for_status()
        for device in (phone, laptop):
            assert await next_change(device) == ("declined", conversation_id)


async def next_change(device: ClientSocket) -> tuple[str, str]:
    """The next change of a conversation that a device receives, and the conversation's id."""
    frame = await device.receive()
    while frame.get("kind") != "conversation":
        frame = await device.receive()
    return frame["data"]["change"], frame["data"]["conversation_id"]
