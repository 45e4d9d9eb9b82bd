"""A model of a system without faults: a correct server and the devices of its users.

It includes what is hard to check: connections die with requests on their way, and these may still
be carried out later; devices are killed and lose data; histories are answered late.
"""

from dataclasses import dataclass, field

from backchannel.checker.journal import Seen, Source
from tests.checker.journals import Dialect, Journals, Mark, Stored

USERS = ("ada", "bob", "cyd")

Event = Stored | Mark | None
"""None is one that is not journaled: an edit, a deletion, a reaction."""


@dataclass
class Request:
    device: "Client"
    client_id: str
    peer: str
    body: str


@dataclass
class Client:
    """A device and its connection; `inbox` are replies on their way to it."""

    name: str
    user: str
    position: int | None = None
    level_at: int = 0
    connected: bool = False
    outbox: list[Request] = field(default_factory=list)
    inbox: list[tuple[str, Stored | None, int | None]] = field(default_factory=list)
    waiting: dict[str, Request] = field(default_factory=dict)
    unsure: list[Request] = field(default_factory=list)
    asked: list[tuple[int, str, tuple[Seen, ...]]] = field(default_factory=list)


def conversation_of(one: str, other: str) -> str:
    return "-".join(sorted((one, other)))


class CorrectSystem:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.journals = Journals(dialect)
        self.logs: dict[str, list[Event]] = {user: [] for user in USERS}
        self.conversations: dict[str, list[Stored]] = {}
        self.by_key: dict[tuple[str, str], Stored] = {}
        self.in_transit: list[Request] = []
        self.marks: dict[tuple[str, str], int] = {}
        devices = 2 if dialect.positions else 1
        names = [(f"{user}-{number}", user) for user in USERS for number in range(devices)]
        self.clients = [Client(*each) for each in names]
        self._sent = 0

    # Actions of a client.

    def connect(self, client: Client) -> None:
        """Connect as a new device, or continue at the device's position."""
        if client.connected:
            return
        client.connected = True
        if client.position is None or self.dialect.positions:
            self.journals.resumed(client)
        client.level_at = len(self.logs[client.user])
        if client.position is None:
            client.position = client.level_at
            self.fetch(client)

    def send(self, client: Client, peer: str, *, plain: bool) -> None:
        self._sent += 1
        body = "hello" if plain else f"words {self._sent}"
        self._invoke(client, Request(client, f"key {self._sent}", peer, body))

    def retry(self, client: Client) -> None:
        if client.unsure:
            self._invoke(client, client.unsure.pop(0))

    def _invoke(self, client: Client, request: Request) -> None:
        key, peer = request.client_id, request.peer
        conversation = conversation_of(client.user, peer)
        self.journals.invoked(client, key, peer, conversation, request.body)
        client.waiting[key] = request
        if client.connected:
            client.outbox.append(request)

    def take_event(self, client: Client) -> None:
        """Take the next event of the log."""
        position, log = client.position, self.logs[client.user]
        if not client.connected or position is None or position >= len(log):
            return
        client.position = position + 1
        event = log[position]
        if isinstance(event, Mark):
            self.journals.histories(client, event)
        elif event is not None and self._is_told(client, event):
            source: Source = "sync" if position < client.level_at else "live"
            self.journals.delivered(client, event, source)

    def take_all_events(self, client: Client) -> None:
        while client.connected and (client.position or 0) < len(self.logs[client.user]):
            self.take_event(client)

    def answered(self, client: Client) -> None:
        """Take the next reply; it counts as an event if its position is the next one."""
        if not client.inbox:
            return
        client_id, stored, position = client.inbox.pop(0)
        client.waiting.pop(client_id, None)
        if stored is None:
            self.journals.refused(client, client_id)
            return
        self.journals.acknowledged(client, client_id, stored)
        if position is not None and client.position == position - 1:
            client.position = position
            if self.dialect.positions:
                self.journals.delivered(client, stored, "reply")

    def cut(self, client: Client, *, forgets: int = 0) -> None:
        """Lose the connection; a killed device also forgets what it had not stored."""
        if not client.connected:
            return
        client.connected = False
        self.in_transit += client.outbox
        for each in (client.outbox, client.inbox, client.asked):
            each.clear()
        for request in client.waiting.values():
            self.journals.unanswered(client, request.client_id)
            client.unsure.append(request)
        client.waiting.clear()
        if self.dialect.positions and client.position is not None:
            client.position = max(0, client.position - forgets)

    def reset(self, client: Client) -> None:
        """The server answers that the device must start afresh."""
        if client.connected and self.dialect.positions:
            client.position = len(self.logs[client.user])
            self.journals.reset(client)
            self.fetch(client)

    def forget(self, client: Client) -> None:
        """The device was set up again, without its data."""
        self.cut(client)
        client.position = None

    def change(self, client: Client, pick: int, *, deletes: bool) -> None:
        """Edit or delete one of the user's messages."""
        own = [each for each in self.by_key.values() if each.sender == client.user]
        if own:
            message = own[pick % len(own)]
            body = None if deletes else f"{message.body} (edited)"
            self.journals.changed(client, message, body)
            message.body = body or ""
            for user in message.conversation.split("-"):
                self.logs[user].append(None)

    def read(self, client: Client, peer: str, seq: int) -> None:
        """Move the read mark to the last message; the other user is told."""
        conversation = conversation_of(client.user, peer)
        last = len(self.conversations.get(conversation, []))
        mark = max(self.marks.get((conversation, client.user), 0), min(seq, last))
        if mark:
            self.marks[conversation, client.user] = mark
            self.logs[peer].append(Mark(conversation, client.user, mark))

    def fetch(self, client: Client) -> None:
        """Ask for the histories of the user's conversations; the answers come later."""
        for key, messages in self.conversations.items():
            if client.user in key.split("-"):
                seen = tuple(self.journals.seen(each) for each in messages)
                client.asked.append((self.journals.at, key, seen))

    def fetched(self, client: Client) -> None:
        """A requested history arrives."""
        if client.asked:
            self.journals.fetched(client, *client.asked.pop(0))

    # Actions of the server.

    def process(self, client: Client, *, refuses: bool = False) -> None:
        if client.outbox:
            request = client.outbox.pop(0)
            stored, position = (None, None) if refuses else self._store(request)
            client.inbox.append((request.client_id, stored, position))

    def process_late(self) -> None:
        """Carry out requests from a closed connection; no client gets the reply."""
        if self.in_transit:
            self._store(self.in_transit.pop(0))

    def _store(self, request: Request) -> tuple[Stored, int | None]:
        user = request.device.user
        known = self.by_key.get((user, request.client_id))
        if known is not None:
            return known, None
        key = conversation_of(user, request.peer)
        messages = self.conversations.setdefault(key, [])
        seq = len(messages) + 1
        stored = Stored(key, seq, f"{key}:{seq}", user, request.client_id, request.body)
        messages.append(stored)
        self.by_key[user, request.client_id] = stored
        for each in (user, request.peer):
            self.logs[each].append(stored)
        return stored, len(self.logs[user])

    def _is_told(self, client: Client, event: Stored) -> bool:
        return self.dialect.positions or (event.sender != client.user and event.body != "")

    # The end of a history.

    def catch_up(self) -> None:
        """All devices connect and take all their events."""
        for client in self.clients:
            self.connect(client)
            while client.outbox:
                self.process(client)
            while client.inbox:
                self.answered(client)
        for client in self.clients:
            while client.asked:
                self.fetched(client)
            self.take_all_events(client)

    def finish(self) -> None:
        self.catch_up()
        self.journals.at += 1
        for client in self.clients:
            self.journals.finished(client)
        for client in self.clients:
            self.fetch(client)
            while client.asked:
                self.fetched(client)
