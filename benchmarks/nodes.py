"""`python -m benchmarks.nodes`: two servers on PostgreSQL, joined by each bus.

The time from sending a message on a socket of one server until it is on a socket of the other one,
the same within one server, and the messages that the bus carries for it.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from tests.support.kafka import kafka_broker
from tests.support.native import Person, register
from tests.support.nodes import REDIS, metric, nodes
from tests.support.postgresql import drop_databases
from tests.support.process import ServerProcess
from tests.support.redis import redis_server

BUSES = {
    "postgresql": "postgresql",
    "redis": REDIS,
    "nats": os.environ.get("TEST_NATS_URL", "nats://127.0.0.1:4222"),
    "rabbitmq": os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/"),
}
KAFKA = "kafka"
"""Measured on a broker in memory, which is no Kafka but speaks its protocol."""
PACE = 0.01
"""Seconds between two messages."""
ACK_EVERY = 50


async def deliver(here: ServerProcess, there: ServerProcess, count: int, name: str) -> list[float]:
    """Send `count` messages from a user of one server to one of another; the times, in ms."""
    ada = await register(here.address, f"ada_{name}")
    bob = await register(there.address, f"bob_{name}")
    sent: dict[str, float] = {}
    took: list[float] = []
    async with _opened(here, ada) as a, _opened(there, bob) as b:
        await asyncio.sleep(1)

        async def receive() -> None:
            while len(took) < count:
                frame = json.loads(await b.recv())
                for event in frame.get("events", [frame]):  # a page of the log, or one event
                    if event.get("kind") == "message":
                        took.append((time.perf_counter() - sent[event["data"]["body"]]) * 1_000)
                        if len(took) % ACK_EVERY == 0:
                            ack = {"type": "ack", "position": event["position"]}
                            await b.send(json.dumps(ack))

        async def drain() -> None:
            async for _ in a:
                pass  # The acknowledgements and receipts.

        receiving, draining = asyncio.create_task(receive()), asyncio.create_task(drain())
        for number in range(count):
            body = f"m{number}"
            frame = {"type": "send", "to": bob.id, "body": body, "client_id": body}
            sent[body] = time.perf_counter()
            await a.send(json.dumps(frame))
            await asyncio.sleep(PACE)
        async with asyncio.timeout(60):
            await receiving
        draining.cancel()
    return took


def _opened(
    server: ServerProcess, person: Person
) -> contextlib.AbstractAsyncContextManager[ClientConnection]:
    address = f"{server.socket_address}/v1/ws"
    return connect(address, additional_headers=person.headers, compression=None)


async def measure(name: str, url: str, count: int) -> None:
    """Print a line of figures for a bus."""
    with tempfile.TemporaryDirectory() as folder:
        async with nodes(Path(folder), 2, url) as (here, there):
            alone = await deliver(here, here, count, "alone")
            before = metric(here, "bus_sent_total") + metric(there, "bus_sent_total")
            across = await deliver(here, there, count, "across")
            carried = metric(here, "bus_sent_total") + metric(there, "bus_sent_total") - before
    within = " ".join(f"{each:7.2f}" for each in _percentiles(alone))
    between = " ".join(f"{each:7.2f}" for each in _percentiles(across))
    print(f"  {name:12} {within}   {between}   {carried / count:6.2f}", flush=True)


async def recover(seconds: float) -> None:
    """Print the time that messages need after an outage of Redis."""
    with tempfile.TemporaryDirectory() as folder, redis_server() as redis:
        async with nodes(Path(folder), 2, redis.url) as (here, there):
            ada = await register(here.address, "ada")
            bob = await register(there.address, "bob")
            async with _opened(here, ada) as a, _opened(there, bob) as b:
                await asyncio.sleep(1)
                redis.kill()
                received: list[str] = []
                await asyncio.sleep(seconds)
                frame = {"type": "send", "to": bob.id, "body": "away", "client_id": "away"}
                await a.send(json.dumps(frame))
                await asyncio.sleep(0.5)
                redis.start()
                began = time.perf_counter()
                while "away" not in received:
                    frame = json.loads(await b.recv())
                    events = frame.get("events", [frame])
                    received += [each.get("data", {}).get("body", "") for each in events]
                print(f"after {seconds:g} s without Redis: {time.perf_counter() - began:.2f} s")


def _percentiles(times: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.nodes", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000, help="for each figure")
    parser.add_argument("--only", choices=[*BUSES, KAFKA], help="one bus")
    parser.add_argument("--outage", type=float, help="instead: seconds for which Redis is killed")
    options = parser.parse_args()
    if options.outage:
        asyncio.run(recover(options.outage))
        return
    print("milliseconds p50 and p99 within a server, and between two; messages on the bus for each")
    for name, url in BUSES.items():
        if options.only in {None, name}:
            asyncio.run(measure(name, url, options.messages))
            drop_databases()
    if options.only in {None, KAFKA}:
        with kafka_broker() as broker:
            asyncio.run(measure(KAFKA, broker.url, options.messages))
        drop_databases()


if __name__ == "__main__":
    main()
