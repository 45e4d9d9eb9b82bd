"""The envelope of a refusal."""

import pytest

from backchannel.dialects.queued_messages import wire
from backchannel.dialects.shared.faults import Fault, refusal
from backchannel.domain.errors import ChatError, EmailTaken, Invalid, Unavailable, WrongPassword


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
def test_who_is_at_fault_is_told_by_the_status(
    error: ChatError, status: int, body: dict[str, str]
) -> None:
    told_status, told = wire.refused(refusal(error))
    assert told_status == status
    assert told["error"] == told["message"]
    assert told.items() >= body.items()


def test_S21_a_fault_nobody_expected_names_its_entry_in_the_log() -> None:
    fault = Fault(status=500, code="internal", text="the server has failed", request_id="r1")
    assert wire.refused(fault) == (
        500,
        {
            "status": "error",
            "message": "the server has failed",
            "error": "the server has failed",
            "code": "internal",
            "request_id": "r1",
        },
    )
