"""`make torture`: exit code 0 if everything was kept, 1 if not, 2 if the run was inconclusive."""

import asyncio
import logging
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from torture.cluster import Cluster, obstacles
from torture.faults.catalogue import FAULTS
from torture.options import Options, parse
from torture.plan import NoRoom, Plan, make_plan
from torture.run import JOURNAL, Stuck, carry_out
from torture.single_server import LAUNCHER, SingleServer
from torture.tally import Tally
from torture.verdict import CLEAN, INCONCLUSIVE, evaluate

INTERRUPTED = 130
TRAFFIC = 0.75
"""The share of the time for traffic and faults; the rest is for set-up, catch-up and checking."""


def main(arguments: Sequence[str] | None = None, launcher: Sequence[str] = LAUNCHER) -> int:
    options = parse(arguments)
    names = _tryable(options)
    try:
        plan = make_plan(
            options.seed,
            seconds=options.seconds * TRAFFIC,
            users=options.users,
            rate=options.rate,
            kinds=[FAULTS[name].kind for name in names],
        )
    except NoRoom as error:
        print(f"torture: {error}", file=sys.stderr)
        return INCONCLUSIVE
    for line in plan.lines():
        print(line, flush=True)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="torture-"))
    folder.mkdir(parents=True, exist_ok=True)
    # The client libraries' reports of broken connections go to a file only.
    logging.basicConfig(filename=folder / "clients.log", level=logging.WARNING, force=True)
    if options.nodes == 1:
        code = _run(plan, SingleServer(folder, launcher), folder)
    else:
        cluster = Cluster(folder, options.nodes, options.database, options.bus)
        code = _run(plan, cluster, folder)
    if code == CLEAN and options.keep is None:
        shutil.rmtree(folder)
    else:
        print(f"kept: {folder}\nthe same plan again: {options.command}")
    return code


def _run(plan: Plan, target: SingleServer | Cluster, folder: Path) -> int:
    tally = Tally()
    try:
        asyncio.run(carry_out(plan, target, folder, tally))
    except KeyboardInterrupt:
        print("interrupted; there is no verdict", file=sys.stderr)
        return INTERRUPTED
    except Stuck as error:
        tally.breaches.append(str(error))
    print(tally.line(plan.seconds))
    return evaluate(plan, tally, [folder / JOURNAL])


def _tryable(options: Options) -> Sequence[str]:
    """The faults that can be tried. Exits with 2 if a requested fault cannot."""
    if options.nodes > 1 and (missing := obstacles(options.database, options.bus)):
        print(f"torture: {'; '.join(missing)}", file=sys.stderr)
        sys.exit(INCONCLUSIVE)
    fitting = [
        name
        for name, fault in FAULTS.items()
        if (fault.for_one if options.nodes == 1 else fault.for_several)
    ]
    found = {name: FAULTS[name].obstacle() for name in options.faults or fitting}
    hindered = {name: why for name, why in found.items() if why is not None}
    for name, why in hindered.items():
        print(f"not tried: {name}: {why}", file=sys.stderr if options.faults else sys.stdout)
    if hindered and options.faults:
        sys.exit(INCONCLUSIVE)
    return [name for name in found if name not in hindered]


if __name__ == "__main__":
    sys.exit(main())
