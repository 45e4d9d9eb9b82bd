"""At three times the load the server can carry: `python -m benchmarks.overload` (rule R14).

Wanted: at least 80 % of the peak is still acknowledged, and five seconds later latency is what
it was before. The peak is the mean of one run before and one after, since the database grows.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import people, programs, relay

OVER = 3
CALM = 500
"""Messages a second, in all, where latency is measured before and after."""
PATIENCE = 5.0


def _half(made: tuple[Path, Path], half: int) -> list[str]:
    """What the load generator needs to know of one half of the users."""
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
        calm_users, others = _half(made, 0), _half(made, 1)
        port = programs.free_port()
        speech = ["--mode=relay", f"--port={port}", "--ts-key=ts=", "--confirm-every=16"]
        speech += relay.DIALECTS[dialect]

        def load(users: list[str], **settings: float) -> dict[str, float]:
            return programs.load(
                *speech, *users, conns=2 * relay.PAIRS, duration=seconds, **settings
            )

        with programs.backchannel(Path(folder), port):
            calm = load(calm_users, rate=CALM)
            first = load(others, window=relay.WINDOW)["acks"]
            over = load(others, rate=OVER * first)["acks"]
            time.sleep(PATIENCE)
            after = load(calm_users, rate=CALM)
            peak = statistics.mean((first, load(others, window=relay.WINDOW)["acks"]))
    print(f"{dialect}: peak {peak:,.0f}/s, at {OVER} times that {over:,.0f}/s: {over / peak:.0%}")
    before, then = calm["p99"] / 1e3, after["p99"] / 1e3
    print(f"  p99 of others: {before:.1f} ms before, {then:.1f} ms {PATIENCE:.0f} s after")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    for name in ("native", "chat_socket"):
        measure(name, options.seconds)
