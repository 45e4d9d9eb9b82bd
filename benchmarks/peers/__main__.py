"""`make bench-peers`: other stacks beside ours; prints the tables of docs/benchmarks.md."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from benchmarks.peers import circumstances, measure, report
from benchmarks.peers.contenders import OURS, PEERS, TRIALS, beside
from benchmarks.peers.loss.experiment import lose
from benchmarks.peers.loss.journal import Outcome, Plan
from benchmarks.peers.peer import Missing, Peer

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


def main() -> None:
    options = _options()
    # If it is terminated, it still ends the processes that it started.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    print(circumstances.describe())
    for name, part in PARTS.items():
        if options.only in {None, name}:
            print(part(options), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-peers", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    names = ", ".join(PEERS)
    parser.add_argument(
        "--peers",
        nargs="+",
        choices=PEERS,
        default=list(PEERS),
        metavar="NAME",
        help=f"these, beside ours: {names}",
    )
    parser.add_argument("--rounds", type=int, default=5, help="each measures everyone once")
    parser.add_argument("--seconds", type=float, default=3, help="length of a measurement")
    parser.add_argument("--cutting", type=int, default=30, help="seconds in which lines are cut")
    options = parser.parse_args()
    if min(options.rounds, options.cutting) < 1 or options.seconds <= 0:
        parser.error("--rounds and --cutting are at least 1, and --seconds is more than 0")
    options.peers = {OURS, *options.peers, *map(beside, options.peers)}
    return options


def _load(options: argparse.Namespace) -> str:
    peers = _chosen(options)
    runs: dict[str, list[measure.Load]] = {key: [] for key in peers}
    for number in range(options.rounds):
        for key, found in _each(peers, lambda peer: measure.load(peer, options.seconds)):
            runs[key].append(found)
            _report(f"round {number + 1}, {peers[key].name}: {found}")
    return report.load_table(peers, runs, beside)


def _memory(options: argparse.Namespace) -> str:
    peers = _chosen(options)
    memory: dict[str, float] = {}
    for key, found in _each(peers, measure.idle_memory):
        memory[key] = found
        _report(f"{peers[key].name}: {found:,.0f} bytes a connection")
    return report.memory_table(peers, memory, OURS)


def _loss(options: argparse.Namespace) -> str:
    plan = Plan(seconds=options.cutting)
    trials = {
        (each.peer.name, each.configuration): each for each in TRIALS if each.key in options.peers
    }
    outcomes: dict[tuple[str, str], Outcome] = {}
    for names, found in _each(trials, lambda each: lose(each.peer, each.clients, plan)):
        outcomes[names] = found
        _report(f"{', '.join(names)}: {found}")
    return report.loss_table(outcomes)


def _chosen(options: argparse.Namespace) -> dict[str, Peer]:
    return {key: peer for key, peer in PEERS.items() if key in options.peers}


def _each(those: dict[K, V], action: Callable[[V], T]) -> Iterator[tuple[K, T]]:
    """Run `action` for each peer; report and skip peers that are not installed."""
    for key, each in list(those.items()):
        try:
            found = action(each)
        except Missing as missing:
            _report(f"left out: {key}, which needs {missing}")
            del those[key]
        else:
            yield key, found


def _report(what: str) -> None:
    """Print progress to standard error; standard output has only the tables."""
    print(what, file=sys.stderr, flush=True)


PARTS = {"load": _load, "memory": _memory, "loss": _loss}

if __name__ == "__main__":
    main()
