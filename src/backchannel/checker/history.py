"""The history in a set of journals, gathered in one pass over their records."""

from collections.abc import Iterable, Iterator
from sys import intern

from backchannel.checker.journal import (
    BadJournal,
    Change,
    Deliver,
    DeliverReceipt,
    Fail,
    Finish,
    Invoke,
    LocatedRecord,
    Location,
    Ok,
    Record,
    Reset,
    Restore,
    Resume,
    Seen,
    Unknown,
)
from backchannel.checker.journal import History as HistoryRecord
from backchannel.checker.linking import link
from backchannel.checker.model import (
    Claim,
    Conversation,
    Delivery,
    Device,
    Fetched,
    Level,
    LocatedReceipt,
    Message,
    Replica,
    Rewind,
    Send,
)


class History:
    """All records, by the conversation, message or device that they are about.

    `unmatched` are acknowledgements of messages that were never sent: client id, message id and
    location.
    """

    def __init__(self, entries: Iterable[LocatedRecord]) -> None:
        """Raises `BadJournal` if records contradict each other, or `entries` does."""
        self.sends: dict[tuple[str, str], Send] = {}
        self.messages: dict[str, Message] = {}
        self.conversations: dict[str, Conversation] = {}
        self.devices: dict[str, Device] = {}
        self.unmatched: list[tuple[str, str, Location]] = []
        self.fetched: list[Fetched] = []
        self.records = 0
        self._changes: dict[str, list[str | None]] = {}
        for location, record in entries:
            self.records += 1
            self._take(record, location)
        link(self.sends, self.messages, self.conversations, self._changes)

    def replicas(self) -> Iterator[tuple[Device, Replica]]:
        for device in self.devices.values():
            for replica in device.replicas:
                yield device, replica

    def _take(self, record: Record, location: Location) -> None:  # noqa: C901, PLR0912 - one case per record
        match record:
            case Deliver():
                self._deliver(record, location)
            case Invoke():
                self._invoke(record, location)
            case Ok():
                self._ok(record, location)
            case Fail():
                send = self._send(record, location)
                if send is not None:
                    send.refusals += 1
            case Unknown():
                self._device(record, location).session += 1
            case Change():
                self._changes.setdefault(record.id, []).append(record.body)
            case Resume():
                self._resume(record, location)
            case Reset():
                device = self._device(record, location)
                device.session += 1
                device.finish = None
                device.replicas.append(_replica(record))
            case DeliverReceipt():
                self._replica(record, location).log.append(LocatedReceipt(record, location))
            case HistoryRecord():
                self._fetch(record, location)
            case Finish():
                self._replica(record, location)
                level = Level(record.position, record.asked, record.at, location)
                self._device(record, location).finish = level
            case Restore():
                pass  # `restores` has already split the records at these

    def _invoke(self, record: Invoke, location: Location) -> None:
        device = self._register(record.device, record.user, location)
        conversation = self._conversation(record.conversation)
        conversation.participants.add(device.user)
        if record.to is not None:
            conversation.declared |= {device.user, record.to}
        send = self.sends.get((device.user, record.client_id))
        if send is not None:
            _repeat(send, record, device, location)
            return
        self.sends[device.user, record.client_id] = Send(
            device.user,
            record.client_id,
            device.name,
            conversation.id,
            record.body,
            record.at,
            location,
            device.session,
        )

    def _ok(self, record: Ok, location: Location) -> None:
        send = self._send(record, location)
        if send is None:
            self.unmatched.append((record.client_id, record.id, location))
            return
        send.acknowledgements += 1
        send.acknowledged = send.acknowledged or location
        send.answer = send.answer or record.id
        if record.device not in send.holders:
            send.holders = (*send.holders, intern(record.device))
        claim = Claim(send.conversation, record.seq, send.user, send.client_id, location)
        self._message(record.id, claim, record.at)

    def _resume(self, record: Resume, location: Location) -> None:
        device = self._register(record.device, record.user, location)
        device.session += 1
        device.finish = None
        if device.replicas and record.position is not None:
            device.replicas[-1].log.append(Rewind(record.position, location))
        else:
            device.replicas.append(_replica(record))

    def _deliver(self, record: Deliver, location: Location) -> None:
        replica = self._replica(record, location)
        conversation = self._participate(record, record.conversation, location)
        sender = intern(record.sender)
        claim = Claim(conversation.id, record.seq, sender, record.client_id, location)
        message = self._message(record.id, claim, record.at)
        _read(message, record.body, location)
        replica.positioned = replica.positioned or record.position is not None
        replica.log.append(Delivery(message, record.position, record.source, location))

    def _fetch(self, record: HistoryRecord, location: Location) -> None:
        replica = self._replica(record, location)
        conversation = self._participate(record, record.conversation, location)
        messages = [
            self._fetched_message(each, conversation.id, record.at, location)
            for each in record.messages
        ]
        asked = record.at if record.asked is None else record.asked
        fetched = Fetched(record.device, conversation, messages, record.complete, asked, location)
        self.fetched.append(fetched)
        if self._device(record, location).finish is None and asked >= replica.start:
            replica.fetched.append(fetched)

    def _fetched_message(
        self, seen: Seen, conversation: str, at: int, location: Location
    ) -> Message:
        claim = Claim(conversation, seen.seq, intern(seen.sender), None, location)
        message = self._message(seen.id, claim, at)
        _read(message, seen.body, location)
        return message

    def _message(self, key: str, claim: Claim, at: int) -> Message:
        message = self.messages.get(key)
        if message is None:
            message = Message(
                key,
                claim.conversation,
                claim.seq,
                claim.sender,
                claim.client_id,
                claim.location,
                at,
                claim.location,
            )
            self.messages[key] = message
            return message
        if at < message.known_at:
            message.known_at, message.known = at, claim.location
        _compare(message, claim)
        return message

    def _conversation(self, key: str) -> Conversation:
        found = self.conversations.get(key)
        if found is None:
            found = self.conversations[key] = Conversation(key)
        return found

    def _participate(self, record: Record, key: str, location: Location) -> Conversation:
        """The conversation, of which the device's user is known now to be a member."""
        conversation = self._conversation(key)
        conversation.participants.add(self._device(record, location).user)
        return conversation

    def _register(self, name: str, user: str, location: Location) -> Device:
        device = self.devices.get(name)
        if device is None:
            device = self.devices[name] = Device(intern(name), intern(user))
        elif device.user != user:
            raise BadJournal(
                f"{location}: user: device {name!r} belongs to {device.user!r} and cannot be "
                f"{user!r}'s too; give each user's devices names of their own"
            )
        return device

    def _device(self, record: Record, location: Location) -> Device:
        device = self.devices.get(record.device)
        if device is None:
            raise BadJournal(
                f"{location}: device: {record.device!r} has no user yet; "
                "write its resume, or an invoke, before anything else"
            )
        return device

    def _replica(self, record: Record, location: Location) -> Replica:
        device = self._device(record, location)
        if not device.replicas:
            device.replicas.append(Replica(record.at, None, None, positioned=False))
        return device.replicas[-1]

    def _send(self, record: Ok | Fail, location: Location) -> Send | None:
        return self.sends.get((self._device(record, location).user, record.client_id))


def _replica(record: Resume | Reset) -> Replica:
    positioned = record.position is not None
    return Replica(record.at, record.position, record.epoch, positioned=positioned)


def _repeat(send: Send, record: Invoke, device: Device, location: Location) -> None:
    send.attempts += 1
    if record.body != send.body:
        send.others = send.others or set()
        send.others.add(record.body)
    if record.at < send.at:
        send.at, send.location = record.at, location
        send.device, send.session = device.name, device.session


def _compare(message: Message, claim: Claim) -> None:
    """Add the new facts of a claim to a message; keep a claim that contradicts it."""
    message.seq = claim.seq if message.seq is None else message.seq
    message.sender = claim.sender if message.sender is None else message.sender
    message.client_id = claim.client_id if message.client_id is None else message.client_id
    if (
        claim.conversation != message.conversation
        or claim.seq not in (None, message.seq)
        or claim.sender not in (None, message.sender)
        or claim.client_id not in (None, message.client_id)
    ):
        message.doubts.append(claim)


def _read(message: Message, body: str, location: Location) -> None:
    if message.seen is None:
        message.body, message.seen = body, location
    elif body != message.body:
        message.bodies.setdefault(body, location)
