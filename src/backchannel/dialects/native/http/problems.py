"""Native errors: problem details (RFC 9457), and their documentation in the API's description."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from backchannel.http.docs.refusals import meaning
from backchannel.http.docs.samples import shown
from backchannel.http.errors import ErrorInfo, answer

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error. `code` is for programs and never changes its meaning."""

    title: Annotated[str, Meta(description="The status in words", examples=["Bad Request"])]
    status: Annotated[int, Meta(examples=[400])]
    code: Annotated[str, Meta(examples=["invalid"])]
    detail: Annotated[str, Meta(description="For people", examples=["body is missing"])]
    field: Annotated[str, Meta(description="The input at fault", examples=["body"])] | None = None
    retry_after: Annotated[float, Meta(description="Seconds to wait", examples=[2])] | None = None
    request_id: Annotated[str, Meta(description="Names the entry in the log")] | None = None


def problem(error: ErrorInfo) -> Response[Any]:
    """An error as problem details; its `type` is `about:blank`, which may be omitted."""
    return answer(error, _body(error), media_type=MEDIA_TYPE)


def _body(error: ErrorInfo) -> Problem:
    return Problem(
        title=error.title,
        status=error.status,
        code=error.code,
        detail=error.text,
        field=error.field,
        retry_after=error.retry_after,
        request_id=error.request_id,
    )


def problems(*statuses: int, body: bool = False) -> dict[int, ResponseSpec]:
    """The errors that an operation documents: its own, and those common to all."""
    common = {400, 413, 415, 500, 503} if body else {400, 500, 503}
    return {status: _documented(status) for status in sorted({*statuses, *common})}


def _documented(status: int) -> ResponseSpec:
    means = meaning(status)
    return ResponseSpec(
        Problem,
        generate_examples=False,
        description=means.text,
        media_type=MEDIA_TYPE,
        examples=shown(msgspec.to_builtins(_body(means.example))),
    )
