"""Invitations are used up, expire, are withdrawn, and end with their inviter."""

import asyncio

import pytest

from backchannel.domain.accounts import Invitation
from backchannel.domain.errors import AccountDisabled, Conflict, InvitationNeeded, NotFound
from backchannel.ports.storage import Storage
from tests.storage.erasure_steps import erase
from tests.storage.people import AT, Pair, make_account

LATER = AT + 1_000


def invitation(code: str, inviter_id: str | None, *, uses: int = 1, at: int = AT) -> Invitation:
    return Invitation(
        code=code, inviter_id=inviter_id, uses=uses, created_at=at, expires_at=at + 1_000
    )


async def register(storage: Storage, username: str, code: str) -> bool:
    """True if the code could be used for an account."""
    try:
        await storage.create_user(make_account(username), invitation=code)
    except InvitationNeeded:
        return False
    return True


async def test_an_invitation_allows_a_limited_number_of_accounts(
    storage: Storage, pair: Pair
) -> None:
    made = invitation("code", pair.ada, uses=2)
    await storage.create_invitation(made, limit=9)
    assert await storage.invitation("code", at=AT) == made
    assert await storage.invitations(pair.ada, at=AT) == [made]
    assert [await register(storage, name, "code") for name in ("one", "two", "three")] == [
        True,
        True,
        False,
    ]
    assert await storage.account_by_username("three") is None
    assert await storage.invitation("code", at=AT) is None
    assert await storage.invitations(pair.ada, at=AT) == []
    assert not await register(storage, "four", "unknown")


async def test_a_refused_registration_costs_no_use(storage: Storage) -> None:
    await storage.create_invitation(invitation("code", None), limit=9)
    await storage.create_user(make_account("ada"))
    with pytest.raises(Exception, match="taken"):
        await storage.create_user(make_account("Ada"), invitation="code")
    assert await register(storage, "bob", "code")


async def test_concurrent_registrations_do_not_exceed_the_uses(storage: Storage) -> None:
    await storage.create_invitation(invitation("code", None, uses=3), limit=9)
    outcomes = await asyncio.gather(
        *(register(storage, f"user {number}", "code") for number in range(12))
    )
    assert sum(outcomes) == 3


async def test_an_invitation_expires(storage: Storage, pair: Pair) -> None:
    await storage.create_invitation(invitation("code", pair.ada), limit=1)
    assert await storage.invitation("code", at=LATER - 1) is not None
    assert await storage.invitation("code", at=LATER) is None
    with pytest.raises(Conflict):
        await storage.create_invitation(invitation("next", pair.ada), limit=1)
    await storage.create_invitation(invitation("next", pair.ada, at=LATER), limit=1)
    assert [each.code for each in await storage.invitations(pair.ada, at=LATER)] == ["next"]


async def test_an_invitation_is_withdrawn_by_its_inviter(storage: Storage, pair: Pair) -> None:
    await storage.create_invitation(invitation("ada's", pair.ada), limit=9)
    await storage.create_invitation(invitation("operator's", None), limit=9)
    for inviter, code in ((pair.bob, "ada's"), (None, "ada's"), (pair.ada, "operator's")):
        with pytest.raises(NotFound):
            await storage.withdraw_invitation(inviter, code)
    await storage.withdraw_invitation(pair.ada, "ada's")
    await storage.withdraw_invitation(None, "operator's")
    assert await storage.invitations(pair.ada, at=AT) == []
    assert await storage.invitations(None, at=AT) == []


async def test_an_invitation_is_valid_while_its_inviter_may_log_in(
    storage: Storage, pair: Pair
) -> None:
    await storage.create_invitation(invitation("code", pair.ada), limit=9)
    await storage.set_disabled(pair.ada, at=AT)
    assert await storage.invitation("code", at=AT) is None
    assert not await register(storage, "eve", "code")
    await storage.set_disabled(pair.ada, at=None)
    assert await storage.invitation("code", at=AT) is not None
    await erase(storage, pair.ada)
    assert await storage.invitation("code", at=AT) is None
    assert await storage.invitations(pair.ada, at=AT) == []
    with pytest.raises(AccountDisabled):
        await storage.create_invitation(invitation("late", pair.ada), limit=9)
