"""The client connects, follows the log and acknowledges, without a network."""

import asyncio
import time
from itertools import pairwise

import pytest

from backchannel_client import (
    ApiError,
    Backoff,
    Checkpoint,
    ConnectionState,
    LoggedOut,
    Presence,
    StateChanged,
)
from tests.sdk.device import TIMEOUT, FakeServer, FakeSocket, device, profile


async def test_the_hello_has_token_epoch_and_position() -> None:
    async with device() as each:
        hello = await (await each.server.socket()).sent_frames("hello")
    assert hello == [{"type": "hello", "token": "first", "epoch": "e", "position": 4}]


async def test_R6_a_new_device_fetches_its_state_first() -> None:
    async with device(None) as each:
        socket = await each.server.socket()
        socket.welcome(9)
        acks = await socket.sent_frames("ack")
        assert each.resets == ["new_device"]
        assert each.checkpoint == Checkpoint("e", 9)
    assert acks == [{"type": "ack", "position": 9}]


async def test_R6_it_reconnects_and_resumes_at_its_stored_position() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.push(profile(5))
        socket.cut()
        hello = await (await each.server.socket(2)).sent_frames("hello")
    assert hello[0]["position"] == 5
    assert [event.position for event in each.applied] == [5]


async def test_R6_an_event_that_could_not_be_stored_is_received_again() -> None:
    async with device() as each:
        each.failures = 1
        socket = await each.server.socket()
        socket.welcome(4)
        socket.push(profile(5))
        hello = await (await each.server.socket(2)).sent_frames("hello")
    assert hello[0]["position"] == 4
    assert each.applied == []


async def test_a_missing_event_triggers_a_sync() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.push(profile(6))
        asked = await socket.sent_frames("sync")
        assert asked == [{"type": "sync", "epoch": "e", "position": 4}]
        missing = {name: each for name, each in profile(5).items() if name != "type"}
        socket.push({"type": "sync", "events": [missing], "position": 5, "more": False})
        await each.reached(6)
    assert [event.position for event in each.applied] == [5, 6]


async def test_an_unknown_frame_of_a_newer_server_is_ignored() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.push({"type": "novelty", "position": 12})
        socket.push({**profile(5), "kind": "novelty", "data": {"anything": 1}})
        await each.reached(5)
    assert [event.kind for event in each.applied] == ["novelty"]
    assert each.applied[0].message() is None


async def test_it_acknowledges_every_200_events_and_the_rest_on_closing() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        for position in range(5, 208):
            socket.push(profile(position))
        await each.reached(207)
        before = [frame["position"] for frame in socket.of("ack")]
    positions = [frame["position"] for frame in socket.of("ack")]
    # On a busy machine, a second may pass before 200 events: then fewer are acknowledged.
    assert all(later - earlier <= 200 for earlier, later in pairwise(positions))
    assert 207 - before[-1] < 200
    assert positions[-1] == 207


async def test_it_acknowledges_again_after_a_reconnect() -> None:
    async with device() as each:
        (await each.server.socket()).cut()
        socket = await each.server.socket(2)
        socket.welcome(4)
        assert await socket.sent_frames("ack") == [{"type": "ack", "position": 4}]


async def test_it_refreshes_its_token_after_close_code_4002() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.cut(4002, "token expired")
        hello = await (await each.server.socket(2)).sent_frames("hello")
    assert hello[0]["token"] == "fresh"


async def test_it_renews_its_token_before_expiry_without_reconnecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_socket = FakeServer.open

    async def open_when_due(server: FakeServer) -> FakeSocket:
        each.client.tokens._renew_at = time.monotonic()
        return await open_socket(server)

    monkeypatch.setattr(FakeServer, "open", open_when_due)
    async with device() as each:
        socket = await each.server.socket()
        assert (await socket.sent_frames("hello"))[0]["token"] == "first"
        socket.welcome(4)
        assert await socket.sent_frames("renew") == [{"type": "renew", "token": "fresh"}]
        assert len(each.server.sockets) == 1


async def test_S8_it_stops_reconnecting_when_the_login_has_ended() -> None:
    async with device() as each:
        ended = asyncio.Event()
        each.client.on(LoggedOut, lambda _: ended.set())
        socket = await each.server.socket()
        socket.welcome(4)
        socket.cut(4001, "logged out")
        async with asyncio.timeout(TIMEOUT):
            await each.client.stopped()
        assert ended.is_set()
        assert each.client.tokens.current is None
        assert len(each.server.sockets) == 1


async def test_it_stops_when_the_refresh_token_is_refused() -> None:
    async with device() as each:
        each.server.refuses_refresh = True
        socket = await each.server.socket()
        socket.cut(4002, "token expired")
        async with asyncio.timeout(TIMEOUT):
            await each.client.stopped()
        assert each.client.tokens.current is None


async def test_it_reconnects_if_no_heartbeat_arrives() -> None:
    async with device() as each:
        (await each.server.socket()).welcome(4, heartbeat=0.05)
        assert (await (await each.server.socket(2)).sent_frames("hello"))[0]["position"] == 4


async def test_presence_is_asked_for_again_after_a_reconnect() -> None:
    async with device() as each:
        seen: list[Presence] = []
        each.client.on(Presence, seen.append)
        each.client.watch(["grace"])
        (await each.server.socket()).cut()
        socket = await each.server.socket(2)
        socket.welcome(4)
        assert await socket.sent_frames("watch") == [{"type": "watch", "user_ids": ["grace"]}]
        socket.push({"type": "presence", "user_id": "grace", "online": True, "last_seen_at": None})
        socket.push(profile(5))
        await each.reached(5)
        assert [each.online for each in seen] == [True]


async def test_connection_states_are_announced() -> None:
    async with device() as each:
        states: list[StateChanged] = []
        each.client.on(StateChanged, states.append)
        (await each.server.socket()).welcome(4)
        (await each.server.socket()).cut(1011, "internal error")
        await each.server.socket(2)
    told = [(change.state, change.reason) for change in states]
    assert told[-4:] == [
        (ConnectionState.ONLINE, ""),
        (ConnectionState.OFFLINE, "internal error"),
        (ConnectionState.CONNECTING, ""),
        (ConnectionState.STOPPED, ""),
    ]


async def test_catch_up_waits_until_the_log_has_been_read_to_its_end() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        catching_up = asyncio.create_task(each.client.catch_up())
        await socket.sent_frames("ping")
        socket.push({"type": "pong", "position": 5})
        await socket.sent_frames("ping", 2)
        assert not catching_up.done()
        socket.push(profile(5))
        socket.push({"type": "pong", "position": 5})
        async with asyncio.timeout(TIMEOUT):
            assert await catching_up == 5


async def test_a_token_that_is_no_longer_valid_is_renewed_once_for_all_requests() -> None:
    async with device() as each:
        asking = [each.client.api.me() for _ in range(3)]
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
    paths = [request.url.path for request in each.server.requests]
    assert paths.count("/v1/refresh") == 1
    assert all(isinstance(each, ApiError) and each.code == "throttled" for each in outcomes)


async def test_an_error_says_which_field_is_at_fault_and_when_to_try_again() -> None:
    async with device() as each:
        with pytest.raises(ApiError, match="slow down") as raised:
            await each.client.api.search("x")
    error = raised.value
    assert (error.status, error.field, error.retry_after, error.transient) == (429, "q", 2, True)


def test_the_reconnection_delay_doubles_up_to_thirty_seconds() -> None:
    longest, shortest = Backoff(lambda: 1.0), Backoff(lambda: 0.0)
    assert [longest.next() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert [shortest.next() for _ in range(3)] == [0.25, 0.5, 1]
