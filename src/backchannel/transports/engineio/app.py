"""Long-polling as an ASGI application: HTTP requests in, packets to and from sessions."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Final

from backchannel.budgets.addresses import network
from backchannel.transports.engineio import cors, payloads, problems, requests
from backchannel.transports.engineio.asgi import (
    Answer,
    ClientGone,
    Receive,
    Scope,
    Send,
    hung_up_before,
    read_body,
    respond,
)
from backchannel.transports.engineio.packets import Packet
from backchannel.transports.engineio.payloads import InvalidPayload
from backchannel.transports.engineio.polling import Polling
from backchannel.transports.engineio.problems import Rejected
from backchannel.transports.engineio.requests import Query
from backchannel.transports.engineio.session import Session
from backchannel.transports.engineio.sessions import Sessions
from backchannel.transports.http.caps import Network
from backchannel.transports.http.fields import joined
from backchannel.transports.http.forwarded import client_of, is_secure
from backchannel.transports.websocket.endpoint import UpgradeRequest

Headers = Mapping[str, str]

_UPGRADE_CYCLE: Final = 0.1
"""The seconds a GET may wait while a WebSocket is about to take over."""
_TURN: Final = 64
"""Packets that are taken in a row before other clients come first."""
_PACKET_COST: Final = 256
_LONGEST_PAUSE: Final = 2.0


class PollingApp:
    """Serves GET, POST and OPTIONS, wherever it is mounted."""

    def __init__(
        self, sessions: Sessions, origins: Collection[str], trusted_proxies: Sequence[Network]
    ) -> None:
        self._sessions = sessions
        self._origins = frozenset(origins)
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self._request(scope)
        try:
            answer = await self._answer(scope, request, receive)
        except Rejected as rejected:
            problem = rejected.problem
            answer = Answer(problem.body(), problem.status, "application/json", problem.headers)
        except ClientGone:
            return
        allowing = cors.response_headers(request.headers, self._origins, secure=request.secure)
        await respond(answer, allowing, send)

    async def _answer(self, scope: Scope, request: UpgradeRequest, receive: Receive) -> Answer:
        headers = request.headers
        if not cors.allows(headers, self._origins, secure=request.secure):
            raise Rejected(problems.FORBIDDEN)
        method: str = scope["method"]
        if method == "OPTIONS":
            return Answer(status=204, headers=cors.preflight_headers(headers))
        query = requests.parse(request.query)
        if query.transport not in requests.TRANSPORTS:
            raise Rejected(problems.UNKNOWN_TRANSPORT)
        if not query.sid:
            return self._shake_hands(method, request, query)
        session = requests.find(self._sessions, query.sid)
        polling = session.transport
        if query.transport != requests.POLLING or not isinstance(polling, Polling):
            raise Rejected(problems.BAD_REQUEST)
        if method == "GET":
            return await self._poll(session, polling, receive)
        if method == "POST":
            return await self._push(session, polling, headers, receive)
        raise Rejected(problems.BAD_REQUEST)

    # ------------------------------------------------------------------- handshake

    def _shake_hands(self, method: str, request: UpgradeRequest, query: Query) -> Answer:
        if method != "GET":
            raise Rejected(problems.BAD_HANDSHAKE_METHOD)
        if query.transport != requests.POLLING:
            raise Rejected(problems.BAD_REQUEST)
        requests.check_revision(query)
        polling = Polling(self._sessions.settings.backlog)
        session = self._sessions.new(request, polling)
        if not session.start():
            raise Rejected(problems.OVERLOADED)
        return Answer(session.answer(polling))

    def _request(self, scope: Scope) -> UpgradeRequest:
        headers = joined(scope["headers"])
        client = scope.get("client")
        peer = (client[0], client[1]) if client else ("", 0)
        tls = scope["scheme"] == "https"
        trusted = self._trusted_proxies
        return UpgradeRequest(
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            client=client_of(peer, headers, trusted),
            secure=is_secure(peer, headers, trusted, tls=tls),
        )

    # --------------------------------------------------------------- receiving data

    async def _poll(self, session: Session, polling: Polling, receive: Receive) -> Answer:
        """Answer a GET once there are packets; a second one at the same time is an error."""
        if polling.waiting:
            session.fail("transport error")
            raise Rejected(problems.BAD_REQUEST)
        woken = asyncio.get_running_loop().create_future()
        if polling.poll(partial(woken.set_result, None)):
            session.flushed()
        if not woken.done():
            patience = _UPGRADE_CYCLE if session.upgrading else None
            if await hung_up_before(woken, receive, patience):
                session.fail("transport error")
                raise ClientGone
        return Answer(session.answer(polling))

    # ----------------------------------------------------------------- sending data

    async def _push(
        self, session: Session, polling: Polling, headers: Headers, receive: Receive
    ) -> Answer:
        """Take the packets of a POST; if they cannot all be taken, in order, none may follow."""
        try:
            await self._take_payload(session, polling, headers, receive)
        except Exception:
            session.fail("transport error")
            raise
        return Answer(b"ok", content_type="text/html")

    async def _take_payload(
        self, session: Session, polling: Polling, headers: Headers, receive: Receive
    ) -> None:
        if polling.posting or headers.get("content-type") == "application/octet-stream":
            raise Rejected(problems.BAD_REQUEST)
        polling.posting = True
        try:
            packets = await self._read_packets(session, receive)
            for number, packet in enumerate(packets, start=1):
                await polling.readable()
                if session.transport is not polling:  # the rest would overtake what comes there
                    raise Rejected(problems.BAD_REQUEST)
                session.receive(packet)
                if number % _TURN == 0:
                    await asyncio.sleep(0)
        finally:
            polling.posting = False

    async def _read_packets(self, session: Session, receive: Receive) -> list[Packet]:
        """Read a POST once the budget of the client allows for it."""
        settings, reading = self._sessions.settings, self._sessions.reading
        stranger = session.user_id is None
        limit = settings.max_payload
        if stranger:
            limit = min(limit, settings.stranger_payload)
        payload = await read_body(receive, limit=limit, timeout=settings.body_timeout)
        try:
            packets = payloads.decode(payload)
        except InvalidPayload:
            session.fail("parse error")
            raise Rejected(problems.BAD_REQUEST) from None
        address = f"address {network(session.request.client[0])}"
        payer = address if stranger else f"user {session.user_id}"
        if wait := reading.wait(payer, 0):
            await asyncio.sleep(min(wait, _LONGEST_PAUSE))
        reading.charge(payer, len(payload) + _PACKET_COST * len(packets))
        return packets
