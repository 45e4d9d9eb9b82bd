"""`make bench-peers`: other stacks beside ours; prints the tables of docs/benchmarks.md."""

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from benchmarks.peers import circumstances, measure, report
from benchmarks.peers.contenders import OURS, PEERS
from benchmarks.peers.peer import Missing, Peer

T = TypeVar("T")


def main() -> None:
    options = _options()
    peers = {key: PEERS[key] for key in PEERS if key == OURS or key in options.peers}
    print(circumstances.describe())
    parts = {"load": _load, "memory": _memory}
    for name, part in parts.items():
        if options.only in {None, name}:
            print(part(peers, options), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-peers", description=__doc__)
    parser.add_argument("--only", choices=("load", "memory"), help="one part of it")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5, help="each measures everyone once")
    parser.add_argument("--seconds", type=float, default=3, help="length of each measurement")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds is at least 1 and --seconds more than 0")
    return options


def _load(peers: dict[str, Peer], options: argparse.Namespace) -> str:
    runs: dict[str, list[measure.Load]] = {key: [] for key in peers}
    for number in range(options.rounds):
        for key, found in _each(peers, lambda peer: measure.load(peer, options.seconds)):
            runs[key].append(found)
            _tell(f"round {number + 1}, {peers[key].name}: {found}")
    return report.load_table(peers, runs, OURS)


def _memory(peers: dict[str, Peer], options: argparse.Namespace) -> str:
    del options
    weights: dict[str, float] = {}
    for key, found in _each(peers, measure.weigh):
        weights[key] = found
        _tell(f"{peers[key].name}: {found:,.0f} bytes a connection")
    return report.weight_table(peers, weights, OURS)


def _each(peers: dict[str, Peer], action: Callable[[Peer], T]) -> Iterator[tuple[str, T]]:
    """What `action` finds of each; a peer that is not installed is named and left out."""
    for key, peer in list(peers.items()):
        try:
            found = action(peer)
        except Missing as missing:
            _tell(f"left out: {peer.name}. It needs {missing}")
            del peers[key]
        else:
            yield key, found


def _tell(what: str) -> None:
    """Progress; the tables alone go to standard output."""
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
