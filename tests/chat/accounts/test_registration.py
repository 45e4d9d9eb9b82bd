"""Registration: the rules for accounts, and who may create one."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.chat import accounts
from backchannel.chat.core import Core, Policy
from backchannel.domain.accounts import Registration, check_registration, check_username
from backchannel.domain.errors import EmailTaken, Forbidden, Invalid, Throttled, UsernameTaken
from backchannel.security.throttle import LIMITS, Limit
from tests.support.clock import ManualClock
from tests.support.core import PASSWORD, make_core, make_user


def registration(**changes: Any) -> dict[str, Any]:
    return {"username": "ada", "email": "ada@example.org", "password": PASSWORD} | changes


async def test_registration_creates_the_requested_account(core: Core, clock: ManualClock) -> None:
    user = await accounts.register(core, **registration())
    assert (user.username, user.email, user.display_name) == ("ada", "ada@example.org", "ada")
    assert user.created_at == user.updated_at == clock.now()
    assert await accounts.profile(core, user.id) == user
    account = await core.storage.account(user.id)
    assert account is not None
    assert PASSWORD not in account.password_hash


@pytest.mark.parametrize("password", ["password123", "securepassword123"])
async def test_the_example_passwords_of_the_documents_are_accepted(
    core: Core, password: str
) -> None:
    await accounts.register(core, **registration(password=password))


async def test_an_email_is_optional(core: Core) -> None:
    assert (await accounts.register(core, **registration(email=None))).email is None
    await accounts.register(core, **registration(username="bob", email=None))


@pytest.mark.parametrize("again", ["ada", "Ada", "ADA", "ａｄａ"])  # noqa: RUF001 - full width
async def test_a_username_is_taken_in_every_spelling(core: Core, again: str) -> None:
    await make_user(core, "ada")
    with pytest.raises(UsernameTaken):
        await accounts.register(core, **registration(username=again, email=None))


async def test_an_email_is_taken_in_every_case(core: Core) -> None:
    await make_user(core, "ada")
    with pytest.raises(EmailTaken):
        await accounts.register(core, **registration(username="bob", email="ADA@Example.org"))


async def test_one_of_twenty_concurrent_registrations_gets_the_name(core: Core) -> None:
    attempts = (accounts.register(core, **registration(email=None)) for _ in range(20))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(each, UsernameTaken) for each in outcomes) == 19


USERNAMES = {
    "empty": "",
    "a space": " ",
    "a space before": " ada",
    "a space after": "ada ",
    "65 characters": "a" * 65,
    "a megabyte": "a" * 1_000_000,
    "an @": "ada@example.org",
    "a full-width @": "ada\uff20example",
    "a line end": "ada\nlovelace",
    "a zero byte": "ada\0",
    "an escape": "ada\x1b[31m",
    "turned around": "ada\u202egro",
    "a zero-width space": "a\u200bda",
    "a byte order mark": "\ufeffada",
    "a private character": "ada\ue000",
    "a lone surrogate": "ada\ud800",
    "a no-break space before": "\u00a0ada",
    "what the server is called": "Server",
    "another user's id": "01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20",
}


@pytest.mark.parametrize("username", USERNAMES.values(), ids=USERNAMES.keys())
async def test_usernames_that_mislead_are_refused(core: Core, username: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await accounts.register(core, **registration(username=username))
    assert refusal.value.field == "username"


@pytest.mark.parametrize(
    "username", ["a", "Ada Lovelace", "ádá", "阿达", "عادا", "a" * 64, "🦉", "a.b-c_d"]
)
async def test_usernames_of_every_script_are_taken(core: Core, username: str) -> None:
    assert (await accounts.register(core, **registration(username=username))).username == username


@given(st.text(max_size=80))
def test_checking_a_username_is_idempotent(text: str) -> None:
    try:
        name = check_username(text)
    except Invalid:
        return
    assert check_username(name) == name
    assert name.encode()


EMAILS = ["", "ada", "@", "ada@", "@example.org", "a@b@c", "ada @example.org", "ada@exa mple.org"]
EMAILS += ["ada@example..org", "ada@.org", "ada@example.", "a\n@example.org", "ada@example.org\n"]
EMAILS += ["a" * 250 + "@b.org", "\ud800@example.org", "ada\u200b@example.org"]


@pytest.mark.parametrize("email", EMAILS)
async def test_invalid_email_addresses_are_refused(core: Core, email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await accounts.register(core, **registration(email=email))
    assert refusal.value.field == "email"


@pytest.mark.parametrize("email", ["a@b", "ada+chat@example.org", "o'hara@xn--bcher-kva.example"])
async def test_valid_email_addresses_are_accepted(core: Core, email: str) -> None:
    assert (await accounts.register(core, **registration(email=email))).email == email


PASSWORDS = {
    "seven characters": "zebra#7",
    "129 characters": "a1" * 64 + "b",
    "the username": "ada lovelace",
    "the username in capitals": "ADA LOVELACE",
    "the e-mail": "ada@example.org",
    "the commonest": "12345678",
    "a common one in capitals": "PASSWORD",
    "a common one": "qwertyuiop",
    "a lone surrogate": "mist over \ud800",
}


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS.keys())
async def test_S8_weak_passwords_are_refused_with_a_reason(core: Core, password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await accounts.register(core, **registration(username="Ada Lovelace", password=password))
    assert refusal.value.field == "password"
    assert password not in refusal.value.text


@pytest.mark.parametrize(
    "password", ["zebra#77", "aaaabbbbcccc", "        8", "🗝" * 128, "пароль-из-слов"]
)
async def test_S8_long_passwords_in_any_script_are_accepted(core: Core, password: str) -> None:
    await accounts.register(core, **registration(password=password))


def test_all_invalid_fields_are_listed_at_once() -> None:
    faults = check_registration(username="", email="nobody", password="short", display_name="\n")
    assert [fault.field for fault in faults] == ["username", "email", "password", "display_name"]
    assert not check_registration(**registration())


async def test_closed_registration_leaves_it_to_the_operator(tmp_path: Path) -> None:
    async with make_core(tmp_path, policy=Policy(registration=Registration.CLOSED)) as core:
        with pytest.raises(Forbidden):
            await accounts.register(core, **registration())
        await accounts.create(core, **registration())


async def test_S9_registrations_of_one_address_are_throttled(tmp_path: Path) -> None:
    few = {**LIMITS, "register:address": Limit(20, 3_600)}
    async with make_core(tmp_path, clock=ManualClock(), limits=few) as core:
        for number in range(20):
            name = registration(username=f"user{number}", email=None)
            await accounts.register(core, **name, address="192.0.2.1")
        with pytest.raises(Throttled) as refusal:
            await accounts.register(core, **registration(), address="192.0.2.1")
        assert refusal.value.retry_after
        await accounts.register(core, **registration(), address="192.0.2.2")
