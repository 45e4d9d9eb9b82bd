"""Two users chat: live, on several devices, and after having been offline."""

import asyncio
import random
from collections.abc import Callable

import httpx

from tests.support.native import Device, Person
from tests.support.process import ServerProcess

Devices = Callable[[Person], Device]


async def test_a_message_arrives_and_is_acknowledged(
    ada: Person, bob: Person, devices: Devices
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    await other.open()

    ack = await one.send(bob, "Half past eight?", "a1")
    await other.until(1)

    assert (ack["type"], ack["seq"], ack["repeated"]) == ("ack", 1, False)
    event = other.events[0]
    assert event["kind"] == "message"
    assert event["data"]["body"] == "Half past eight?"
    assert event["data"]["sender_id"] == ada.id
    assert event["data"]["seq"] == 1


async def test_R2_a_repeated_client_id_is_the_same_message(
    ada: Person, bob: Person, devices: Devices, server: ServerProcess
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    await other.open()

    first = await one.send(bob, "once", "key")
    again = await one.send(bob, "once", "key")
    changed = await one.send(bob, "twice", "key")
    await one.send(bob, "next", "key2")
    await other.until(2)

    assert again["repeated"] is True
    assert (again["id"], again["seq"]) == (first["id"], first["seq"])
    assert (changed["type"], changed["code"]) == ("error", "client_id_reused")
    assert other.texts == ["once", "next"]


async def test_R3_every_device_sees_the_same_order_live_and_in_history(
    ada: Person, bob: Person, devices: Devices, server: ServerProcess
) -> None:
    writers = [devices(ada) for _ in range(4)] + [devices(bob) for _ in range(4)]
    readers = [devices(ada), devices(bob)]
    for device in [*writers, *readers]:
        await device.open()

    async def write(device: Device, name: str) -> None:
        to = bob if device.person is ada else ada
        for number in range(50):
            await device.send(to, f"{name}:{number}", f"{name}:{number}")

    await asyncio.gather(*(write(device, str(n)) for n, device in enumerate(writers)))
    for reader in readers:
        await reader.until(400)

    seen = [[each["seq"] for each in reader.of("message")] for reader in readers]
    assert seen == [list(range(1, 401))] * 2
    assert readers[0].texts == readers[1].texts
    assert await history(server, ada, bob) == readers[0].texts


async def test_R4_pipelined_messages_keep_their_order(
    ada: Person, bob: Person, devices: Devices
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    await other.open()

    texts = [f"n{number}" for number in range(500)]
    await asyncio.gather(*(one.send(bob, text, text) for text in texts))
    await other.until(500)

    assert other.texts == texts


async def test_R5_a_gap_of_ten_thousand_events_is_replayed_exactly(
    ada: Person, bob: Person, devices: Devices
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    await other.open()
    await other.close()

    texts = [f"n{number}" for number in range(10_000)]
    for start in range(0, len(texts), 500):
        await asyncio.gather(*(one.send(bob, text, text) for text in texts[start : start + 500]))
    await other.open()
    await other.until(10_000)

    assert other.texts == texts


async def test_R5_a_device_converges_however_often_it_is_disconnected(
    ada: Person, bob: Person, devices: Devices, server: ServerProcess
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    await other.open()
    texts = [f"n{number}" for number in range(2_000)]
    rng = random.Random(5)
    cuts = 0

    async def cut_again_and_again() -> None:
        nonlocal cuts
        while True:
            await asyncio.sleep(rng.uniform(0.01, 0.08))
            other.cut()
            await other.gone()
            cuts += 1
            await other.open()

    cutting = asyncio.create_task(cut_again_and_again())
    for start in range(0, len(texts), 20):
        await asyncio.gather(*(one.send(bob, text, text) for text in texts[start : start + 20]))
        await asyncio.sleep(0.01)
        while cuts < start // 150 and not cutting.done():  # noqa: ASYNC110 - opening may be slow
            await asyncio.sleep(0.01)
    cutting.cancel()
    await asyncio.gather(cutting, return_exceptions=True)
    await other.close()
    await other.open()
    await other.until(2_000)

    assert cuts > 10
    assert other.texts == texts, "lost, duplicated or reordered"
    assert await history(server, bob, ada) == texts


async def test_R4_no_message_is_lost_or_repeated_when_the_sender_is_disconnected(
    ada: Person, bob: Person, devices: Devices
) -> None:
    one, other = devices(ada), devices(bob)
    await one.open()
    await other.open()
    texts = [f"n{number}" for number in range(300)]
    rng = random.Random(4)

    for text in texts:
        if rng.random() < 0.1:
            await one.send_frame({"type": "send", "to": bob.id, "body": text, "client_id": text})
            one.cut()
            await one.gone()
            await one.open()
        ack = await one.send(bob, text, text)
        assert ack["type"] == "ack"
    await other.until(300)

    assert other.texts == texts


async def history(server: ServerProcess, reader: Person, peer: Person) -> list[str]:
    """The whole conversation of two people over REST, page by page."""
    async with httpx.AsyncClient(base_url=server.address, headers=reader.headers) as http:
        listed = (await http.get("/v1/conversations")).raise_for_status().json()
        conversation = next(each["id"] for each in listed["items"] if each["peer_id"] == peer.id)
        texts: list[str] = []
        after = 0
        while True:
            address = f"/v1/conversations/{conversation}/messages"
            page = (await http.get(address, params={"after": after, "limit": 200})).json()
            messages = page["items"]
            if not messages:
                return texts
            texts += [each["body"] for each in messages]
            after = messages[-1]["seq"]
