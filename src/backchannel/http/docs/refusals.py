"""The errors that operations document: the meaning of each status, and the shared format."""

from collections.abc import Callable, Iterable
from typing import Annotated, NamedTuple

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from backchannel.http.docs.samples import shown
from backchannel.http.errors import ErrorInfo, message_and_error


class Meaning(NamedTuple):
    """The meaning of a status in every operation, with an example of an error."""

    text: str
    example: ErrorInfo


def meaning(status: int) -> Meaning:
    """The meaning of a status that an operation documents. Raises `KeyError`."""
    return _MEANINGS[status]


_ID = "01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"
_KNOWN = (
    Meaning(
        "A field or parameter is missing, unknown, mistyped or out of range.",
        ErrorInfo(status=400, code="invalid", text="username is missing", field="username"),
    ),
    Meaning(
        "Missing, invalid or expired token, or a wrong password.",
        ErrorInfo(
            status=401,
            code="unauthenticated",
            text="not logged in; send a login's token as 'Authorization: Bearer TOKEN'",
        ),
    ),
    Meaning(
        "Not allowed: blocked, disabled, or a message of another user.",
        ErrorInfo(status=403, code="blocked", text="one of the two has blocked the other"),
    ),
    Meaning(
        "It does not exist, or belongs to another user.",
        ErrorInfo(status=404, code="not_found", text="user not found"),
    ),
    Meaning(
        "It contradicts something that exists.",
        ErrorInfo(
            status=409, code="username_taken", text="this username is taken", field="username"
        ),
    ),
    Meaning(
        "The request needs a `Content-Length`.",
        ErrorInfo(
            status=411, code="length_required", text="the length of the body must be announced"
        ),
    ),
    Meaning(
        "The request is for another version of the protocol.",
        ErrorInfo(status=412, code="unsupported_version", text="Tus-Resumable must be 1.0.0"),
    ),
    Meaning(
        "The body is larger than the server accepts.",
        ErrorInfo(status=413, code="too_large", text="the body is larger than 1,048,576 bytes"),
    ),
    Meaning(
        "The body has a media type that is not accepted here.",
        ErrorInfo(
            status=415, code="unsupported_media_type", text="send the body as application/json"
        ),
    ),
    Meaning(
        "The range begins past the end of the content.",
        ErrorInfo(status=416, code="range_not_satisfiable", text="the range begins past the end"),
    ),
    Meaning(
        "Too many requests; `Retry-After` says how long to wait.",
        ErrorInfo(
            status=429,
            code="throttled",
            text="too many messages; send more slowly",
            retry_after=2.0,
        ),
    ),
    Meaning(
        "The bytes do not match the checksum.",
        ErrorInfo(status=460, code="checksum_mismatch", text="the bytes do not match the checksum"),
    ),
    Meaning(
        "The server has failed; its log says why, under `request_id`.",
        ErrorInfo(
            status=500,
            code="internal",
            text=f"the server failed; its log has the reason, under request {_ID}",
            request_id=_ID,
        ),
    ),
    Meaning(
        "The server cannot store or read now; try again.",
        ErrorInfo(status=503, code="unavailable", text="the server cannot store anything now"),
    ),
)
_MEANINGS = {each.example.status: each for each in _KNOWN}


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
    kind: type[Refusal], body: Callable[[ErrorInfo], object], statuses: Iterable[int]
) -> dict[int, ResponseSpec]:
    """Errors of this kind, by status; `body` makes the body of one."""
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
