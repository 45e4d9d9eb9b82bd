"""The verdict on a run: the checker's findings, and whether enough has happened."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from torture.plan import Plan
from torture.tally import Tally

CLEAN, BROKEN, INCONCLUSIVE = 0, 1, 2
"""Exit codes, as `backchannel verify` has them: nothing lost, something lost, inconclusive."""


def evaluate(plan: Plan, tally: Tally, journals: Sequence[Path]) -> int:
    """Print the verdict; return the exit code."""
    for line in _faults(plan, tally):
        print(line)
    command = [sys.executable, "-m", "backchannel", "verify", *map(str, journals)]
    sys.stdout.flush()
    code = subprocess.run(command, check=False).returncode
    for breach in tally.breaches:
        print(f"broken: {breach}")
    shortcomings = list(_shortcomings(plan, tally))
    for text in shortcomings:
        print(f"no verdict: {text}")
    if tally.breaches or code == BROKEN:
        return BROKEN
    return INCONCLUSIVE if shortcomings else code


def _faults(plan: Plan, tally: Tally) -> Iterator[str]:
    planned = Counter(each.fault for each in plan.faults)
    yield "faults, of those planned"
    for name, count in sorted(planned.items()):
        yield f"  {name:14} {tally.faults[name]:5} of {count}"


def _shortcomings(plan: Plan, tally: Tally) -> Iterator[str]:
    """The reasons why a clean verdict would be inconclusive."""
    missed = len(plan.faults) - tally.faults.total()
    if missed:
        yield f"{missed} of {len(plan.faults)} faults did not happen"
    if not tally.acknowledged:
        yield "not one message was acknowledged"
    if not tally.delivered:
        yield "not one message was delivered"
