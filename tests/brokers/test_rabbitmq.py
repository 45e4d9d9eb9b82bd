"""RabbitMQ: an error that its driver does not explain."""

import pytest

from backchannel.brokers.drivers import CannotConnect
from backchannel.brokers.rabbitmq import rabbitmq_connect
from tests.brokers.conftest import BROKERS

pytestmark = pytest.mark.service


async def test_an_unknown_virtual_host_is_named() -> None:
    module, url = BROKERS["rabbitmq"]
    pytest.importorskip(module)
    connect = rabbitmq_connect(f"{url.rpartition('/')[0]}/of%2Fnobody", "backchannel:")
    with pytest.raises(CannotConnect, match="refused the virtual host 'of/nobody'; create it"):
        await connect(_ignore)


def _ignore(topic: str, payload: bytes) -> None:
    del topic, payload
