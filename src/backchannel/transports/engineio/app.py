"""Long-polling as an ASGI application: HTTP requests in, packets to and from sessions."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final

from backchannel.budgets.rates import network
from backchannel.transports.engineio import requests
from backchannel.transports.engineio.packets import (
    PACKET_COST,
    InvalidPayload,
    Packet,
    TooManyPackets,
    decode_payload,
    turns,
)
from backchannel.transports.engineio.polling import Polling
from backchannel.transports.engineio.relay import Forwarded, Relay
from backchannel.transports.engineio.requests import (
    ClientGone,
    Query,
    Receive,
    Rejected,
    Response,
    Scope,
    Send,
    disconnected_before,
    read_body,
    respond,
)
from backchannel.transports.engineio.session import EngineIoSession
from backchannel.transports.engineio.sessions import Sessions
from backchannel.transports.http.forwarded import client_of, is_secure
from backchannel.transports.http.limits import Network
from backchannel.transports.http.request_head import joined
from backchannel.transports.websocket.endpoint import UpgradeRequest

Headers = Mapping[str, str]

_UPGRADE_CYCLE: Final = 0.1
"""The seconds a GET may wait while a WebSocket is about to take over."""
_LONGEST_PAUSE: Final = 2.0


class PollingApp:
    """Serves GET, POST and OPTIONS, wherever it is mounted."""

    def __init__(
        self,
        sessions: Sessions,
        origins: Collection[str],
        trusted_proxies: Sequence[Network],
        relay: Relay | None = None,
    ) -> None:
        """`relay` passes on the requests for sessions of other nodes."""
        self._sessions = sessions
        self._relay = relay
        if relay is not None:
            relay.serve(self._answer_forwarded)
        self._origins = frozenset(origins)
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self._request(scope)
        try:
            answer = await self._answer(scope, request, receive)
        except Rejected as rejected:
            answer = _refusal(rejected)
        except ClientGone:
            return
        allowing = requests.response_headers(request.headers, self._origins, secure=request.secure)
        await respond(answer, allowing, send)

    async def _answer(self, scope: Scope, request: UpgradeRequest, receive: Receive) -> Response:
        headers = request.headers
        if not requests.allows(headers, self._origins, secure=request.secure):
            raise Rejected(requests.FORBIDDEN)
        method: str = scope["method"]
        if method == "OPTIONS":
            return Response(status=204, headers=requests.preflight_headers(headers))
        query = requests.parse(request.query)
        if query.transport not in requests.TRANSPORTS:
            raise Rejected(requests.UNKNOWN_TRANSPORT)
        if not query.sid:
            return self._shake_hands(method, request, query)
        if self._relay is not None and (node_id := self._relay.node_of(query.sid)) is not None:
            return await self._forward(self._relay, node_id, method, request, receive)
        return await self._exchange(method, query, headers, receive)

    async def _exchange(
        self, method: str, query: Query, headers: Headers, receive: Receive
    ) -> Response:
        session = requests.find(self._sessions, query.sid)
        polling = session.transport
        if query.transport != requests.POLLING or not isinstance(polling, Polling):
            raise Rejected(requests.BAD_REQUEST)
        if method == "GET":
            return await self._poll(session, polling, receive)
        if method == "POST":
            return await self._push(session, polling, headers, receive)
        raise Rejected(requests.BAD_REQUEST)

    # ------------------------------------------------------ sessions of other nodes

    async def _forward(
        self, relay: Relay, node_id: str, method: str, request: UpgradeRequest, receive: Receive
    ) -> Response:
        settings, reading = self._sessions.settings, self._sessions.reading
        body = b""
        if method == "POST":
            body = await read_body(receive, settings.max_payload)
        # Only the other node knows the session. The address pays for refused requests, too:
        # otherwise a client could fill the bus with bodies for invented sessions.
        payer, cost = f"address {network(request.client[0])}", len(body) + PACKET_COST
        if reading.wait(payer, cost):
            raise Rejected(requests.TOO_FAST)
        reading.charge(payer, cost)
        content_type = request.headers.get("content-type", "")
        answer = await relay.forward(
            node_id,
            receive,
            method=method,
            query=request.query,
            content_type=content_type,
            body=body,
        )
        if answer.status < HTTPStatus.BAD_REQUEST:
            reading.refund(payer, cost)
        return answer

    async def _answer_forwarded(self, request: Forwarded, receive: Receive) -> Response:
        headers = {"content-type": request.content_type}
        try:
            query = requests.parse(request.query)
            return await self._exchange(request.method, query, headers, receive)
        except Rejected as rejected:
            return _refusal(rejected)

    # ------------------------------------------------------------------- handshake

    def _shake_hands(self, method: str, request: UpgradeRequest, query: Query) -> Response:
        if method != "GET":
            raise Rejected(requests.BAD_HANDSHAKE_METHOD)
        if query.transport != requests.POLLING:
            raise Rejected(requests.BAD_REQUEST)
        requests.check_revision(query)
        polling = Polling(self._sessions.settings.backlog)
        session = self._sessions.new(request, polling)
        if not session.start():
            raise Rejected(requests.OVERLOADED)
        return Response(session.answer(polling))

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

    async def _poll(self, session: EngineIoSession, polling: Polling, receive: Receive) -> Response:
        """Answer a GET once there are packets; a second one at the same time is an error."""
        if polling.waiting:
            session.fail("transport error")
            raise Rejected(requests.BAD_REQUEST)
        woken = asyncio.get_running_loop().create_future()
        if polling.poll(partial(woken.set_result, None)):
            session.flushed()
        if not woken.done():
            timeout = _UPGRADE_CYCLE if session.upgrading else None
            if await disconnected_before(woken, receive, timeout):
                session.fail("transport error")
                raise ClientGone
        return Response(session.answer(polling))

    # ----------------------------------------------------------------- sending data

    async def _push(
        self, session: EngineIoSession, polling: Polling, headers: Headers, receive: Receive
    ) -> Response:
        """Take the packets of a POST; if they cannot all be taken, in order, none may follow."""
        try:
            await self._take_payload(session, polling, headers, receive)
        except Exception:
            session.fail("transport error")
            raise
        return Response(b"ok", content_type="text/html")

    async def _take_payload(
        self, session: EngineIoSession, polling: Polling, headers: Headers, receive: Receive
    ) -> None:
        if polling.posting or headers.get("content-type") == "application/octet-stream":
            raise Rejected(requests.BAD_REQUEST)
        polling.posting = True
        most = self._sessions.settings.packets
        try:
            payload = await self._read_payload(session, receive)
            packets = decode_payload(payload, most)
            await self._take_packets(session, polling, packets, len(payload))
        except TooManyPackets:
            session.fail("parse error")
            raise Rejected(requests.too_many_packets(most)) from None
        except InvalidPayload:
            session.fail("parse error")
            raise Rejected(requests.BAD_REQUEST) from None
        finally:
            polling.posting = False

    async def _take_packets(
        self, session: EngineIoSession, polling: Polling, packets: Iterator[Packet], size: int
    ) -> None:
        """Hand on packets, a few at a time, as the budget of the client allows."""
        cost = size
        for turn in turns(packets):
            await self._pay(session, cost + PACKET_COST * len(turn))
            cost = 0
            for packet in turn:
                await polling.readable()
                if session.transport is not polling:  # the rest would overtake its packets
                    raise Rejected(requests.BAD_REQUEST)
                session.receive(packet)

    async def _pay(self, session: EngineIoSession, cost: int) -> None:
        """Wait for the turn of other clients, or for the budget of this one if that is used up."""
        reading = self._sessions.reading
        user_id = session.user_id
        address = network(session.request.client[0])
        payer = f"address {address}" if user_id is None else f"user {user_id}"
        await asyncio.sleep(min(reading.wait(payer, 0), _LONGEST_PAUSE))
        reading.charge(payer, cost)

    async def _read_payload(self, session: EngineIoSession, receive: Receive) -> bytes:
        settings = self._sessions.settings
        limit = settings.max_payload
        if session.user_id is None:
            limit = min(limit, settings.stranger_payload)
        return await read_body(receive, limit)


def _refusal(rejected: Rejected) -> Response:
    problem = rejected.problem
    return Response(problem.body(), problem.status, "application/json", problem.headers)
