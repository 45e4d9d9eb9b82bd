"""The client: a login's tokens, the REST calls, files, an outbox and the connection."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx

from backchannel_client import frames, journal
from backchannel_client.api import Api
from backchannel_client.applying import Applier, Journaling, Sink
from backchannel_client.closing import Backoff
from backchannel_client.connection import Connection
from backchannel_client.errors import ApiError
from backchannel_client.files import Files
from backchannel_client.follower import Checkpoint, Follower
from backchannel_client.journal import Journal
from backchannel_client.outbox import MemoryOutbox, OutboxStore, Outgoing
from backchannel_client.requests import Requests
from backchannel_client.sending import Draft, Sending
from backchannel_client.signals import Emitter, TokensChanged
from backchannel_client.tokens import TokenManager
from backchannel_client.transport import Open, ServerAddress, open_socket
from backchannel_client.wire import Message, Tokens

TIMEOUT = 15.0
"""Seconds until an HTTP answer is given up."""
PAGE = 200


class BackchannelClient(Emitter):
    """One login on one server. Use it with `async with`."""

    def __init__(  # noqa: PLR0913 - options
        self,
        server: str,
        *,
        tls: ssl.SSLContext | None = None,
        host: str | None = None,
        agent: str = "backchannel-client",
        window: int = 1,
        journal: Journal | None = None,
        random: Callable[[], float] = random.random,
        open: Open | None = None,  # noqa: A002 - as in the other clients
        http: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`server` is an address such as `https://chat.example.org`.

        `tls` has the trusted certificates. `host` is the server's name if it differs from the
        address. `agent` names this device in the list of logins. Up to `window` messages are sent
        before the first is answered; 1 keeps their order, whatever the server asks to send later.
        `journal` is written for `backchannel verify`; `open`, `http` and `random` are for tests.
        """
        super().__init__()
        headers = {"user-agent": agent, **({"host": host} if host else {})}
        self._http = httpx.AsyncClient(
            base_url=server,
            verify=tls or server.startswith("https:"),  # loading certificates takes a while
            headers=headers,
            timeout=TIMEOUT,
            transport=http,
        )
        self.tokens = TokenManager(self._http, lambda each: self.emit(TokensChanged(each)))
        requests = Requests(self._http, self.tokens)
        self.api = Api(requests)
        self.files = Files(requests)
        self._open = open or (lambda: open_socket(ServerAddress(server, tls, host)))
        self._journal = journal
        self._window = window
        self._random = random
        self._sending = self._outbox_in(MemoryOutbox())
        self._connection: Connection | None = None
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.disconnect()
        await self._http.aclose()

    async def login(self, identifier: str, password: str) -> Tokens:
        """Log in with a username or e-mail address. Raises `ApiError`."""
        tokens, date = await self.api.login(identifier, password)
        self.tokens.adopt(tokens, date)
        return tokens

    async def logout(self) -> None:
        """End this login at the server, and forget it here even if that fails."""
        await self.disconnect()
        try:
            await self.api.logout()
        finally:
            self.tokens.forget()

    async def keep_outbox(self, store: OutboxStore) -> None:
        """Keep unsent messages in `store`. Call it before `connect`."""
        self._sending = self._outbox_in(store)
        await self._sending.load()

    @property
    def outbox(self) -> tuple[Outgoing, ...]:
        """The messages that the server has not acknowledged yet, the oldest first.

        Each has `failed` only once its refusal is stored and reported.
        """
        return self._sending.items

    @property
    def send_pause(self) -> float:
        """Seconds until the server accepts the next message."""
        return self._sending.pause

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The point up to which the device holds the log."""
        return self._connection.checkpoint if self._connection else None

    def connect(self, checkpoint: Checkpoint | None, sink: Sink) -> None:
        """Follow the log from `checkpoint`, None on a device that holds nothing yet."""
        if self._running is not None and not self._running.done():
            raise RuntimeError("the client is connected: disconnect first")
        journaling = Journaling(self._journal, self._write_histories) if self._journal else None
        applier = Applier(Follower(checkpoint), sink, self._sending, journaling)
        self._connection = Connection(
            self.tokens, self._sending, applier, self.emit, self._open, Backoff(self._random)
        )
        self._running = asyncio.create_task(self._connection.run())

    async def disconnect(self) -> None:
        """Close the connection and let the outbox finish writing. Messages that wait there stay."""
        running, self._running, self._connection = self._running, None, None
        if running is not None:
            running.cancel()
            await asyncio.wait([running])
        await self._sending.written()

    async def stopped(self) -> None:
        """Wait until the login has ended, or the server has forbidden to reconnect."""
        running = self._running
        if running is not None:
            await asyncio.wait([running])
            if not running.cancelled():
                running.result()

    def retry_now(self) -> None:
        """Do not wait for the next attempt: the network may be back."""
        if self._connection is not None:
            self._connection.retry_now()

    async def send(self, draft: Draft) -> Outgoing:
        """Return once the message is in the outbox; it is sent when there is a connection."""
        return await self._sending.enqueue(draft)

    async def deliver(self, draft: Draft) -> frames.Ack:
        """Send, and wait until the server has stored it. Raises `ApiError` if it is refused."""
        item = await self._sending.enqueue(draft)
        return await self._sending.stored(item.client_id)

    async def retry(self, client_id: str) -> None:
        """Send a refused message again, with the key it had."""
        await self._sending.retry(client_id)

    async def discard(self, client_id: str) -> None:
        """Forget a message that has not been answered, or was refused."""
        await self._sending.discard(client_id)

    async def reload_outbox(self) -> None:
        """Read the outbox again, after another program has written to it."""
        await self._sending.load()

    def mark_read(self, conversation_id: str, seq: int) -> None:
        """Mark everything up to `seq` as read; dropped if there is no connection."""
        self._send_frame(frames.MarkRead(conversation_id=conversation_id, seq=seq))

    def typing(self, conversation_id: str, *, active: bool = True) -> None:
        """Tell the other member that you are typing; repeat it every five seconds."""
        self._send_frame(frames.SetTyping(conversation_id=conversation_id, active=active))

    def watch(self, user_ids: Sequence[str]) -> None:
        """Watch the presence of these users, and of no others; kept over reconnects."""
        if self._connection is not None:
            self._connection.watch(user_ids)

    def stop_answer(self, conversation_id: str) -> None:
        """Stop the answer that is being given in a session."""
        self._send_frame(frames.StopAnswer(conversation_id=conversation_id))

    async def catch_up(self) -> int:
        """Wait until this device holds the whole log; returns the position."""
        if self._connection is None:
            raise RuntimeError("the client is not connected")
        return await self._connection.catch_up()

    async def edit(self, message: Message, body: str) -> Message:
        """Change a message of yours. Raises `ApiError`."""
        if self._journal is not None:
            self._journal.change(message, body)
        return await self.api.edit(message.conversation_id, message.seq, body)

    async def delete(self, message: Message) -> Message:
        """Delete a message of yours; returns its tombstone. Raises `ApiError`."""
        if self._journal is not None:
            self._journal.change(message, None)
        return await self.api.delete(message.conversation_id, message.seq)

    async def history(self, conversation_id: str) -> list[Message]:
        """A whole conversation, oldest first; empty if there is none.

        It waits while the server's read limit is exceeded. Raises `ApiError`.
        """
        return [message async for message in self._messages(conversation_id)]

    async def finish_journal(self, conversation_ids: Iterable[str] | None = None) -> None:
        """Wait until everything has arrived, and write that to the journal with every conversation.

        Without `conversation_ids`, those of the user's list. Raises `ApiError`.
        """
        if self._journal is None:
            raise RuntimeError("the client keeps no journal")
        asked = journal.now()
        self._journal.finish(await self.catch_up(), asked)
        await self._write_histories(conversation_ids)

    async def _write_histories(self, conversation_ids: Iterable[str] | None = None) -> None:
        if self._journal is None:
            return
        if conversation_ids is None:
            conversation_ids = [each.id for each in await self.api.all_conversations()]
        for conversation_id in conversation_ids:
            asked = journal.now()
            self._journal.history(conversation_id, await self.history(conversation_id), asked)

    async def _messages(self, conversation_id: str) -> AsyncIterator[Message]:
        after = 0
        while True:
            try:
                page = await self.api.messages(conversation_id, after=after, limit=PAGE)
            except ApiError as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    return
                if error.code != "throttled":
                    raise
                await asyncio.sleep(error.retry_after or 1.0)
                continue
            for message in page.items:
                yield message
                after = message.seq
            if page.next is None:
                return

    def _send_frame(self, frame: frames.ClientFrame) -> None:
        if self._connection is not None:
            self._connection.send_frame(frame)

    def _outbox_in(self, store: OutboxStore) -> Sending:
        return Sending(store, self.emit, self._journal, self._window)
