"""`python -m tests.simulation`: run seeds, and report those with faults."""

import argparse
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from backchannel.checker import journal
from tests.simulation.run import simulate

PORTION = 25
"""Seeds that a process is given at a time."""


def main() -> int:
    """Return 1 if anything was found."""
    options = _options()
    if options.digest:
        for seed in _seeds(options):
            print(simulate(seed, servers=options.servers).digest)  # noqa: T201 - it is what was asked for
        return 0
    if options.journal:
        _write(options.seed, options.servers, options.journal)
    began, failed = time.monotonic(), 0
    with ProcessPoolExecutor(options.workers) as pool:
        for report in pool.map(
            partial(_check, options.servers), _seeds(options), chunksize=PORTION
        ):
            failed += bool(report)
            _say(report)
    rate = options.runs / (time.monotonic() - began) * 60
    _say([f"{options.runs} runs from seed {options.seed}, {rate:.0f} a minute: {failed} failed"])
    return int(failed > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--runs", type=int, default=1, help="how many seeds, one by one (1)")
    parser.add_argument("--servers", type=int, default=1, help="servers that a bus joins (1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--journal", type=Path, help="write the first seed's journal here")
    parser.add_argument("--digest", action="store_true", help="only tell the journals apart")
    return parser.parse_args()


def _seeds(options: argparse.Namespace) -> range:
    return range(options.seed, options.seed + options.runs)


def _check(servers: int, seed: int) -> list[str]:
    """The faults of the run of a seed."""
    try:
        outcome = simulate(seed, servers=servers)
    except Exception as error:  # noqa: BLE001 - the other seeds are to be run too
        return [f"seed {seed}: {error!r}"]
    findings = outcome.check().findings.items()
    found = [f"seed {seed}: {kind}: {each.text}" for kind, some in findings for each in some]
    return found + [f"seed {seed}: {trouble}" for trouble in outcome.troubles]


def _write(seed: int, servers: int, path: Path) -> None:
    records = simulate(seed, servers=servers).records
    path.write_bytes(b"".join(journal.encode(each) + b"\n" for each in records))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201 - a command prints


if __name__ == "__main__":
    sys.exit(main())
