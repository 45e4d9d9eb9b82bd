"""The client sends: messages are stored first, and sent once and in order despite outages."""

import asyncio
import stat
from pathlib import Path

import pytest

from backchannel_client import (
    ApiError,
    BackchannelClient,
    Checkpoint,
    Draft,
    FileOutbox,
    JournalFile,
    MemoryOutbox,
    MessageRefused,
)
from tests.sdk.device import TIMEOUT, SlowOutbox, ack, device, own, profile, records, refusal


async def test_R2_a_message_is_kept_before_its_first_byte_leaves() -> None:
    store = SlowOutbox()
    async with device(outbox=store) as each:
        socket = await each.server.socket()
        socket.welcome(4)
        socket.push(profile(5))
        await each.reached(5)
        sending = asyncio.create_task(each.client.send(Draft("grace", "Hi", client_id="k1")))
        await store.asked.wait()
        assert socket.of("send") == []
        store.may_write.set()
        await sending
        await socket.sent_frames("send")
        assert len(await store.all()) == 1


async def test_R3_a_message_is_retried_with_the_same_client_id_and_applied_once() -> None:
    store = MemoryOutbox()
    async with device(outbox=store) as each:
        first = await each.server.socket()
        first.welcome(4)
        await each.client.send(Draft("grace", "Hi", client_id="k1"))
        await first.sent_frames("send")
        first.cut()
        second = await each.server.socket(2)
        second.welcome(5)
        again = await second.sent_frames("send")
        second.push({"type": "sync", "events": [own(5, "k1")], "position": 5, "more": False})
        second.push(ack("k1", None))
        second.push(profile(6))
        await each.reached(6)
        assert again == [{"type": "send", "client_id": "k1", "body": "Hi", "to": "grace"}]
        assert [event.position for event in each.applied] == [5, 6]
        assert await store.all() == []
        assert each.client.outbox == ()


async def test_R3_a_message_found_in_the_log_counts_as_acknowledged() -> None:
    async with device() as each:
        first = await each.server.socket()
        first.welcome(4)
        sending = asyncio.create_task(each.client.deliver(Draft("grace", "Hi", client_id="k1")))
        await first.sent_frames("send")
        first.cut()
        second = await each.server.socket(2)
        second.welcome(5)
        second.push({"type": "sync", "events": [own(5, "k1")], "position": 5, "more": False})
        second.push(ack("k1", None))
        async with asyncio.timeout(TIMEOUT):
            assert (await sending).id == "id-k1"
        assert each.client.outbox == ()


async def test_an_acknowledgement_counts_as_the_messages_event() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        sending = asyncio.create_task(each.client.deliver(Draft("grace", "Hi", client_id="k1")))
        await socket.sent_frames("send")
        socket.push(ack("k1", 5))
        async with asyncio.timeout(TIMEOUT):
            assert (await sending).seq == 7
        await each.reached(5)
        message = each.applied[0].message()
        assert message is not None
        assert (message.body, message.seq, message.sender_id) == ("Hi", 7, "ada-id")
        assert each.checkpoint == Checkpoint("e", 5)


async def test_R4_the_next_message_waits_until_the_one_before_it_is_answered() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        for key in ("k1", "k2"):
            await each.client.send(Draft("grace", key, client_id=key))
        await socket.sent_frames("send")
        socket.push(refusal("k1", "throttled", retry_after=0.01))
        sent = await socket.sent_frames("send", 2)
        assert [frame["client_id"] for frame in sent] == ["k1", "k1"]
        socket.push(ack("k1", 5))
        assert (await socket.sent_frames("send", 3))[-1]["client_id"] == "k2"


async def test_a_window_allows_several_unanswered_messages() -> None:
    async with device(window=2) as each:
        socket = await each.server.socket()
        socket.welcome(4)
        for key in ("k1", "k2", "k3"):
            await each.client.send(Draft("grace", key, client_id=key))
        await socket.sent_frames("send", 2)
        socket.push(ack("k1", 5))
        sent = await socket.sent_frames("send", 3)
    assert [frame["client_id"] for frame in sent] == ["k1", "k2", "k3"]


async def test_R14_a_message_waits_as_long_as_the_server_asks() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        await each.client.send(Draft("grace", "Hi", client_id="k1"))
        await socket.sent_frames("send")
        clock = asyncio.get_running_loop()
        asked = clock.time()
        socket.push(refusal("k1", "throttled", retry_after=1.5))
        await socket.sent_frames("send", 2)
        assert clock.time() - asked >= 1.5


async def test_a_refused_message_can_be_retried_or_discarded() -> None:
    store = MemoryOutbox()
    async with device(outbox=store) as each:
        refused: list[MessageRefused] = []
        each.client.on(MessageRefused, refused.append)
        socket = await each.server.socket()
        socket.welcome(4)
        sending = asyncio.create_task(each.client.deliver(Draft("grace", "Hi", client_id="k1")))
        await socket.sent_frames("send")
        socket.push(refusal("k1", "blocked"))
        with pytest.raises(ApiError, match="no") as raised:
            await sending
        assert raised.value.code == "blocked"
        kept = await store.all()
        assert kept[0].failed is not None
        assert kept[0].failed.code == "blocked"
        assert [each.item.client_id for each in refused] == ["k1"]
        await each.client.retry("k1")
        await socket.sent_frames("send", 2)
        await each.client.discard("k1")
        assert await store.all() == []


async def test_an_oversized_message_is_refused_and_does_not_block_the_next() -> None:
    async with device() as each:
        socket = await each.server.socket()
        socket.welcome(4)
        sending = asyncio.create_task(each.client.deliver(Draft("grace", "Hi", client_id="k1")))
        await socket.sent_frames("send")
        await each.client.send(Draft("grace", "small", client_id="k2"))
        socket.cut(1009, "message too big")
        async with asyncio.timeout(TIMEOUT):
            with pytest.raises(ApiError, match="message too big"):
                await sending
        again = await each.server.socket(2)
        again.welcome(4)
        assert (await again.sent_frames("send"))[0]["client_id"] == "k2"


async def test_R2_the_outbox_survives_the_process_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    async with BackchannelClient("http://chat.example") as before:
        await before.keep_outbox(FileOutbox(folder))
        for body in ("one", "two", "three"):
            await before.send(Draft("grace", body))
    (folder / "broken.json").write_text("{")
    store = FileOutbox(folder)
    async with device(outbox=store) as after:
        assert [item.body for item in after.client.outbox] == ["one", "two", "three"]
        socket = await after.server.socket()
        socket.welcome(4)
        assert (await socket.sent_frames("send"))[0]["body"] == "one"
    assert store.damaged == [folder / "broken.json"]
    kept = set(folder.glob("*.json")) - {folder / "broken.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_message_that_cannot_be_stored_is_sent_anyway(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    async with device(outbox=FileOutbox(tmp_path / "outbox")) as each:
        socket = await each.server.socket()
        socket.welcome(4)
        with pytest.raises(OSError, match="outbox"):
            await each.client.send(Draft("grace", "Hi"))
        assert (await socket.sent_frames("send"))[0]["body"] == "Hi"


async def test_the_journal_records_the_outcome_of_each_message(tmp_path: Path) -> None:
    path = tmp_path / "ada.jsonl"
    path.write_bytes(b'{"type":"half a li')
    journal = JournalFile(path, "ada-phone")
    async with device(journal=journal) as each:
        first = await each.server.socket()
        first.welcome(4)
        await each.client.send(Draft("grace", "Hi", client_id="k1"))
        await first.sent_frames("send")
        first.cut()
        second = await each.server.socket(2)
        second.welcome(4)
        await second.sent_frames("send")
        second.push(refusal("k1", "blocked"))
        await each.client.send(Draft("grace", "Ho", client_id="k2"))
        await second.sent_frames("send", 2)
        second.push(ack("k2", 5))
        await each.reached(5)
    journal.close()
    told = [(each["type"], each.get("client_id")) for each in records(path)]
    assert told == [
        ("resume", None),
        ("invoke", "k1"),
        ("unknown", "k1"),
        ("resume", None),
        ("invoke", "k1"),
        ("unknown", "k1"),
        ("invoke", "k2"),
        ("ok", "k2"),
        ("deliver", "k2"),
    ]
