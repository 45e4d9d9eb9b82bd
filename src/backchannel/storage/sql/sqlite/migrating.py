"""Migrations of a SQLite file."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from backchannel.storage.sql.migrations.run import upgrade
from backchannel.storage.sql.sqlite import driver as drivers


def migrate(path: Path) -> None:
    """Bring the file to the newest schema, in one transaction (rule R19).

    Raises `sqlite3.Error`; then the file is as it was.
    """
    engine = engine_of(path)
    try:
        with engine.begin() as connection:
            upgrade(connection)
    except DBAPIError as error:
        # The caller that opens the file handles the driver's own errors.
        raise (error.orig or error) from None
    finally:
        engine.dispose()


def engine_of(path: Path) -> Engine:
    """An engine whose transactions include changes of the schema."""

    def connect() -> sqlite3.Connection:
        # The driver would begin a transaction by itself only at the first INSERT.
        return sqlite3.connect(path, isolation_level=None, timeout=drivers.BUSY_TIMEOUT / 1000)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        # Two programs that start at once migrate one after the other.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
