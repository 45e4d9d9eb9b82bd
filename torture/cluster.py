"""Several servers on one database, joined by a bus, behind HAProxy without stickiness.

The database is a private instance, which faults may kill. The broker of the bus is reached through
a wire that they may cut.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from tests.support import mariadb, postgresql
from tests.support.kafka import Kafka
from tests.support.kafka import program as kafka_program
from tests.support.mongod import Mongod
from tests.support.process import ServerProcess, free_port
from torture.proxy import Wire
from torture.single_server import LAUNCHER, SETTINGS, TIMEOUT, unbroken

DATABASES = ("postgresql", "mariadb", "mongodb")
BUSES = {
    "redis": "redis://127.0.0.1:6379/0",
    "nats": "nats://127.0.0.1:4222",
    "rabbitmq": "amqp://guest:guest@127.0.0.1:5672/",
    "kafka": "kafka://127.0.0.1",
}
"""The brokers of the machine; `TEST_REDIS_URL` and the like name others.

Kafka is a broker of the run's own: it has to tell its clients the address of the wire.
"""
BALANCER = """
defaults
    mode http
    timeout connect 2s
    timeout client 120s
    timeout server 120s
    timeout tunnel 1h
    retries 2
    option redispatch
frontend chat
    bind 127.0.0.1:{port}
    default_backend nodes
backend nodes
    balance roundrobin
    option http-server-close
    option httpchk GET /readyz
"""
SERVER = "    server node{number} 127.0.0.1:{port} check inter 500 fall 2 rise 1\n"


class Database(Protocol):
    """A private instance that the run may kill and start again on the same data."""

    def start(self) -> None: ...

    def kill(self) -> None: ...


class Cluster:
    """The servers, and everything they share."""

    def __init__(self, folder: Path, count: int, database: str, bus: str) -> None:
        self.folder = folder
        self.port = free_port()
        """The balancer's."""
        self.nodes: list[ServerProcess] = []
        self._count = count
        self._kind = database
        self._broker = urlsplit(os.environ.get(f"TEST_{bus.upper()}_URL", BUSES[bus]))
        self._kafka = Kafka() if bus == "kafka" else None
        self.bus = Wire(self._kafka.port if self._kafka else self._broker.port or 0)
        self._database: Database | None = None
        self._balancer: asyncio.subprocess.Process | None = None
        self._opened = ExitStack()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def has_crashed(self) -> bool:
        """True if one of the servers has ended by itself."""
        return any(each.has_crashed for each in self.nodes)

    async def start(self) -> None:
        """Start everything; raises `RuntimeError` with the output of a server."""
        url = await asyncio.to_thread(self._start_database)
        await self.bus.__aenter__()
        if self._kafka is not None:
            self._kafka.advertised = int(self.bus.address.rpartition(":")[2])
            self._opened.callback(self._kafka.kill)
            await unbroken(asyncio.to_thread(self._kafka.start))
        credentials, _, _ = self._broker.netloc.rpartition("@")
        netloc = f"{credentials}@{self.bus.address}" if credentials else self.bus.address
        settings = {
            **SETTINGS,
            "database_url": url,
            "bus_url": self._broker._replace(netloc=netloc).geturl(),
            "jwt_secret": secrets.token_hex(32),
            "files_url": f"file://{self.folder / 'files'}",
            "files_uploads": str(self.folder / "uploads"),
        }
        for number in range(self._count):
            folder = self.folder / f"node{number + 1}"
            folder.mkdir()
            node = ServerProcess(folder, LAUNCHER, {}, **settings)
            node.timeout = TIMEOUT
            self.nodes.append(node)
            await self.start_node(node)
        await self._start_balancer()

    async def start_node(self, node: ServerProcess) -> None:
        """Start a server and wait until it is ready; raises `RuntimeError`."""
        await unbroken(asyncio.to_thread(node.start))

    async def stop_node(self, node: ServerProcess, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit code. May raise `TimeoutExpired`."""
        return await unbroken(asyncio.to_thread(node.stop, number))

    @asynccontextmanager
    async def without_database(self) -> AsyncGenerator[None]:
        """Kill the database, and start it again at the end."""
        if self._database is None:
            raise RuntimeError("the database was not started")
        await unbroken(asyncio.to_thread(self._database.kill))
        try:
            yield
        finally:
            await unbroken(asyncio.to_thread(self._database.start))

    async def close(self) -> None:
        for node in self.nodes:
            await unbroken(asyncio.to_thread(node.close))
        if self._balancer is not None:
            self._balancer.terminate()
            await self._balancer.wait()
        await self.bus.__aexit__()
        await unbroken(asyncio.to_thread(self._opened.close))

    def _start_database(self) -> str:
        if self._kind == "mongodb":
            folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory()))
            mongod = Mongod(folder, replicated=True)
            self._opened.callback(mongod.stop)
            mongod.start()
            self._database = mongod
            return mongod.url("chat")
        if self._kind == "mariadb":
            instance = self._opened.enter_context(mariadb.instance())
            self._database = instance
            return f"{instance.url}?pool_size=6"
        server = self._opened.enter_context(postgresql.instance())
        self._database = server
        return f"{server.url}?pool_size=6"

    async def _start_balancer(self) -> None:
        program = shutil.which("haproxy") or ""
        servers = (
            SERVER.format(number=number, port=node.port)
            for number, node in enumerate(self.nodes, 1)
        )
        configuration = self.folder / "haproxy.cfg"
        configuration.write_text(BALANCER.format(port=self.port) + "".join(servers))
        self._balancer = await asyncio.create_subprocess_exec(
            program, "-q", "-f", configuration, "-db"
        )
        for _ in range(int(20 * TIMEOUT)):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            await asyncio.sleep(0.05)
        raise RuntimeError("haproxy does not answer")


def obstacles(database: str, bus: str) -> Sequence[str]:
    """The reasons why servers on this database and bus cannot be tortured here."""
    found: list[str] = []
    if shutil.which("haproxy") is None:
        found.append("haproxy is not installed")
    if database == "postgresql" and postgresql.binaries() is None:
        found.append("PostgreSQL is not installed")
    if database == "mariadb" and mariadb.binaries() is None:
        found.append("MariaDB is not installed")
    if bus == "kafka" and kafka_program() is None:
        found.append("no Kafka broker is installed: run make test on x86-64 Linux")
    return found
