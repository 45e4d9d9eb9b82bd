"""Faults: errors before a dialect puts them into its own format."""

import logging
import math
from http import HTTPStatus

import msgspec

from backchannel.domain.errors import ChatError
from backchannel.domain.ids import new_id

log = logging.getLogger(__name__)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal as every dialect tells it.

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


def title_of(status: int) -> str:
    """A status in words; 460 is of tus (tus.io), and registered nowhere."""
    return "Checksum Mismatch" if status == 460 else HTTPStatus(status).phrase


def refusal(error: ChatError) -> Fault:
    """The fault of something the core has refused."""
    return Fault(
        status=error.status,
        code=error.code,
        text=error.text,
        field=error.field,
        retry_after=error.retry_after,
        headers=(("www-authenticate", "Bearer"),)
        if error.status == HTTPStatus.UNAUTHORIZED
        else (),
    )


def accident(error: BaseException, *, request_id: str | None = None) -> Fault:
    """The fault of an unexpected error: its reason goes to the log, its id to both (S21)."""
    request_id = request_id or new_id()
    log.error("request %s failed", request_id, exc_info=error)
    return Fault(
        status=500,
        code="internal",
        text=f"the server has failed; its log knows why, as request {request_id}",
        request_id=request_id,
    )


def message_and_error(fault: Fault) -> dict[str, object]:
    """The members that the error bodies of all dialects share."""
    body: dict[str, object] = {"message": fault.text, "error": fault.text, "code": fault.code}
    if fault.field is not None:
        body["field"] = fault.field
    if fault.request_id is not None:
        body["request_id"] = fault.request_id
    return body
