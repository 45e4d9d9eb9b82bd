"""Messages from one client to another, stored in each database: `python -m benchmarks.databases`.

The servers are those of the tests: the machine's PostgreSQL and MariaDB, and a private `mongod`.
Each round measures every database once, so that a slow minute slows them all.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import people, programs, relay
from tests.support.engines import DATABASES

NATIVE = relay.DIALECTS["native"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.databases", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="rounds, for the median")
    parser.add_argument("--seconds", type=float, default=3, help="length of each run")
    parser.add_argument("--only", nargs="+", choices=DATABASES, default=list(DATABASES))
    options = parser.parse_args()
    saturated = measure(options.only, options.runs, window=relay.WINDOW, duration=options.seconds)
    paced = measure(options.only, options.runs, rate=relay.PACE, duration=options.seconds)
    print(f"native, durable: messages a second; p50 and p99 in ms at {relay.PACE:,} a second")
    for engine in options.only:
        rate = relay.median(saturated[engine], "rate")
        p50, p99 = (relay.median(paced[engine], name) / 1_000 for name in ("p50", "p99"))
        print(f"  {engine:20} {rate:8,.0f} {p50:8.1f} {p99:8.1f}")


def measure(engines: Sequence[str], runs: int, **load: object) -> dict[str, list[relay.Figures]]:
    """The figures of each database, a new and empty one in each round."""
    figures: dict[str, list[relay.Figures]] = {engine: [] for engine in engines}
    for _ in range(runs):
        for engine in engines:
            contender = relay.Contender(engine, partial(_ours, engine), NATIVE)
            figures[engine] += contender.run(1, **load)
    return figures


@contextmanager
def _ours(engine: str) -> Generator[list[str]]:
    """Our server on an empty database with users who are logged in."""
    with tempfile.TemporaryDirectory() as folder:
        url = asyncio.run(DATABASES[engine](Path(folder)))
        tokens, ids = people.make(Path(folder), 2 * relay.PAIRS, database_url=url)
        with programs.backchannel(Path(folder), relay.PORT, DATABASE_URL=url):
            yield ["--header=Authorization: Bearer %k", f"--keys={tokens}", f"--names={ids}"]


if __name__ == "__main__":
    main()
