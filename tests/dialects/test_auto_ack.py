"""The common behaviour of the sockets of `/chat` and `/websocket`."""

import asyncio
import json
import logging
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from backchannel.chat.core import Policy
from backchannel.chat.logins import end_logins
from tests.support.chat_server import ChatServer, chat_server
from tests.support.client_dialects import PLAIN, ClientDialect
from tests.support.clock import ManualClock
from tests.support.core import make_core
from tests.support.matching import SOMETHING
from tests.support.plain_socket import Frame, Person, connected, register

pytestmark = pytest.mark.parametrize("spoken", PLAIN, ids=str)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer {}"},
        {"Authorization": "bearer {}"},
        {"Authorization": "{}"},
        {"access_token": "{}"},
    ],
    ids=str,
)
async def test_a_token_is_taken_from_the_headers(
    server: ChatServer, ada: Person, spoken: ClientDialect, headers: dict[str, str]
) -> None:
    filled = {name: value.format(ada.token) for name, value in headers.items()}
    async with connect(server.socket_address + spoken.path, additional_headers=filled) as socket:
        assert socket.subprotocol is None


async def test_a_token_is_taken_from_the_subprotocols_of_a_browser(
    server: ChatServer, ada: Person, spoken: ClientDialect
) -> None:
    offered = ["bearer", ada.token]
    async with connect(server.socket_address + spoken.path, subprotocols=offered) as socket:  # type: ignore[arg-type]
        assert socket.subprotocol == "bearer"


async def test_S6_a_token_is_taken_from_the_query_and_not_logged(
    server: ChatServer, ada: Person, spoken: ClientDialect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "backchannel")
    async with connect(f"{server.socket_address}{spoken.path}?token={ada.token}"):
        pass
    assert ada.token not in caplog.text


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c"])
async def test_an_upgrade_without_a_valid_token_is_401(
    server: ChatServer, spoken: ClientDialect, token: str | None
) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = await _refused(server, spoken, headers)
    assert body["message"] == body["error"] == SOMETHING


async def test_S4_a_forged_token_is_401(
    server: ChatServer, ada: Person, spoken: ClientDialect
) -> None:
    head, claims, _ = ada.token.split(".")
    await _refused(server, spoken, {"Authorization": f"Bearer {head}.{claims}.{'A' * 43}"})


async def test_S1_the_token_of_an_ended_login_is_401(
    server: ChatServer, ada: Person, spoken: ClientDialect
) -> None:
    await end_logins(server.core, ada.id)
    await _refused(server, spoken, ada.headers)


async def test_S1_logging_out_closes_the_open_socket(
    server: ChatServer, ada: Person, spoken: ClientDialect
) -> None:
    async with spoken.open(server, ada) as device:
        await end_logins(server.core, ada.id)
        assert await device.end() == (1008, "logged out")


async def test_S5_an_open_socket_ends_with_its_token(tmp_path: Path, spoken: ClientDialect) -> None:
    clock = ManualClock()
    async with make_core(tmp_path, clock=clock) as core, chat_server(core) as server:
        ada = await register(server, "ada")
        async with spoken.open(server, ada) as device:
            clock.advance(core.policy.access_life + 1)
            code, reason = await device.end()
    assert code == 1008
    assert "expired" in reason


async def test_S18_a_users_sockets_are_limited(tmp_path: Path, spoken: ClientDialect) -> None:
    policy = Policy(sockets_per_user=2)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        ada = await register(server, "ada")
        async with connected(server, spoken.path, ada, ada):
            with pytest.raises(InvalidStatus) as refused:
                await connect(server.socket_address + spoken.path, additional_headers=ada.headers)
    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["retry-after"]) >= 1


async def test_S18_sending_too_fast_is_refused_and_the_socket_stays_open(
    tmp_path: Path, spoken: ClientDialect
) -> None:
    clock = ManualClock()
    policy = Policy(send_rate=2)
    async with make_core(tmp_path, policy=policy, clock=clock) as core, chat_server(core) as server:
        ada, bob = await register(server, "ada"), await register(server, "bob")
        async with spoken.open(server, ada) as device:
            await device.send(*(spoken.sending(bob, f"{n}", f"{n}") for n in range(5)))
            answers = {
                each["clientId"]: each for each in [await device.receive() for _ in range(5)]
            }
            assert answers["4"]["code"] == "throttled"
            clock.advance(1)
            assert (await device.ask(spoken.sending(bob, "5", "5")))["status"] == "stored"
    assert [name for name in answers if "error" in answers[name]] == ["4"]


@pytest.mark.parametrize("who", ["bob", "BOB", "id"])
async def test_a_receiver_is_named_by_id_or_username(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect, who: str
) -> None:
    receiver = bob.id if who == "id" else who
    async with spoken.open(server, ada) as ada_client, spoken.open(server, bob) as bob_client:
        assert (await ada_client.ask({"receiver": receiver, "content": "hi"}))["status"] == "stored"
        assert (await spoken.receive(bob_client))[1] == "hi"


@pytest.mark.parametrize("field", ["sender", "sender_id", "senderId"])
async def test_S12_a_user_cannot_act_as_another(
    server: ChatServer, ada: Person, bob: Person, eve: Person, spoken: ClientDialect, field: str
) -> None:
    async with spoken.open(server, ada) as ada_client, spoken.open(server, bob) as bob_client:
        for name in (eve.id, eve.username, "nobody", ""):
            frame = {field: name, "receiver": "bob", "content": "forged", "clientId": "f"}
            refusal = await ada_client.ask(frame)
            assert (refusal["code"], refusal["clientId"]) == ("forbidden", "f")
        for name in (ada.id, "ada", "Ada"):
            frame = {field: name, "receiver": "bob", "content": name}
            assert (await ada_client.ask(frame))["status"] == "stored"
        assert [text for _, text in await spoken.receive_all(bob_client, 3)] == [
            ada.id,
            "ada",
            "Ada",
        ]


async def test_S12_unknown_fields_of_a_client_are_ignored(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    extra = {"seq": 99, "id": "x", "message_id": "x", "timestamp": "1999", "token": "t", "role": 1}
    async with spoken.open(server, ada) as device:
        stored = await device.ask({"receiver": "bob", "content": "hi", **extra})
    assert stored["status"] == "stored"
    assert not {"99", "x", "1999", "t"} & {str(each) for each in stored.values()}
    history = await server.core.storage.history(await _conversation(server, ada), limit=5)
    assert [message.seq for message in history] == [1]


async def test_R2_the_same_client_id_is_the_same_message(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    frame = spoken.sending(bob, "once", "key")
    async with spoken.open(server, ada) as ada_client, spoken.open(server, bob) as bob_client:
        answers = [await ada_client.ask(frame) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        assert [text for _, text in await spoken.receive_all(bob_client, 1)] == ["once"]
    async with spoken.open(server, ada) as again:
        assert await again.ask(frame) == answers[0]
    history = await server.core.storage.history(await _conversation(server, ada), limit=5)
    assert [message.body for message in history] == ["once"]


async def test_R2_fifty_repetitions_at_once_store_one_row(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    async with spoken.open(server, ada) as ada_client, spoken.open(server, ada) as other:
        for device in (ada_client, other):
            await device.send(*([spoken.sending(bob, "once", "key")] * 25))
        stored: list[Frame] = []
        for device, most in ((ada_client, 25), (other, 50)):
            while len(stored) < most:
                stored += [each for each in await device.receive_all(1) if "status" in each]
    assert len(stored) == 50
    assert all(each == stored[0] for each in stored)
    history = await server.core.storage.history(await _conversation(server, ada), limit=5)
    assert len(history) == 1


async def test_R2_a_client_id_with_another_text_is_refused(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    async with spoken.open(server, ada) as device:
        await device.ask(spoken.sending(bob, "one", "key"))
        refusal = await device.ask(spoken.sending(bob, "another", "key"))
        assert (refusal["code"], refusal["clientId"]) == ("client_id_reused", "key")
        assert (await device.ask(spoken.sending(bob, "next", "next")))["status"] == "stored"


async def test_R4_a_thousand_pipelined_messages_keep_their_order(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    texts = [f"{count:04}" for count in range(1_000)]
    async with spoken.open(server, ada) as ada_client, spoken.open(server, bob) as bob_client:
        # The first goes to a user who has to be looked up: the others may not overtake it.
        await ada_client.send(*(spoken.sending(bob, text, text) for text in texts))
        assert [(await ada_client.receive())["clientId"] for _ in texts] == texts
        assert [(await spoken.receive(bob_client))[1] for _ in texts] == texts
    history = await server.core.storage.history(await _conversation(server, ada), limit=1_000)
    assert [message.body for message in history] == texts


async def test_R3_messages_of_both_have_one_order_everywhere(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    count = 200
    async with (
        spoken.open(server, ada) as ada_client,
        spoken.open(server, bob) as bob_client,
        spoken.open(server, ada) as watching,
    ):
        await asyncio.gather(
            ada_client.send(*(spoken.sending(bob, f"a{n}", f"a{n}") for n in range(count))),
            bob_client.send(*(spoken.sending(ada, f"b{n}", f"b{n}") for n in range(count))),
        )
        seen = [(await spoken.receive(watching))[1] for _ in range(2 * count)]
        heard_by_a = [(await spoken.receive(ada_client))[1] for _ in range(count)]
        heard_by_b = [(await spoken.receive(bob_client))[1] for _ in range(count)]
    history = await server.core.storage.history(await _conversation(server, ada), limit=1_000)
    assert seen == [message.body for message in history]
    assert heard_by_a == [text for text in seen if text.startswith("b")]
    assert heard_by_b == [text for text in seen if text.startswith("a")]


async def test_texts_are_delivered_unchanged(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    texts = ["é 🎈 \u202e", '"}{\\', "a\nb\tc", "<script>", "x" * 65_536]
    async with spoken.open(server, ada) as ada_client, spoken.open(server, bob) as bob_client:
        for text in texts:
            stored = await ada_client.ask({"receiver": "bob", "content": text})
            assert stored.get("content", stored) == text
            assert (await spoken.receive(bob_client))[1] == text


async def test_json_in_a_binary_frame_is_taken_too(
    server: ChatServer, ada: Person, bob: Person, spoken: ClientDialect
) -> None:
    async with spoken.open(server, ada) as device:
        assert (await device.ask(b'{"receiver":"bob","content":"hi"}'))["status"] == "stored"


async def test_a_plain_get_of_the_path_is_no_socket(
    server: ChatServer, spoken: ClientDialect
) -> None:
    async with httpx.AsyncClient(base_url=server.address) as http:
        assert (await http.get(spoken.path)).status_code in {404, 426}


async def _refused(server: ChatServer, spoken: ClientDialect, headers: dict[str, str]) -> Frame:
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.socket_address + spoken.path, additional_headers=headers)
    response = refused.value.response
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    body: Frame = json.loads(response.body or b"")
    return body


async def _conversation(server: ChatServer, person: Person) -> str:
    (view,) = await server.core.storage.conversations(person.id, before=None, limit=5)
    return view.id
