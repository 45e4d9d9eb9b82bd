"""The queue on NATS: its cost depends on the set-aside entries present, not on earlier ones."""

from typing import Any

import pytest

from backchannel.brokers.queues.nats import NatsQueueChannel
from backchannel.ports.queue import SetAside
from tests.brokers.queues.conftest import ProxiedBroker
from tests.brokers.queues.consumers import consuming, until

pytestmark = [pytest.mark.service]


@pytest.mark.parametrize("broker", ["nats"], indirect=True)
async def test_entries_that_were_cleared_earlier_cost_nothing(
    broker: ProxiedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = await broker.join()
    channel = queue._channel
    assert isinstance(channel, NatsQueueChannel)
    refused: list[bytes] = []

    async def refuse(entry: bytes) -> None:
        refused.append(entry)
        raise SetAside("it cannot be read")

    async with consuming(queue, refuse):
        for number in range(60):
            await queue.put("a", b"%d" % number, user_id="ada")
        await until(lambda: len(refused) == 60)
        await queue.put("a", b"last", user_id="ada")
        await until(lambda: refused[-1] == b"last")
    found = await queue.list_set_aside(100)
    assert await queue.drop_set_aside({each.id for each in found[1:60]}) == 59
    asked: list[int] = []
    get = channel._stream.get_msg

    async def count(name: str, seq: int, **options: Any) -> Any:
        asked.append(seq)
        return await get(name, seq=seq, **options)

    monkeypatch.setattr(channel._stream, "get_msg", count)
    left = len(found) - 59
    assert await queue.drop_set_aside(None) == left
    assert len(asked) <= left + 1


@pytest.mark.parametrize("broker", ["nats"], indirect=True)
async def test_R1_a_retry_that_fails_is_not_taken_for_an_entry_deleted_by_another(
    broker: ProxiedBroker,
) -> None:
    queue = await broker.join()
    channel = queue._channel
    assert isinstance(channel, NatsQueueChannel)
    await channel._stream.publish(f"{channel._prefix}aside.entry", b"entry")

    async def fail(_: object) -> bool:
        raise channel._streams.NotFoundError

    with pytest.raises(channel._streams.NotFoundError):
        await channel.clear_set_aside(fail)
