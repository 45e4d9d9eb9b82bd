"""The errors in the format that all dialects share, for the API's description."""

from collections.abc import Callable, Iterable
from typing import Annotated

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from backchannel.dialects.shared.docs.samples import shown
from backchannel.dialects.shared.docs.statuses import meaning
from backchannel.dialects.shared.faults import Fault, message_and_error


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
    return documented(Refusal, message_and_error, statuses)


def documented(
    kind: type[Refusal], body: Callable[[Fault], object], statuses: Iterable[int]
) -> dict[int, ResponseSpec]:
    """Errors of this kind, by status; `body` is what tells one of them."""
    meanings = {status: meaning(status) for status in statuses}
    return {
        status: ResponseSpec(
            kind,
            generate_examples=False,
            description=means.text,
            examples=shown(body(means.example)),
        )
        for status, means in meanings.items()
    }
