"""Erasures on record: the request, its progress and its end (rule S22)."""

import msgspec

from backchannel.domain.erasures import Erased, Erasure
from backchannel.domain.errors import NotFound
from backchannel.ports.storage import Requested
from backchannel.storage.mongodb import accounts, logins, profiles
from backchannel.storage.mongodb.account_documents import ErasureDocument
from backchannel.storage.mongodb.reader import View, get_one
from backchannel.storage.mongodb.schema import ERASURES
from backchannel.storage.mongodb.staging import Transaction

_decode = msgspec.json.Decoder(Erased).decode


async def request_erasure(transaction: Transaction, erasure: Erasure) -> Requested:
    """Record an erasure, as `ports.storage.Erasures.request_erasure` specifies."""
    at = erasure.requested_at
    user = await accounts.anonymise(transaction, erasure.user_id, at=at)
    events = await profiles.notify_next_peers(transaction, user, at=at)
    ended = await logins.end_logins(transaction, erasure.user_id, login_id=None, keep=None, at=at)
    await logins.blank_logins(transaction, erasure.user_id)
    new = ErasureDocument(
        id=erasure.id, user_id=erasure.user_id, requested_at=at, erased=_encoded(Erased())
    )
    transaction.add(ERASURES, new)
    return Requested(tuple(ended), tuple(events))


async def read_erasure(view: View, erasure_id: str) -> Erasure | None:
    """The erasure with this id; None if there is none."""
    found = await get_one(view, ERASURES, erasure_id)
    return None if found is None else _erasure(found)


async def read_current(view: View, *, since: int) -> list[Erasure]:
    """The erasures that are not complete, and those requested at or after `since`."""
    query = {"$or": [{"completed_at": None}, {"requested_at": {"$gte": since}}]}
    found = await view.find(ERASURES, query)
    return [_erasure(each) for each in sorted(found, key=lambda each: (each.requested_at, each.id))]


async def progress_of(transaction: Transaction, erasure_id: str) -> ErasureDocument:
    """An erasure that is to continue. Raises `NotFound`."""
    found = await get_one(transaction, ERASURES, erasure_id)
    if found is None:
        raise NotFound("erasure not found")
    return found


def count(progress: ErasureDocument, gone: Erased) -> None:
    """Add to the counts of erased items."""
    progress.erased = _encoded(_decode(progress.erased) + gone)


async def complete(transaction: Transaction, erasure_id: str, *, at: int, signature: str) -> None:
    """Record that an erasure is complete; only the first call has an effect."""
    found = await get_one(transaction, ERASURES, erasure_id)
    if found is not None and found.completed_at is None:
        found.completed_at, found.signature = at, signature


def _erasure(document: ErasureDocument) -> Erasure:
    return Erasure(
        id=document.id,
        user_id=document.user_id,
        requested_at=document.requested_at,
        begun_at=document.begun_at,
        completed_at=document.completed_at,
        signature=document.signature,
        erased=_decode(document.erased),
    )


def _encoded(erased: Erased) -> str:
    return msgspec.json.encode(erased).decode()
