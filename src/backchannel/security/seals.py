"""Seals: HMAC-SHA-256 (RFC 2104) under a key of their own, derived from the server's secret."""

import base64
import hmac

PURPOSE = b"backchannel seal"
"""The prefix that separates the key from that of tokens: neither can be used as the other."""


class HmacSeals:
    """Implements `ports.seals.Seals`."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, PURPOSE, "sha256")

    def seal(self, statement: bytes) -> str:
        code = hmac.digest(self._key, statement, "sha256")
        return base64.urlsafe_b64encode(code).rstrip(b"=").decode()

    def is_genuine(self, statement: bytes, seal: str) -> bool:
        return hmac.compare_digest(self.seal(statement).encode(), seal.encode("utf-8", "replace"))
