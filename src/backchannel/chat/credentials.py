"""The verification of names and passwords, and the limits on attempts (rules S9, S10)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from backchannel.budgets.rates import network
from backchannel.chat.budgets import RIGHT
from backchannel.chat.core import Core
from backchannel.domain.accounts import (
    EMAIL_LIMIT,
    check_searchable,
    normalise_email,
    normalise_username,
)
from backchannel.domain.characters import is_text
from backchannel.domain.errors import (
    AccountDisabled,
    Invalid,
    NotConfirmed,
    Throttled,
    UnknownAccount,
    WrongPassword,
)
from backchannel.domain.users import Account

PASSWORD_BYTES = 1_024
"""Longest password to check, in bytes: those of imported accounts may exceed the usual limit."""
SLOWED_SECONDS = 3.0
"""Longest wait put before a login to an account that many addresses are trying."""

WRONG = "the name or the password is wrong"

Find = Callable[[Core, str], Awaitable[Account | None]]


@dataclass(frozen=True, slots=True)
class LoginName:
    """The identifier of a login. With `reveal_unknown`, errors may say that it is unknown."""

    find: Find
    identifier: str
    field: str = "username"
    reveal_unknown: bool = False


async def by_username(core: Core, username: str) -> Account | None:
    return await core.storage.account_by_username(normalise_username(username))


async def by_email(core: Core, email: str) -> Account | None:
    return await core.storage.account_by_email(normalise_email(email))


async def by_either(core: Core, identifier: str) -> Account | None:
    """Usernames have no @, so the two cannot be confused."""
    return await (by_email if "@" in identifier else by_username)(core, identifier)


async def verify_login(
    core: Core, login_name: LoginName, password: str, *, address: str
) -> Account:
    """The account with this name and password.

    Raises `WrongPassword`, or `UnknownAccount` if `login_name` reveals it: by default neither
    text nor time shows which of the two it is. `AccountDisabled` only after the right password.
    `Invalid`, `Throttled`, `Overloaded`.
    """
    identifier = login_name.identifier.strip()  # a phone's keyboard adds a space to a word
    check_searchable(identifier, field=login_name.field)
    _check_length(password)
    await _admit_address(core, "login", address)
    account = await login_name.find(core, identifier)
    # Shortened, because normalised text may be 18 times as long and every node is sent the name.
    unknown = normalise_username(identifier).casefold()[:EMAIL_LIMIT]
    name = account.user.id if account else unknown
    await _admit_account(core, name, address)
    keys = f"address:{network(address)}", f"name:{name}"
    async with core.hashing.turn(*keys):
        if account is None:
            await core.passwords.dummy_verify(password)
            raise (UnknownAccount if login_name.reveal_unknown else WrongPassword)(WRONG)
        account = await _verified(core, account, password)
    core.hashing.refund(RIGHT, *keys)
    await core.throttle.reset(_pair(name, address))
    await core.throttle.refund(_address("login", address))
    if account.user.disabled_at is not None:
        raise AccountDisabled("this account has been disabled; ask your operator")
    return account


async def verify_again(core: Core, user_id: str, password: str) -> Account:
    """The current state of an account whose password was verified a moment ago.

    Raises `WrongPassword` if the password was changed or the account disabled (rule S2).
    """
    stored = await core.storage.account(user_id)
    if stored is None or stored.user.disabled_at is not None:
        raise WrongPassword(WRONG)
    matches, _ = await core.passwords.verify(password, stored.password_hash)
    if not matches:
        raise WrongPassword(WRONG)
    return stored


async def confirm_password(core: Core, account: Account, password: str, *, field: str) -> None:
    """Raise `NotConfirmed` unless `password` is that of the account.

    Raises `Throttled`, `Overloaded`, `Invalid`.
    """
    _check_length(password)
    await core.throttle.admit(f"password:user:{account.user.id}")
    async with core.hashing.turn(f"user:{account.user.id}"):
        matches, _ = await core.passwords.verify(password, account.password_hash)
    if not matches:
        raise NotConfirmed(f"{field} is wrong", field=field)


def registration_turn(core: Core, address: str) -> AbstractAsyncContextManager[None]:
    """The turn of an address to have the password of a new account hashed."""
    return core.hashing.turn(f"address:{network(address)}")


async def admit_registration(core: Core, address: str) -> None:
    """Raises `Throttled`."""
    await _admit_address(core, "register", address)


async def _verified(core: Core, account: Account, password: str) -> Account:
    """The account, its hash brought up to date (rule S7). Raises `WrongPassword`."""
    matches, fresh = await core.passwords.verify(password, account.password_hash)
    if not matches:
        raise WrongPassword(WRONG)
    if fresh is None:
        return account
    stored = await core.storage.account(account.user.id)
    # A password that was changed in the meantime must not come back.
    if stored is None or stored.password_hash != account.password_hash:
        return account
    await core.storage.set_password(account.user.id, fresh, at=core.clock.now())
    return Account(user=account.user, password_hash=fresh)


def _check_length(password: str) -> None:
    """Refuse a password that no account can have, before any work is spent on it."""
    if not is_text(password) or len(password.encode()) > PASSWORD_BYTES:
        raise Invalid(f"password must have at most {PASSWORD_BYTES:,} bytes", field="password")


async def _admit_account(core: Core, name: str, address: str) -> None:
    """Stop one address guessing one account; slow down many addresses that do it together.

    Failed attempts from other addresses never keep the owner out.
    """
    await core.throttle.admit(_pair(name, address))
    try:
        await core.throttle.admit(f"login:account:{name}")
    except Throttled as throttled:
        await asyncio.sleep(min(throttled.retry_after or SLOWED_SECONDS, SLOWED_SECONDS))


async def _admit_address(core: Core, action: str, address: str) -> None:
    if address:
        await core.throttle.admit(_address(action, address))


def _address(action: str, address: str) -> str:
    return f"{action}:address:{network(address)}"


def _pair(name: str, address: str) -> str:
    return f"login:pair:{name}:{network(address)}"
