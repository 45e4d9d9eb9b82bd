"""The part of the storage port that keeps reports."""

from typing import Protocol

from backchannel.domain.reports import Report


class Reports(Protocol):
    """The reports that users have made about others."""

    async def create_report(self, report: Report, /, *, limit: int, forget: int) -> None:
        """Keep a report, and forget some of those that were closed before `forget`.

        Raises `Conflict` if its reporter has `limit` that are not closed, `NotFound` if there
        is no such user, and `AccountDisabled` if the reporter has been erased.
        """
        ...

    async def report(self, report_id: str) -> Report | None: ...

    async def reports(self, *, closed: bool, before: str | None, limit: int) -> list[Report]:
        """The closed reports, or the open ones, by id: the newest first.

        Only those before the id `before`.
        """
        ...

    async def reports_by(self, reporter_id: str) -> list[Report]:
        """All reports by a user, the newest first."""
        ...

    async def close_report(self, report_id: str, *, note: str, at: int) -> None:
        """Close a report, or change the note of a closed one. Raises `NotFound`."""
        ...
