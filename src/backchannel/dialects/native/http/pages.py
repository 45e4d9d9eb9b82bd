"""Lists, all in one form: `limit` and `cursor` in, `items` and `next` out."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, TypeVar

from msgspec import Meta

from backchannel.domain.errors import Invalid
from backchannel.domain.ids import is_id

T = TypeVar("T")

Next = Annotated[
    str | None,
    Meta(description="The `cursor` of the next page, null on the last one", examples=[None]),
]


def no_cursor() -> Invalid:
    """The error for a `cursor` that does not come from a page."""
    return Invalid("cursor must be the next of the page before", field="cursor")


def cut(
    items: Iterable[T], key: Callable[[T], str], *, limit: int, cursor: str | None
) -> tuple[Sequence[T], str | None]:
    """A page of a list that is short enough to be read at once, and the cursor of the next page.

    Sorted by `key`, an id, the newest first. A cursor is the key of a page's last item: items
    that come or go between two pages hide no other. Raises `Invalid` (the cursor).
    """
    if cursor is not None and not is_id(cursor):
        raise no_cursor()
    left = sorted(items, key=key, reverse=True)
    if cursor is not None:
        left = [item for item in left if key(item) < cursor]
    page = left[:limit]
    return page, key(page[-1]) if len(left) > limit else None
