"""One person's talk with others: what happens becomes lines on the screen."""

import asyncio
from datetime import datetime
from typing import Protocol

from backchannel.cli.chat import frames
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.screen import Screen
from backchannel.dialects.native import server_frames as server
from backchannel.dialects.native.bodies import MessageBody, ReceiptBody, UserBody
from backchannel.domain.ids import RESPONDER_ID

QUIET = "dim"
CHANGES = {"edit": "changed to: ", "delete": "deleted a message", "reaction": "reactions on: "}

Happening = frames.Entry | server.Ack | server.Error | frames.Signal | str


class Directory(Protocol):
    """Who is who, and who is oneself."""

    @property
    def own_id(self) -> str: ...

    async def find(self, name: str) -> UserBody: ...


class Talk:
    """The follower's listener. Names may have to be looked up, so it shows one thing at a time."""

    def __init__(self, people: Directory, outbox: Outbox, screen: Screen) -> None:
        self.peer: UserBody | None = None
        self._people = people
        self._outbox = outbox
        self._screen = screen
        self._happenings: asyncio.Queue[Happening] = asyncio.Queue()
        self._unread_seq = 0
        self._shown_seq: dict[str, int] = {}

    async def run(self) -> None:
        """Show what happens, in its order."""
        while True:
            await self.show(await self._happenings.get())
            self._happenings.task_done()

    async def all_shown(self) -> None:
        """Wait until everything that has happened is on the screen."""
        await self._happenings.join()

    def connected(self, *, afresh: bool) -> None:
        self._happenings.put_nowait("connected" if afresh else "connected again")

    def disconnected(self, reason: str) -> None:
        self._happenings.put_nowait(f"{reason}; connecting again …")

    def happened(self, entry: frames.Entry) -> None:
        self._happenings.put_nowait(entry)

    def stored(self, ack: server.Ack) -> None:
        self._happenings.put_nowait(ack)

    def refused(self, refusal: server.Error) -> None:
        self._happenings.put_nowait(refusal)

    def signalled(self, signal: frames.Signal) -> None:
        self._happenings.put_nowait(signal)

    async def show_history(self, messages: list[MessageBody]) -> None:
        """Show what was said last with the peer, who then learns that it has been read."""
        for message in messages:
            await self._show_message(message, "message")
        if messages:
            self._outbox.mark_read(messages[-1].conversation_id, messages[-1].seq)

    async def _show_message(self, message: MessageBody, kind: str) -> None:
        """One line: when, who, what; and to whom, if one has said it on another device."""
        own = message.sender_id == self._people.own_id
        sender = "you" if own else await self._name(message.sender_id)
        elsewhere = own and not self._is_peer(message.recipient_id)
        receiver = f" to {await self._name(message.recipient_id)}" if elsewhere else ""
        time = datetime.fromisoformat(message.created_at).astimezone()
        self._screen.show(
            (f"{time:%H:%M} ", QUIET),
            (sender, "green" if own else "cyan"),
            (receiver, QUIET),
            "  ",
            (CHANGES["delete"] if message.deleted_at else CHANGES.get(kind, ""), QUIET),
            message.body,
        )
        if kind == "message":
            self._shown_seq[message.conversation_id] = message.seq

    async def show(self, happening: Happening) -> None:
        """Turn one thing into a line, if it is news."""
        match happening:
            case frames.Entry():
                await self._show_entry(happening)
            case server.Ack(seq=seq):
                self._unread_seq = seq
                self._screen.show(("✓ stored", QUIET))
            case server.Error(detail=text):
                self._screen.show((text, "red"))
            case server.Typing(user_id=user_id, active=active):
                if active:
                    self._tell(user_id, "is typing …")
            case server.Presence(user_id=user_id, online=online):
                self._tell(user_id, "is online" if online else "is away")
            case str():
                self._screen.show((happening, QUIET))

    async def _show_entry(self, entry: frames.Entry) -> None:
        message, receipt = entry.message(), entry.receipt()
        if message is not None and self._is_news(message, entry.kind):
            await self._show_message(message, entry.kind)
            if self._is_peer(message.sender_id):
                self._outbox.mark_read(message.conversation_id, message.seq)
        if receipt is not None:
            self._show_receipt(receipt)

    def _is_news(self, message: MessageBody, kind: str) -> bool:
        """Whether to show it. The history, fetched while messages come in, may have had it."""
        if RESPONDER_ID in {message.sender_id, message.recipient_id}:
            return False
        return kind != "message" or message.seq > self._shown_seq.get(message.conversation_id, 0)

    def _show_receipt(self, receipt: ReceiptBody) -> None:
        """Say once that the last thing one said has been read."""
        if 0 < self._unread_seq <= receipt.read_seq and self._is_peer(receipt.user_id):
            self._unread_seq = 0
            self._tell(receipt.user_id, "has read it")

    async def _name(self, user_id: str) -> str:
        return (await self._people.find(user_id)).username

    def _tell(self, user_id: str, text: str) -> None:
        if self.peer is not None and self._is_peer(user_id):
            self._screen.show((f"{self.peer.username} {text}", QUIET))

    def _is_peer(self, user_id: str) -> bool:
        return self.peer is not None and user_id == self.peer.id
