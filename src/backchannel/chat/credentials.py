"""Name and password: who is this, and may they try again (rules S9, S10)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from backchannel.budgets.addresses import network
from backchannel.chat.core import Core
from backchannel.chat.hashing import RIGHT
from backchannel.domain.accounts import (
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
"""Longest password worth a look, in bytes: imported accounts may have one past our own limit."""
SLOWED_SECONDS = 3.0
"""Longest wait put before a login to an account that many addresses are trying."""

WRONG = "the name or the password is wrong"

Find = Callable[[Core, str], Awaitable[Account | None]]


@dataclass(frozen=True, slots=True)
class Lookup:
    """The identifier by which a login names its account, and whether an unknown one is revealed."""

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


async def prove(core: Core, lookup: Lookup, password: str, *, address: str) -> Account:
    """The account whose password this is.

    Raises `WrongPassword`, or `UnknownAccount` where `lookup` reveals it: by default neither
    text nor time tells the two apart. `AccountDisabled` only after the right password.
    `Invalid`, `Throttled`, `Overloaded`.
    """
    identifier = lookup.identifier.strip()  # a phone's keyboard adds a space to a word
    check_searchable(identifier, field=lookup.field)
    _check_length(password)
    await _admit_address(core, "login", address)
    account = await lookup.find(core, identifier)
    name = account.user.id if account else normalise_username(identifier).casefold()
    await _admit_account(core, name, address)
    keys = f"address:{network(address)}", f"name:{name}"
    async with core.hashing.turn(*keys):
        if account is None:
            await core.passwords.waste(password)
            raise (UnknownAccount if lookup.reveal_unknown else WrongPassword)(WRONG)
        if not await _matches(core, account, password):
            raise WrongPassword(WRONG)
    core.hashing.refund(RIGHT, *keys)
    await core.throttle.forgive(_pair(name, address))
    await core.throttle.refund(_address("login", address))
    if account.user.disabled_at is not None:
        raise AccountDisabled("this account has been disabled; ask your operator")
    return account


async def still_holds(core: Core, account: Account, password: str) -> bool:
    """True if a password that was right for `account` a moment ago is still right."""
    stored = await core.storage.account(account.user.id)
    if stored is None or stored.user.disabled_at is not None:
        return False
    if stored.password_hash == account.password_hash:
        return True
    # Changed, or only hashed anew by this or another login.
    matches, _ = await core.passwords.verify(password, stored.password_hash)
    return matches


async def confirm(core: Core, account: Account, password: str, *, field: str) -> None:
    """Raise `NotConfirmed` unless the logged-in user knows the account's password.

    Raises `Throttled`, `Overloaded`, `Invalid`.
    """
    _check_length(password)
    await core.throttle.admit(f"password:user:{account.user.id}")
    async with core.hashing.turn(f"user:{account.user.id}"):
        matches, _ = await core.passwords.verify(password, account.password_hash)
    if not matches:
        raise NotConfirmed(f"{field} is wrong", field=field)


def registering(core: Core, address: str) -> AbstractAsyncContextManager[None]:
    """The turn of an address to have the password of a new account hashed."""
    return core.hashing.turn(f"address:{network(address)}")


async def admit_registration(core: Core, address: str) -> None:
    """Raises `Throttled`."""
    await _admit_address(core, "register", address)


async def _matches(core: Core, account: Account, password: str) -> bool:
    """True if the password is right; its hash is then brought up to date (rule S7)."""
    matches, fresh = await core.passwords.verify(password, account.password_hash)
    if fresh is None:
        return matches
    stored = await core.storage.account(account.user.id)
    # A password that was changed in the meantime must not come back.
    if stored is not None and stored.password_hash == account.password_hash:
        await core.storage.set_password(account.user.id, fresh, at=core.clock.now())
    return matches


def _check_length(password: str) -> None:
    """Refuse what no account can have before any work is spent on it."""
    if not is_text(password) or len(password.encode()) > PASSWORD_BYTES:
        raise Invalid(f"password must have at most {PASSWORD_BYTES:,} bytes", field="password")


async def _admit_account(core: Core, name: str, address: str) -> None:
    """Stop one address guessing one account; slow down many addresses that do it together.

    What strangers do from elsewhere never keeps the owner out.
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
