"""The server's HTTP API as this client uses it."""

import asyncio
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote

import msgspec

from backchannel.cli.chat.http import Exchange, Refused, Request, Server
from backchannel.dialects.native.bodies import (
    ConversationBody,
    MessageBody,
    SessionBody,
    UserBody,
)

Answer = TypeVar("Answer")

EARLY = 60.0
"""A token is renewed this many seconds before it expires, or at half its life if that is less."""
PAGE = 100
FAREWELL = 2.0
"""Seconds that a logout may take: leaving must not wait for a server that is away."""


class _Users(msgspec.Struct):
    items: list[UserBody]


class _Conversations(msgspec.Struct):
    items: list[ConversationBody]


class _Messages(msgspec.Struct):
    items: list[MessageBody]


class _Snippet(msgspec.Struct):
    text: str


class Hit(msgspec.Struct):
    """A message that a search has found."""

    seq: int
    sender_id: str
    created_at: str
    snippet: _Snippet


class _Hits(msgspec.Struct):
    items: list[Hit]


class Api:
    """One login. Raises `Refused`, or `OSError` when the server cannot be reached or is busy."""

    def __init__(self, server: Server) -> None:
        self._exchange = Exchange(server)
        self._session: SessionBody | None = None
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    @property
    def session(self) -> SessionBody:
        if self._session is None:
            raise Refused("not logged in")
        return self._session

    async def login(self, username: str, password: str) -> None:
        await self._begin("/v1/login", {"identifier": username, "password": password})

    async def token(self) -> str:
        """An access token that is valid for at least a while."""
        if time.monotonic() >= self._renew_at:
            return await self.renewed(self.session.access_token)
        return self.session.access_token

    async def renewed(self, stale: str) -> str:
        """The token that replaces `stale`."""
        async with self._renewing:  # a refresh token works once
            if self.session.access_token == stale:
                known = {"refresh_token": self.session.refresh_token}
                await self._begin("/v1/refresh", known)
        return self.session.access_token

    async def users(self, search: str | None = None) -> list[UserBody]:
        wanted = f"&search={quote(search, safe='')}" if search else ""
        return (await self._get(_Users, f"/v1/users?limit={PAGE}{wanted}")).items

    async def user(self, name: str) -> UserBody:
        return await self._get(UserBody, f"/v1/users/{quote(name, safe='')}")

    async def conversations(self) -> list[ConversationBody]:
        return (await self._get(_Conversations, f"/v1/conversations?limit={PAGE}")).items

    async def messages(
        self, conversation_id: str, limit: int, before: int | None = None
    ) -> list[MessageBody]:
        """The newest messages, or those before a number; the oldest comes first."""
        earlier = f"&before={before}" if before else ""
        path = f"/v1/conversations/{conversation_id}/messages?limit={limit}{earlier}"
        return (await self._get(_Messages, path)).items

    async def search(self, words: str, conversation_id: str) -> list[Hit]:
        """The newest messages of a conversation that contain all the words."""
        path = f"/v1/search?q={quote(words, safe='')}&conversation_id={conversation_id}"
        return (await self._get(_Hits, f"{path}&order=newest")).items

    async def block(self, user_id: str) -> None:
        await self._authorized(object, "PUT", f"/v1/blocks/{user_id}")

    async def unblock(self, user_id: str) -> None:
        await self._authorized(object, "DELETE", f"/v1/blocks/{user_id}")

    async def edit(self, conversation_id: str, seq: int, body: str) -> None:
        await self._authorized(
            MessageBody, "PATCH", _message_path(conversation_id, seq), {"body": body}
        )

    async def delete(self, conversation_id: str, seq: int) -> None:
        await self._authorized(MessageBody, "DELETE", _message_path(conversation_id, seq))

    async def react(self, conversation_id: str, seq: int, emoji: str) -> None:
        path = f"{_message_path(conversation_id, seq)}/reactions/{quote(emoji, safe='')}"
        await self._authorized(MessageBody, "PUT", path)

    async def logout(self) -> None:
        request = Request("POST", "/v1/logout", token=self.session.access_token, patience=FAREWELL)
        await asyncio.to_thread(self._exchange.carry_out, request)

    async def _begin(self, path: str, secrets: dict[str, str]) -> None:
        """Log in, or log in again; how long the token is valid is told by the server's clock."""
        content, date = await asyncio.to_thread(
            self._exchange.carry_out, Request("POST", path, json.dumps(secrets).encode())
        )
        session = _decoded(SessionBody, content)
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        life = (datetime.fromisoformat(session.expires_at) - now).total_seconds()
        self._session = session
        self._renew_at = time.monotonic() + max(life - EARLY, life / 2)

    async def _get(self, kind: type[Answer], path: str) -> Answer:
        return await self._authorized(kind, "GET", path)

    async def _authorized(
        self, kind: type[Answer], method: str, path: str, body: object = None
    ) -> Answer:
        """Ask with a token; one that the server no longer takes is renewed once."""
        content = None if body is None else msgspec.json.encode(body)
        token = await self.token()
        try:
            answer = await self._ask(Request(method, path, content, token))
        except Refused as refusal:
            if refusal.answer != 401:
                raise
            answer = await self._ask(Request(method, path, content, await self.renewed(token)))
        return _decoded(kind, answer)

    async def _ask(self, request: Request) -> bytes:
        content, _ = await asyncio.to_thread(self._exchange.carry_out, request)
        return content


def _message_path(conversation_id: str, seq: int) -> str:
    return f"/v1/conversations/{conversation_id}/messages/{seq}"


def _decoded(kind: type[Answer], content: bytes) -> Answer:
    try:
        return msgspec.json.decode(content or b"null", type=kind)
    except msgspec.DecodeError:
        raise Refused("the server does not answer as a Backchannel server does") from None
