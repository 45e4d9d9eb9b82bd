"""The tokens of one login, renewed in time and once for all waiting callers."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
import msgspec

from backchannel_client.errors import ApiError, error_of
from backchannel_client.wire import Tokens

RENEW_BEFORE = 60.0
"""A token is renewed so many seconds before it ends, or at half its life if that is less."""


class TokenManager:
    """Holds the tokens; `changed` is called with new ones, and with None when the login ends."""

    def __init__(self, http: httpx.AsyncClient, changed: Callable[[Tokens | None], None]) -> None:
        self._http = http
        self._changed = changed
        self._tokens: Tokens | None = None
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    @property
    def current(self) -> Tokens | None:
        return self._tokens

    @property
    def renew_in(self) -> float:
        """Seconds until the token should be renewed."""
        return max(0.0, self._renew_at - time.monotonic())

    def adopt(self, tokens: Tokens, date: str | None = None) -> None:
        """Use these tokens. `date` is that of the response, since the server's clock may differ."""
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        life = (datetime.fromisoformat(tokens.expires_at) - now).total_seconds()
        self._tokens = tokens
        self._renew_at = time.monotonic() + max(life - RENEW_BEFORE, life / 2)
        self._changed(tokens)

    def forget(self) -> None:
        """Drop the tokens: the login has ended."""
        self._tokens = None
        self._changed(None)

    async def token(self) -> str:
        """An access token that is valid for a while longer. Raises `ApiError`."""
        held = self._held()
        if self.renew_in > 0:
            return held.access_token
        return await self.renew(held.access_token)

    async def renew(self, stale: str | None = None) -> str:
        """The token that replaces `stale`. Raises `ApiError`; status 401: the login has ended."""
        async with self._renewing:  # a refresh token works once
            held = self._held()
            if stale is not None and held.access_token != stale:
                return held.access_token
            body = {"refresh_token": held.refresh_token}
            try:
                response = await self._http.post("/v1/refresh", json=body)
            except httpx.TransportError as error:
                raise ApiError(0, "unreachable", str(error) or type(error).__name__) from error
            if self._tokens is not held:  # this login has ended meanwhile; another may have begun
                return self._held().access_token
            if not response.is_success:
                if response.status_code == HTTPStatus.UNAUTHORIZED:
                    self.forget()
                raise error_of(response)
            tokens = msgspec.json.decode(response.content, type=Tokens)
            self.adopt(tokens, response.headers.get("date"))
            return tokens.access_token

    def _held(self) -> Tokens:
        if self._tokens is None:
            raise ApiError(401, "unauthenticated", "log in first")
        return self._tokens
