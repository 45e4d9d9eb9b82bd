"""At three times the load the server can carry: `python -m benchmarks.overload` (rule R14).

Wanted: at least 80 % of the peak is still acknowledged, and five seconds later latency is as
before. The peak is the mean of one run before and one after, since the database grows.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import people, programs, relay

OVER = 3
BASELINE_RATE = 500
"""Messages a second, in all, where latency is measured before and after."""
RECOVERY = 5.0


def _half(made: tuple[Path, Path], half: int) -> list[str]:
    """Write one half of the users into files, and return the load generator's options for them."""
    files: list[Path] = []
    for each in made:
        lines = each.read_text().splitlines(keepends=True)
        part = each.with_name(f"{each.name}-{half}")
        part.write_text("".join(lines[half * len(lines) // 2 :][: len(lines) // 2]))
        files.append(part)
    return ["--header=Authorization: Bearer %k", f"--keys={files[0]}", f"--names={files[1]}"]


def measure(dialect: str, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = people.make(Path(folder), 4 * relay.PAIRS)
        baseline_users, others = _half(made, 0), _half(made, 1)
        port = programs.free_port()
        load_options = ["--mode=relay", f"--port={port}", "--ts-key=ts=", "--confirm-every=16"]
        load_options += relay.DIALECTS[dialect]

        def load(users: list[str], **settings: float) -> dict[str, float]:
            return programs.load(
                *load_options, *users, conns=2 * relay.PAIRS, duration=seconds, **settings
            )

        with programs.backchannel(Path(folder), port):
            baseline = load(baseline_users, rate=BASELINE_RATE)
            first = load(others, window=relay.WINDOW)["acks"]
            overloaded = load(others, rate=OVER * first)["acks"]
            time.sleep(RECOVERY)
            after = load(baseline_users, rate=BASELINE_RATE)
            peak = statistics.mean((first, load(others, window=relay.WINDOW)["acks"]))
    print(f"{dialect}: peak {peak:,.0f}/s, ", end="")
    print(f"at {OVER} times that {overloaded:,.0f}/s: {overloaded / peak:.0%}")
    before, then = baseline["p99"] / 1e3, after["p99"] / 1e3
    print(f"  p99 of others: {before:.1f} ms before, {then:.1f} ms {RECOVERY:.0f} s after")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    for name in ("native", "chat_socket"):
        measure(name, options.seconds)
