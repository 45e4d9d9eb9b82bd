"""Users for a benchmark, made without hashing a password for each."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from backchannel.app import open_core
from backchannel.domain.ids import new_id
from backchannel.domain.users import Account, Login, User
from backchannel.settings import Settings

DAY = 86_400_000


def make(data_dir: Path, count: int, *, database_url: str | None = None) -> tuple[Path, Path]:
    """Make users who are logged in; return the files of their tokens and of their ids.

    Without a `database_url` they are in the database of `data_dir`.
    """
    people = asyncio.run(_make(Settings(data_dir=data_dir, database_url=database_url), count))
    tokens, ids = data_dir / "tokens", data_dir / "ids"
    tokens.write_text("".join(f"{token}\n" for _, token in people))
    ids.write_text("".join(f"{user_id}\n" for user_id, _ in people))
    return tokens, ids


async def _make(settings: Settings, count: int) -> Sequence[tuple[str, str]]:
    async with open_core(settings) as core:
        now = core.clock.now()

        async def one(number: int) -> tuple[str, str]:
            name = f"u{number}"
            user = User(
                id=new_id(),
                username=name,
                email=None,
                display_name=name,
                created_at=now,
                updated_at=now,
            )
            await core.storage.create_user(Account(user=user, password_hash="none"))
            login = Login(
                id=new_id(),
                user_id=user.id,
                agent="",
                address="",
                created_at=now,
                last_used_at=now,
                expires_at=now + DAY,
            )
            await core.storage.create_login(login, password_hash="none")
            return user.id, core.tokens.issue_access(user.id, login.id, name)[0]

        return [await one(number) for number in range(count)]
