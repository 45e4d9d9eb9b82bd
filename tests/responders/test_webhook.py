"""The webhook: its request, the responses that it accepts, and its retries."""

import hashlib
import hmac
import json

import pytest

from backchannel.ports.responder import ResponderFailed
from backchannel.responders.requests import ATTEMPTS, RESPONSE_BYTES
from backchannel.responders.webhook import Webhook
from tests.responders.conftest import Reply, Service, message, pieces
from tests.support.clock import ManualClock

KEY = b"a key of the operator's choice"


def webhook(url: str, *, timeout: float = 10) -> Webhook:
    return Webhook(url + "/answers", KEY, ManualClock(), timeout=timeout)


async def test_a_signed_question_and_its_answer(service: Service) -> None:
    service.replies = [Reply(b'{"body":"Forty-two.","more":1}')]
    question = message("And now?", seq=3)
    before = message("Hello", seq=1), message("Good day", by_user=False, seq=2)
    assert await pieces(webhook(service.url), question, *before) == ["Forty-two."]
    (asked,) = service.asked
    assert asked.path == "/answers"
    assert json.loads(asked.body) == {
        "id": question.id,
        "conversation_id": "session",
        "sender_id": "ada",
        "body": "And now?",
        "created_at": "1970-01-01T00:00:07.000Z",
        "before": [
            {"sender": "user", "body": "Hello", "created_at": "1970-01-01T00:00:07.000Z"},
            {"sender": "server", "body": "Good day", "created_at": "1970-01-01T00:00:07.000Z"},
        ],
    }
    timestamp = asked.headers["x-backchannel-timestamp"]
    assert timestamp == str(ManualClock().now() // 1000)
    signed = timestamp.encode() + b"." + asked.body
    expected = hmac.new(KEY, signed, hashlib.sha256).hexdigest()
    assert asked.headers["x-backchannel-signature"] == f"sha256={expected}"
    assert asked.headers["idempotency-key"] == question.id


async def test_plain_text_is_an_answer_too(service: Service) -> None:
    service.replies = [Reply("Grüße".encode(), media_type="text/plain; charset=utf-8")]
    assert await pieces(webhook(service.url), message("hello")) == ["Grüße"]


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_temporary_errors_are_retried(service: Service, status: int) -> None:
    service.replies = [Reply(status=status), Reply(status=status), Reply(b'{"body":"ok"}')]
    assert await pieces(webhook(service.url), message("hello")) == ["ok"]
    assert len({asked.headers["idempotency-key"] for asked in service.asked}) == 1


async def test_a_webhook_fails_after_four_attempts(service: Service) -> None:
    service.replies = [Reply(status=502)]
    with pytest.raises(ResponderFailed, match="status 502, 4 times"):
        await pieces(webhook(service.url), message("hello"))
    assert len(service.asked) == ATTEMPTS


@pytest.mark.parametrize("status", [400, 404, 302])
async def test_permanent_errors_are_not_retried(service: Service, status: int) -> None:
    service.replies = [Reply(status=status)]
    with pytest.raises(ResponderFailed, match=f"status {status}"):
        await pieces(webhook(service.url), message("hello"))
    assert len(service.asked) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"body":1}', b'{"body":"\xff"}'])
async def test_an_unusable_response_is_a_failure(service: Service, body: bytes) -> None:
    service.replies = [Reply(body)]
    with pytest.raises(ResponderFailed, match="not an answer"):
        await pieces(webhook(service.url), message("hello"))


async def test_S18_an_overlong_response_is_a_failure(service: Service) -> None:
    service.replies = [Reply(b"x" * (RESPONSE_BYTES + 1))]
    with pytest.raises(ResponderFailed, match="longer than"):
        await pieces(webhook(service.url), message("hello"))


async def test_a_truncated_response_is_a_failure(service: Service) -> None:
    service.replies = [Reply(b'{"body":', cut=True)]
    with pytest.raises(ResponderFailed, match="broke off"):
        await pieces(webhook(service.url), message("hello"))


async def test_a_refused_connection_is_a_failure() -> None:
    with pytest.raises(ResponderFailed, match="ConnectError"):
        await pieces(webhook("http://127.0.0.1:1"), message("hello"))


async def test_all_attempts_share_the_time(service: Service) -> None:
    service.replies = [Reply(status=500)]
    with pytest.raises(ResponderFailed, match=r"within 0\.005 s"):
        await pieces(webhook(service.url, timeout=0.005), message("hello"))
