"""What happens in the user's conversations, shown as lines on the screen."""

import asyncio
from datetime import datetime
from typing import Protocol

from backchannel.cli.chat import frames
from backchannel.cli.chat.api import Hit
from backchannel.cli.chat.http import Refused
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.screen import QUIET, Screen, Status
from backchannel.cli.chat.text import one_line
from backchannel.cli.chat.unsent import Message
from backchannel.dialects.native import server_frames as server
from backchannel.dialects.native.bodies import FileBody, MessageBody, ReceiptBody, UserBody
from backchannel.domain.ids import RESPONDER_ID

STORED = "  ✓ stored"
TYPING_LASTS = 6.0
"""Seconds; see docs/protocol.md."""
QUOTED = 60
"""Characters of a message that are enough to recognize it."""
UNITS = ("B", "kB", "MB", "GB")

Stored = tuple[server.Ack, Message]
Refusal = tuple[server.Error, Message | None]
Happening = frames.Entry | Stored | Refusal | frames.Signal | str


class Directory(Protocol):
    """The users by id or name."""

    @property
    def own_id(self) -> str: ...

    async def find(self, name: str) -> UserBody: ...


class Talk:
    """The follower's listener. Names may have to be looked up, so it shows one thing at a time."""

    def __init__(self, people: Directory, outbox: Outbox, screen: Screen) -> None:
        self.peer: UserBody | None = None
        self.refusals = 0
        """How many messages the server has refused."""
        self.afresh = asyncio.Event()
        """What was shown is out of date: the server was restored, or the device was long away."""
        self._people = people
        self._outbox = outbox
        self._screen = screen
        self._happenings: asyncio.Queue[Happening] = asyncio.Queue()
        self._connected: bool | None = None
        self._online: bool | None = None
        self._unread_seq = 0
        self._shown: set[str] = set()

    async def run(self) -> None:
        """Show what happens, in its order."""
        while True:
            await self.show(await self._happenings.get())
            self._happenings.task_done()

    async def all_shown(self) -> None:
        """Wait until everything that has happened is on the screen."""
        await self._happenings.join()
        await self._screen.flushed()

    def status(self) -> Status:
        """What the line that is typed in says besides."""
        waiting = tuple(message.body for message in self._outbox.waiting)
        return Status(self.peer.username if self.peer else "", bool(self._connected), waiting)

    def connected(self, *, afresh: bool) -> None:
        first = self._connected is None
        self._happenings.put_nowait("connected" if first else "connected again")
        self._connected = True
        if afresh and not first:
            self._happenings.put_nowait("the server has asked for a fresh start")
            self.afresh.set()
        self.watch_peer()

    def disconnected(self, reason: str) -> None:
        if self._connected:  # an outage is told once, however many attempts it takes
            self._happenings.put_nowait(f"{reason}; connecting again …")
            self._connected = False

    def happened(self, entry: frames.Entry) -> None:
        self._happenings.put_nowait(entry)

    def stored(self, ack: server.Ack, message: Message) -> None:
        self._happenings.put_nowait((ack, message))

    def refused(self, refusal: server.Error, message: Message | None) -> None:
        self._happenings.put_nowait((refusal, message))

    def signalled(self, signal: frames.Signal) -> None:
        self._happenings.put_nowait(signal)

    def turn_to(self, peer: UserBody) -> None:
        """Talk to another user from now on."""
        self.peer, self._online = peer, None
        self._screen.note("", 0)
        self.watch_peer()

    def watch_peer(self) -> None:
        """Ask for the peer's presence; each connection has to be asked anew."""
        if self.peer is not None:
            self._outbox.signal(type="watch", user_ids=[self.peer.id])

    def _exchanged(self) -> None:
        if self._online is None:  # presence is told only to users who have written to each other
            self.watch_peer()

    async def show_history(self, messages: list[MessageBody]) -> None:
        """Show a page of a conversation, which has been read then."""
        for message in messages:
            await self._show_message(message, "message")
        if messages:
            self._outbox.mark_read(messages[-1].conversation_id, messages[-1].seq)

    async def show_hit(self, hit: Hit) -> None:
        """Show a message that a search has found, or the part of it that fits."""
        own = hit.sender_id == self._people.own_id
        head = _head(hit.created_at, hit.seq, await self._name(hit.sender_id), own=own)
        self._screen.show(*head, "  ", hit.snippet.text)

    async def show(self, happening: Happening) -> None:
        """Show one thing, if it is news."""
        match happening:
            case frames.Entry():
                await self._show_entry(happening)
            case (server.Ack() as ack, Message() as message):
                await self._show_stored(ack, message)
            case (server.Error() as error, message):
                self._show_refusal(error, message)
            case server.Typing(user_id=user_id, active=active):
                if self._is_peer(user_id):
                    self._note_typing(active=active)
            case server.Presence(user_id=user_id, online=online):
                self._show_presence(user_id, online=online)
            case str():
                self._screen.show((happening, QUIET))
        self._screen.refresh()

    async def _show_entry(self, entry: frames.Entry) -> None:
        message, receipt = entry.message(), entry.receipt()
        if message is not None and self._is_news(message, entry.kind):
            await self._show_message(message, entry.kind)
            if self._is_peer(message.sender_id):
                self._outbox.mark_read(message.conversation_id, message.seq)
                self._exchanged()
        if receipt is not None:
            self._show_receipt(receipt)

    async def _show_message(self, message: MessageBody, kind: str) -> None:
        """When, its number, who, the text and the files."""
        if kind == "reaction":
            await self._show_reactions(message)
            return
        own = message.sender_id == self._people.own_id
        sender = await self._name(message.sender_id)
        to = await self._receiver(message.recipient_id) if own else ""
        answering = "" if message.deleted_at else _answering(message.reply_to)
        text = message.body
        if message.deleted_at:
            text = "deleted a message"
        elif not text and message.files:
            text = f"sent {len(message.files)} file{'s' * (len(message.files) > 1)}"
        self._screen.show(
            *_head(message.created_at, message.seq, sender, own=own),
            (to, QUIET),
            "  ",
            (answering + ("edited: " if kind == "edit" else ""), QUIET),
            text if text is message.body else (text, QUIET),
            files=tuple(map(described, message.files)),
        )
        if kind == "message":
            self._shown.add(message.id)

    async def _show_reactions(self, message: MessageBody) -> None:
        """All of a message's reactions: an event does not say which one is new."""
        chosen = [
            f"{emoji} {await self._name(user_id)}"
            for emoji, user_ids in message.reactions.items()
            for user_id in user_ids
        ]
        about = one_line(message.body)[:QUOTED] or "a file"
        self._screen.show((f'reactions to {message.seq} "{about}": {", ".join(chosen)}', QUIET))

    async def _show_stored(self, ack: server.Ack, message: Message) -> None:
        """The user's own message, now that the server has it."""
        self._unread_seq = ack.seq
        if ack.id in self._shown:
            return
        self._shown.add(ack.id)
        self._exchanged()
        self._screen.show(
            *_head(ack.created_at, ack.seq, "you", own=True),
            (await self._receiver(message.to), QUIET),
            "  ",
            (_answering(message.reply_to), QUIET),
            message.body,
            (STORED, QUIET),
        )

    def _show_refusal(self, error: server.Error, message: Message | None) -> None:
        if message is None:
            self._screen.show((error.detail, "red"))
            return
        self.refusals += 1
        self._screen.show((f"not sent: {error.detail}\n", "red"), message.body)

    def _show_receipt(self, receipt: ReceiptBody) -> None:
        """Say once that the user's last message has been read."""
        if (
            self.peer
            and 0 < self._unread_seq <= receipt.read_seq
            and self._is_peer(receipt.user_id)
        ):
            self._unread_seq = 0
            self._screen.note(f"{one_line(self.peer.username)} has read it")

    def _note_typing(self, *, active: bool) -> None:
        if active and self.peer:
            self._screen.note(f"{one_line(self.peer.username)} is typing …", TYPING_LASTS)

    def _show_presence(self, user_id: str, *, online: bool) -> None:
        if self.peer and self._is_peer(user_id) and online is not self._online:
            self._online = online
            state = "is online" if online else "is away"
            self._screen.show((f"{one_line(self.peer.username)} {state}", QUIET))

    def _is_news(self, message: MessageBody, kind: str) -> bool:
        """Whether to show it. The history, or an acknowledgement, may have had it."""
        if RESPONDER_ID in {message.sender_id, message.recipient_id}:
            return False
        return kind != "message" or message.id not in self._shown

    async def _name(self, user_id: str) -> str:
        if user_id == self._people.own_id:
            return "you"
        try:
            name = one_line((await self._people.find(user_id)).username)
        except (Refused, OSError):  # gone, or the server is away: what was said still counts
            return f"user {user_id}"
        return f"@{name}" if name.casefold() == "you" else name

    async def _receiver(self, user_id: str) -> str:
        """Named where it is not the one the user talks to now."""
        return "" if self._is_peer(user_id) else f" to {await self._name(user_id)}"

    def _is_peer(self, user_id: str) -> bool:
        return self.peer is not None and user_id == self.peer.id


def described(file: FileBody) -> str:
    """A file in a few words: its name, type and size."""
    size, unit = float(file.size), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    amount = f"{size:.0f}" if unit == 0 else f"{size:.1f}"
    pixels = f", {file.width} by {file.height} pixels" if file.width and file.height else ""
    return f"{file.name} ({file.type}, {amount} {UNITS[unit]}{pixels})"


def _head(created_at: str, seq: int, sender: str, *, own: bool) -> list[tuple[str, str]]:
    time = datetime.fromisoformat(created_at).astimezone()
    day = "" if time.date() == datetime.now().astimezone().date() else f"{time:%Y-%m-%d} "
    return [
        (f"{day}{time:%H:%M} ", QUIET),
        (f"{seq} ", QUIET),
        (sender, "green" if own else "cyan"),
    ]


def _answering(reply_to: int | None) -> str:
    return f"(to {reply_to}) " if reply_to else ""
