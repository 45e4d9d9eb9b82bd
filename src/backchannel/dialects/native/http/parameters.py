"""The types that the native routes share: strict bodies, bounded numbers, named parameters."""

from typing import Annotated

import msgspec
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.dialects.shared.docs.samples import ID, shown

CURSOR_LIMIT = 256
"""The largest length of a cursor in characters."""
INTEGER_LIMIT = 2**53 - 1
"""The largest whole number that JavaScript, and so a JSON client, can hold exactly."""


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
