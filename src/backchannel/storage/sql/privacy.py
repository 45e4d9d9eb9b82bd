"""Privacy settings of users."""

from typing import Any

from sqlalchemy import ScalarSelect, func, select, update

from backchannel.domain.errors import NotFound
from backchannel.domain.events import Event
from backchannel.domain.users import Audience, Privacy, PrivacyPatch
from backchannel.storage.sql.accounts import notify_of_profile
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.locks import lock, users_by_id
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.schema import account, conversation

_this_user = (account.c.id == parameter("user_id")) & account.c.erased_at.is_(None)
PRIVACY = select(
    account.c.last_seen_audience,
    account.c.receipts_audience,
    account.c.typing_audience,
    account.c.first_messages,
).where(_this_user)
SET_PRIVACY = (
    update(account)
    .values(
        last_seen_audience=parameter("last_seen"),
        receipts_audience=parameter("receipts"),
        typing_audience=parameter("typing"),
        first_messages=parameter("new_first_messages"),
    )
    .where(_this_user)
)

_member = account.alias("one")


def hiding(audience: str) -> ScalarSelect[Any]:
    """The number of a conversation's two members for whom the column `audience` is not all."""
    return (
        select(func.count())
        .select_from(_member)
        .where(
            _member.c.number.in_((conversation.c.first, conversation.c.second)),
            _member.c[audience] != Audience.EVERYBODY.value,
        )
        .scalar_subquery()
    )


async def read_privacy(transaction: Transaction, user_id: str) -> Privacy:
    """A user's privacy settings. Raises `NotFound`."""
    found = await transaction.fetch(PRIVACY, Privacy, user_id=user_id)
    if not found:
        raise NotFound("user not found")
    return found[0]


async def change_privacy(
    transaction: Transaction, user_id: str, patch: PrivacyPatch, *, at: int
) -> tuple[Privacy, list[Event]]:
    """Change them, as `ports.storage.Accounts.change_privacy` specifies. Raises `NotFound`."""
    await lock(transaction, users_by_id([user_id]))
    old = await read_privacy(transaction, user_id)
    new = patch.applied_to(old)
    if new == old:
        return new, []
    await transaction.execute(
        SET_PRIVACY,
        user_id=user_id,
        last_seen=new.last_seen.value,
        receipts=new.receipts.value,
        typing=new.typing.value,
        new_first_messages=new.first_messages.value,
    )
    return new, await notify_of_profile(transaction, user_id, [user_id], at=at)
