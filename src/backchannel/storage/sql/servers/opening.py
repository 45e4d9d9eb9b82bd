"""The parts of opening a database that are the same for all servers."""

from collections.abc import Generator
from contextlib import contextmanager

from backchannel.storage import CannotOpen
from backchannel.storage.sql.migrations import needs_migration
from backchannel.storage.sql.servers.connection import Driver
from backchannel.telemetry.failures import reason


@contextmanager
def terminated_on_failure(
    driver: Driver, name: str, *, refused: tuple[type[Exception], ...] = ()
) -> Generator[None]:
    """Close the connection to the database `name` if the block raises.

    `refused` errors of the driver become `CannotOpen`.
    """
    try:
        yield
    except refused as error:
        driver.terminate()
        raise CannotOpen(f"{name} cannot be used: {reason(error)}") from error
    except BaseException:
        driver.terminate()
        raise


def description(server: str, version: str | None, name: str) -> str:
    """The server's version and that of the schema, None without tables. Raises `CannotOpen`."""
    outdated = needs_migration(version, name=name)
    if version is None:
        return f"{server}, no tables yet: the first start makes them"
    return f"{server}, schema {version}{', older than this program' if outdated else ''}"


def is_current(version: str | None, name: str) -> bool | None:
    """True for the current schema, None without tables. Raises `CannotOpen` for a newer one."""
    return None if version is None else not needs_migration(version, name=name)


def require_same(version: str | None, name: str, *, elsewhere: bool) -> None:
    """Raise `CannotOpen` if the database that is back is not the one that was away.

    `version` is that of its schema, and `elsewhere` is the result of the engine's `is_elsewhere`.
    """
    if version is None:
        raise CannotOpen(
            f"{name} has no tables any more: it was dropped and created anew. Restore a backup, or"
            " restart this server, which makes new tables"
        )
    if elsewhere:
        raise CannotOpen(f"{name} was restored, or another server took its place; restart this one")
