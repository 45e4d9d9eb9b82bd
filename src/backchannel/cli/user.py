"""`backchannel user`: the accounts, beside a running server or without one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from backchannel.chat import accounts
from backchannel.chat.core import Core
from backchannel.cli.options import ConfigFile, DataDir, settings_to_open
from backchannel.cli.passwords import new_password
from backchannel.domain.users import User

Result = TypeVar("Result")
Name = Annotated[str, typer.Argument(help="The username.", show_default=False)]

group = typer.Typer(help="Add, list and change accounts.", no_args_is_help=True)


@group.command()
def add(
    name: Name,
    email: Annotated[
        str | None, typer.Option(help="The e-mail address.", show_default=False)
    ] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Make an account. The password is asked for, or read from standard input."""
    password = new_password()

    async def work(core: Core) -> User:
        return await accounts.create(core, username=name, email=email, password=password)

    user = _with_core(work, config, data_dir)
    print(f"added {user.username} ({user.id})")


@group.command(name="list")
def list_(
    search: Annotated[
        str | None, typer.Option(help="Part of the names to list.", show_default=False)
    ] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """List the accounts by username."""

    async def work(core: Core) -> list[User]:
        users: list[User] = []
        while page := await accounts.list_users(
            core,
            after=users[-1].username if users else None,
            limit=accounts.PAGE_LIMIT,
            search=search,
        ):
            users += page
        return users

    users = _with_core(work, config, data_dir)
    width = max((len(user.username) for user in users), default=0)
    for user in users:
        print(f"{user.username:{width}}  {user.id}  {_state(user)}")


@group.command()
def disable(name: Name, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Let nobody log in to an account, and end its logins."""
    _change(name, accounts.disable, config, data_dir)
    print(f"disabled {name}; all its logins have ended")


@group.command()
def enable(name: Name, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Take `disable` back."""
    _change(name, accounts.enable, config, data_dir)
    print(f"enabled {name}")


@group.command()
def password(name: Name, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Set a password and end all logins. It is asked for, or read from standard input."""
    chosen = new_password()

    async def work(core: Core, user_id: str) -> None:
        await accounts.set_password(core, user_id, chosen)

    _change(name, work, config, data_dir)
    print(f"the password of {name} has been set; all its logins have ended")


def _change(
    name: str,
    change: Callable[[Core, str], Awaitable[None]],
    config: Path | None,
    data_dir: Path | None,
) -> None:
    async def work(core: Core) -> None:
        await change(core, (await accounts.find_user(core, name)).id)

    _with_core(work, config, data_dir)


def _with_core(
    work: Callable[[Core], Awaitable[Result]], config: Path | None, data_dir: Path | None
) -> Result:
    """Open the database that the server of these settings uses, and do `work` with it."""
    settings = settings_to_open(config, data_dir=data_dir)

    async def run() -> Result:
        from backchannel.app import open_core

        async with open_core(settings) as core:
            return await work(core)

    return asyncio.run(run())


def _state(user: User) -> str:
    if user.disabled_at is None:
        return "active"
    day = datetime.fromtimestamp(user.disabled_at / 1_000, UTC)
    return f"disabled {day:%Y-%m-%d}"
