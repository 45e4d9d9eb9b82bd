"""The driver's connections, and the server settings that the guarantees need."""

# The driver has no types of its own; `Driver` and `Pool` below are what is used of it.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import logging
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
import msgspec

from backchannel.storage.errors import CannotOpen


class Transaction(AbstractAsyncContextManager[object], Protocol):
    async def start(self) -> None: ...

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...


class Version(Protocol):
    @property
    def major(self) -> int: ...


class Driver(Protocol):
    """The part of an `asyncpg` connection that is used; `asyncpg` has no types of its own."""

    async def execute(self, query: str, *values: object) -> str: ...

    async def executemany(self, command: str, values: Iterable[Sequence[object]]) -> None: ...

    async def fetch(self, query: str, *values: object) -> list[Sequence[Any]]: ...

    async def fetchval(self, query: str, *values: object) -> Any: ...

    def transaction(self, *, isolation: str = ..., readonly: bool = ...) -> Transaction: ...

    def get_server_version(self) -> Version: ...

    def terminate(self) -> None: ...


class Pool(Protocol):
    """The part of an `asyncpg` pool that is used."""

    def acquire(self) -> AbstractAsyncContextManager[Driver]: ...

    async def close(self) -> None: ...

    def terminate(self) -> None: ...


MINIMUM_VERSION = 13
POOL_SIZE = 10
MOST_CONNECTIONS = 1_000
STATEMENTS = 512
"""Prepared statements that a connection remembers."""
CONNECT_SECONDS = 3.0

SESSION = {
    "application_name": "backchannel",
    # A transaction waits for the locks of another for so long, and begins again then.
    "lock_timeout": "5s",
    # A server that stopped in mid-transaction holds up nobody for longer.
    "idle_in_transaction_session_timeout": "10s",
    # A server whose machine has died is noticed, and its locks end.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "timezone": "UTC",
}

_logger = logging.getLogger("backchannel.storage")


class Address(msgspec.Struct, frozen=True):
    """The address of the database, and the most connections that may be open to it."""

    url: str
    pool_size: int

    @property
    def name(self) -> str:
        """For people: without a password."""
        parts = urlsplit(self.url)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def address_of(url: str) -> Address:
    """Read a database URL. `pool_size` in its query is ours, the rest is the driver's.

    Raises `CannotOpen`.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    given = query.pop("pool_size", str(POOL_SIZE))
    if not given.isdecimal() or not 2 <= int(given) <= MOST_CONNECTIONS:
        raise CannotOpen(
            f"pool_size in the database URL is a number from 2 to {MOST_CONNECTIONS:,}, not"
            f" {given[:20]!r}"
        )
    rest = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(query), ""))
    return Address(rest, int(given))


def options(address: Address) -> dict[str, Any]:
    """The options that each connection is opened with."""
    return {
        "dsn": address.url,
        "timeout": CONNECT_SECONDS,
        "statement_cache_size": STATEMENTS,
        "server_settings": SESSION,
    }


async def connect(address: Address) -> Driver:
    """A connection of its own, outside of the pool."""
    made: Any = await asyncpg.connect(**options(address))
    opened: Driver = made
    return opened


async def new_pool(address: Address) -> Pool:
    """A pool that opens its connections as they are needed."""
    made: Any = await asyncpg.create_pool(
        **options(address), min_size=0, max_size=address.pool_size - 1, reset=_keep
    )
    opened: Pool = made
    return opened


async def _keep(_driver: Driver) -> None:
    """Leave a connection as it is: transactions change nothing of its session."""


async def require_fitness(driver: Driver, address: Address, *, production: bool) -> None:
    """Raise `CannotOpen` for a server that is too old, or in production one that loses commits."""
    version = driver.get_server_version()
    if version.major < MINIMUM_VERSION:
        raise CannotOpen(
            f"{address.name} is PostgreSQL {version.major}: {MINIMUM_VERSION} or newer is needed"
        )
    encoding = await driver.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise CannotOpen(
            f"{address.name} has the encoding {encoding}: make a database with"
            " `createdb --encoding=UTF8 --template=template0 NAME`"
        )
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if await driver.fetchval(f"SHOW {setting}") != "off":
            continue
        text = f"{address.name} has {setting} = off, so it may lose messages it has acknowledged"
        if production:
            raise CannotOpen(f"{text}; set it to on in postgresql.conf")
        _logger.warning("%s; production refuses this", text)
