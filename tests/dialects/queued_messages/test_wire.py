"""The envelope of a refusal."""

import pytest

from backchannel.dialects.queued_messages import wire
from backchannel.domain.errors import ChatError, EmailTaken, Invalid, Unavailable, WrongPassword
from backchannel.http.errors import ErrorInfo, refusal


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (Invalid("why", field="email"), 400, {"status": "fail", "message": "why"}),
        (EmailTaken("why"), 400, {"status": "fail", "message": "User already exists"}),
        (WrongPassword("why"), 401, {"status": "fail", "message": "Invalid credentials"}),
        (Unavailable("why"), 503, {"status": "error", "message": "why"}),
    ],
    ids=lambda each: type(each).__name__,
)
def test_the_status_distinguishes_client_and_server_errors(
    error: ChatError, status: int, body: dict[str, str]
) -> None:
    answered, answer = wire.refused(refusal(error))
    assert answered == status
    assert answer["error"] == answer["message"]
    assert answer.items() >= body.items()


def test_S21_an_unexpected_error_names_its_entry_in_the_log() -> None:
    error = ErrorInfo(status=500, code="internal", text="the server has failed", request_id="r1")
    assert wire.refused(error) == (
        500,
        {
            "status": "error",
            "message": "the server has failed",
            "error": "the server has failed",
            "code": "internal",
            "request_id": "r1",
        },
    )
