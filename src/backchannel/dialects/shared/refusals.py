"""How the API's description tells of errors in the body that all dialects share."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`message` and `error` say the same to people; `code` is for programs."""

    message: Annotated[str, Meta(examples=["username is missing"])]
    error: Annotated[str, Meta(examples=["username is missing"])]
    code: Annotated[str, Meta(examples=["invalid"])]
    field: Annotated[str, Meta(description="The input at fault", examples=["username"])] | None = (
        None
    )
    request_id: Annotated[str, Meta(description="Names the entry in the log")] | None = None


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """The errors an operation documents, by status."""
    return {
        status: ResponseSpec(
            Refusal, generate_examples=False, description=HTTPStatus(status).phrase
        )
        for status in statuses
    }
