"""`backchannel user`: the accounts, beside a running server or without one."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from backchannel.chat import accounts, invitations
from backchannel.chat.core import Core
from backchannel.cli import privacy
from backchannel.cli.database import with_core
from backchannel.cli.options import ConfigFile, DataDir, load_settings, own_url
from backchannel.cli.output import fail, print_table
from backchannel.cli.passwords import new_password
from backchannel.domain.accounts import Registration
from backchannel.domain.users import User

Name = Annotated[str, typer.Argument(help="The username.", show_default=False)]

group = typer.Typer(help="Add, list, change and erase accounts.", no_args_is_help=True)


@group.command()
def add(
    name: Name,
    email: Annotated[
        str | None, typer.Option(help="The e-mail address.", show_default=False)
    ] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Create an account. The password is asked for, or read from standard input."""
    password = new_password()

    async def work(core: Core) -> User:
        return await accounts.create(core, username=name, email=email, password=password)

    from backchannel.storage.opening import file_of

    settings = load_settings(config, data_dir=data_dir).settings
    database = file_of(settings.storage_url)
    if database is not None and not database.is_file():
        # A refused account must not leave a new database behind.
        accounts.require_valid_account(name, email, password, by_operator=True)
        fail(f"there is no database at {database} yet: making one")
    user = with_core(work, config, data_dir, make=True)
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

    users = with_core(work, config, data_dir)
    print_table([(user.username, user.id, _state(user)) for user in users])
    if not users:
        print("no account has such a name" if search else "there are no accounts yet")


@group.command()
def disable(name: Name, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Disable an account and end its logins."""
    _change(name, accounts.disable, config, data_dir)
    print(f"disabled {name}; all its logins have ended")


@group.command()
def enable(name: Name, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Allow a disabled account to log in again."""
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


@group.command()
def invite(
    uses: Annotated[
        int, typer.Option(help="The number of accounts that can be created with it.")
    ] = 1,
    days: Annotated[int, typer.Option(help="The number of days for which it is valid.")] = 7,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Create an invitation and print its link, with which others can create an account."""

    async def work(core: Core) -> str:
        made = await invitations.invite_as_operator(core, uses=uses, days=days)
        return made.code

    code = with_core(work, config, data_dir)
    settings = load_settings(config, data_dir=data_dir).settings
    if settings.registration is Registration.OPEN:
        typer.echo("registration is open: people can join without an invitation, too", err=True)
    print(f"{own_url(settings)}/sign-up?invitation={code}")


group.command()(privacy.export)
group.command()(privacy.delete)
group.command()(privacy.receipt)


def _change(
    name: str,
    change: Callable[[Core, str], Awaitable[None]],
    config: Path | None,
    data_dir: Path | None,
) -> None:
    async def work(core: Core) -> None:
        await change(core, (await accounts.find_user(core, name)).id)

    with_core(work, config, data_dir)


def _state(user: User) -> str:
    if user.disabled_at is None:
        return "active"
    day = datetime.fromtimestamp(user.disabled_at / 1_000, UTC)
    return f"disabled {day:%Y-%m-%d}"
