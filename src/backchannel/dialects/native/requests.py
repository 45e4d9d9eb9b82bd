"""The requests of a logged-in native client on its socket."""

from collections.abc import Collection

from backchannel.chat import attachments, change, conversations, presence, sessions, sync
from backchannel.chat.group_commit import Outcome
from backchannel.chat.logins import Identity
from backchannel.chat.send import draft, submit
from backchannel.delivery.connection import Connection
from backchannel.dialects.native import client_frames as frames
from backchannel.dialects.native import replies
from backchannel.dialects.shared.authentication import identify
from backchannel.dialects.shared.in_order import Work
from backchannel.dialects.shared.line import Line
from backchannel.domain import access
from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.messages import Message
from backchannel.domain.signals import Presence, Signal


class Requests:
    """Carries out one client's frames."""

    __slots__ = ("_connection", "_core", "_desk", "_line", "_user_id")

    def __init__(self, line: Line, identity: Identity, connection: Connection) -> None:
        self._line = line
        self._desk = line.desk
        self._core = line.desk.core
        self._user_id = identity.user_id
        self._connection = connection

    def start(self, frame: frames.ClientFrame) -> Work | None:
        """Carry out a frame, or give back what has to wait. Raises `ChatError`."""
        match frame:
            case frames.Send():
                return self._send(frame)
            case frames.Confirm(position=position):
                self._desk.acknowledge(self._connection, position)
                return None
            case frames.Hello():
                raise Invalid("already logged in; use renew for a new token", field="type")
            case _:
                return self._carry_out(frame)

    def _send(self, frame: frames.Send) -> Work | None:
        if (frame.to is None) == (frame.conversation_id is None):
            raise Invalid("give either to or conversation_id", field="to")
        recipient_id = self._known_recipient(frame)
        if recipient_id is None or frame.files:
            return self._send_after_lookup(frame)
        self._submit(frame, recipient_id)
        return None

    def _known_recipient(self, frame: frames.Send) -> str | None:
        directory = self._core.directory
        if frame.to is not None:
            return directory.known_id(frame.to)
        return directory.known_peer(self._user_id, frame.conversation_id or "")

    async def _send_after_lookup(self, frame: frames.Send) -> None:
        directory = self._core.directory
        if frame.to is not None:
            recipient_id = await directory.find_id(frame.to, field="to")
        else:
            recipient_id = await directory.find_peer(self._user_id, frame.conversation_id or "")
        files = await attachments.describe(self._core, self._user_id, frame.files)
        self._submit(frame, recipient_id, files)

    def _submit(self, frame: frames.Send, recipient_id: str, files: str = "") -> None:
        if frame.to is not None:
            access.require_other(self._user_id, recipient_id, field="to")
        drafted = draft(
            self._user_id,
            recipient_id,
            frame.body,
            conversation_id=frame.conversation_id,
            client_id=frame.client_id,
            reply_to=frame.reply_to,
            files=files,
        )

        def reply(outcome: Outcome) -> None:
            socket = self._line.socket
            if isinstance(outcome, ChatError):
                refusal = replies.error(outcome, ref=frame.ref, client_id=frame.client_id)
                socket.send_text(refusal)
                return
            for event in outcome.events[:1]:  # the sender's own comes first
                self._connection.applied(event)
            socket.send_text(replies.ack(outcome, frame.ref))

        submit(self._core, drafted, reply)

    async def _carry_out(self, frame: frames.ClientFrame) -> None:
        core, user_id = self._core, self._user_id
        match frame:
            case frames.Edit(conversation_id, seq, body, ref):
                self._done(ref, await change.edit(core, user_id, conversation_id, seq, body))
            case frames.Delete(conversation_id, seq, ref):
                self._done(ref, await change.delete(core, user_id, conversation_id, seq))
            case frames.React(conversation_id, seq, emoji, active, ref):
                message = await change.react(
                    core, user_id, conversation_id, seq, emoji, active=active
                )
                self._done(ref, message)
            case frames.Read(conversation_id, seq, ref):
                await conversations.mark_read(core, user_id, conversation_id, seq)
                self._done(ref)
            case frames.TypingNotice(conversation_id, active):
                await presence.tell_typing(core, user_id, conversation_id, active=active)
            case frames.Stop(conversation_id, ref):
                await sessions.stop_answer(core, user_id, conversation_id)
                self._done(ref)
            case frames.Watch(user_ids, ref):
                await self._watch(user_ids)
                self._done(ref)
            case frames.SyncRequest(position, epoch):
                await self._sync(position, epoch)
            case frames.Renew(token, ref):
                await self._renew(token)
                self._done(ref)
            case _:
                head = await sync.head(core, user_id)
                self._line.socket.send_text(replies.pong(head.position, frame.ref))

    def _done(self, ref: str | None, message: Message | None = None) -> None:
        self._line.socket.send_text(replies.done(ref, message, viewer_id=self._user_id))

    async def _watch(self, names: Collection[str]) -> None:
        user_ids = await self._core.directory.find_ids(names, field="user_ids")
        visible = await self._desk.watch(self._connection, user_ids)
        seen = await self._core.storage.users(list(visible))
        for user_id in self._desk.hub.watched(self._connection) & seen.keys():
            state = Presence(user_id, self._desk.online(user_id), seen[user_id].last_seen_at)
            self._connection.voice.signal(self._line.socket, Signal(user_id, state))

    async def _sync(self, position: int, epoch: str | None) -> None:
        head = await sync.head(self._core, self._user_id)
        if position < 0:
            raise Invalid("position must not be negative", field="position")
        reason = sync.reset_reason(head, epoch, position)
        if reason is not None:
            self._connection.voice.reset(self._line.socket, head, reason)
            position = head.position
        self._connection.pull(position)

    async def _renew(self, token: str) -> None:
        identity = await identify(self._core, token)
        if identity.login_id != self._connection.login_id:
            raise Invalid("the token belongs to another login", field="token")
        self._connection.expires_at = identity.expires_at
