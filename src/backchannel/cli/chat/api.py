"""The server's HTTP API as this client uses it."""

import asyncio
import json
import ssl
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

import msgspec

from backchannel.dialects.native.bodies import (
    ConversationBody,
    MessageBody,
    SessionBody,
    UserBody,
)
from backchannel.domain.errors import ChatError

Answer = TypeVar("Answer")

PATIENCE = 15
"""Seconds until an answer is given up."""
EARLY = timedelta(seconds=60)
"""A token is renewed this long before it expires."""
PAGE = 100


class Refused(ChatError):
    """The server has said no; the text is its own."""


class _Users(msgspec.Struct):
    items: list[UserBody]


class _Conversations(msgspec.Struct):
    items: list[ConversationBody]


class _Messages(msgspec.Struct):
    items: list[MessageBody]


class _Problem(msgspec.Struct):
    detail: str = ""


class Api:
    """One login. Raises `Refused`, or `OSError` when the server cannot be reached."""

    def __init__(self, url: str, tls: ssl.SSLContext | None) -> None:
        self._url = url
        self._tls = tls
        self._session: SessionBody | None = None
        self._renewing = asyncio.Lock()

    @property
    def session(self) -> SessionBody:
        if self._session is None:
            raise Refused("not logged in")
        return self._session

    async def login(self, username: str, password: str) -> None:
        credentials = {"identifier": username, "password": password}
        self._session = await self._call(SessionBody, "POST", "/v1/login", credentials)

    async def token(self) -> str:
        """An access token that counts for at least a while."""
        async with self._renewing:  # a refresh token counts once
            expires_at = datetime.fromisoformat(self.session.expires_at)
            if expires_at - datetime.now(UTC) < EARLY:
                known = {"refresh_token": self.session.refresh_token}
                self._session = await self._call(SessionBody, "POST", "/v1/refresh", known)
        return self.session.access_token

    async def users(self) -> list[UserBody]:
        return (await self._get(_Users, f"/v1/users?limit={PAGE}")).items

    async def user(self, name: str) -> UserBody:
        return await self._get(UserBody, f"/v1/users/{quote(name, safe='')}")

    async def conversations(self) -> list[ConversationBody]:
        return (await self._get(_Conversations, f"/v1/conversations?limit={PAGE}")).items

    async def messages(self, conversation_id: str, limit: int) -> list[MessageBody]:
        path = f"/v1/conversations/{conversation_id}/messages?limit={limit}"
        return (await self._get(_Messages, path)).items

    async def logout(self) -> None:
        await self._call(object, "POST", "/v1/logout", token=self.session.access_token)

    async def _get(self, kind: type[Answer], path: str) -> Answer:
        return await self._call(kind, "GET", path, token=await self.token())

    async def _call(
        self,
        kind: type[Answer],
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
    ) -> Answer:
        request = urllib.request.Request(self._url + path, method=method)  # noqa: S310  # the scheme was checked with the address
        request.add_header("User-Agent", "backchannel chat")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        content = await asyncio.to_thread(self._exchange, request)
        return msgspec.json.decode(content or b"null", type=kind)

    def _exchange(self, request: urllib.request.Request) -> bytes:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE, context=self._tls) as answer:  # noqa: S310
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise Refused(_reason(error)) from None
        except urllib.error.URLError as error:
            reason = getattr(error.reason, "strerror", None) or error.reason
            raise ConnectionError(f"{self._url} cannot be reached: {reason}") from None


def _reason(error: urllib.error.HTTPError) -> str:
    """What the server says is wrong, in its own words."""
    try:
        problem = msgspec.json.decode(error.read(), type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    return f"the server says: {problem.detail or error.reason}"
