"""Who may connect to `/socket.io/`, and what happens to those who have not said who they are."""

import asyncio
import contextlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from backchannel.chat.core import Policy
from backchannel.chat.logouts import end_logins
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.shared.faults import Fault, message_and_error
from backchannel.dialects.shared.in_order import Work
from backchannel.dialects.socketio.dialect import Client, Emitted
from backchannel.dialects.socketio.endpoint import endpoint
from backchannel.domain.events import Fact
from backchannel.domain.messages import Message
from backchannel.transports.socketio.endpoint import Accepted, ConnectRefused, ConnectRequest
from backchannel.transports.websocket.endpoint import UpgradeRequest
from tests.support.chat_server import ChatServer, chat_server
from tests.support.clock import ManualClock
from tests.support.core import make_core
from tests.support.plain_socket import Person, enrol
from tests.support.socketio_talker import HANDSHAKE, joined, opened, socketio_talking


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
async def test_a_place_without_a_token_is_an_error(
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
    async with socketio_talking(server, ada) as device:
        await device.all_heard()
        await end_logins(server.core, ada.id)
        assert str(await device.socket.recv()) == "41"
        assert (await device.end())[0] == 1008


async def test_S5_an_open_socket_ends_with_its_token(tmp_path: Path) -> None:
    clock = ManualClock()
    async with make_core(tmp_path, clock=clock) as core, chat_server(core) as server:
        ada = await enrol(server, "ada")
        async with socketio_talking(server, ada) as device:
            clock.advance(core.policy.access_life + 1)
            assert (await device.end())[0] == 1008


async def test_S18_a_users_sockets_are_limited(tmp_path: Path) -> None:
    policy = Policy(sockets_per_user=1)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        ada = await enrol(server, "ada")
        async with socketio_talking(server, ada), opened(server) as second:
            refused = (await joined(second, {"token": ada.token}))["refused"]
            assert refused["data"]["code"] == "throttled"


class Doorbell:
    """A dialect whose clients log in by the event `hello`, and then may ask who they are."""

    admits_strangers = True

    def claims(self, emitted: Emitted) -> bool:
        return emitted.name in {"hello", "who"}

    def handle(self, client: Client, emitted: Emitted) -> Work | None:
        if emitted.name == "hello":
            return client.log_in(str(emitted.argument))
        assert emitted.ack is not None
        emitted.ack({"username": client.identity.username})
        return None

    def packets(self, fact: Fact, message: Message, rooms: Collection[str]) -> Sequence[bytes]:
        return ()

    def refused(self, fault: Fault) -> object:
        return message_and_error(fault)


@pytest.fixture
def doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backchannel.app.doors.SOCKETIO_DIALECTS", (Doorbell(),))


@pytest.mark.usefixtures("doorbell")
async def test_a_stranger_gets_only_errors_until_it_logs_in(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core, chat_server(core) as server:
        ada = await enrol(server, "ada")
        async with opened(server) as socket:
            assert set(await joined(socket)) == {"sid"}, "nobody knows yet whose log it follows"
            ask = ('420["who"]', f'42["hello",{json.dumps(ada.token)}]', '421["who"]')
            for packet in ask:  # the last one waits for the login
                await socket.send(packet)
            assert '"code":"unauthenticated"' in str(await socket.recv())
            assert str(await socket.recv()) == '431[{"username":"ada"}]'


@pytest.mark.usefixtures("doorbell")
async def test_S18_a_stranger_is_sent_away_at_the_deadline(tmp_path: Path) -> None:
    policy = Policy(login_deadline=0.3)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        ada = await enrol(server, "ada")
        async with opened(server) as silent, opened(server) as known:
            await joined(silent)
            await joined(known, {"token": ada.token})
            async with asyncio.timeout(5):
                assert str(await silent.recv()) == "41"
                await silent.wait_closed()
            assert silent.close_code == 1008
            assert known.close_code is None


@pytest.mark.usefixtures("doorbell")
async def test_S18_to_leave_and_join_again_does_not_renew_the_time(tmp_path: Path) -> None:
    policy = Policy(login_deadline=0.5)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(10), opened(server) as stranger:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await stranger.send("40")
                    await stranger.recv()
                    await stranger.send("41")
        assert asyncio.get_running_loop().time() - began < 5
        assert stranger.close_code in {1000, 1008}


@pytest.mark.parametrize("dialects", [(), (Doorbell(),)], ids=["no strangers", "strangers"])
async def test_without_any_credentials_it_depends_on_the_dialects(
    server: ChatServer, dialects: tuple[Doorbell, ...]
) -> None:
    accept = endpoint(Switchboard(server.core), dialects)
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


async def test_what_no_dialect_knows_is_an_error(server: ChatServer, ada: Person) -> None:
    async with socketio_talking(server, ada) as device:
        for event, data in (("nonsense", 1), ("message", {"neither": "nor"}), ("message", None)):
            answer = await device.ask({"event": event, "data": data})
            assert answer["data"]["code"] == "invalid"
        await device.socket.send('42["nonsense"]')
        refusal = await device.hear()
        assert refusal["event"] == "error"
        assert refusal["data"]["message"] == refusal["data"]["error"]


async def test_R4_events_are_handled_in_order(server: ChatServer, ada: Person) -> None:
    async with socketio_talking(server, ada) as device:
        bob = await enrol(server, "bob")  # nobody has looked him up yet
        async with socketio_talking(server, bob) as other:
            server.core.directory._usernames.clear()
            server.core.directory._ids.clear()
            names = [("bob", bob.id)[count % 2] for count in range(50)]
            frames = [
                {"event": "chat message", "data": {"receiver": name, "content": f"{count}"}}
                for count, name in enumerate(names)
            ]
            await device.say(*frames)
            answers = [await device.hear() for _ in frames]
            assert [each["ack"] for each in answers] == list(range(1, 51))
            heard = [each for each in await other.all_heard() if each["event"] == "chat message"]
        assert [each["data"]["content"] for each in heard] == [f"{n}" for n in range(50)]
