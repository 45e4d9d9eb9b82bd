"""The client connects, follows the log and acknowledges, without a network."""

import asyncio

import pytest

from backchannel_client import (
    ApiError,
    Backoff,
    ConnectionState,
    LoggedOut,
    Place,
    Presence,
    StateChanged,
)
from tests.sdk.device import PATIENCE, device, profile


async def test_it_greets_with_its_token_and_its_place() -> None:
    async with device() as each:
        hello = await (await each.server.socket()).heard("hello")
    assert hello == [{"type": "hello", "token": "first", "epoch": "e", "position": 4}]


async def test_R6_it_fetches_its_state_first_where_it_holds_nothing() -> None:
    async with device(None) as each:
        socket = await each.server.socket()
        socket.welcome(9)
        acks = await socket.heard("ack")
        assert each.resets == ["new_device"]
        assert each.place == Place("e", 9)
    assert acks == [{"type": "ack", "position": 9}]


async def test_R6_it_comes_back_after_a_cut_and_goes_on_from_what_it_holds() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.say(profile(5))
        socket.cut()
        hello = await (await each.server.socket(2)).heard("hello")
    assert hello[0]["position"] == 5
    assert [event.position for event in each.applied] == [5]


async def test_R6_what_could_not_be_stored_comes_again() -> None:
    async with device() as each:
        each.failures = 1
        socket = await each.server.socket()
        socket.welcome(4)
        socket.say(profile(5))
        hello = await (await each.server.socket(2)).heard("hello")
    assert hello[0]["position"] == 4
    assert each.applied == []


async def test_it_asks_for_the_log_where_an_event_is_missing() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.say(profile(6))
        asked = await socket.heard("sync")
        assert asked == [{"type": "sync", "epoch": "e", "position": 4}]
        missing = {name: each for name, each in profile(5).items() if name != "type"}
        socket.say({"type": "sync", "events": [missing], "position": 5, "more": False})
        await each.reached(6)
    assert [event.position for event in each.applied] == [5, 6]


async def test_a_frame_of_a_newer_server_is_passed_over() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.say({"type": "novelty", "position": 12})
        socket.say({**profile(5), "kind": "novelty", "data": {"anything": 1}})
        await each.reached(5)
    assert [event.kind for event in each.applied] == ["novelty"]
    assert each.applied[0].message() is None


async def test_it_confirms_every_200_events_without_waiting_and_the_rest_when_it_leaves() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        for position in range(5, 208):
            socket.say(profile(position))
        await each.reached(207)
    positions = [frame["position"] for frame in socket.of("ack")]
    assert 204 in positions
    assert positions[-1] == 207


async def test_it_confirms_again_after_a_cut() -> None:
    async with device() as each:
        (await each.server.socket()).cut()
        socket = await each.server.socket(2)
        socket.welcome(4)
        assert await socket.heard("ack") == [{"type": "ack", "position": 4}]


async def test_it_renews_its_token_when_the_server_says_that_it_has_expired() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.cut(4002, "token expired")
        hello = await (await each.server.socket(2)).heard("hello")
    assert hello[0]["token"] == "fresh"


async def test_it_renews_its_token_in_time_without_reconnecting() -> None:
    async with device(life=2) as each:
        socket = await each.server.socket()
        socket.welcome(4)
        assert await socket.heard("renew") == [{"type": "renew", "token": "fresh"}]
        assert len(each.server.sockets) == 1


async def test_S8_it_stops_where_the_login_has_ended() -> None:
    async with device() as each:
        ended = asyncio.Event()
        each.client.on(LoggedOut, lambda _: ended.set())
        socket = await each.server.socket()
        socket.welcome(4)
        socket.cut(4001, "logged out")
        async with asyncio.timeout(PATIENCE):
            await each.client.stopped()
        assert ended.is_set()
        assert each.client.session.current is None
        assert len(each.server.sockets) == 1


async def test_it_stops_where_the_refresh_token_no_longer_counts() -> None:
    async with device() as each:
        each.server.refuses_refresh = True
        socket = await each.server.socket()
        socket.cut(4002, "token expired")
        async with asyncio.timeout(PATIENCE):
            await each.client.stopped()
        assert each.client.session.current is None


async def test_it_takes_a_connection_that_has_fallen_silent_for_lost() -> None:
    async with device() as each:
        (await each.server.socket()).welcome(4, heartbeat=0.05)
        assert (await (await each.server.socket(2)).heard("hello"))[0]["position"] == 4


async def test_presence_is_asked_for_again_after_a_reconnect() -> None:
    async with device() as each:
        seen: list[Presence] = []
        each.client.on(Presence, seen.append)
        each.client.watch(["grace"])
        (await each.server.socket()).cut()
        socket = await each.server.socket(2)
        socket.welcome(4)
        assert await socket.heard("watch") == [{"type": "watch", "user_ids": ["grace"]}]
        socket.say({"type": "presence", "user_id": "grace", "online": True, "last_seen_at": None})
        socket.say(profile(5))
        await each.reached(5)
        assert [each.online for each in seen] == [True]


async def test_what_happens_to_the_connection_is_told() -> None:
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
        (ConnectionState.STOPPED, "internal error"),
    ]


async def test_level_waits_until_the_log_has_been_read_to_its_end() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        levelling = asyncio.create_task(each.client.level())
        await socket.heard("ping")
        socket.say({"type": "pong", "position": 5})
        await socket.heard("ping", 2)
        assert not levelling.done()
        socket.say(profile(5))
        socket.say({"type": "pong", "position": 5})
        async with asyncio.timeout(PATIENCE):
            assert await levelling == 5


async def test_a_token_that_no_longer_counts_is_renewed_once_for_all_requests() -> None:
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


def test_waits_double_up_to_thirty_seconds() -> None:
    longest, shortest = Backoff(lambda: 1.0), Backoff(lambda: 0.0)
    assert [longest.next() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert [shortest.next() for _ in range(3)] == [0.25, 0.5, 1]
