"""The driver's connections, and the server settings that the guarantees need."""

# The driver has no type hints; `Driver` and `Pool` below are the parts that are used.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
import msgspec

from backchannel.storage import CannotOpen
from backchannel.storage.shared.urls import pool_size
from backchannel.storage.sql.servers import connection as servers


class Version(Protocol):
    @property
    def major(self) -> int: ...


class Driver(Protocol):
    """The part of an `asyncpg` connection that is used; `asyncpg` has no type hints."""

    async def execute(self, query: str, *values: object) -> str: ...

    async def executemany(self, command: str, values: Iterable[Sequence[object]]) -> None: ...

    async def fetch(self, query: str, *values: object) -> list[Sequence[Any]]: ...

    async def fetchval(self, query: str, *values: object) -> Any: ...

    def transaction(
        self, *, isolation: str = ..., readonly: bool = ...
    ) -> AbstractAsyncContextManager[object]: ...

    def get_server_version(self) -> Version: ...

    def get_server_pid(self) -> int: ...

    def terminate(self) -> None: ...


Pool: TypeAlias = servers.Pool[Driver]


STATEMENTS = 512
"""Prepared statements that a connection remembers."""
STATEMENT_SECONDS = 10
"""How long it remembers one: the plans of writing transactions are made anew while tables grow."""
CONNECT_SECONDS = 3.0

SESSION = {
    # The time that a transaction waits for another's locks before it is tried again.
    "lock_timeout": "5s",
    # The time that others wait for a server that stopped in mid-transaction.
    "idle_in_transaction_session_timeout": "10s",
    # A server whose machine has died is noticed, and its locks end.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "timezone": "UTC",
    # The defaults, which a role or a database may change.
    "default_transaction_isolation": "read committed",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    # A plan for any parameters would not know whether the words of a search are rare.
    "plan_cache_mode": "force_custom_plan",
}


class Address(msgspec.Struct, frozen=True):
    """The address of the database, and the most connections that may be open to it."""

    url: str
    pool_size: int

    @property
    def name(self) -> str:
        """The name for people, without a password."""
        parts = urlsplit(self.url)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def address_of(url: str) -> Address:
    """Read a database URL. `pool_size` in its query is ours, the rest is the driver's.

    Raises `CannotOpen`.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    try:
        size = pool_size(query.pop("pool_size", None))
    except ValueError as error:
        raise CannotOpen(str(error)) from None
    rest = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(query), ""))
    return Address(rest, size)


def options(address: Address) -> dict[str, Any]:
    """The options that each connection is opened with."""
    return {
        "dsn": address.url,
        "timeout": CONNECT_SECONDS,
        "statement_cache_size": STATEMENTS,
        "max_cached_statement_lifetime": STATEMENT_SECONDS,
        "server_settings": {"application_name": "backchannel"},
    }


async def connect(address: Address) -> Driver:
    """A separate connection, outside of the pool."""
    opened = cast("Driver", await asyncpg.connect(**options(address)))
    try:
        await prepare(opened)
    except BaseException:
        opened.terminate()
        raise
    return opened


async def new_pool(address: Address) -> Pool:
    """A pool that opens its connections as they are needed."""
    made: Any = await asyncpg.create_pool(
        **options(address),
        min_size=0,
        max_size=address.pool_size - 1,
        init=prepare,
        reset=_keep,
    )
    opened: Pool = made
    return opened


async def prepare(driver: Driver) -> None:
    """Configure the session as the statements expect it.

    Poolers refuse or ignore these settings if they come with the connection.
    """
    await driver.execute("; ".join(f"SET {name} = '{value}'" for name, value in SESSION.items()))


async def _keep(_driver: Driver) -> None:
    """Leave a connection as it is: transactions change nothing of its session."""
