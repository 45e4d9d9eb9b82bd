"""The results, as tables in Markdown."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf

from benchmarks.peers.loss.journal import Outcome
from benchmarks.peers.measure import Load
from benchmarks.peers.peer import Peer

LOADS = (
    "stack",
    "an acknowledgement means",
    "messages a second",
    "ours is",
    "at a second",
    "p50",
    "p99",
)
LOSSES = ("stack", "clients", "cuts", "acknowledged", "of these lost", "duplicated", "reordered")
MEMORY = ("stack", "connections", "bytes each", "times ours")


def load_table(
    peers: Mapping[str, Peer],
    runs: Mapping[str, Sequence[Load]],
    beside: Callable[[str], str],
) -> str:
    """Medians over the rounds; ratios within each round, to the server that is `beside`."""
    rows = [
        _load_row(peers[key], rounds, runs[beside(key)]) for key, rounds in runs.items() if rounds
    ]
    late = {
        peers[key].name: f"{sum(each.unfinished for each in rounds):,.0f}"
        for key, rounds in runs.items()
        if any(each.unfinished for each in rounds)
    }
    return table(LOADS, rows) + "".join(
        f"\n{name}: {count} messages were not finished 30 s after the last was sent.\n"
        for name, count in late.items()
    )


def _load_row(peer: Peer, rounds: Sequence[Load], ours: Sequence[Load]) -> list[str]:
    def middle(value: Callable[[Load], float]) -> float:
        return statistics.median(value(each) for each in rounds)

    both = zip(ours, rounds, strict=True)
    ratio = statistics.median(own.rate / each.rate if each.rate else inf for own, each in both)
    return [
        peer.name,
        peer.kept,
        f"{middle(lambda each: each.rate):,.0f}",
        f"{ratio:.2f} times" if rounds is not ours else "",
        f"{middle(lambda each: each.pace):,.0f}",
        f"{middle(lambda each: each.p50):.1f} ms",
        f"{middle(lambda each: each.p99):.1f} ms",
    ]


def memory_table(peers: Mapping[str, Peer], memory: Mapping[str, float], ours: str) -> str:
    rows = [
        [
            peers[key].name,
            f"{peers[key].idle:,}",
            f"{each:,.0f}",
            f"{each / memory[ours]:.1f}" if key != ours and ours in memory else "",
        ]
        for key, each in memory.items()
    ]
    return table(MEMORY, rows)


def loss_table(outcomes: Mapping[tuple[str, str], Outcome]) -> str:
    """Sums over the rounds, by the stack and the configuration of its clients."""
    rows = [
        [
            *names,
            f"{outcome.cuts}",
            f"{outcome.acknowledged:,}",
            f"{outcome.lost:,}{_share(outcome)}",
            f"{outcome.duplicated:,}",
            f"{outcome.reordered:,}",
        ]
        for names, outcome in outcomes.items()
    ]
    return table(LOSSES, rows)


def _share(outcome: Outcome) -> str:
    if not outcome.lost:
        return ""
    return f" ({outcome.lost / outcome.acknowledged:.1%})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
