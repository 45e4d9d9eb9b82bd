"""The reasons that a request was not carried out."""

import httpx
import msgspec

TRANSIENT = frozenset({"throttled", "overloaded", "unavailable", "unreachable"})


class ApiError(Exception):
    """The server has refused a request, or could not be reached."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """`status` is HTTP's, 0 if the server could not be reached; `retry_after` is in seconds."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.retry_after = retry_after

    @property
    def transient(self) -> bool:
        """True if the same request may succeed later."""
        return self.status in {0, 502, 504} or is_transient(self.code)


def is_transient(code: str) -> bool:
    """True if a refusal with this code says "not now" rather than "not this"."""
    return code in TRANSIENT


class _Problem(msgspec.Struct):
    code: str = "failed"
    detail: str = ""
    field: str | None = None
    retry_after: float | None = None


def error_of(response: httpx.Response) -> ApiError:
    """The error in a response; its content must have been read."""
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    if response.is_redirect:
        detail = f"the server redirects to {response.headers['location']}"
        return ApiError(response.status_code, "redirected", detail)
    return ApiError(
        response.status_code,
        problem.code,
        problem.detail or response.reason_phrase,
        problem.field,
        problem.retry_after or _seconds(response.headers.get("retry-after")),
    )


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None
