"""The requests of a logged-in native client on its socket."""

from collections.abc import Collection

from backchannel.chat import (
    accounts,
    attachments,
    conversations,
    messages,
    presence,
    sessions,
    sync,
)
from backchannel.chat.group_commit import Outcome
from backchannel.chat.logins import Identity
from backchannel.chat.messages import draft, submit
from backchannel.delivery.connection import Connection
from backchannel.dialects.native import client_frames, server_frames
from backchannel.dialects.shared.handlers import WebSocketHandler, Work
from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.messages import Message
from backchannel.domain.signals import Presence, Signal
from backchannel.http.authentication import identify


class NativeRequests:
    """Carries out one client's frames."""

    __slots__ = ("_connection", "_connections", "_core", "_handler", "_user_id")

    def __init__(
        self, handler: WebSocketHandler, identity: Identity, connection: Connection
    ) -> None:
        self._handler = handler
        self._connections = handler.connections
        self._core = handler.connections.core
        self._user_id = identity.user_id
        self._connection = connection

    def start(self, frame: client_frames.ClientFrame) -> Work | None:
        """Handle a frame; returns a coroutine if the rest has to wait. Raises `ChatError`."""
        match frame:
            case client_frames.Send():
                return self._send(frame)
            case client_frames.Acknowledge(position=position):
                self._connections.acknowledge(self._connection, position)
                return None
            case client_frames.Hello():
                raise Invalid("already logged in; use renew for a new token", field="type")
            case _:
                return self._carry_out(frame)

    def _send(self, frame: client_frames.Send) -> Work | None:
        to, conversation_id = frame.to, frame.conversation_id
        directory = self._core.directory
        if to is not None and conversation_id is None:
            recipient_id = directory.known_id(to)
        elif conversation_id is not None and to is None:
            recipient_id = directory.known_peer(self._user_id, conversation_id)
        else:
            raise Invalid("give either to or conversation_id", field="to")
        if recipient_id is None or frame.files:
            return self._send_after_lookup(frame)
        self._submit(frame, recipient_id)
        return None

    async def _send_after_lookup(self, frame: client_frames.Send) -> None:
        directory = self._core.directory
        if frame.to is not None:
            recipient_id = await directory.find_id(frame.to, field="to")
        else:
            recipient_id = await directory.find_peer(self._user_id, frame.conversation_id or "")
        files = await attachments.describe(self._core, self._user_id, frame.files)
        self._submit(frame, recipient_id, files)

    def _submit(self, frame: client_frames.Send, recipient_id: str, files: str = "") -> None:
        drafted = draft(
            self._user_id,
            recipient_id,
            frame.body,
            conversation_id=frame.conversation_id,
            client_id=frame.client_id,
            reply_to=frame.reply_to,
            files=files,
            recipient_field="to",
        )

        def reply(outcome: Outcome) -> None:
            socket = self._handler.socket
            if isinstance(outcome, ChatError):
                refusal = server_frames.error(outcome, ref=frame.ref, client_id=frame.client_id)
                socket.send_text(refusal)
                return
            if outcome.events:
                self._connection.note_sent(outcome.events[0])  # the sender's own comes first
            socket.send_text(server_frames.ack(outcome, frame.ref))

        submit(self._core, drafted, reply)

    async def _carry_out(self, frame: client_frames.ClientFrame) -> None:
        core, user_id = self._core, self._user_id
        match frame:
            case client_frames.Edit(conversation_id, seq, body, ref):
                self._done(ref, await messages.edit(core, user_id, conversation_id, seq, body))
            case client_frames.Delete(conversation_id, seq, ref):
                self._done(ref, await messages.delete(core, user_id, conversation_id, seq))
            case client_frames.React(conversation_id, seq, emoji, active, ref):
                message = await messages.react(
                    core, user_id, conversation_id, seq, emoji, active=active
                )
                self._done(ref, message)
            case client_frames.Read(conversation_id, seq, ref):
                await conversations.mark_read(core, user_id, conversation_id, seq)
                self._done(ref)
            case client_frames.TypingNotice(conversation_id, active):
                await presence.notify_typing(core, user_id, conversation_id, active=active)
            case client_frames.Stop(conversation_id, ref):
                await sessions.stop_answer(core, user_id, conversation_id)
                self._done(ref)
            case client_frames.Watch(user_ids, ref):
                await self._watch(user_ids)
                self._done(ref)
            case client_frames.SyncRequest(position, epoch):
                await self._sync(position, epoch)
            case client_frames.Renew(token, ref):
                await self._renew(token)
                self._done(ref)
            case _:
                head = await sync.head(core, user_id)
                self._handler.socket.send_text(server_frames.pong(head.position, frame.ref))

    def _done(self, ref: str | None, message: Message | None = None) -> None:
        self._handler.socket.send_text(server_frames.done(ref, message, viewer_id=self._user_id))

    async def _watch(self, names: Collection[str]) -> None:
        user_ids = await self._core.directory.find_ids(names, field="user_ids")
        visible = await self._connections.watch(self._connection, user_ids)
        seen = await accounts.users_by_id(self._core, visible)
        for user_id in self._connections.hub.watched(self._connection) & seen.keys():
            state = Presence(user_id, self._connections.online(user_id), seen[user_id].last_seen_at)
            self._connection.signal(Signal(user_id, state))

    async def _sync(self, position: int, epoch: str | None) -> None:
        head = await sync.head(self._core, self._user_id)
        if position < 0:
            raise Invalid("position must not be negative", field="position")
        reason = sync.reset_reason(head, epoch, position)
        if reason is not None:
            self._connection.reset(head, reason)
            position = head.position
        self._connection.pull(position)

    async def _renew(self, token: str) -> None:
        identity = await identify(self._core, token)
        if identity.login_id != self._connection.login_id:
            raise Invalid("the token belongs to another login", field="token")
        self._connection.expires_at = identity.expires_at
