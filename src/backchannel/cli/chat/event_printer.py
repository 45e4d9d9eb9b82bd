"""The events of the user's conversations, shown as lines."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from backchannel.cli.chat.text import QUIET, Lines, Part, described, one_line
from backchannel.domain.ids import RESPONDER_ID
from backchannel_client import (
    ApiError,
    Checkpoint,
    ConnectionState,
    FileInfo,
    Hit,
    LogEvent,
    Message,
    MessageRefused,
    MessageStored,
    Presence,
    Receipt,
    StateChanged,
    Typing,
    User,
)

STORED = "  ✓ stored"
QUOTED = 60
"""Characters of a message that are enough to recognize it."""

Printable = LogEvent | MessageStored | MessageRefused | Typing | Presence | str


class UserLookup(Protocol):
    """The users by id or name."""

    own_id: str

    async def find(self, name: str) -> User: ...


class Client(Protocol):
    """The methods of the client that an `EventPrinter` uses."""

    def mark_read(self, conversation_id: str, seq: int) -> None: ...

    def watch(self, user_ids: Sequence[str]) -> None: ...

    async def discard(self, client_id: str) -> None: ...


class EventPrinter:
    """Prints the client's events in their order: names may have to be looked up in between."""

    def __init__(self, people: UserLookup, client: Client, screen: Lines) -> None:
        self.peer: User | None = None
        self.refusals = 0
        """The number of messages that the server has refused."""
        self.live = asyncio.Event()
        """Set once new events are shown."""
        self.state_outdated = asyncio.Event()
        """Set when the state is out of date, after a restore or a long time offline."""
        self._people = people
        self._client = client
        self._screen = screen
        self._queue: asyncio.Queue[Printable] = asyncio.Queue()
        self._connected: bool | None = None
        self._online: bool | None = None
        self._unread_seq = 0
        self._shown: set[str] = set()

    async def run(self) -> None:
        """Print the enqueued events, until cancelled."""
        while True:
            await self.show(await self._queue.get())
            self._queue.task_done()

    async def all_shown(self) -> None:
        """Wait until everything that was enqueued is printed."""
        await self._queue.join()
        self._screen.flush()

    async def apply(self, events: Sequence[LogEvent], checkpoint: Checkpoint) -> None:  # noqa: ARG002 - nothing is stored
        for event in events:
            self._queue.put_nowait(event)

    async def reset(self, checkpoint: Checkpoint, reason: str) -> None:  # noqa: ARG002
        if reason != "new_device":
            self._queue.put_nowait("the server has asked for a fresh start")
            self.state_outdated.set()
        self.live.set()

    def state_changed(self, change: StateChanged) -> None:
        """Show that the connection was made or lost; each outage is reported once."""
        if change.state is ConnectionState.ONLINE:
            first = self._connected is None
            self._queue.put_nowait("connected" if first else "connected again")
            self._connected = True
        elif change.state is ConnectionState.OFFLINE and self._connected:
            self._queue.put_nowait(f"{change.reason}; connecting again …")
            self._connected = False

    def enqueue(self, printable: Printable) -> None:
        """Print it after everything that was enqueued before."""
        self._queue.put_nowait(printable)

    def switch_to(self, peer: User) -> None:
        """Make another user the peer."""
        self.peer, self._online = peer, None
        self.watch_peer()

    def watch_peer(self) -> None:
        """Ask for the peer's presence."""
        if self.peer is not None:
            self._client.watch([self.peer.id])

    def _exchanged(self) -> None:
        if self._online is None:  # only users who have written to each other get presence
            self.watch_peer()

    async def show_history(self, messages: list[Message]) -> None:
        """Show a page of a conversation, which has been read then."""
        for message in messages:
            await self._show_message(message, "message")
        if messages:
            self._client.mark_read(messages[-1].conversation_id, messages[-1].seq)

    async def show_hit(self, hit: Hit) -> None:
        """Show a message that a search has found, or the part of it that fits."""
        own = hit.sender_id == self._people.own_id
        head = _head(hit.created_at, hit.seq, await self._name(hit.sender_id), own=own)
        self._screen.show(*head, "  ", hit.snippet.text)

    async def show(self, printable: Printable) -> None:
        """Show one thing, if it is new."""
        match printable:
            case LogEvent():
                await self._show_event(printable)
            case MessageStored():
                await self._show_stored(printable)
            case MessageRefused():
                await self._show_refusal(printable)
            case Typing(user_id=user_id, active=active):
                if self._is_peer(user_id):
                    self._note_typing(active=active)
            case Presence(user_id=user_id, online=online):
                self._show_presence(user_id, online=online)
            case str():
                self._screen.show((printable, QUIET))

    async def _show_event(self, event: LogEvent) -> None:
        message, receipt = event.message(), event.receipt()
        if message is not None and self._is_news(message, event.kind):
            await self._show_message(message, event.kind)
            if self._is_peer(message.sender_id):
                self._client.mark_read(message.conversation_id, message.seq)
                self._exchanged()
        if receipt is not None:
            self._show_receipt(receipt)

    async def _show_message(self, message: Message, kind: str) -> None:
        """Show a message's time, number, sender, text and files."""
        if kind == "reaction":
            await self._show_reactions(message)
            return
        own = message.sender_id == self._people.own_id
        sender = await self._name(message.sender_id)
        to = await self._receiver(message.recipient_id) if own else ""
        answering = "" if message.deleted_at else _answering(message.reply_to)
        deleted = ("deleted a message", QUIET)
        self._screen.show(
            *_head(message.created_at, message.seq, sender, own=own),
            (to, QUIET),
            "  ",
            (answering + ("edited: " if kind == "edit" else ""), QUIET),
            deleted if message.deleted_at else _content(message.body, message.files),
            files=tuple(map(described, message.files)),
        )
        if kind == "message":
            self._shown.add(message.id)

    async def _show_reactions(self, message: Message) -> None:
        """Show all of a message's reactions: an event does not say which one is new."""
        chosen = [
            f"{emoji} {await self._name(user_id)}"
            for emoji, user_ids in message.reactions.items()
            for user_id in user_ids
        ]
        about = one_line(message.body)[:QUOTED] or "a file"
        self._screen.show((f'reactions to {message.seq} "{about}": {", ".join(chosen)}', QUIET))

    async def _show_stored(self, stored: MessageStored) -> None:
        """Show the user's own message, now that the server has it."""
        ack, item = stored.ack, stored.item
        self._unread_seq = ack.seq
        if ack.id in self._shown:
            return
        self._shown.add(ack.id)
        self._exchanged()
        self._screen.show(
            *_head(ack.created_at, ack.seq, "you", own=True),
            (await self._receiver(item.to), QUIET),
            "  ",
            (_answering(item.reply_to), QUIET),
            _content(item.body, item.files),
            (STORED, QUIET),
            files=tuple(map(described, item.files)),
        )

    async def _show_refusal(self, refused: MessageRefused) -> None:
        """Show the text and forget the message: the user may send it again."""
        self.refusals += 1
        reason, item = refused.refusal.detail, refused.item
        files = tuple(map(described, item.files))
        self._screen.show((f"not sent: {reason}\n", "red"), item.body, files=files)
        await self._client.discard(item.client_id)

    def _show_receipt(self, receipt: Receipt) -> None:
        """Report once that the user's last message has been read."""
        if (
            self.peer
            and 0 < self._unread_seq <= receipt.read_seq
            and self._is_peer(receipt.user_id)
        ):
            self._unread_seq = 0
            self._screen.show((f"{one_line(self.peer.username)} has read it", QUIET))

    def _note_typing(self, *, active: bool) -> None:
        if active and self.peer:
            self._screen.show((f"{one_line(self.peer.username)} is typing …", QUIET))

    def _show_presence(self, user_id: str, *, online: bool) -> None:
        if self.peer and self._is_peer(user_id) and online is not self._online:
            self._online = online
            state = "is online" if online else "is away"
            self._screen.show((f"{one_line(self.peer.username)} {state}", QUIET))

    def _is_news(self, message: Message, kind: str) -> bool:
        """True if it was not shown yet, by the history or an acknowledgement."""
        if RESPONDER_ID in {message.sender_id, message.recipient_id}:
            return False
        return kind != "message" or message.id not in self._shown

    async def _name(self, user_id: str) -> str:
        if user_id == self._people.own_id:
            return "you"
        try:
            name = one_line((await self._people.find(user_id)).username)
        except ApiError:  # deleted, or the server is unavailable: show the event anyway
            return f"user {user_id}"
        return f"@{name}" if name.casefold() == "you" else name

    async def _receiver(self, user_id: str) -> str:
        """The receiver's name, empty for the current peer."""
        return "" if self._is_peer(user_id) else f" to {await self._name(user_id)}"

    def _is_peer(self, user_id: str) -> bool:
        return self.peer is not None and user_id == self.peer.id


def _head(created_at: str, seq: int, sender: str, *, own: bool) -> list[tuple[str, str]]:
    time = datetime.fromisoformat(created_at).astimezone()
    day = "" if time.date() == datetime.now().astimezone().date() else f"{time:%Y-%m-%d} "
    return [
        (f"{day}{time:%H:%M} ", QUIET),
        (f"{seq} ", QUIET),
        (sender, "green" if own else "cyan"),
    ]


def _content(body: str, files: Sequence[FileInfo]) -> Part:
    """The text of a message, or the number of its files."""
    return body or (f"sent {len(files)} file{'s' * (len(files) > 1)}" if files else "", QUIET)


def _answering(reply_to: int | None) -> str:
    return f"(to {reply_to}) " if reply_to else ""
