"""A database with a few users, made once and copied for each run."""

import sqlite3
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backchannel.domain.users import Account, Login, User
from backchannel.security.tokens import JwtTokens
from backchannel.storage.sql import accounts, logins
from backchannel.storage.sql.sqlite.connection import SqliteConnection, StatementCache, finish
from backchannel.storage.sql.sqlite.migrating import migrate
from tests.support.clock import ManualClock

NAMES = ("ada", "bob", "cy")
DEVICES = 3
YEAR = 366 * 86_400
KEY = bytes(range(32))
BEGIN = ManualClock().milliseconds


@dataclass(frozen=True)
class Person:
    """A user, and a token for each of their devices."""

    id: str
    tokens: tuple[str, ...]


@dataclass(frozen=True)
class Template:
    people: tuple[Person, ...]
    content: bytes


def in_memory(content: bytes) -> sqlite3.Connection:
    """A database with this content."""
    database = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
    database.deserialize(content)
    return database


@cache
def template() -> Template:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        migrate(path)
        database = sqlite3.connect(path, isolation_level=None)
        people = tuple(
            _register(SqliteConnection(database, StatementCache()), name) for name in NAMES
        )
        content = database.serialize()
        database.close()
    return Template(people, content)


def _register(connection: SqliteConnection, name: str) -> Person:
    user = User(
        id=name, username=name, email=None, display_name=name, created_at=BEGIN, updated_at=BEGIN
    )
    finish(accounts.create_user(connection, Account(user=user, password_hash="none")))
    connection._driver.execute("UPDATE log_head SET epoch = 'first'")  # not a random one
    tokens = JwtTokens(KEY, ManualClock(), access_life=YEAR, refresh_life=YEAR)
    login_ids = [f"{name}-{number}" for number in range(DEVICES)]
    for login_id in login_ids:
        login = Login(
            id=login_id,
            user_id=name,
            agent="",
            address="",
            created_at=BEGIN,
            last_used_at=BEGIN,
            expires_at=BEGIN + YEAR * 1_000,
        )
        finish(logins.create_login(connection, login, password_hash="none"))
    return Person(name, tuple(tokens.issue_access(name, each, name)[0] for each in login_ids))
