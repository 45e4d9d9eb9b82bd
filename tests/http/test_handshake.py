"""The refusal of a WebSocket during its handshake, over HTTP."""

import json

from backchannel.domain.errors import Throttled, Unauthenticated
from backchannel.http.authentication import refused
from backchannel.http.errors import refusal


def test_refusal_is_json_with_both_words_and_the_security_headers() -> None:
    answer = refused(refusal(Unauthenticated("not logged in")))
    body = json.loads(answer.body)
    headers = dict(answer.headers)
    assert answer.status == 401
    assert body["message"] == body["error"] == "not logged in"
    assert headers["content-type"] == "application/json"
    assert headers["www-authenticate"] == "Bearer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_throttled_handshake_has_retry_after() -> None:
    answer = refused(refusal(Throttled("too many", retry_after=0.1)))
    assert dict(answer.headers)["retry-after"] == "1"
