"""Access to `/socket.io/`, and the end of sockets that do not authenticate."""

import asyncio
import contextlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from backchannel.chat.core import Policy
from backchannel.chat.logins import end_logins
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects.shared.handlers import Work
from backchannel.dialects.socketio.dialect import Client, ClientEvent
from backchannel.dialects.socketio.server import main_namespace
from backchannel.domain.events import EventPayload
from backchannel.domain.messages import Message
from backchannel.domain.signals import Rejected
from backchannel.http.errors import ErrorInfo, message_and_error
from backchannel.transports.socketio.endpoint import Accepted, ConnectRefused, ConnectRequest
from backchannel.transports.websocket.endpoint import UpgradeRequest
from tests.support.chat_server import ChatServer, chat_server
from tests.support.clock import ManualClock
from tests.support.core import make_core
from tests.support.plain_socket import Person, register
from tests.support.socketio_client import HANDSHAKE, joined, opened, socketio_connected


@pytest.mark.parametrize(
    "headers",
    [
        {"access_token": "{}"},
        {"Authorization": "Bearer {}"},
        {"Authorization": "{}"},
    ],
    ids=str,
)
async def test_a_token_is_taken_from_the_headers(
    server: ChatServer, ada: Person, headers: dict[str, str]
) -> None:
    filled = {name: value.format(ada.token) for name, value in headers.items()}
    async with opened(server, additional_headers=filled) as socket:
        assert "sid" in await joined(socket)


@pytest.mark.parametrize("form", ["{}", "Bearer {}"])
async def test_a_token_is_taken_from_auth(server: ChatServer, ada: Person, form: str) -> None:
    async with opened(server) as socket:
        assert "sid" in await joined(socket, {"token": form.format(ada.token)})


async def test_a_token_is_taken_from_the_query(server: ChatServer, ada: Person) -> None:
    async with opened(server, query=f"&token={ada.token}") as socket:
        assert "sid" in await joined(socket)


@pytest.mark.parametrize("auth", [{"token": "x"}, {"token": "a.b.c"}], ids=str)
async def test_a_bad_token_is_an_authentication_error(
    server: ChatServer, auth: dict[str, str]
) -> None:
    async with opened(server) as socket:
        refused = (await joined(socket, auth))["refused"]
        assert refused["message"] == "Authentication error"
        assert refused["data"]["code"] == "unauthenticated"


@pytest.mark.parametrize("auth", [{"token": ""}, {"token": None}, {"token": 7}], ids=str)
async def test_a_handshake_with_an_empty_token_is_refused(
    server: ChatServer, auth: dict[str, Any]
) -> None:
    async with opened(server) as socket:
        assert (await joined(socket, auth))["refused"]["message"] == "error"


async def test_S1_the_token_of_an_ended_login_is_an_authentication_error(
    server: ChatServer, ada: Person
) -> None:
    await end_logins(server.core, ada.id)
    async with opened(server) as socket:
        refused = (await joined(socket, {"token": ada.token}))["refused"]
        assert refused["message"] == "Authentication error"


async def test_S1_logging_out_closes_the_socket(server: ChatServer, ada: Person) -> None:
    async with socketio_connected(server, ada) as device:
        await device.receive_all()
        await end_logins(server.core, ada.id)
        assert str(await device.socket.recv()) == "41"
        assert (await device.end())[0] == 1008


async def test_S5_an_open_socket_ends_with_its_token(tmp_path: Path) -> None:
    clock = ManualClock()
    async with make_core(tmp_path, clock=clock) as core, chat_server(core) as server:
        ada = await register(server, "ada")
        async with socketio_connected(server, ada) as device:
            clock.advance(core.policy.access_life + 1)
            assert (await device.end())[0] == 1008


async def test_S18_a_users_sockets_are_limited(tmp_path: Path) -> None:
    policy = Policy(sockets_per_user=1)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        ada = await register(server, "ada")
        async with socketio_connected(server, ada), opened(server) as second:
            refused = (await joined(second, {"token": ada.token}))["refused"]
            assert refused["data"]["code"] == "throttled"


class HelloDialect:
    """A dialect whose clients log in by the event `hello`, and then may ask who they are."""

    accepts_unauthenticated = True

    def claims(self, event: ClientEvent) -> bool:
        return event.name in {"hello", "who"}

    def handle(self, client: Client, event: ClientEvent) -> Work | None:
        if event.name == "hello":
            return client.log_in(str(event.argument))
        assert event.ack is not None
        event.ack({"username": client.identity.username})
        return None

    def packets(
        self, payload: EventPayload, message: Message, rooms: Collection[str]
    ) -> Sequence[bytes]:
        return ()

    def rejected(self, rejected: Rejected) -> None:
        return None

    def refused(self, error: ErrorInfo) -> object:
        return message_and_error(error)


@pytest.fixture
def hello_dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backchannel.app.endpoints.SOCKETIO_DIALECTS", (HelloDialect(),))


@pytest.mark.usefixtures("hello_dialect")
async def test_a_socket_without_a_login_gets_only_errors(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core, chat_server(core) as server:
        ada = await register(server, "ada")
        async with opened(server) as socket:
            assert set(await joined(socket)) == {"sid"}, "its user is not known yet"
            ask = ('420["who"]', f'42["hello",{json.dumps(ada.token)}]', '421["who"]')
            for packet in ask:  # the last one waits for the login
                await socket.send(packet)
            assert '"code":"unauthenticated"' in str(await socket.recv())
            assert str(await socket.recv()) == '431[{"username":"ada"}]'


@pytest.mark.timed
@pytest.mark.usefixtures("hello_dialect")
async def test_S18_a_socket_without_a_login_is_disconnected_at_the_deadline(tmp_path: Path) -> None:
    policy = Policy(login_deadline=0.3)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        ada = await register(server, "ada")
        async with opened(server) as silent, opened(server) as known:
            await joined(silent)
            await joined(known, {"token": ada.token})
            async with asyncio.timeout(5):
                assert str(await silent.recv()) == "41"
                await silent.wait_closed()
            assert silent.close_code == 1008
            assert known.close_code is None


@pytest.mark.timed
@pytest.mark.usefixtures("hello_dialect")
async def test_S18_leaving_and_joining_again_does_not_extend_the_deadline(tmp_path: Path) -> None:
    policy = Policy(login_deadline=0.5)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(10), opened(server) as unauthenticated:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await unauthenticated.send("40")
                    await unauthenticated.recv()
                    await unauthenticated.send("41")
        assert asyncio.get_running_loop().time() - began < 5
        assert unauthenticated.close_code in {1000, 1008}


@pytest.mark.parametrize("dialects", [(), (HelloDialect(),)], ids=["no strangers", "strangers"])
async def test_without_credentials_a_handshake_is_accepted_if_a_dialect_logs_in_later(
    server: ChatServer, dialects: tuple[HelloDialect, ...]
) -> None:
    accept = main_namespace(ConnectionManager(server.core), dialects)
    request = UpgradeRequest("/socket.io/", HANDSHAKE, {}, ("127.0.0.1", 1), secure=False)
    decision = await accept(ConnectRequest("/", {}, request))
    if dialects:
        assert isinstance(decision, Accepted)
    else:
        assert isinstance(decision, ConnectRefused)
        assert decision.message == "error"


async def test_other_namespaces_do_not_exist(server: ChatServer, ada: Person) -> None:
    async with opened(server) as socket:
        await socket.send(f'40/admin,{{"token":"{ada.token}"}}')
        assert str(await socket.recv()) == '44/admin,{"message":"Invalid namespace"}'


async def test_an_event_that_no_dialect_knows_is_an_error(server: ChatServer, ada: Person) -> None:
    async with socketio_connected(server, ada) as device:
        for event, data in (("nonsense", 1), ("message", {"neither": "nor"}), ("message", None)):
            answer = await device.ask({"event": event, "data": data})
            assert answer["data"]["code"] == "invalid"
        await device.socket.send('42["nonsense"]')
        refusal = await device.receive()
        assert refusal["event"] == "error"
        assert refusal["data"]["message"] == refusal["data"]["error"]


async def test_R4_events_are_handled_in_order(server: ChatServer, ada: Person) -> None:
    async with socketio_connected(server, ada) as device:
        bob = await register(server, "bob")  # not looked up before
        async with socketio_connected(server, bob) as other:
            server.core.directory._usernames.clear()
            server.core.directory._ids.clear()
            names = [("bob", bob.id)[count % 2] for count in range(50)]
            frames = [
                {"event": "chat message", "data": {"receiver": name, "content": f"{count}"}}
                for count, name in enumerate(names)
            ]
            await device.send(*frames)
            answers = [await device.receive() for _ in frames]
            assert [each["ack"] for each in answers] == list(range(1, 51))
            received = [
                each for each in await other.receive_all() if each["event"] == "chat message"
            ]
        assert [each["data"]["content"] for each in received] == [f"{n}" for n in range(50)]
