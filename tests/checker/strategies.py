"""Histories that Hypothesis generates: random actions, then a final phase without faults."""

from dataclasses import dataclass
from itertools import product

from hypothesis import strategies as st

from backchannel.checker.journal import Record
from tests.checker.journals import Dialect
from tests.checker.world import USERS, World

DIALECTS = [
    Dialect(positions, seqs, client_ids, members)
    for positions, seqs, client_ids, members in product((True, False), repeat=4)
    if seqs or not positions
]
ACTIONS = (
    *("send", "process", "answered", "hear", "connect") * 3,
    *("plain", "retry", "cut", "kill", "refuse", "late", "forget", "reset"),
    *("edit", "delete", "read", "fetched", "hear", "hear"),
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


def run_random_phase(world: World, steps: list[Step]) -> None:
    for action, who, number, later in steps:
        world.journals.at += later
        client = world.clients[who % len(world.clients)]
        peer = [user for user in USERS if user != client.user][number % 2]
        match action:
            case "send" | "plain":
                world.send(client, peer, plain=action == "plain")
            case "process" | "refuse":
                world.process(client, refuses=action == "refuse")
            case "cut" | "kill":
                world.cut(client, forgets=number if action == "kill" else 0)
            case "edit" | "delete":
                world.change(client, number, deletes=action == "delete")
            case "late":
                world.process_late()
            case "read":
                world.read(client, peer, number)
            case _:
                getattr(world, action)(client)


def run_final_phase(world: World) -> None:
    """Ada and Bob talk, one message after the other; Bob's first device is away for a while."""
    world.level()
    ada, bob = world.clients[0], next(each for each in world.clients if each.user == "bob")
    for number in range(8):
        sender, peer = ((ada, "bob"), (bob, "ada"))[number % 2 and bob.connected]
        world.journals.at += 2
        world.send(sender, peer, plain=False)
        world.journals.at += 1
        world.process(sender)
        world.journals.at += 1
        world.answered(sender)
        world.read(sender, peer, 1 << 20)
        for client in world.clients:
            world.hear_all(client)
        if number == 3:
            # The last event it takes shall be a message.
            world.cut(bob)
        if number == 6:
            world.level()
    world.finish()


@st.composite
def histories(draw: st.DrawFn, dialects: tuple[Dialect, ...] = tuple(DIALECTS)) -> GeneratedHistory:
    world = World(draw(st.sampled_from(dialects)))
    run_random_phase(world, draw(STEPS))
    world.level()
    start = len(world.journals.records)
    run_final_phase(world)
    return GeneratedHistory(world.journals.records, start)
