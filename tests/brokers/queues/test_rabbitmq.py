"""R8: the queue on RabbitMQ, which since version 4 drops an entry after some deliveries."""

import pytest

from backchannel.brokers.queues import rabbitmq
from tests.brokers.queues.conftest import ProxiedBroker
from tests.brokers.queues.consumers import collector, consuming, until

pytestmark = [pytest.mark.service]


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
async def test_R8_existing_queues_with_another_delivery_limit_are_used(
    broker: ProxiedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = await broker.join()
    await older.put("a", b"0", user_id="ada")
    monkeypatch.setattr(rabbitmq, "UNLIMITED_VERSION", 0)
    monkeypatch.setattr(rabbitmq, "UNLIMITED", {"x-delivery-limit": 1_000})
    newer = await broker.join()
    handled: list[bytes] = []
    async with consuming(newer, collector(handled)):
        await newer.put("a", b"1", user_id="ada")
        await until(lambda: handled == [b"0", b"1"])


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
async def test_R8_new_queues_override_the_delivery_limit_of_the_broker(
    broker: ProxiedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq, "UNLIMITED_VERSION", 0)
    monkeypatch.setattr(rabbitmq, "UNLIMITED", {"x-delivery-limit": 1_000})
    queue = await broker.join()
    channel = queue._channel
    assert isinstance(channel, rabbitmq.RabbitmqQueueChannel)
    refused = channel._pika.exceptions.ChannelPreconditionFailed
    for name, unlike in ((channel._aside, rabbitmq.QUORUM), (channel._name(0), channel._arguments)):
        with pytest.raises(refused, match="delivery-limit"):
            await channel._declare(name, unlike)
    await channel.remove()  # without the limit, they could not be opened
