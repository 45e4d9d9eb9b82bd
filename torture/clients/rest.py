"""Clients over HTTP: log in, and fetch messages."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

from backchannel.checker.journal import Seen
from backchannel.domain.ids import direct_conversation_id

PASSWORD = "mist over the harbour"  # noqa: S105 - of users who exist for a minute
TIMEOUT = 120.0
"""Seconds until a request must have been answered; the server may be away meanwhile."""
PAGE = 200
AWAY = frozenset({502, 503, 504})
"""The server is away, or a balancer has none."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A user who is logged in."""

    id: str
    username: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def conversation_with(self, other: "Person") -> str:
        return direct_conversation_id(self.id, other.id)


class Rest:
    """The native HTTP API; a request is repeated until the server answers it."""

    def __init__(self, address: str) -> None:
        self._http = httpx.AsyncClient(base_url=address, timeout=TIMEOUT)

    async def close(self) -> None:
        await self._http.aclose()

    async def register(self, username: str) -> Person:
        """Register a user, and log in."""
        account = {"username": username, "password": PASSWORD}
        await self.ask("POST", "/v1/register", json=account)
        return await self.log_in(username)

    async def log_in(self, username: str) -> Person:
        """Log a user in once more."""
        credentials = {"identifier": username, "password": PASSWORD}
        session = await self.ask("POST", "/v1/login", json=credentials)
        return Person(session["user"]["id"], username, session["access_token"])

    async def messages(
        self, person: Person, conversation: str, *, after: int = 0
    ) -> tuple[Seen, ...]:
        """The messages of a conversation after this `seq`; empty before the first one."""
        path = f"/v1/conversations/{conversation}/messages"
        found: list[Seen] = []
        while True:
            query = {"limit": PAGE, "after": after}
            page = await self.ask("GET", path, headers=person.headers, params=query, missing=True)
            found += [_seen(each) for each in page.get("items", ())]
            if page.get("next") is None:
                return tuple(found)
            after = found[-1].seq or 0

    async def ask(self, method: str, path: str, *, missing: bool = False, **given: Any) -> Json:
        """The response's body; empty for a 404, if it may be missing.

        Raises `httpx.HTTPStatusError` for a refusal, and `TimeoutError`.
        """
        async with asyncio.timeout(TIMEOUT):
            while True:
                try:
                    answer = await self._http.request(method, path, **given)
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                if answer.status_code == 404 and missing:
                    return {}
                if answer.status_code in AWAY:
                    await asyncio.sleep(0.1)
                    continue
                if answer.status_code == 429:
                    await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
                    continue
                body: Json = answer.raise_for_status().json() if answer.content else {}
                return body


def _seen(message: Json) -> Seen:
    return Seen(
        id=message["id"], sender=message["sender_id"], body=message["body"], seq=message["seq"]
    )
