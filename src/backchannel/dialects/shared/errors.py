"""The conversion of exceptions raised in handlers to responses in their dialect's format."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    ValidationException,
)

from backchannel.dialects.shared.faults import Fault, accident, message_and_error, refusal
from backchannel.dialects.shared.validation import explain
from backchannel.domain.errors import ChatError, Invalid

Render = Callable[[Fault], Response[Any]]
"""The error response of a dialect; `plain` unless its contract says otherwise."""
AnyRequest = Request[Any, Any, Any]
Handlers = dict[int | type[Exception], Callable[[AnyRequest, Exception], Response[Any]]]
"""Litestar's map of exception handlers."""

_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")  # Litestar's words
_CUT_OFF = "client disconnected prematurely"  # Litestar's text; no client is left to read ours


def plain(fault: Fault) -> Response[Any]:
    """`message` and `error`, as all dialects but the native one have them."""
    return answer(fault, message_and_error(fault))


def answer(
    fault: Fault, body: object, *, status: int | None = None, media_type: str = "application/json"
) -> Response[Any]:
    """A response with a fault's headers and a dialect's body."""
    return Response(
        body,
        status_code=status or fault.status,
        media_type=media_type,
        headers=dict(fault.header_fields()),
    )


def handlers(render: Render) -> Handlers:
    """Litestar's exception handlers of a router whose errors `render` puts into words."""

    def handle(request: AnyRequest, error: Exception) -> Response[Any]:
        return render(fault_of(error, request))

    return {Exception: handle}


def unrouted(renders: Mapping[str, Render]) -> Handlers:
    """Like `handlers`, for requests without a route: the path's beginning selects the dialect."""

    def handle(request: AnyRequest, error: Exception) -> Response[Any]:
        return render_at(request.scope["path"], renders)(fault_of(error, request))

    return {Exception: handle}


def render_at(path: str, renders: Mapping[str, Render]) -> Render:
    """The words of the dialect whose paths begin like this one; the longest beginning decides."""
    prefix = max((each for each in renders if path.startswith(each)), key=len, default=None)
    return plain if prefix is None else renders[prefix]


def fault_of(error: Exception, request: AnyRequest) -> Fault:
    """The fault to report to the client for an exception."""
    if isinstance(error, ChatError):
        return refusal(error)
    known = _known(error, request) if isinstance(error, HTTPException) else None
    return known or accident(error, request_id=_request_id(request))


def _known(error: HTTPException, request: AnyRequest) -> Fault | None:
    """The fault of what Litestar itself refuses; None if that is a fault of ours."""
    if isinstance(error, ValidationException):
        return refusal(_invalid(error))
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


def _invalid(error: ValidationException) -> Invalid:
    """The error for a parameter that Litestar rejects, or for a missing body."""
    problems = cast("list[dict[str, str]]", error.extra or [])
    if not problems:
        missing = _MISSING.match(error.detail)
        name = missing[1] if missing else None
        return Invalid(f"{name} is missing" if name else "the request is not valid", field=name)
    name = problems[0].get("key") or "data"
    if name == "data":
        return Invalid("the request needs a JSON body")
    return explain(f"{problems[0]['message']} - at `$.{name}`")


def _too_large(request: AnyRequest) -> str:
    limit = request.route_handler.resolve_request_max_body_size()
    size = f"{limit:,} bytes" if isinstance(limit, int) else "this server takes"
    return f"the body is larger than {size}"


def _method_not_allowed(error: MethodNotAllowedException, request: AnyRequest) -> Fault:
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
) -> Fault:
    code = _CODES.get(status, status.name.lower())
    return Fault(status=status, code=code, text=text, headers=headers)
