"""Reports to the operator."""

from typing import Any

import msgspec
from sqlalchemy import Select, Text, case, delete, exists, func, or_, select, update

from backchannel.domain.errors import AccountDisabled, Conflict, NotFound
from backchannel.domain.reports import Report, copied
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.locks import lock, users_by_id
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.schema import account, report

FORGOTTEN = 100
"""Most closed reports that are forgotten with a new one."""
COLUMNS = Report.__struct_fields__
_is_open = report.c.closed_at.is_(None)
_this = report.c.id == parameter("report_id")
_REPORTS: Select[Any] = select(*(report.c[name] for name in COLUMNS)).order_by(report.c.id.desc())
BY_ID = _REPORTS.where(_this)
BY_REPORTER = _REPORTS.where(report.c.reporter_id == parameter("reporter_id"))
_PAGE = _REPORTS.where(report.c.id < parameter("before")).limit(parameter("limit"))
OPEN = _PAGE.where(_is_open)
CLOSED = _PAGE.where(~_is_open)
COUNT_OPEN = select(func.count()).where(_is_open, report.c.reporter_id == parameter("reporter_id"))
CLOSE = update(report).values(closed_at=parameter("at"), note=parameter("new_note")).where(_this)
FORGETTABLE = (
    select(report.c.id)
    .where(report.c.closed_at < parameter("closed_before"))
    .order_by(report.c.closed_at)
    .limit(FORGOTTEN)
)
FORGET = delete(report).where(report.c.id.in_(any_of("report_ids", Text)))
_by_user = report.c.reporter_id == parameter("user_id")
_about_user = report.c.user_id == parameter("user_id")
_other_id = case((_by_user, report.c.user_id), else_=report.c.reporter_id)
_other_is_erased = exists().where(account.c.id == _other_id, account.c.erased_at.is_not(None))
FORGET_OF_USER = delete(report).where(or_(_by_user, _about_user), or_(~_is_open, _other_is_erased))
CLEAR_COMMENTS = update(report).values(comment="").where(_by_user)
CLEAR_COPIES = update(report).values(messages=copied(())).where(_about_user)
LAST = "\U0010ffff"
"""A text that sorts after all ids."""


async def create_report(transaction: Transaction, new: Report, *, limit: int, forget: int) -> None:
    """Keep a report, as `ports.storage.Reports.create_report` specifies."""
    both = await lock(transaction, users_by_id({new.reporter_id, new.user_id}))
    existing = {each.id for each in both if each.erased_at is None}
    if new.reporter_id not in existing:
        raise AccountDisabled("this account has been deleted")
    if new.user_id not in existing:
        raise NotFound("user not found")
    forgettable = await transaction.fetch(FORGETTABLE, str, closed_before=forget)
    await transaction.execute(FORGET, report_ids=forgettable)
    (count,) = await transaction.fetch(COUNT_OPEN, int, reporter_id=new.reporter_id)
    if count >= limit:
        raise Conflict(f"{limit} of your reports wait for the operator; try again later")
    await transaction.insert(report, COLUMNS, [msgspec.structs.astuple(new)])


async def read_report(transaction: Transaction, report_id: str) -> Report | None:
    """The report with this id; None if there is none."""
    found = await transaction.fetch(BY_ID, Report, report_id=report_id)
    return found[0] if found else None


async def read_reports(
    transaction: Transaction, *, closed: bool, before: str | None, limit: int
) -> list[Report]:
    """A page of the closed or of the open reports, the newest first."""
    query = CLOSED if closed else OPEN
    return await transaction.fetch(query, Report, before=before or LAST, limit=limit)


async def read_reports_by(transaction: Transaction, reporter_id: str) -> list[Report]:
    """All reports by a user, the newest first."""
    return await transaction.fetch(BY_REPORTER, Report, reporter_id=reporter_id)


async def close_report(transaction: Transaction, report_id: str, *, note: str, at: int) -> None:
    """Close a report. Raises `NotFound`."""
    if not await transaction.execute(CLOSE, report_id=report_id, new_note=note, at=at):
        raise NotFound("report not found")


async def erase_from_reports(transaction: Transaction, user_id: str) -> None:
    """Take an erased user's texts out of open reports, and forget the other reports of the user."""
    for statement in (FORGET_OF_USER, CLEAR_COMMENTS, CLEAR_COPIES):
        await transaction.execute(statement, user_id=user_id)


class ReportMethods(StorageMethods[Database]):
    """Reports; `ports.storage.Reports` documents the methods."""

    create_report = writing(create_report)
    report = reading(read_report)
    reports = reading(read_reports)
    reports_by = reading(read_reports_by)
    close_report = writing(close_report)
