"""The use cases against a model: the same answers, and state + events = refetched state."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from random import Random
from typing import Any, TypeVar
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from backchannel.brokers.in_process import InProcessBus
from backchannel.chat import conversations, logins, messages, sync
from backchannel.chat.conversations import PAGE_LIMIT, HistoryPage
from backchannel.chat.messages import draft, send
from backchannel.chat.sync import Reset, SyncPage
from backchannel.dialects.native.wire import event_body
from backchannel.domain.errors import ChatError, Unauthenticated
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored
from backchannel.storage.sql.log_writer import LogWriter
from tests.chat.model import Model, Pair, Refusal
from tests.simulation.clock import SimulatedClock
from tests.simulation.core import make_core
from tests.simulation.disk import Disk, SimulatedDatabase
from tests.simulation.loop import SimulatedLoop
from tests.simulation.replica import Replica, fetch
from tests.simulation.template import DEVICES, NAMES, in_memory, template

T = TypeVar("T")

users = st.sampled_from(NAMES)
pairs = st.sampled_from([frozenset(NAMES) - {name} for name in NAMES])
seqs = st.one_of(st.integers(1, 3), st.integers(-1, 9))
bodies = st.sampled_from(["one", "two"])
corrections = st.sampled_from(["one", "three", "four"])
bounds = st.one_of(st.none(), st.integers(-1, 9))


class Follower:
    """A device that follows its user's log by `sync`, and the events of that log from the bus."""

    def __init__(self) -> None:
        self.position = 0
        self.replica = Replica()
        self.log: list[str] = []
        self.published: list[Event] = []


class Machine(RuleBasedStateMachine):
    """Gives the core and the model the same requests; they must agree after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=lambda: SimulatedLoop(Random(0), disorder=0))
        self.model = Model()
        self.followers = defaultdict[str, Follower](Follower)
        self.run(self.open())
        for name in NAMES:  # so that there is something to change from the beginning
            self.talk(frozenset(NAMES) - {name}, 3)

    async def open(self) -> None:
        disk = Disk(in_memory(template().content), Random(0), normal_delay=0.0)
        bus = InProcessBus()
        self.disk = disk
        self.core = make_core(
            SimulatedDatabase(disk, lambda: None, queued=1024), bus, SimulatedClock()
        )
        bus.listen(self.published)

    def published(self, events: Sequence[Event]) -> None:
        for event in events:
            self.followers[event.user_id].published.append(event)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def ask(self, work: Coroutine[Any, Any, T]) -> T | Refusal:
        """The answer of the core, or the kind of its refusal."""
        try:
            return self.run(work)
        except ChatError as refusal:
            return type(refusal)

    @rule(sender=users, to=users, key=st.integers(0, 9), body=bodies)
    def send(self, sender: str, to: str, key: int, body: str) -> None:
        expected = self.model.send(sender, to, str(key), body)

        async def work() -> Stored:
            return await send(self.core, draft(sender, to, body, client_id=str(key)))

        stored = self.ask(work())
        assert (stored.message.seq if isinstance(stored, Stored) else stored) == expected

    @rule(pair=pairs, count=st.integers(2, 5))
    def talk(self, pair: Pair, count: int) -> None:
        """Both users write at once: the messages of each keep their order (rule R4)."""
        both = sorted(pair)
        drafts = [
            draft(both[number % 2], both[1 - number % 2], "several") for number in range(count)
        ]

        async def work() -> list[Stored | BaseException]:
            sends = (send(self.core, each) for each in drafts)
            return await asyncio.gather(*sends, return_exceptions=True)

        # The server may choose any order between the two users.
        outcomes = sorted(zip(drafts, self.run(work()), strict=True), key=by_seq)
        for sender in both:
            own = [one.client_id for one, _ in outcomes if one.sender_id == sender]
            assert own == [one.client_id for one in drafts if one.sender_id == sender]
        for one, answer in outcomes:
            expected = self.model.send(one.sender_id, one.recipient_id, one.client_id, one.body)
            assert (answer.message.seq if isinstance(answer, Stored) else type(answer)) == expected

    @rule(user=users, pair=pairs, seq=seqs, body=corrections)
    def edit(self, user: str, pair: Pair, seq: int, body: str) -> None:
        answer = self.ask(messages.edit(self.core, user, name_of(pair), seq, body))
        assert refusal_in(answer) == self.model.edit(user, pair, seq, body)

    @rule(user=users, pair=pairs, seq=seqs)
    def delete(self, user: str, pair: Pair, seq: int) -> None:
        answer = self.ask(messages.delete(self.core, user, name_of(pair), seq))
        assert refusal_in(answer) == self.model.delete(user, pair, seq)

    @rule(user=users, pair=pairs, seq=seqs, emoji=st.sampled_from("👍🎉"), active=st.booleans())
    def react(self, user: str, pair: Pair, seq: int, emoji: str, *, active: bool) -> None:
        work = messages.react(self.core, user, name_of(pair), seq, emoji, active=active)
        expected = self.model.react(user, pair, seq, emoji, active=active)
        assert refusal_in(self.ask(work)) == expected

    @rule(user=users, pair=pairs, seq=seqs)
    def read(self, user: str, pair: Pair, seq: int) -> None:
        answer = self.ask(conversations.mark_read(self.core, user, name_of(pair), seq))
        assert refusal_in(answer) == self.model.mark_read(user, pair, seq)

    @rule(user=users, position=st.integers(0, 99), device=st.integers(0, DEVICES - 1))
    def acknowledge(self, user: str, position: int, device: int) -> None:
        async def work() -> None:
            self.core.receipts.acknowledge(user, f"{user}-{device}", position)
            await self.core.receipts.flush()

        self.run(work())

    @rule(user=users, other=users, blocked=st.booleans())
    def block(self, user: str, other: str, *, blocked: bool) -> None:
        answer = self.ask(conversations.set_blocked(self.core, user, other, blocked=blocked))
        assert (refusal_in(answer) is None) == (user != other)
        if user != other:
            change_blocks = self.model.blocks.add if blocked else self.model.blocks.discard
            change_blocks((user, other))

    @rule(user=users, pair=pairs, bounds=st.tuples(bounds, bounds, bounds), limit=st.integers(0, 9))
    def page(
        self, user: str, pair: Pair, bounds: tuple[int | None, int | None, int | None], limit: int
    ) -> None:
        before, after, around = bounds
        answer = self.ask(
            conversations.history(
                self.core,
                user,
                name_of(pair),
                before=before,
                after=after,
                around=around,
                limit=limit,
            )
        )
        found = (
            [each.seq for each in answer.messages] if isinstance(answer, HistoryPage) else answer
        )
        assert found == self.model.page(user, pair, bounds, limit)

    @rule(user=users, position=st.integers(0, 60), limit=st.integers(1, 9))
    def sync(self, user: str, position: int, limit: int) -> None:
        log = self.followers[user].log
        answer = self.run(sync.sync(self.core, user, epoch="first", position=position, limit=limit))
        if position > len(log):
            assert isinstance(answer, Reset)
            assert answer.reason == "unknown_position"
            return
        assert isinstance(answer, SyncPage)
        assert [str(each.payload.kind) for each in answer.events] == log[
            position : position + limit
        ]
        assert answer.more == (position + limit < len(log))

    @rule(user=users, device=st.integers(0, DEVICES - 1))
    def end_login(self, user: str, device: int) -> None:
        login_id = f"{user}-{device}"
        answer = self.ask(logins.end_login(self.core, user, login_id))
        assert refusal_in(answer) == self.model.end_login(login_id)

    @rule(user=users, device=st.integers(0, DEVICES - 1))
    def authenticate(self, user: str, device: int) -> None:
        token = template().people[NAMES.index(user)].tokens[device]
        ended = f"{user}-{device}" in self.model.ended
        answer = self.ask(logins.authenticate(self.core, token))
        assert refusal_in(answer) == (Unauthenticated if ended else None)

    @invariant()
    def events_make_the_state(self) -> None:
        for user in NAMES:
            self.run(self.follow(user))
            present = self.run(fetch(self.core, user))
            assert self.followers[user].replica.differences(present, user) == []
            self.compare(user, present)

    async def follow(self, user: str) -> None:
        """Read the new events; the bus must have brought the same ones, in any order."""
        device = self.followers[user]
        new: list[Event] = []
        more = True
        while more:
            page = await sync.sync(self.core, user, epoch="first", position=device.position)
            assert isinstance(page, SyncPage)
            new += page.events
            device.position, more = page.position, page.more
        known = len(device.log)
        assert [each.position for each in new] == list(range(known + 1, known + 1 + len(new)))
        for event in new:
            device.log.append(str(event.payload.kind))
            device.replica.apply(event.payload.kind, msgspec.to_builtins(event_body(event).data))
        received, device.published = device.published, []
        assert sorted((each.position, each.payload.kind) for each in received) == [
            (each.position, each.payload.kind) for each in new
        ]

    def compare(self, user: str, present: Replica) -> None:
        mine = {pair: notes for pair, notes in self.model.notes.items() if user in pair}
        assert present.messages.keys() == {name_of(pair) for pair in mine}
        views = self.run(conversations.conversations(self.core, user, limit=PAGE_LIMIT))
        for pair, notes in mine.items():
            view = next(each for each in views if each.id == name_of(pair))
            assert view.unread == self.model.unread(user, pair)
            assert view.mine.read_seq == self.model.read.get((user, pair), 0)
            assert view.mine.read_seq <= view.mine.delivered_seq <= view.last_seq == len(notes)
            held = present.messages[name_of(pair)]
            assert list(held) == list(range(1, len(notes) + 1))
            for note, message in zip(notes, held.values(), strict=True):
                assert (message["sender_id"], message["body"]) == (note.sender, note.body)
                assert message["revision"] == note.revision
                assert (message["deleted_at"] is not None) == note.deleted
                assert message["reactions"] == note.reactions

    def teardown(self) -> None:
        self.runner.close()
        self.disk.close()


def name_of(pair: Pair) -> str:
    return direct_conversation_id(*pair)


def by_seq(outcome: tuple[Draft, Stored | BaseException]) -> int:
    """Sort by the number at which a message was stored, with refusals first."""
    _, answer = outcome
    return answer.message.seq if isinstance(answer, Stored) else 0


def refusal_in(answer: object) -> Refusal | None:
    """The kind of refusal; None if the answer is not a refusal."""
    return answer if isinstance(answer, type) and issubclass(answer, ChatError) else None


PATIENT = settings(max_examples=50, stateful_step_count=30, deadline=None, derandomize=True)


@pytest.mark.slow
def test_R2_R3_R4_R5_R6_R7_S1_S11_the_use_cases_agree_with_the_model() -> None:
    run_state_machine_as_test(Machine, settings=PATIENT)


@pytest.mark.parametrize("silent", [EventKind.EDIT, EventKind.REACTION, EventKind.RECEIPT])
def test_the_model_notices_an_event_missing_from_the_log(silent: EventKind) -> None:
    add = LogWriter.add

    def add_others(
        self: LogWriter, user_id: str, payload: EventPayload, **message: Any
    ) -> list[Event]:
        return [] if payload.kind is silent else add(self, user_id, payload, **message)

    # Any failure will do: do not search for the smallest.
    hasty = settings(PATIENT, phases=[Phase.generate], database=None)
    with patch.object(LogWriter, "add", add_others), pytest.raises(AssertionError):
        run_state_machine_as_test(Machine, settings=hasty)
