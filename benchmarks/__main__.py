"""`make bench`: messages per second, latency, and the memory of a socket."""

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks import fair_work, loop_steps, people, reading, relay


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each, for the median")
    parser.add_argument("--seconds", type=float, default=3, help="length of each run")
    parser.add_argument("--idle", type=int, default=10_000, help="idle connections to open")
    parser.add_argument("--messages", type=int, default=1_000_000, help="size of the database")
    parts = {
        "relay": saturation,
        "latency": latency,
        "idle": idle,
        "reading": history,
        "steps": steps,
        "work": work,
    }
    parser.add_argument("--only", choices=parts, help="one part of it")
    options = parser.parse_args()
    for name, part in parts.items():
        if options.only in {None, name}:
            part(options)


def saturation(options: argparse.Namespace) -> None:
    """Each round measures every contender once, so that a slow minute slows them all."""
    print(f"relay, {relay.PAIRS} pairs, {relay.WINDOW} in flight each: messages a second")
    contenders = [*relay.bare(), *relay.DURABLE]
    runs: dict[str, list[relay.Figures]] = {each.name: [] for each in contenders}
    for _ in range(options.runs):
        for each in contenders:
            runs[each.name] += each.run(1, window=relay.WINDOW, duration=options.seconds)
    best = runs[contenders[0].name]
    stored = {each.name for each in relay.DURABLE}
    for name, results in runs.items():
        ratios = [run["rate"] / other["rate"] for run, other in zip(results, best, strict=True)]
        kept = "durable" if name in stored else "keeps nothing"
        rate, ratio = relay.median(results, "rate"), statistics.median(ratios)
        print(f"  {name:16} {kept:14} {rate:10,.0f}   {ratio:6.1%} of C")


def latency(options: argparse.Namespace) -> None:
    print(f"relay at {relay.PACE:,} messages a second, durable: milliseconds, p50 and p99")
    for each in relay.DURABLE:
        runs = each.run(options.runs, rate=relay.PACE, duration=options.seconds)
        p50, p99 = (relay.median(runs, name) / 1_000 for name in ("p50", "p99"))
        print(f"  {each.name:16} {p50:10.2f} {p99:10.2f}")


def steps(_options: argparse.Namespace) -> None:
    print(loop_steps.table(loop_steps.measure()))


def work(_options: argparse.Namespace) -> None:
    print("a send beside one user's worst: milliseconds, p50 and p99, and the server's MiB")
    with tempfile.TemporaryDirectory() as folder:
        for name, (p50, p99, resident) in fair_work.measure(Path(folder)).items():
            print(f"  {name:32} {p50:8.1f} {p99:8.1f} {resident:8,.0f}")


def idle(options: argparse.Namespace) -> None:
    print(f"{options.idle:,} idle logged-in connections: connections a second, bytes each")
    with tempfile.TemporaryDirectory() as folder:
        made = people.make(Path(folder), options.idle)
        for dialect, load_options in relay.DIALECTS.items():
            runs = min(options.runs, 3)
            measured = [
                reading.open_idle(Path(folder), load_options, made, options.idle)
                for _ in range(runs)
            ]
            rate, memory = (statistics.median(each) for each in zip(*measured, strict=True))
            print(f"  {dialect:16} {rate:10,.0f} {memory:10,.0f}")


def history(options: argparse.Namespace) -> None:
    print(f"reading from a database of {options.messages:,} messages: milliseconds, p50 and p99")
    with tempfile.TemporaryDirectory() as folder:
        for name, times in reading.measure(Path(folder), options.messages).items():
            ordered = sorted(times)
            p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
            print(f"  {name:32} {p50 * 1e3:8.2f} {p99 * 1e3:8.2f}")


if __name__ == "__main__":
    main()
