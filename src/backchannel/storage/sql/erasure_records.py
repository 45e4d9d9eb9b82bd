"""Erasures on record: the request, its progress and its end (rule S22)."""

import msgspec
from sqlalchemy import ColumnElement, or_, select, update

from backchannel.domain.erasures import Erased, Erasure
from backchannel.domain.errors import NotFound
from backchannel.ports.storage import Requested
from backchannel.storage.sql import accounts, logins, profiles
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.schema import account, erasure, login

# Made while there is one thread, as msgspec requires of a Struct's first decoder.
_decode = msgspec.json.Decoder(Erased).decode


class ErasureProgress(msgspec.Struct):
    """An erasure as storage works on it."""

    id: str
    account: int
    user_id: str
    conversation: int
    seq: int
    erased: str
    completed_at: int | None

    def count(self, gone: Erased) -> None:
        """Add to the counts of erased items."""
        so_far = _decode(self.erased)
        self.erased = encoded(so_far + gone)


class _Row(msgspec.Struct):
    """An `Erasure`, of whose counts the table keeps the JSON text."""

    id: str
    user_id: str
    requested_at: int
    begun_at: int | None
    completed_at: int | None
    signature: str | None
    erased: str

    def erasure(self) -> Erasure:
        return Erasure(
            id=self.id,
            user_id=self.user_id,
            requested_at=self.requested_at,
            begun_at=self.begun_at,
            completed_at=self.completed_at,
            signature=self.signature,
            erased=_decode(self.erased),
        )


_COLUMNS: dict[str, ColumnElement[object]] = {
    **{column.name: column for column in erasure.c},
    "user_id": account.c.id,
}
_OF_ACCOUNT = erasure.join(account, account.c.number == erasure.c.account)
_ERASURES = select(*(_COLUMNS[name] for name in _Row.__struct_fields__)).select_from(_OF_ACCOUNT)
BY_ID = _ERASURES.where(erasure.c.id == parameter("erasure_id"))
CURRENT = _ERASURES.where(
    or_(erasure.c.completed_at.is_(None), erasure.c.requested_at >= parameter("since"))
).order_by(erasure.c.requested_at, erasure.c.id)
PROGRESS = (
    select(*(_COLUMNS[name] for name in ErasureProgress.__struct_fields__))
    .select_from(_OF_ACCOUNT)
    .where(erasure.c.id == parameter("erasure_id"))
)
_this = erasure.c.id == parameter("erasure_id")
ADVANCE = (
    update(erasure)
    .values(
        conversation=parameter("next_conversation"),
        seq=parameter("next_seq"),
        erased=parameter("so_far"),
    )
    .where(_this)
)
BEGIN = update(erasure).values(begun_at=parameter("at")).where(_this, erasure.c.begun_at.is_(None))
COMPLETE = (
    update(erasure)
    .values(completed_at=parameter("at"), signature=parameter("seal"))
    .where(_this, erasure.c.completed_at.is_(None))
)
NEW_COLUMNS = ("id", "account", "requested_at", "erased")
BLANK_LOGINS = (
    update(login).values(agent="", address="").where(login.c.user_id == parameter("user_id"))
)


async def request_erasure(transaction: Transaction, new: Erasure) -> Requested:
    """Record an erasure, as `ports.storage.Erasures.request_erasure` specifies."""
    at = new.requested_at
    await profiles.lock_part(transaction, new.user_id, anew=True)
    number = await accounts.anonymise(transaction, new.user_id, at=at)
    events = await profiles.begin_round(transaction, new.user_id, at=at)
    ended = await logins.end_logins(transaction, new.user_id, login_id=None, keep=None, at=at)
    await transaction.execute(BLANK_LOGINS, user_id=new.user_id)
    row = new.id, number, at, encoded(Erased())
    await transaction.insert(erasure, NEW_COLUMNS, [row])
    return Requested(tuple(ended), tuple(events))


async def read_erasure(transaction: Transaction, erasure_id: str) -> Erasure | None:
    """The erasure with this id; None if there is none."""
    found = await transaction.fetch(BY_ID, _Row, erasure_id=erasure_id)
    return found[0].erasure() if found else None


async def read_current(transaction: Transaction, *, since: int) -> list[Erasure]:
    """The erasures that are not complete, and those requested at or after `since`."""
    return [row.erasure() for row in await transaction.fetch(CURRENT, _Row, since=since)]


async def progress_of(transaction: Transaction, erasure_id: str) -> ErasureProgress:
    """The progress of an erasure. Raises `NotFound`."""
    found = await transaction.fetch(PROGRESS, ErasureProgress, erasure_id=erasure_id)
    if not found:
        raise NotFound("erasure not found")
    return found[0]


async def advance(transaction: Transaction, progress: ErasureProgress) -> None:
    """Store the progress of an erasure."""
    await transaction.execute(
        ADVANCE,
        erasure_id=progress.id,
        next_conversation=progress.conversation,
        next_seq=progress.seq,
        so_far=progress.erased,
    )


async def note_begun(transaction: Transaction, erasure_id: str, *, at: int) -> None:
    """Record the time at which an erasure began."""
    await transaction.execute(BEGIN, erasure_id=erasure_id, at=at)


async def complete(transaction: Transaction, erasure_id: str, *, at: int, signature: str) -> None:
    """Record that an erasure is complete; only the first call has an effect."""
    await transaction.execute(COMPLETE, erasure_id=erasure_id, at=at, seal=signature)


def encoded(erased: Erased) -> str:
    """The counts of erased items, as stored in the table."""
    return msgspec.json.encode(erased).decode()
