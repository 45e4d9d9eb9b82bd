"""Updates of lists: a few rows run as one statement each, many as a single one."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest

from backchannel.storage.sql.erased_messages import RETRACT
from backchannel.storage.sql.log_writer import MOVE_HEADS
from backchannel.storage.sql.sessions import SETTLE
from backchannel.storage.sql.sqlite.connection import (
    FEW_ROWS,
    SqliteConnection,
    StatementCache,
    finish,
)
from backchannel.storage.sql.sqlite.statements import Change


class _Watched:
    """A connection of the standard library that records the texts of its statements."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.texts: list[str] = []

    def execute(self, text: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self.texts.append(text)
        return self.database.execute(text, parameters)


@pytest.mark.parametrize("count", [1, 2, FEW_ROWS, FEW_ROWS + 1, 40])
def test_a_list_of_any_length_updates_its_rows_and_no_others(count: int) -> None:
    driver: Any = _Watched()
    driver.execute("CREATE TABLE log_head (account INTEGER PRIMARY KEY, position INTEGER)")
    driver.database.executemany("INSERT INTO log_head VALUES (?, 0)", [(n,) for n in range(50)])
    moved: Sequence[tuple[int, int]] = [(number, 100 + number) for number in range(count)]
    driver.texts.clear()
    connection = SqliteConnection(driver, StatementCache())
    assert finish(connection.execute(MOVE_HEADS, moved=[*moved, (99, 1)])) == count
    found = driver.database.execute("SELECT * FROM log_head WHERE position ORDER BY account")
    assert found.fetchall() == moved
    assert len(driver.texts) == (count + 1 if count < FEW_ROWS else 1)
    driver.database.close()


def test_only_updates_whose_one_parameter_is_a_list_run_row_by_row() -> None:
    assert Change(MOVE_HEADS).row_text == (
        "UPDATE log_head SET position=?2 WHERE log_head.account = ?1"
    )
    assert Change(RETRACT).row_text is None
    assert Change(SETTLE).row_text is None
