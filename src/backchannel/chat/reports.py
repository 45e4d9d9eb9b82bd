"""Reports: users make them, the operator reads and closes them."""

from collections.abc import Sequence

from backchannel.chat.core import Core
from backchannel.domain import access
from backchannel.domain.errors import Invalid, NotFound
from backchannel.domain.ids import direct_conversation_id, new_id
from backchannel.domain.messages import Message
from backchannel.domain.reports import (
    KEPT,
    MESSAGES_LIMIT,
    OPEN_LIMIT,
    Report,
    ReportReason,
    check_comment,
    copied,
)

PAGE = 50
"""Reports on a page."""


async def report(
    core: Core,
    user_id: str,
    other_id: str,
    *,
    reason: ReportReason,
    comment: str = "",
    seqs: Sequence[int] = (),
) -> Report:
    """Tell the operator about another user, with copies of messages that they have sent.

    `seqs` are numbers of their messages in the conversation of the two. Raises `Invalid`,
    `NotFound`, `Conflict` (too many wait for the operator) and `Throttled`.
    """
    core.write_limits.spend(user_id, comment)
    access.require_other(user_id, other_id, field="user", doing="report")
    check_comment(comment, field="comment")
    if len(seqs) > MESSAGES_LIMIT:
        raise Invalid(f"name at most {MESSAGES_LIMIT} messages", field="messages")
    await core.throttle.admit(f"report:user:{user_id}")
    now = core.clock.now()
    made = Report(
        id=new_id(),
        reporter_id=user_id,
        user_id=other_id,
        reason=reason.value,
        comment=comment,
        messages=copied(await _messages(core, user_id, other_id, sorted(set(seqs)))),
        created_at=now,
    )
    await core.storage.create_report(made, limit=OPEN_LIMIT, forget=now - KEPT)
    return made


async def reports(core: Core, *, closed: bool, before: str | None = None) -> list[Report]:
    """A page of reports, the newest first, past the id `before`."""
    return await core.storage.reports(closed=closed, before=before, limit=PAGE)


async def find(core: Core, report_id: str) -> Report:
    """The report with this id. Raises `NotFound`."""
    found = await core.storage.report(report_id)
    if found is None:
        raise NotFound("report not found")
    return found


async def close(core: Core, report_id: str, *, note: str = "") -> None:
    """Close a report; it is kept for 90 days. Raises `NotFound` and `Invalid`."""
    check_comment(note, field="note")
    await core.storage.close_report(report_id, note=note, at=core.clock.now())


async def _messages(core: Core, user_id: str, other_id: str, seqs: Sequence[int]) -> list[Message]:
    conversation_id = direct_conversation_id(user_id, other_id)
    found = [await core.storage.message(conversation_id, seq) for seq in seqs]
    sent = [each for each in found if each is not None and each.sender_id == other_id]
    if len(sent) < len(seqs):
        raise NotFound("a reported message must be from that user", field="messages")
    return sent
