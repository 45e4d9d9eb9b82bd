"""The bus over RabbitMQ, or another broker for AMQP 0-9-1.

Topics are the routing keys of one exchange, and each node has a queue. The sockets are noted when
they are made, as the driver does not give them out.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from backchannel.brokers.drivers import CannotConnect, driver
from backchannel.brokers.link import Connect, Message, Receive

QUEUED = 100_000
"""Most messages that wait for a node; beyond that, the broker drops the oldest ones."""

HEARTBEAT_SECONDS = 5
CONNECT_SECONDS = 5
TLS = "amqps"


def rabbitmq_connect(url: str, prefix: str) -> Connect:
    """Connect to `amqp://` or `amqps://`; `prefix` is the name of the exchange.

    Raises `CannotConnect` if the driver is not installed.
    """
    pika = driver("aio_pika", extra="rabbitmq")

    async def connect(receive: Receive) -> "RabbitmqChannel":
        try:
            connection, abort = await connected(url)
        except pika.exceptions.ProtocolSyntaxError as error:
            # The driver does not say why the broker closes a connection that is being opened.
            host = unquote(urlsplit(url).path[1:]) or "/"
            raise CannotConnect(
                f"the broker refused the virtual host {host!r}; create it, and give the user"
                " permissions there"
            ) from error
        channel = RabbitmqChannel(pika, connection, abort, receive)
        try:
            return await channel.consuming(prefix.rstrip(":"))
        except BaseException:
            channel.abort()
            raise

    return connect


class RabbitmqChannel:
    """Implements `link.Channel`."""

    def __init__(
        self, pika: Any, connection: Any, abort: Callable[[], None], receive: Receive
    ) -> None:
        self._pika = pika
        self._connection = connection
        self._abort = abort
        self._receive = receive
        self._exchange: Any = None
        self._queue: Any = None
        self._ended = asyncio.Event()
        connection.close_callbacks.add(self._end)

    async def consuming(self, exchange: str) -> "RabbitmqChannel":
        """Begin to receive from an exchange, through a queue of this node."""
        channel = await self._connection.channel()
        self._exchange = await channel.declare_exchange(
            exchange, self._pika.ExchangeType.DIRECT, durable=True
        )
        self._queue = await channel.declare_queue(
            exclusive=True, auto_delete=True, arguments={"x-max-length": QUEUED}
        )
        await self._queue.consume(self._take, no_ack=True)
        return self

    async def subscribe(self, topics: Sequence[str]) -> None:
        await asyncio.gather(*(self._queue.bind(self._exchange, topic) for topic in topics))

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        await asyncio.gather(*(self._queue.unbind(self._exchange, topic) for topic in topics))

    async def publish(self, messages: Sequence[Message]) -> None:
        await asyncio.gather(
            *(
                # Otherwise the broker would return a message that no queue wants.
                self._exchange.publish(self._pika.Message(payload), topic, mandatory=False)
                for topic, payload in messages
            )
        )

    async def listen(self) -> None:
        await self._ended.wait()

    async def close(self) -> None:
        await self._connection.close()

    def abort(self) -> None:
        self._abort()

    def _end(self, *reason: object) -> None:
        del reason
        self._ended.set()

    async def _take(self, message: Any) -> None:
        self._receive(message.routing_key, message.body)


async def connected(url: str) -> tuple[Any, Callable[[], None]]:
    """Connect to `amqp://` or `amqps://`; the function closes the socket at once.

    Raises `CannotConnect` if the driver is not installed, and the driver's own errors.
    """
    pika = driver("aio_pika", extra="rabbitmq")
    sockets = _Sockets()

    def connection(*args: Any, **options: Any) -> Any:
        made = pika.Connection(*args, **options)
        made.kwargs["transport_factory"] = sockets
        return made

    try:
        opened = await pika.connect(
            url,
            timeout=CONNECT_SECONDS,
            heartbeat=HEARTBEAT_SECONDS,
            connection_class=connection,
        )
    except BaseException:
        sockets.abort()
        raise
    return opened, sockets.abort


class _Sockets:
    """Implements the driver's `TransportFactory`."""

    def __init__(self) -> None:
        streams = driver("aiormq.connection", extra="rabbitmq")
        self._plain, self._secure = streams.TCPTransportFactory(), streams.TLSTransportFactory()
        self._writers: list[Any] = []

    async def create(self, url: Any, **options: Any) -> tuple[Any, Any]:
        factory = self._secure if url.scheme == TLS else self._plain
        reader, writer = await factory.create(url, **options)
        self._writers.append(writer)
        return reader, writer

    def abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
