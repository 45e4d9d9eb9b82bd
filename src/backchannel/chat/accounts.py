"""Accounts: registration, profiles, passwords, and the actions of an operator."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from msgspec import UNSET

from backchannel.budgets.rates import network
from backchannel.chat import credentials, invitations
from backchannel.chat.core import Core
from backchannel.chat.logins import Identity, IssuedTokens, end_logins, start_login
from backchannel.domain.accounts import (
    check_about,
    check_display_name,
    check_email,
    check_password,
    check_registration,
    check_searchable,
    check_username,
    require_unreserved,
)
from backchannel.domain.errors import EmailTaken, Invalid, NotFound, UsernameTaken
from backchannel.domain.ids import new_id
from backchannel.domain.users import Account, ProfilePatch, User

PAGE_LIMIT = 200
"""Most users in one page of the directory."""


async def register(
    core: Core,
    *,
    username: str,
    email: str | None,
    password: str,
    display_name: str | None = None,
    invitation: str | None = None,
    address: str = "",
) -> User:
    """A new account, for a client at `address`; `invitation` is the code of one.

    Raises `Forbidden` while registration is closed, `InvitationNeeded`, `Invalid` (the first error
    that `domain.accounts.check_registration` lists), `UsernameTaken`, `EmailTaken`, `Throttled`,
    `Overloaded`.
    """
    code = await invitations.needed(core, invitation)
    require_valid_account(username, email, password, display_name)
    await credentials.admit_registration(core, address)
    core.taken.check(network(address))
    async with credentials.registration_turn(core, address):
        # Checked within the turn: few turns run at a time, so few requests pass the check together.
        with _counting_taken(core, network(address)):
            account = await _new_account(core, username, email, password, display_name)
            await core.storage.create_user(account, invitation=code)
            return account.user


async def create(
    core: Core,
    *,
    username: str,
    email: str | None,
    password: str,
    display_name: str | None = None,
) -> User:
    """A new account, created by an operator: registration may be closed, and the name reserved.

    Raises `Invalid`, `UsernameTaken`, `EmailTaken`.
    """
    require_valid_account(username, email, password, display_name, by_operator=True)
    account = await _new_account(core, username, email, password, display_name)
    await core.storage.create_user(account)
    return account.user


async def _new_account(
    core: Core, username: str, email: str | None, password: str, display_name: str | None
) -> Account:
    name = check_username(username)
    now = core.clock.now()
    user = User(
        id=new_id(),
        username=name,
        email=None if email is None else check_email(email),
        display_name=name if display_name is None else check_display_name(display_name),
        created_at=now,
        updated_at=now,
    )
    return Account(user=user, password_hash=await core.passwords.hash(password))


async def change_password(
    core: Core, identity: Identity, *, old: str, new: str, agent: str = "", address: str = ""
) -> IssuedTokens:
    """Set a new password, end all logins (rule S2), and begin a new one for the requester.

    Raises `NotConfirmed` for the old one, `Invalid` for the new one, `Throttled`.
    """
    account = await _account(core, identity.user_id)
    await credentials.confirm_password(core, account, old, field="old_password")
    if new == old:
        raise Invalid("new_password must differ from the old one", field="new_password")
    user = account.user
    check_password(new, username=user.username, email=user.email, field="new_password")
    hashed = await _replace_password(core, user.id, new)
    changed = Account(user=user, password_hash=hashed)
    return await start_login(core, changed, new, agent=agent, address=address)


async def set_password(core: Core, user_id: str, password: str) -> None:
    """Set a user's password, as an operator, and end all logins (rule S2).

    Raises `NotFound`, `Invalid`.
    """
    user = (await _account(core, user_id)).user
    check_password(password, username=user.username, email=user.email)
    await _replace_password(core, user_id, password)


async def disable(core: Core, user_id: str) -> None:
    """Disable an account: refuse further logins, and end all existing ones (rule S2).

    Raises `NotFound`.
    """
    await _account(core, user_id)
    await core.storage.set_disabled(user_id, at=core.clock.now())
    await end_logins(core, user_id)


async def enable(core: Core, user_id: str) -> None:
    """Undo `disable`. Raises `NotFound`."""
    await _account(core, user_id)
    await core.storage.set_disabled(user_id, at=None)


async def profile(core: Core, user_id: str) -> User:
    """Raises `NotFound`."""
    return (await _account(core, user_id)).user


async def update_profile(
    core: Core,
    user_id: str,
    *,
    display_name: str | None = None,
    email: str | None = None,
    about: str | None = None,
    password: str | None = None,
) -> User:
    """Change the fields that are not None, and notify the user's devices and peers.

    A new e-mail address needs the password, so that a stolen token cannot take over a login.
    Raises `Invalid`, `NotConfirmed`, `EmailTaken`, `NotFound`, `Throttled`.
    """
    new_name = UNSET if display_name is None else check_display_name(display_name)
    if new_name is not UNSET:
        require_unreserved(new_name, field="display_name")
    new_about = UNSET if about is None else check_about(about)
    new_email = UNSET if email is None else check_email(email)
    if new_email is not UNSET:
        if password is None:
            raise Invalid("password is required to change the email", field="password")
        account = await _account(core, user_id)
        await credentials.confirm_password(core, account, password, field="password")
    patch = ProfilePatch(display_name=new_name, email=new_email, about=new_about)
    return await change_profile(core, user_id, patch)


async def change_profile(core: Core, user_id: str, patch: ProfilePatch) -> User:
    """Change a profile to already checked values, and notify the user's devices and peers.

    Raises `EmailTaken`, `NotFound`, `Throttled`.
    """
    core.write_limits.spend(user_id)
    with _counting_taken(core, user_id):
        events = await core.storage.update_profile(user_id, patch, at=core.clock.now())
    core.write_limits.charge(user_id, events)
    core.publisher.publish(events)
    return await profile(core, user_id)


async def users_by_id(core: Core, user_ids: Iterable[str]) -> dict[str, User]:
    """The users with these ids, as far as they exist, by id."""
    return await core.storage.users(list(user_ids))


async def list_users(
    core: Core, *, after: str | None = None, limit: int = 50, search: str | None = None
) -> list[User]:
    """At most `PAGE_LIMIT` users in the order of their usernames, starting past `after`.

    Raises `Invalid`.
    """
    check_searchable(after or "", field="after")
    check_searchable(search or "", field="search")
    limit = max(1, min(limit, PAGE_LIMIT))
    return await core.storage.list_users(after=after, limit=limit, search=search)


async def find_user(core: Core, name: str) -> User:
    """The user with this id or username; ids come first. Raises `NotFound`, `Invalid`."""
    check_searchable(name, field="user")
    account = await core.storage.account(name) or await credentials.by_username(core, name)
    if account is None:
        raise NotFound("user not found")
    return account.user


async def _replace_password(core: Core, user_id: str, password: str) -> str:
    """Set a checked password and end all logins; returns the new hash."""
    hashed = await core.passwords.hash(password)
    await core.storage.set_password(user_id, hashed, at=core.clock.now())
    await end_logins(core, user_id)
    return hashed


@contextmanager
def _counting_taken(core: Core, key: str) -> Generator[None]:
    """Limit the taken names and addresses that `key` learns of (S10). Raises `Throttled`."""
    core.taken.check(key)
    try:
        yield
    except (UsernameTaken, EmailTaken):
        core.taken.charge(key)
        raise


async def _account(core: Core, user_id: str) -> Account:
    account = await core.storage.account(user_id)
    if account is None or account.user.erased_at is not None:
        raise NotFound("user not found")
    return account


def require_valid_account(
    username: str,
    email: str | None,
    password: str,
    display_name: str | None = None,
    *,
    by_operator: bool = False,
) -> None:
    """Raise `Invalid` for the first field that is invalid."""
    faults = check_registration(
        username=username,
        email=email,
        password=password,
        display_name=display_name,
        by_operator=by_operator,
    )
    if faults:
        raise faults[0]
