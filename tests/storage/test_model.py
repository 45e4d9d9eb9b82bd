"""Storage compared with a small model: random histories have the same outcome."""

import asyncio
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from backchannel.domain.conversations import Marks, Receipt
from backchannel.domain.errors import ClientIdReused
from backchannel.domain.events import Event, EventKind
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Draft, Message
from backchannel.ports.storage import Acknowledgement, ReadMark, Storage, Stored
from tests.storage.openers import Opener
from tests.storage.people import AT, make_user

USERS = range(3)
_keys = count()

users = st.sampled_from(USERS)
pairs = st.tuples(users, users).filter(lambda pair: pair[0] != pair[1])
drafts = st.lists(st.tuples(pairs, st.integers(0, 12), st.sampled_from(["one", "two"])), max_size=6)


@dataclass
class Person:
    """A user's log, as the kinds and contents of its entries."""

    id: str
    log: list[tuple[EventKind, str, int] | Receipt] = field(default_factory=list)
    delivered: int = 0


@dataclass
class Model:
    """A model of the storage that follows only its rules."""

    people: list[Person]
    conversations: dict[str, list[Message]] = field(default_factory=dict)
    sent: dict[tuple[str, str], tuple[str, int, str]] = field(default_factory=dict)
    marks: dict[tuple[str, str], Marks] = field(default_factory=dict)

    def person(self, user_id: str) -> Person:
        return next(person for person in self.people if person.id == user_id)

    def enter(self, message: Message, kind: EventKind) -> None:
        for user_id in (message.sender_id, message.recipient_id):
            entry = kind, message.conversation_id, message.seq
            self.person(user_id).log.append(entry)

    def append(self, draft: Draft, outcome: Any) -> None:
        key = draft.sender_id, draft.client_id
        if key in self.sent:
            conversation_id, seq, body = self.sent[key]
            if (conversation_id, body) == (draft.conversation_id, draft.body):
                assert isinstance(outcome, Stored)
                assert outcome.repeated
                assert outcome.message == self.conversations[conversation_id][seq - 1]
            else:
                assert isinstance(outcome, ClientIdReused)
            return
        assert isinstance(outcome, Stored)
        messages = self.conversations.setdefault(draft.conversation_id, [])
        messages.append(outcome.message)
        assert outcome.message.seq == len(messages)
        self.sent[key] = draft.conversation_id, len(messages), draft.body
        self.enter(outcome.message, EventKind.MESSAGE)

    def mark(self, reader: Person, conversation_id: str, seq: int) -> None:
        messages = self.conversations.get(conversation_id, [])
        marks = self.marks.get((reader.id, conversation_id), Marks())
        read = min(seq, len(messages))
        if not messages or read <= marks.read_seq:
            return
        new = Marks(max(marks.delivered_seq, read), read)
        self.marks[reader.id, conversation_id] = new
        receipt = Receipt(conversation_id, reader.id, new.delivered_seq, new.read_seq)
        for user_id in (messages[0].sender_id, messages[0].recipient_id):
            self.person(user_id).log.append(receipt)

    def acknowledge(self, reader: Person, position: int) -> dict[str, Receipt]:
        """The receipts by user; the storage may choose their order."""
        position = min(position, len(reader.log))
        furthest: dict[str, Message] = {}
        for entry in reader.log[reader.delivered : position]:
            if not isinstance(entry, Receipt) and entry[0] is EventKind.MESSAGE:
                message = self.conversations[entry[1]][entry[2] - 1]
                if message.sender_id != reader.id:
                    furthest[entry[1]] = message
        reader.delivered = max(reader.delivered, position)
        receipts: dict[str, Receipt] = {}
        for conversation_id, message in furthest.items():
            marks = self.marks.get((reader.id, conversation_id), Marks())
            if message.seq > marks.delivered_seq:
                self.marks[reader.id, conversation_id] = Marks(message.seq, marks.read_seq)
                receipt = Receipt(conversation_id, reader.id, message.seq, marks.read_seq)
                receipts[message.sender_id] = receipt
                self.person(message.sender_id).log.append(receipt)
        return receipts

    def unread(self, reader: Person, conversation_id: str) -> int:
        read = self.marks.get((reader.id, conversation_id), Marks()).read_seq
        return sum(
            message.sender_id != reader.id and message.deleted_at is None
            for message in self.conversations[conversation_id][read:]
        )


def revised(body: str | None, revision: int) -> Any:
    """An edit to `body`, or a deletion, that raises the revision to `revision`."""

    def revise(message: Message | None) -> Message:
        assert message is not None
        if message.deleted_at is not None:
            return message
        if body is None:
            return msgspec.structs.replace(
                message, body="", deleted_at=AT, revision=message.revision + revision
            )
        return msgspec.structs.replace(
            message, body=body, edited_at=AT, revision=message.revision + revision
        )

    return revise


class Machine(RuleBasedStateMachine):
    """Makes the same changes to a storage and the model; they must agree after each step."""

    storage: ClassVar[Storage]
    runner: ClassVar[asyncio.Runner]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model([Person(self.runner.run(make_user(self.storage))) for _ in USERS])
        self.run = next(_keys)

    def draft(self, pair: tuple[int, int], key: int, body: str) -> Draft:
        sender, recipient = (self.model.people[number].id for number in pair)
        conversation_id = direct_conversation_id(sender, recipient)
        return Draft(conversation_id, sender, recipient, f"{self.run}-{key}", body)

    @rule(chosen=drafts)
    def append(self, chosen: list[tuple[tuple[int, int], int, str]]) -> None:
        batch = [self.draft(*each) for each in chosen]
        outcomes = self.runner.run(self.storage.append(batch, at=AT))
        for draft, outcome in zip(batch, outcomes, strict=True):
            self.model.append(draft, outcome)

    @rule(pair=pairs, seq=st.integers(1, 9), body=st.sampled_from(["three", "four", None]))
    def change(self, pair: tuple[int, int], seq: int, body: str | None) -> None:
        conversation_id = self.draft(pair, 0, "").conversation_id
        messages = self.model.conversations.get(conversation_id, [])
        if seq > len(messages):
            return
        kind = EventKind.DELETE if body is None else EventKind.EDIT
        revise = revised(body, 1)
        changed = self.runner.run(self.storage.change(conversation_id, seq, kind, revise))
        expected = revise(messages[seq - 1])
        assert changed.message == expected
        assert len(changed.events) == 2 * (expected != messages[seq - 1])
        if changed.events:
            messages[seq - 1] = expected
            self.model.enter(expected, kind)

    @rule(pair=pairs, seq=st.integers(-1, 20))
    def read(self, pair: tuple[int, int], seq: int) -> None:
        reader = self.model.people[pair[0]]
        conversation_id = self.draft(pair, 0, "").conversation_id
        self.runner.run(self.storage.mark_read([ReadMark(reader.id, conversation_id, seq)]))
        self.model.mark(reader, conversation_id, seq)

    @rule(reader=users, position=st.integers(0, 60))
    def acknowledge(self, reader: int, position: int) -> None:
        person = self.model.people[reader]
        acknowledgement = Acknowledgement(person.id, "", position)
        events = self.runner.run(self.storage.acknowledge([acknowledgement]))
        assert {event.user_id: event.payload.content for event in events} == (
            self.model.acknowledge(person, position)
        )

    @invariant()
    def the_same(self) -> None:
        self.runner.run(self.compare())

    async def compare(self) -> None:
        for person in self.model.people:
            page = await self.storage.log(person.id, after=0, limit=1000)
            assert [event.position for event in page.events] == list(range(1, len(person.log) + 1))
            assert [entry(event) for event in page.events] == person.log
            for event in page.events:
                if isinstance(message := event.payload.content, Message):
                    now = self.model.conversations[message.conversation_id]
                    assert message == now[message.seq - 1]
            for view in await self.storage.conversations(person.id, before=None, limit=9):
                messages = self.model.conversations[view.id]
                assert await self.storage.history(view.id, limit=1000) == messages
                assert view.last_message == messages[-1]
                assert view.mine == self.model.marks.get((person.id, view.id), Marks())
                assert view.theirs == self.model.marks.get((view.peer_id, view.id), Marks())
                assert view.unread == self.model.unread(person, view.id)


def entry(event: Event) -> tuple[EventKind, str, int] | Receipt:
    content = event.payload.content
    if isinstance(content, Message):
        return event.payload.kind, content.conversation_id, content.seq
    assert isinstance(content, Receipt)
    return content


EXAMPLES = {"sqlite": 60}
EXAMPLES_ON_SERVERS = 15
"""Random histories: on a server each takes ten times as long."""


@pytest.mark.slow
def test_random_histories_end_like_the_model(opener: Opener) -> None:
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        storage = runner.run(_open(opener, folder))
        run_state_machine_as_test(
            type("OnStorage", (Machine,), {"storage": storage, "runner": runner}),
            settings=settings(
                max_examples=EXAMPLES.get(opener.name, EXAMPLES_ON_SERVERS),
                stateful_step_count=25,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(storage.close())


async def _open(opener: Opener, folder: str) -> Storage:
    return await opener.open(Path(folder))
