"""The types that the native routes share: strict bodies, bounded numbers, parameters and pages."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, TypeVar

import msgspec
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.domain.errors import Invalid
from backchannel.domain.ids import is_id
from backchannel.http.docs.samples import ID, shown

CURSOR_LIMIT = 256
"""The largest length of a cursor in characters."""
INTEGER_LIMIT = 2**53 - 1
"""The largest whole number that JavaScript, and so a JSON client, can hold exactly."""

T = TypeVar("T")

Next = Annotated[
    str | None,
    Meta(description="The `cursor` of the next page, null on the last one", examples=[None]),
]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request body that refuses unknown fields (rule S12)."""


Number = Annotated[int, Meta(ge=0, le=INTEGER_LIMIT)]
ConversationId = Annotated[
    str, PathParameter(description="The conversation's id", examples=shown(ID))
]
UserName = Annotated[
    str, PathParameter(description="A user's id or username", examples=shown("grace"))
]
PathSeq = Annotated[
    int,
    PathParameter(
        ge=1,
        le=INTEGER_LIMIT,
        description="The message's number in the conversation",
        examples=shown(42),
    ),
]
Limit = Annotated[
    int, QueryParameter(ge=1, le=PAGE_LIMIT, description="The maximum number of items on the page")
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=CURSOR_LIMIT,
        description="`next` of the previous page; omit it for the first page",
    ),
]


def no_cursor() -> Invalid:
    """The error for a `cursor` that does not come from a page."""
    return Invalid("cursor must be the `next` of the previous page", field="cursor")


def paginate(
    items: Iterable[T], key: Callable[[T], str], *, limit: int, cursor: str | None
) -> tuple[Sequence[T], str | None]:
    """A page of a list that is short enough to be read at once, and the cursor of the next page.

    Sorted by `key`, an id, the newest first. A cursor is the key of a page's last item: items
    that come or go between two pages hide no other. Raises `Invalid` (the cursor).
    """
    if cursor is not None and not is_id(cursor):
        raise no_cursor()
    remaining = sorted(items, key=key, reverse=True)
    if cursor is not None:
        remaining = [item for item in remaining if key(item) < cursor]
    page = remaining[:limit]
    return page, key(page[-1]) if len(remaining) > limit else None
