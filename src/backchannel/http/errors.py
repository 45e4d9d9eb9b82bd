"""Errors, and their responses in the formats of the dialects."""

import logging
import math
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException

from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.ids import new_id
from backchannel.http.validation import explain

log = logging.getLogger(__name__)

_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")  # Litestar's words
_CUT_OFF = "client disconnected prematurely"  # Litestar's text; no client is left to read ours


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An error that is reported to a client, before a dialect gives it a format.

    `code` is for programs, `text` for people, `field` the input at fault. `request_id` is set
    where the reason is for the log only. `retry_after` is in seconds.
    """

    status: int
    code: str
    text: str
    field: str | None = None
    retry_after: float | None = None
    request_id: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """The status in words."""
        return title_of(self.status)

    def header_fields(self) -> tuple[tuple[str, str], ...]:
        """The response headers that go with it, Retry-After in whole seconds among them."""
        if self.retry_after is None:
            return self.headers
        return (*self.headers, ("retry-after", str(math.ceil(self.retry_after))))


Render = Callable[[ErrorInfo], Response[Any]]
"""The error response of a dialect; `plain` unless its contract says otherwise."""
AnyRequest = Request[Any, Any, Any]
Handlers = dict[int | type[Exception], Callable[[AnyRequest, Exception], Response[Any]]]
"""Litestar's map of exception handlers."""


def title_of(status: int) -> str:
    """A status in words; 460 comes from tus (tus.io) and is not registered."""
    return "Checksum Mismatch" if status == 460 else HTTPStatus(status).phrase


def refusal(error: ChatError) -> ErrorInfo:
    """The error to report for a refusal by the core."""
    return ErrorInfo(
        status=error.status,
        code=error.code,
        text=error.text,
        field=error.field,
        retry_after=error.retry_after,
        headers=(("www-authenticate", "Bearer"),)
        if error.status == HTTPStatus.UNAUTHORIZED
        else (),
    )


def internal_error(error: BaseException, *, request_id: str | None = None) -> ErrorInfo:
    """The error to report for an unexpected exception: its reason is in the log (S21)."""
    request_id = request_id or new_id()
    log.error("request %s failed", request_id, exc_info=error)
    return ErrorInfo(
        status=500,
        code="internal",
        text=f"the server failed; its log has the reason, under request {request_id}",
        request_id=request_id,
    )


def message_and_error(error: ErrorInfo) -> dict[str, object]:
    """The members that the error bodies of all dialects share."""
    body: dict[str, object] = {"message": error.text, "error": error.text, "code": error.code}
    if error.field is not None:
        body["field"] = error.field
    if error.request_id is not None:
        body["request_id"] = error.request_id
    return body


def plain(error: ErrorInfo) -> Response[Any]:
    """`message` and `error`, as all dialects but the native one have them."""
    return answer(error, message_and_error(error))


def answer(
    error: ErrorInfo,
    body: object,
    *,
    status: int | None = None,
    media_type: str = "application/json",
) -> Response[Any]:
    """A response with the headers of an error and the body of a dialect."""
    return Response(
        body,
        status_code=status or error.status,
        media_type=media_type,
        headers=dict(error.header_fields()),
    )


def handlers(render: Render) -> Handlers:
    """Litestar's exception handlers of a router whose errors `render` formats."""

    def handle(request: AnyRequest, error: Exception) -> Response[Any]:
        return _rendered(error, request, render)

    return {Exception: handle}


def unrouted(renders: Mapping[str, Render]) -> Handlers:
    """Like `handlers`, for requests without a route: the path's beginning selects the dialect."""

    def handle(request: AnyRequest, error: Exception) -> Response[Any]:
        return _rendered(error, request, render_at(request.scope["path"], renders))

    return {Exception: handle}


def _rendered(error: Exception, request: AnyRequest, render: Render) -> Response[Any]:
    """The response to an error, which from then on holds nothing of the request.

    A frame of the framework holds the error, and its traceback holds that frame. The bodies of
    hundreds of refused requests would be kept until the garbage collector finds these cycles.
    """
    response = render(error_info(error, request))
    held: BaseException | None = error
    while held is not None:
        held.__traceback__ = None
        held = held.__context__
    return response


def render_at(path: str, renders: Mapping[str, Render]) -> Render:
    """The format of the dialect whose paths begin like this one; the longest beginning decides."""
    prefix = max((each for each in renders if path.startswith(each)), key=len, default=None)
    return plain if prefix is None else renders[prefix]


def error_info(error: Exception, request: AnyRequest) -> ErrorInfo:
    """The error to report to the client for an exception."""
    if isinstance(error, ChatError):
        return refusal(error)
    known = _known(error, request) if isinstance(error, HTTPException) else None
    return known or internal_error(error, request_id=_request_id(request))


def _known(error: HTTPException, request: AnyRequest) -> ErrorInfo | None:
    """The error to report for a refusal by Litestar itself; None if the server is at fault."""
    if isinstance(error, ValidationException):
        return refusal(_invalid(error, request))
    if isinstance(error, MethodNotAllowedException):
        return _method_not_allowed(error, request)
    if error.detail == _CUT_OFF:
        return _of_status(HTTPStatus.BAD_REQUEST, "the request ended before its body")
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _of_status(status, _too_large(request))
    if status is HTTPStatus.NOT_FOUND:
        return _of_status(status, "there is nothing at this path")
    return _of_status(status, status.phrase) if status < HTTPStatus.INTERNAL_SERVER_ERROR else None


def _request_id(request: AnyRequest) -> str | None:
    state: dict[str, Any] = request.scope["state"]
    return state.get("request_id")


def _invalid(error: ValidationException, request: AnyRequest) -> Invalid:
    """The error for a parameter that Litestar rejects, or for a missing body."""
    problems = cast("list[dict[str, str]]", error.extra or [])
    if not problems:
        missing = _MISSING.match(error.detail)
        name = missing[1] if missing else None
        return Invalid(f"{name} is missing" if name else "the request is not valid", field=name)
    name = problems[0].get("key") or "data"
    if name == "data":
        return Invalid("the request needs a JSON body")
    parameter = request.route_handler.parsed_fn_signature.parameters.get(name)
    expected = parameter and parameter.annotation
    return explain(f"{problems[0]['message']} - at `$.{name}`", expected)


def _too_large(request: AnyRequest) -> str:
    limit = request.route_handler.resolve_request_max_body_size()
    size = f"{limit:,} bytes" if isinstance(limit, int) else "this server takes"
    return f"the body is larger than {size}"


def _method_not_allowed(error: MethodNotAllowedException, request: AnyRequest) -> ErrorInfo:
    methods = sorted((error.headers or {}).get("allow", "").split(", "))
    allowed = ", ".join([*methods, "HEAD"] if "GET" in methods else methods)
    return _of_status(
        HTTPStatus.METHOD_NOT_ALLOWED,
        f"{request.method} is not allowed here; allowed: {allowed}",
        headers=(("allow", allowed),),
    )


_CODES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large", HTTPStatus.BAD_REQUEST: "invalid"}


def _of_status(
    status: HTTPStatus, text: str, *, headers: tuple[tuple[str, str], ...] = ()
) -> ErrorInfo:
    code = _CODES.get(status, status.name.lower())
    return ErrorInfo(status=status, code=code, text=text, headers=headers)
