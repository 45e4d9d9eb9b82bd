"""A scan of all messages for damage (rule R18)."""

import sqlite3
from collections.abc import Iterator

from sqlalchemy import BigInteger, func, select

from backchannel.storage.shared.kept import Kept, is_whole
from backchannel.storage.sql.database import Unreadable
from backchannel.storage.sql.pages import SIZE
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.parts import Sized, parts
from backchannel.storage.sql.rows import KEPT_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import message
from backchannel.storage.sql.sqlite.connection import SqliteConnection, Texts, finish
from backchannel.storage.sql.sqlite.driver import Driver

SPAN = 200
"""Messages that are looked at before the caller may pause."""

HAS_CHECKSUMS = "SELECT count(*) FROM pragma_table_info('message') WHERE name = 'checksum'"
LAST = select(func.coalesce(func.max(message.c.number), 0))
SIZES = (
    select(message.c.number, SIZE)
    .where(message.c.number > parameter("after"), message.c.number <= parameter("last"))
    .order_by(message.c.number)
)
MESSAGES_OF = (
    select(*KEPT_COLUMNS)
    .select_from(MESSAGES)
    .where(message.c.number.in_(any_of("numbers", BigInteger)))
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
    sizes = finish(connection.fetch(SIZES, Sized, after=after, last=last))
    return [
        f"message {each.seq} of conversation {each.conversation_id} is damaged"
        for numbers in parts(sizes)
        for each in finish(connection.fetch(MESSAGES_OF, Kept, numbers=numbers))
        if not is_whole(each)
    ]


def _damaged_one(connection: SqliteConnection, after: int) -> list[str]:
    try:
        return _damaged(connection, after, after + 1)
    except Unreadable:
        return [f"the message with the number {after + 1} cannot be read"]
