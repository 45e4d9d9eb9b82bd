"""The history that a set of journals tells, gathered in one pass over their records."""

from collections.abc import Iterable, Iterator
from sys import intern

from backchannel.checker.journal import (
    BadJournal,
    Change,
    Deliver,
    Entry,
    Fail,
    Finish,
    Invoke,
    Ok,
    Place,
    Receipt,
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
    Life,
    Message,
    Rewind,
    Send,
    Told,
)


class History:
    """Everything that happened, by what it happened to.

    `unasked` are acknowledgements of what nobody sent: client id, message id and place.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Raises `BadJournal` if records contradict each other, or `entries` does."""
        self.sends: dict[tuple[str, str], Send] = {}
        self.messages: dict[str, Message] = {}
        self.conversations: dict[str, Conversation] = {}
        self.devices: dict[str, Device] = {}
        self.unasked: list[tuple[str, str, Place]] = []
        self.fetched: list[Fetched] = []
        self.records = 0
        self._changes: dict[str, list[str | None]] = {}
        for place, record in entries:
            self.records += 1
            self._take(record, place)
        link(self.sends, self.messages, self.conversations, self._changes)

    def lives(self) -> Iterator[tuple[Device, Life]]:
        for device in self.devices.values():
            for life in device.lives:
                yield device, life

    def _take(self, record: Record, place: Place) -> None:  # noqa: C901, PLR0912 - one case per record
        match record:
            case Deliver():
                self._deliver(record, place)
            case Invoke():
                self._invoke(record, place)
            case Ok():
                self._ok(record, place)
            case Fail():
                send = self._send(record, place)
                if send is not None:
                    send.refusals += 1
            case Unknown():
                self._device(record, place).session += 1
            case Change():
                self._changes.setdefault(record.id, []).append(record.body)
            case Resume():
                self._resume(record, place)
            case Reset():
                device = self._device(record, place)
                device.session += 1
                device.finish = None
                device.lives.append(_life(record))
            case Receipt():
                self._life(record, place).log.append(Told(record, place))
            case HistoryRecord():
                self._fetch(record, place)
            case Finish():
                self._life(record, place)
                level = Level(record.position, record.asked, record.at, place)
                self._device(record, place).finish = level
            case Restore():
                pass  # `restores` has parted the records by them

    def _invoke(self, record: Invoke, place: Place) -> None:
        device = self._enrol(record.device, record.user, place)
        conversation = self._conversation(record.conversation)
        conversation.met.add(device.user)
        if record.to is not None:
            conversation.declared |= {device.user, record.to}
        send = self.sends.get((device.user, record.client_id))
        if send is not None:
            _repeat(send, record, device, place)
            return
        self.sends[device.user, record.client_id] = Send(
            device.user,
            record.client_id,
            device.name,
            conversation.id,
            record.body,
            record.at,
            place,
            device.session,
        )

    def _ok(self, record: Ok, place: Place) -> None:
        send = self._send(record, place)
        if send is None:
            self.unasked.append((record.client_id, record.id, place))
            return
        send.acknowledgements += 1
        send.acknowledged = send.acknowledged or place
        send.answer = send.answer or record.id
        if record.device not in send.holders:
            send.holders = (*send.holders, intern(record.device))
        claim = Claim(send.conversation, record.seq, send.user, send.client_id, place)
        self._message(record.id, claim, record.at)

    def _resume(self, record: Resume, place: Place) -> None:
        device = self._enrol(record.device, record.user, place)
        device.session += 1
        device.finish = None
        if device.lives and record.position is not None:
            device.lives[-1].log.append(Rewind(record.position, place))
        else:
            device.lives.append(_life(record))

    def _deliver(self, record: Deliver, place: Place) -> None:
        life = self._life(record, place)
        conversation = self._meet(record, record.conversation, place)
        sender = intern(record.sender)
        claim = Claim(conversation.id, record.seq, sender, record.client_id, place)
        message = self._message(record.id, claim, record.at)
        _read(message, record.body, place)
        life.positioned = life.positioned or record.position is not None
        life.log.append(Delivery(message, record.position, record.source, place))

    def _fetch(self, record: HistoryRecord, place: Place) -> None:
        life = self._life(record, place)
        conversation = self._meet(record, record.conversation, place)
        messages = [self._look(each, conversation.id, record.at, place) for each in record.messages]
        asked = record.at if record.asked is None else record.asked
        fetched = Fetched(record.device, conversation, messages, record.complete, asked, place)
        self.fetched.append(fetched)
        if self._device(record, place).finish is None and asked >= life.start:
            life.fetched.append(fetched)

    def _look(self, seen: Seen, conversation: str, at: int, place: Place) -> Message:
        claim = Claim(conversation, seen.seq, intern(seen.sender), None, place)
        message = self._message(seen.id, claim, at)
        _read(message, seen.body, place)
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
                claim.place,
                at,
                claim.place,
            )
            self.messages[key] = message
            return message
        if at < message.known_at:
            message.known_at, message.known = at, claim.place
        _compare(message, claim)
        return message

    def _conversation(self, key: str) -> Conversation:
        found = self.conversations.get(key)
        if found is None:
            found = self.conversations[key] = Conversation(key)
        return found

    def _meet(self, record: Record, key: str, place: Place) -> Conversation:
        """The conversation, of which the device's user is known now to be a member."""
        conversation = self._conversation(key)
        conversation.met.add(self._device(record, place).user)
        return conversation

    def _enrol(self, name: str, user: str, place: Place) -> Device:
        device = self.devices.get(name)
        if device is None:
            device = self.devices[name] = Device(intern(name), intern(user))
        elif device.user != user:
            raise BadJournal(
                f"{place}: user: device {name!r} belongs to {device.user!r} and cannot be "
                f"{user!r}'s too; give each user's devices names of their own"
            )
        return device

    def _device(self, record: Record, place: Place) -> Device:
        device = self.devices.get(record.device)
        if device is None:
            raise BadJournal(
                f"{place}: device: {record.device!r} has no user yet; "
                "write its resume, or an invoke, before anything else"
            )
        return device

    def _life(self, record: Record, place: Place) -> Life:
        device = self._device(record, place)
        if not device.lives:
            device.lives.append(Life(record.at, None, None, positioned=False))
        return device.lives[-1]

    def _send(self, record: Ok | Fail, place: Place) -> Send | None:
        return self.sends.get((self._device(record, place).user, record.client_id))


def _life(record: Resume | Reset) -> Life:
    positioned = record.position is not None
    return Life(record.at, record.position, record.epoch, positioned=positioned)


def _repeat(send: Send, record: Invoke, device: Device, place: Place) -> None:
    send.attempts += 1
    if record.body != send.body:
        send.others = send.others or set()
        send.others.add(record.body)
    if record.at < send.at:
        send.at, send.place = record.at, place
        send.device, send.session = device.name, device.session


def _compare(message: Message, claim: Claim) -> None:
    """Learn what was not known of a message yet; keep what contradicts what was."""
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


def _read(message: Message, body: str, place: Place) -> None:
    if message.seen is None:
        message.body, message.seen = body, place
    elif body != message.body:
        message.bodies.setdefault(body, place)
