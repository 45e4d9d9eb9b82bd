"""Opening a session, and every refusal (Engine.IO 4, "Handshake")."""

import pytest
from websockets.exceptions import InvalidStatus

from backchannel.transports.engineio.endpoint import EngineIoSettings
from tests.transports.engineio.engine import FAST, engine, handshake

PROBLEMS = {
    0: "Transport unknown",
    1: "Session ID unknown",
    2: "Bad handshake method",
    3: "Bad request",
    5: "Unsupported protocol version",
}


async def test_polling_opens_a_session() -> None:
    async with engine(FAST) as server:
        answer = await server.request(EIO="4", transport="polling")
        opened = handshake(answer.text)
        assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
        assert answer.headers["cache-control"] == "no-store"
        assert server.last.session.id == opened.pop("sid")
        assert opened == {
            "upgrades": ["websocket"],
            "pingInterval": 300,
            "pingTimeout": 200,
            "maxPayload": 1_000_000,
        }


async def test_websocket_opens_a_session() -> None:
    async with engine(FAST) as server, server.websocket() as client:
        opened = handshake(await client.recv())
        assert opened.pop("sid") == server.last.session.id
        assert opened == {
            "upgrades": [],
            "pingInterval": 300,
            "pingTimeout": 200,
            "maxPayload": 1_000_000,
        }


async def test_session_ids_are_long_and_unique() -> None:
    async with engine() as server:
        sids = {await server.open() for _ in range(50)}
    assert len(sids) == 50
    assert min(map(len, sids)) == 20


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        ("GET", {"transport": "polling"}, 5),
        ("GET", {"EIO": "abc", "transport": "polling"}, 5),
        ("GET", {"EIO": "3", "transport": "polling"}, 5),
        ("GET", {"EIO": "4"}, 0),
        ("GET", {"EIO": "4", "transport": "abc"}, 0),
        ("POST", {"EIO": "4", "transport": "polling"}, 2),
        ("PUT", {"EIO": "4", "transport": "polling"}, 2),
        ("GET", {"EIO": "4", "transport": "websocket"}, 3),
        ("GET", {"EIO": "4", "transport": "polling", "sid": "abc"}, 1),
        ("POST", {"EIO": "4", "transport": "polling", "sid": "abc"}, 1),
    ],
)
async def test_a_bad_request_is_400_with_its_code(
    method: str, query: dict[str, str], code: int
) -> None:
    async with engine() as server:
        answer = await server.request(method, **query)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"code": code, "message": PROBLEMS[code]}
        assert not server.handlers


async def test_an_open_session_takes_get_and_post_only() -> None:
    async with engine() as server:
        sid = await server.open()
        for method, transport in (("PUT", "polling"), ("GET", "websocket")):
            answer = await server.request(method, EIO="4", transport=transport, sid=sid)
            assert (answer.status_code, answer.json()["code"]) == (400, 3)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("transport=websocket", 5),
        ("EIO=abc&transport=websocket", 5),
        ("EIO=4", 0),
        ("EIO=4&transport=abc", 0),
        ("EIO=4&transport=polling", 3),
        ("EIO=4&transport=websocket&sid=abc", 1),
        ("&".join(f"{number}=x" for number in range(200)), 3),
    ],
)
async def test_a_bad_upgrade_is_refused_with_its_code(query: str, code: int) -> None:
    async with engine() as server:
        with pytest.raises(InvalidStatus) as refused:
            await server.websocket(query)
        assert refused.value.response.status_code == 400
        body = f'{{"code":{code},"message":"{PROBLEMS[code]}"}}'
        assert refused.value.response.body == body.encode()


async def test_the_handler_sees_the_request_that_opened_the_session() -> None:
    async with engine() as server:
        await server.http.get(
            "/", params={"EIO": "4", "transport": "polling"}, headers={"Access_Token": "T"}
        )
        polling = server.last.request
        async with server.websocket(additional_headers={"Access_Token": "T"}) as client:
            await client.recv()
        upgrade = server.last.request
        for request in (polling, upgrade):
            assert request.headers["access_token"] == "T"
            assert request.client[0] == "127.0.0.1"
            assert not request.secure
        assert "EIO=4" in polling.query


async def test_S18_sessions_are_counted_for_each_address() -> None:
    async with engine(EngineIoSettings(sessions_per_address=2)) as server:
        sid = await server.open()
        async with server.websocket() as client:
            await client.recv()
            answer = await server.request(EIO="4", transport="polling")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            async with server.websocket() as another:
                await another.wait_closed()
                assert another.close_code == 1013
        await server.push(sid, "1")
        await server.open()


def test_intervals_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        EngineIoSettings(ping_interval=0)
    assert FAST.max_payload == 1_000_000
