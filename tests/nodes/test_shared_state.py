"""State that nodes share: online users, ended logins and throttled attempts."""

import asyncio
import itertools
import time

import httpx
import pytest

from backchannel.security.throttle import LIMITS
from tests.support.native import PASSWORD, PATIENCE, Device, Person, register
from tests.support.nodes import metric, until
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.service, pytest.mark.slow]

Pair = tuple[ServerProcess, ServerProcess]
SILENCE = 15
"""Seconds; after twice as many without a word a server is taken for dead."""


async def device(server: ServerProcess, person: Person) -> Device:
    made = Device(server.socket_address, person)
    await made.open()
    return made


async def refused_device(server: ServerProcess, person: Person) -> Device:
    """A device that the server refuses once it has counted those at the other server."""
    async with asyncio.timeout(PATIENCE):
        while True:
            made = Device(server.socket_address, person)
            try:
                await made.open()
            except ConnectionError:
                return made
            await made.close()


async def acquainted(pair: Pair) -> tuple[Person, Person]:
    """Ada and Bob, who have written to each other."""
    ada, bob = await register(pair[0].address, "ada"), await register(pair[1].address, "bob")
    for server, sender, to in ((pair[0], ada, bob), (pair[1], bob, ada)):
        async with httpx.AsyncClient(base_url=server.address, headers=sender.headers) as http:
            message = {"to": to.id, "body": "hello"}
            (await http.post("/v1/messages", json=message)).raise_for_status()
    return ada, bob


async def watching(server: ServerProcess, ada: Person, bob: Person) -> Device:
    """A device of Ada's that watches Bob and has received that he is offline."""
    made = await device(server, ada)
    await made.send_frame({"type": "watch", "user_ids": [bob.id], "ref": "w"})
    await made.frame("done")
    assert (await made.frame("presence"))["online"] is False
    return made


async def presence(of: Device, *, within: float = PATIENCE) -> bool:
    return bool((await of.frame("presence", within=within))["online"])


async def test_R16_a_user_is_online_with_the_first_device_anywhere_until_the_last_has_gone(
    pair: Pair,
) -> None:
    ada, bob = await acquainted(pair)
    watcher = await watching(pair[0], ada, bob)
    first = await device(pair[1], bob)
    assert await presence(watcher)
    second = await device(pair[0], bob)
    await first.close()
    with pytest.raises(TimeoutError):
        await presence(watcher, within=0.5)
    before = metric(pair[0], "bus_received_total")
    third = await device(pair[1], bob)
    await until(lambda: metric(pair[0], "bus_received_total") > before)
    await second.close()
    with pytest.raises(TimeoutError):
        await presence(watcher, within=0.5)
    late = await device(pair[0], ada)
    await late.send_frame({"type": "watch", "user_ids": [bob.id]})
    while not await presence(late):
        pass  # The first answer is from before the other server was asked.
    await third.close()
    assert not await presence(watcher)
    assert not await presence(late)
    await watcher.close()
    await late.close()


@pytest.mark.timed
async def test_R16_the_users_of_a_killed_server_go_offline(pair: Pair) -> None:
    ada, bob = await acquainted(pair)
    watcher = await watching(pair[0], ada, bob)
    await device(pair[1], bob)
    assert await presence(watcher)
    began = time.monotonic()
    pair[1].kill()
    assert not await presence(watcher)
    assert time.monotonic() - began > SILENCE, "a server may be silent for a moment"
    await watcher.close()


async def test_R16_the_users_of_a_stopped_server_go_offline_at_once(pair: Pair) -> None:
    ada, bob = await acquainted(pair)
    watcher = await watching(pair[0], ada, bob)
    await device(pair[1], bob)
    assert await presence(watcher)
    assert await asyncio.to_thread(pair[1].stop) == 0
    assert not await presence(watcher, within=SILENCE)
    await watcher.close()


@pytest.mark.timed
async def test_typing_is_seen_on_another_server(pair: Pair) -> None:
    ada, bob = await acquainted(pair)
    here, there = await device(pair[0], ada), await device(pair[1], bob)
    async with httpx.AsyncClient(base_url=pair[0].address, headers=ada.headers) as http:
        (only,) = (await http.get("/v1/conversations")).raise_for_status().json()["items"]
    await here.send_frame({"type": "typing", "conversation_id": only["id"]})
    assert (await there.frame("typing"))["user_id"] == ada.id
    await here.close()
    await there.close()


@pytest.mark.timed
async def test_S1_a_logout_closes_sockets_on_every_server_within_a_second(pair: Pair) -> None:
    ada = await register(pair[0].address, "ada")
    there = await device(pair[1], ada)
    async with httpx.AsyncClient(base_url=pair[1].address, headers=ada.headers) as other:
        assert (await other.get("/v1/me")).status_code == 200
        async with httpx.AsyncClient(base_url=pair[0].address, headers=ada.headers) as http:
            (await http.post("/v1/logout")).raise_for_status()
        began = time.monotonic()
        code, _ = await there.gone(within=1)
        assert (await other.get("/v1/me")).status_code == 401
    assert code == 4001
    assert time.monotonic() - began < 1


async def test_S9_guesses_are_throttled_across_nodes(pair: Pair) -> None:
    await register(pair[0].address, "ada")
    limit, admitted, began = LIMITS["login:pair"], 0, time.monotonic()
    async with httpx.AsyncClient() as http:
        for here, there in itertools.cycle((pair, pair[::-1])):
            received = metric(there, "bus_received_total")
            guess = {"identifier": "ada", "password": "a wrong guess"}
            answer = await http.post(f"{here.address}/v1/login", json=guess)
            # One more is admitted every six seconds: not in the next three.
            if answer.status_code == 429 and int(answer.headers["retry-after"]) > 3:
                break
            if answer.status_code == 401:
                admitted += 1
                await until(lambda: metric(there, "bus_received_total") > received)  # noqa: B023
        right = {"identifier": "ada", "password": PASSWORD}
        refused = await http.post(f"{there.address}/v1/login", json=right)
    later = (time.monotonic() - began) * limit.count / limit.seconds
    assert limit.count <= admitted <= limit.count + 1 + later
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.timed
async def test_S18_the_limit_of_sockets_per_user_counts_all_nodes(pair: Pair) -> None:
    for each in pair:
        await asyncio.to_thread(each.stop)
        each.settings["limits_sockets_per_user"] = "3"
        await asyncio.to_thread(each.start)
    ada = await register(pair[0].address, "ada")
    open_ones = [await device(pair[number % 2], ada) for number in range(3)]
    for server in pair:
        extra = await refused_device(server, ada)
        assert (await extra.gone())[0] == 4004
    for one in open_ones:
        await one.close()


async def test_an_upload_goes_on_at_another_server(pair: Pair) -> None:
    ada = await register(pair[0].address, "ada")
    content = b"a text in two parts\n" * 2_000
    middle = len(content) // 2
    tus = {"Tus-Resumable": "1.0.0", **ada.headers}
    piece = {**tus, "Content-Type": "application/offset+octet-stream"}
    async with httpx.AsyncClient() as http:
        begun = await http.post(
            f"{pair[0].address}/v1/uploads",
            headers={
                **tus,
                "Upload-Length": str(len(content)),
                "Upload-Metadata": "filename bm90ZXMudHh0",
            },
        )
        path = httpx.URL(begun.headers["location"]).path
        first = await http.patch(
            pair[0].address + path,
            headers={**piece, "Upload-Offset": "0"},
            content=content[:middle],
        )
        assert first.status_code == 204, first.text
        at = (await http.head(pair[1].address + path, headers=tus)).headers["upload-offset"]
        assert int(at) == middle
        second = await http.patch(
            pair[1].address + path, headers={**piece, "Upload-Offset": at}, content=content[middle:]
        )
        assert second.status_code == 204, second.text
        file_id = path.rpartition("/")[2]
        for each in pair:
            got = await http.get(f"{each.address}/v1/files/{file_id}", headers=ada.headers)
            assert got.content == content
