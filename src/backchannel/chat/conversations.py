"""Read conversations, mark them as read, keep them in order, answer requests, block users."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

import msgspec

from backchannel.chat.core import Core
from backchannel.chat.presence import signal_visibility
from backchannel.domain import access
from backchannel.domain.conversations import (
    ConversationKind,
    ConversationSettings,
    ConversationView,
    ReceiptTimes,
    RequestState,
    SettingsPatch,
)
from backchannel.domain.errors import Invalid, NotFound
from backchannel.domain.messages import Message, is_full
from backchannel.ports.storage import ReadMark

PAGE = 50
"""Messages or conversations on a page, unless asked otherwise."""
PAGE_LIMIT = 200
"""Most of them on one page."""


class HistoryPage(msgspec.Struct, frozen=True):
    """Messages of a conversation, oldest first, and the `seq` of its newest one."""

    messages: list[Message]
    last_seq: int

    @property
    def has_newer(self) -> bool:
        """True if messages follow the last one of the page."""
        return bool(self.messages) and self.messages[-1].seq < self.last_seq


async def find_conversation(
    core: Core, user_id: str, conversation_id: str
) -> ConversationView | None:
    """A conversation as its member sees it; None if there is none, to non-members too (S11)."""
    return await core.storage.conversation(user_id, conversation_id)


async def conversation(core: Core, user_id: str, conversation_id: str) -> ConversationView:
    """A conversation as its member sees it. Raises `NotFound`, to non-members too (S11)."""
    view = await find_conversation(core, user_id, conversation_id)
    if view is None:
        raise NotFound("conversation not found")
    return view


async def message(core: Core, user_id: str, message_id: str) -> Message:
    """A message of one of the user's conversations. Raises `NotFound`, to non-members too (S11)."""
    return access.require_member(user_id, await core.storage.message_by_id(message_id))


async def receipt_times(core: Core, user_id: str, conversation_id: str, seq: int) -> ReceiptTimes:
    """The times at which a message of the user's was delivered and read.

    Raises `NotFound`, to non-members too (S11), `Forbidden` (another's message), `Throttled` and
    `Overloaded`.
    """
    async with core.read_limits.page(user_id):
        found = await core.storage.message(conversation_id, seq)
        message = access.require_receipts(user_id, found)
        times = await core.storage.receipt_times(message)
    await core.read_limits.charge(user_id, [message])
    return times


async def conversations(
    core: Core,
    user_id: str,
    *,
    before: tuple[int, str] | None = None,
    limit: int = PAGE,
    kind: ConversationKind | None = None,
    request: RequestState | None = None,
) -> list[ConversationView]:
    """A page of a user's conversations, newest activity first: all, or those of one kind.

    With `request`, the message requests to the user in this state instead. `before` is the
    `(updated_at, id)` of the last one of the page before; `next_before` tells whether there may be
    another page. Raises `Invalid`.
    """
    _check_limit(limit)
    async with core.read_limits.page(user_id):
        page = await core.storage.conversations(
            user_id, before=before, limit=limit, kind=kind, request=request
        )
    await core.read_limits.charge(user_id, _last_messages(page))
    return page


def next_before(page: Sequence[ConversationView], limit: int) -> ConversationView | None:
    """The conversation after which the next page begins; None if `page` is the last one."""
    is_cut = len(page) >= limit or is_full(_last_messages(page))
    return page[-1] if page and is_cut else None


async def open_direct(core: Core, user_id: str, other_id: str) -> ConversationView:
    """The conversation with another user, created if there is none, so that it has an id.

    Raises `Invalid` if both are the same user, and `NotFound`.
    """
    core.write_limits.spend(user_id)
    access.require_other(user_id, other_id, field="receiver")
    return await core.storage.create_direct(user_id, other_id, at=core.clock.now())


async def answer_request(core: Core, user_id: str, conversation_id: str, *, accepted: bool) -> None:
    """Accept or decline a message request; the user's devices get an event.

    Raises `NotFound`, to strangers too (S11), `Blocked` and `Throttled`.
    """
    core.write_limits.spend(user_id)
    events = await core.storage.answer_request(
        user_id, conversation_id, accepted=accepted, at=core.clock.now()
    )
    core.bus.publish(events)


async def history(
    core: Core,
    user_id: str,
    conversation_id: str,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = PAGE,
) -> HistoryPage:
    """A page of messages: the newest ones, or those next to a `seq`.

    `before` and `after` exclude the `seq` they name, `around` includes it with half of the page on
    each side. The page has fewer than `limit` messages if these reach its size (`domain.messages`).
    Raises `Invalid` (more than one of them, limit out of range) and `NotFound`.
    """
    _check_limit(limit)
    if sum(bound is not None for bound in (before, after, around)) > 1:
        raise Invalid("give only one of before, after and around", field="before")

    async def read() -> list[Message]:
        if around is not None:
            return await _around(core, conversation_id, around, limit)
        return await core.storage.history(conversation_id, before=before, after=after, limit=limit)

    return await _page(core, user_id, conversation_id, read)


async def with_files(
    core: Core,
    user_id: str,
    conversation_id: str,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> HistoryPage:
    """A page of messages as `history`, only of those that have files."""
    _check_limit(limit)

    async def read() -> list[Message]:
        return await core.storage.history(
            conversation_id, before=before, after=after, limit=limit, with_files=True
        )

    return await _page(core, user_id, conversation_id, read)


async def _page(
    core: Core, user_id: str, conversation_id: str, read: Callable[[], Awaitable[list[Message]]]
) -> HistoryPage:
    view = await conversation(core, user_id, conversation_id)
    async with core.read_limits.page(user_id):
        page = await read()
    await core.read_limits.charge(user_id, page)
    return HistoryPage(page, view.last_seq)


async def undeleted(
    core: Core, user_id: str, conversation_id: str, *, before: int | None, limit: int
) -> list[Message]:
    """A page of messages as `history`, without those that have been deleted.

    The caller has checked that the conversation is the user's.
    """
    async with core.read_limits.page(user_id):
        page = await core.storage.undeleted(conversation_id, before=before, limit=limit)
    await core.read_limits.charge(user_id, page)
    return page


async def mark_read(core: Core, user_id: str, conversation_id: str, seq: int) -> None:
    """Move the user's read mark forward, durably (rule R6). Raises `NotFound`, `Invalid`."""
    core.write_limits.spend(user_id)
    view = await conversation(core, user_id, conversation_id)
    if not 0 <= seq <= view.last_seq:
        raise Invalid(f"seq must be between 0 and {view.last_seq}", field="seq")
    mark = ReadMark(user_id, conversation_id, seq, core.clock.now())
    core.publisher.publish(await core.storage.mark_read([mark]))


async def change_settings(
    core: Core, user_id: str, conversation_id: str, patch: SettingsPatch
) -> ConversationSettings:
    """Change the user's settings of a conversation, and notify the user's other devices.

    Raises `NotFound` and `Throttled`.
    """
    core.write_limits.spend(user_id)
    at = core.clock.now()
    settings, events = await core.storage.change_settings(user_id, conversation_id, patch, at=at)
    core.publisher.publish(events)
    return settings


async def set_blocked(core: Core, user_id: str, other_id: str, *, blocked: bool) -> None:
    """Block another user, so that nothing of either reaches the other, or lift the block.

    Raises `Invalid` if both are the same user, and `NotFound`.
    """
    access.require_other(user_id, other_id, field="user_id", doing="block")
    core.write_limits.spend(user_id)
    at = core.clock.now()
    core.publisher.publish(
        await core.storage.set_blocked(user_id, other_id, blocked=blocked, at=at)
    )
    await signal_visibility(core, user_id, other_id)


async def blocked(core: Core, user_id: str) -> list[str]:
    """The ids of the users this user has blocked."""
    return await core.storage.blocked(user_id)


async def _around(core: Core, conversation_id: str, seq: int, limit: int) -> list[Message]:
    read = core.storage.history
    older = await read(conversation_id, before=seq + 1, limit=limit // 2 + 1)
    if len(older) == limit or is_full(older):
        return older
    return [*older, *await read(conversation_id, after=seq, limit=limit - len(older))]


def _last_messages(page: Iterable[ConversationView]) -> Iterator[Message]:
    return (view.last_message for view in page if view.last_message)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= PAGE_LIMIT:
        raise Invalid(f"limit must be between 1 and {PAGE_LIMIT}", field="limit")
