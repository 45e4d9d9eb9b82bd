"""Histories that Hypothesis generates: random actions, then a final phase without faults."""

from dataclasses import dataclass
from itertools import product

from hypothesis import strategies as st

from backchannel.checker.journal import Record
from tests.checker.correct_system import USERS, CorrectSystem
from tests.checker.journals import Dialect

DIALECTS = [
    Dialect(positions, seqs, client_ids, members)
    for positions, seqs, client_ids, members in product((True, False), repeat=4)
    if seqs or not positions
]
ACTIONS = (
    *("send", "process", "answered", "take_event", "connect") * 3,
    *("plain", "retry", "cut", "kill", "refuse", "late", "forget", "reset"),
    *("edit", "delete", "read", "fetched", "take_event", "take_event"),
)
Step = tuple[str, int, int, bool]
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5), st.integers(0, 9), st.booleans()),
    max_size=80,
)


@dataclass
class GeneratedHistory:
    """The records of the journals; the final phase begins at the index `final_phase`."""

    records: list[Record]
    final_phase: int

    @property
    def end(self) -> list[Record]:
        return self.records[self.final_phase :]


def run_random_phase(system: CorrectSystem, steps: list[Step]) -> None:
    for action, who, number, later in steps:
        system.journals.at += later
        client = system.clients[who % len(system.clients)]
        peer = [user for user in USERS if user != client.user][number % 2]
        match action:
            case "send" | "plain":
                system.send(client, peer, plain=action == "plain")
            case "process" | "refuse":
                system.process(client, refuses=action == "refuse")
            case "cut" | "kill":
                system.cut(client, forgets=number if action == "kill" else 0)
            case "edit" | "delete":
                system.change(client, number, deletes=action == "delete")
            case "late":
                system.process_late()
            case "read":
                system.read(client, peer, number)
            case _:
                getattr(system, action)(client)


def run_final_phase(system: CorrectSystem) -> None:
    """Ada and Bob talk, one message after the other; Bob's first device is away for a while."""
    system.catch_up()
    ada, bob = system.clients[0], next(each for each in system.clients if each.user == "bob")
    for number in range(8):
        sender, peer = ((ada, "bob"), (bob, "ada"))[number % 2 and bob.connected]
        system.journals.at += 2
        system.send(sender, peer, plain=False)
        system.journals.at += 1
        system.process(sender)
        system.journals.at += 1
        system.answered(sender)
        system.read(sender, peer, 1 << 20)
        for client in system.clients:
            system.take_all_events(client)
        if number == 3:
            # The last event that it takes must be a message.
            system.cut(bob)
        if number == 6:
            system.catch_up()
    system.finish()


@st.composite
def histories(draw: st.DrawFn, dialects: tuple[Dialect, ...] = tuple(DIALECTS)) -> GeneratedHistory:
    system = CorrectSystem(draw(st.sampled_from(dialects)))
    run_random_phase(system, draw(STEPS))
    system.catch_up()
    start = len(system.journals.records)
    run_final_phase(system)
    return GeneratedHistory(system.journals.records, start)
