"""Reports to the operator."""

import msgspec

from backchannel.domain.errors import Conflict, NotFound
from backchannel.domain.reports import Report, copied
from backchannel.storage.mongodb.account_documents import ReportDocument
from backchannel.storage.mongodb.accounts import refuse_erased
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.reader import DESCENDING, Query, View, get_one
from backchannel.storage.mongodb.schema import REPORTS, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, writing

FORGOTTEN = 100
"""Most closed reports that are forgotten with a new one."""
NEWEST_FIRST = (("_id", DESCENDING),)


async def create_report(transaction: Transaction, new: Report, *, limit: int, forget: int) -> None:
    """Keep a report, as `ports.storage.Reports.create_report` specifies."""
    await refuse_erased(transaction, new.reporter_id)
    user = await get_one(transaction, USERS, new.user_id)
    if user is None or user.erased_at is not None:
        raise NotFound("user not found")
    waiting = {"reporter_id": new.reporter_id, "closed_at": None}
    if len(await transaction.find(REPORTS, waiting, limit=limit)) >= limit:
        raise Conflict(f"{limit} of your reports wait for the operator; try again later")
    for each in await transaction.find(
        REPORTS, {"closed_at": {"$lt": forget, "$gte": 0}}, limit=FORGOTTEN
    ):
        transaction.remove(REPORTS, each)
    transaction.add(REPORTS, ReportDocument(**msgspec.structs.asdict(new)))


async def read_report(view: View, report_id: str) -> Report | None:
    """A report, if it exists."""
    found = await get_one(view, REPORTS, report_id)
    return None if found is None else _report(found)


async def read_reports(view: View, *, closed: bool, before: str | None, limit: int) -> list[Report]:
    """The closed reports, or the open ones; the newest first."""
    query: dict[str, object] = {"closed_at": {"$ne": None} if closed else None}
    if before is not None:
        query["_id"] = {"$lt": before}
    found = await view.find(REPORTS, query, order=NEWEST_FIRST, limit=limit)
    return [_report(each) for each in found]


async def read_reports_by(view: View, reporter_id: str) -> list[Report]:
    """All reports by a user, the newest first."""
    query: Query = {"reporter_id": reporter_id}
    return [_report(each) for each in await view.find(REPORTS, query, order=NEWEST_FIRST)]


async def close_report(transaction: Transaction, report_id: str, *, note: str, at: int) -> None:
    """Close a report. Raises `NotFound`."""
    found = await get_one(transaction, REPORTS, report_id)
    if found is None:
        raise NotFound("report not found")
    found.closed_at, found.note = at, note


async def erase_from_reports(transaction: Transaction, user_id: str) -> None:
    """Take an erased user's texts out of open reports, and forget the other reports of the user."""
    either = [{"reporter_id": user_id}, {"user_id": user_id}]
    found = await transaction.find(REPORTS, {"$or": either})
    others = await transaction.get(USERS, sorted({_other_id(each, user_id) for each in found}))
    existing = {each.id for each in others if each.erased_at is None}
    for each in found:
        if each.closed_at is not None or _other_id(each, user_id) not in existing:
            transaction.remove(REPORTS, each)
        elif each.reporter_id == user_id:
            each.comment = ""
        else:
            each.messages = copied(())


def _other_id(report: ReportDocument, user_id: str) -> str:
    return report.user_id if report.reporter_id == user_id else report.reporter_id


def _report(document: ReportDocument) -> Report:
    return Report(**{name: getattr(document, name) for name in Report.__struct_fields__})


class ReportMethods(StorageMethods[MongoDatabase]):
    """Reports; `ports.storage.Reports` documents the methods."""

    create_report = writing(create_report)
    report = reading(read_report)
    reports = reading(read_reports)
    reports_by = reading(read_reports_by)
    close_report = writing(close_report)
