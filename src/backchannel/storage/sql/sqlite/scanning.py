"""A scan of all messages for damage (rule R18)."""

import sqlite3
from collections.abc import Iterator

from sqlalchemy import func, select

from backchannel.storage.shared.kept import Kept, is_whole
from backchannel.storage.sql.database import Unreadable
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import KEPT_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import message
from backchannel.storage.sql.sqlite.connection import SqliteConnection, Texts, finish
from backchannel.storage.sql.sqlite.driver import Driver

SPAN = 200
"""Messages that are read at a time."""

HAS_CHECKSUMS = "SELECT count(*) FROM pragma_table_info('message') WHERE name = 'checksum'"
LAST = select(func.coalesce(func.max(message.c.number), 0))
MESSAGES_BETWEEN = (
    select(*KEPT_COLUMNS)
    .select_from(MESSAGES)
    .where(message.c.number > parameter("after"), message.c.number <= parameter("last"))
)
UNCHECKED = select(func.count()).where(message.c.checksum.is_(None), message.c.deleted_at.is_(None))


def can_scan(driver: Driver) -> bool:
    """True for a database whose messages have checksums."""
    try:
        return bool(driver.execute(HAS_CHECKSUMS).fetchone()[0])
    except sqlite3.DatabaseError:
        return False


def scan(driver: Driver) -> Iterator[list[str]]:
    """Damaged messages, span by span, so that the caller may pause in between."""
    connection = SqliteConnection(driver, Texts(), reading=True)
    try:
        (last,) = finish(connection.fetch(LAST, int))
    except Unreadable:
        yield ["the table of messages cannot be read"]
        return
    for after in range(0, last, SPAN):
        try:
            yield _damaged(connection, after, after + SPAN)
        except Unreadable:
            yield [
                each
                for number in range(after, min(after + SPAN, last))
                for each in _damaged_one(connection, number)
            ]


def count_unchecked(driver: Driver) -> int:
    """Count the messages from before there were checksums. Raises `Unreadable`."""
    (count,) = finish(SqliteConnection(driver, Texts(), reading=True).fetch(UNCHECKED, int))
    return count


def _damaged(connection: SqliteConnection, after: int, last: int) -> list[str]:
    found = finish(connection.fetch(MESSAGES_BETWEEN, Kept, after=after, last=last))
    return [
        f"message {each.seq} of conversation {each.conversation_id} is damaged"
        for each in found
        if not is_whole(each)
    ]


def _damaged_one(connection: SqliteConnection, after: int) -> list[str]:
    try:
        return _damaged(connection, after, after + 1)
    except Unreadable:
        return [f"the message with the number {after + 1} cannot be read"]
