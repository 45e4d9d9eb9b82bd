"""The errors of this dialect in the API's description."""

from typing import Annotated

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from backchannel.dialects.echo_sessions.errors import body
from backchannel.dialects.shared.refusals import Refusal, documented


class FieldError(msgspec.Struct, frozen=True):
    path: Annotated[str, Meta(description="The field at fault", examples=["password"])]
    msg: Annotated[str, Meta(examples=["password must have 8 to 128 characters"])]


class SessionRefusal(Refusal, frozen=True, kw_only=True, omit_defaults=True):
    """`errors` comes with status 400: every field that is at fault."""

    success: Annotated[bool, Meta(examples=[False])]
    errors: list[FieldError] | None = None


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """The errors an operation documents, by status."""
    return documented(SessionRefusal, body, statuses)
