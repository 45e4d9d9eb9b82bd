"""The errors of this dialect: a 400 lists every field that is wrong."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response

from backchannel.dialects.echo_sessions.fields import InvalidFields
from backchannel.dialects.shared.errors import AnyRequest, Handlers, answer, handlers
from backchannel.dialects.shared.faults import Fault, message_and_error, refusal
from backchannel.domain.errors import EmailTaken, Invalid, UsernameTaken, WrongPassword

INVALID_CREDENTIALS = "Invalid credentials"


def in_their_words(fault: Fault) -> Fault:
    """A refusal as the document's server tells it: what is taken is invalid input."""
    if fault.code in {UsernameTaken.code, EmailTaken.code}:
        return msgspec.structs.replace(fault, status=HTTPStatus.BAD_REQUEST)
    if fault.code == WrongPassword.code:
        return msgspec.structs.replace(fault, text=INVALID_CREDENTIALS)
    return fault


def body(fault: Fault, faults: Sequence[Invalid] = ()) -> dict[str, object]:
    """An error's JSON; `errors` name the fields, or `body` as a whole."""
    told = {"success": False, **message_and_error(fault)}
    if fault.status == HTTPStatus.BAD_REQUEST:
        named = [(each.field, each.text) for each in faults] or [(fault.field, fault.text)]
        told["errors"] = [{"path": field or "body", "msg": text} for field, text in named]
    return told


def render(fault: Fault) -> Response[Any]:
    """The error response of the routes below `/api/auth` and `/api/sessions`."""
    told = in_their_words(fault)
    return answer(told, body(told))


def error_handlers() -> Handlers:
    """Litestar's exception handlers for this dialect's routes."""

    def handle_fields(_: AnyRequest, error: Exception) -> Response[Any]:
        if not isinstance(error, InvalidFields):
            raise error
        fault = refusal(error)
        return answer(fault, body(fault, error.faults))

    return {**handlers(render), InvalidFields: handle_fields}
