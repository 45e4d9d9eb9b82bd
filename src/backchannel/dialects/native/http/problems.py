"""Native errors: problem details (RFC 9457), and how the API's description tells of them."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from msgspec import Meta

from backchannel.dialects.shared.errors import answer
from backchannel.dialects.shared.faults import Fault, title_of

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong. `code` is for programs and never changes its meaning."""

    title: Annotated[str, Meta(description="The status in words", examples=["Bad Request"])]
    status: Annotated[int, Meta(examples=[400])]
    code: Annotated[str, Meta(examples=["invalid"])]
    detail: Annotated[str, Meta(description="For people", examples=["body is missing"])]
    field: Annotated[str, Meta(description="The input at fault", examples=["body"])] | None = None
    retry_after: Annotated[float, Meta(description="Seconds to wait", examples=[2])] | None = None
    request_id: Annotated[str, Meta(description="Names the entry in the log")] | None = None


def problem(fault: Fault) -> Response[Any]:
    """A fault as problem details; its `type` is `about:blank`, which may be left out."""
    body = Problem(
        title=fault.title,
        status=fault.status,
        code=fault.code,
        detail=fault.text,
        field=fault.field,
        retry_after=fault.retry_after,
        request_id=fault.request_id,
    )
    return answer(fault, body, media_type=MEDIA_TYPE)


_MEANINGS = {
    400: ("invalid", "A field is missing, unknown, mistyped or out of range."),
    401: ("unauthenticated", "No token, or one that no longer counts."),
    403: ("forbidden", "Not yours to do: blocked, disabled, or another's message."),
    404: ("not_found", "It does not exist, or it is another person's."),
    409: ("conflict", "It contradicts what is there already."),
    411: ("length_required", "The length of the body must be announced."),
    412: ("unsupported_version", "The request is for another version of the protocol."),
    413: ("too_large", "The body is larger than the server takes."),
    415: ("unsupported_media_type", "The body is of a kind that is not taken here."),
    416: ("range_not_satisfiable", "The range begins past the end of the content."),
    429: ("throttled", "Too many requests; `Retry-After` tells how long to wait."),
    460: ("checksum_mismatch", "The bytes are not those of the checksum."),
    500: ("internal", "The server has failed; its log knows why, under `request_id`."),
    503: ("unavailable", "The server cannot store or read now; try again."),
}


def problems(*statuses: int, body: bool = False) -> dict[int, ResponseSpec]:
    """The errors an operation documents: its own, and those that any of its kind may have."""
    common = {400, 413, 415, 500, 503} if body else {400, 500, 503}
    return {status: _documented(status) for status in sorted({*statuses, *common})}


def _documented(status: int) -> ResponseSpec:
    code, meaning = _MEANINGS[status]
    title = title_of(status)
    shown = {"title": title, "status": status, "code": code, "detail": meaning}
    return ResponseSpec(
        Problem,
        generate_examples=False,
        description=meaning,
        media_type=MEDIA_TYPE,
        examples=[Example(value=shown)],
    )
