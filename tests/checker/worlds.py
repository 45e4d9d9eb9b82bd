"""Worlds that Hypothesis makes: a wild beginning, then a calm end in which all is seen."""

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
DEEDS = (
    *("send", "process", "answered", "hear", "connect") * 3,
    *("plain", "retry", "cut", "kill", "refuse", "late", "forget", "reset"),
    *("edit", "delete", "read", "fetched", "hear", "hear"),
)
Step = tuple[str, int, int, bool]
STEPS = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, 5), st.integers(0, 9), st.booleans()),
    max_size=80,
)


@dataclass
class Told:
    """What the journals tell; what was written from `calm` on happened in the calm end."""

    records: list[Record]
    calm: int

    @property
    def end(self) -> list[Record]:
        return self.records[self.calm :]


def wild(world: World, steps: list[Step]) -> None:
    for deed, who, number, later in steps:
        world.journals.at += later
        client = world.clients[who % len(world.clients)]
        peer = [user for user in USERS if user != client.user][number % 2]
        match deed:
            case "send" | "plain":
                world.send(client, peer, plain=deed == "plain")
            case "process" | "refuse":
                world.process(client, refuses=deed == "refuse")
            case "cut" | "kill":
                world.cut(client, forgets=number if deed == "kill" else 0)
            case "edit" | "delete":
                world.change(client, number, deletes=deed == "delete")
            case "late":
                world.process_late()
            case "read":
                world.read(client, peer, number)
            case _:
                getattr(world, deed)(client)


def calm(world: World) -> None:
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
def told(draw: st.DrawFn, dialects: tuple[Dialect, ...] = tuple(DIALECTS)) -> Told:
    world = World(draw(st.sampled_from(dialects)))
    wild(world, draw(STEPS))
    world.level()
    start = len(world.journals.records)
    calm(world)
    return Told(world.journals.records, start)
