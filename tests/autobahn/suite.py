"""Autobahn's fuzzing client: found or installed, run, and its report read.

The suite needs Python 2.7. It is installed once, beside the packages of the environment that
runs the tests, and never into any other Python.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REQUIREMENT = "autobahntestsuite==25.10.1"
AGENT = "backchannel"

# pip's --target creates no environment, so the folder is added as a site directory first
LAUNCHER = """
import site, sys
site.addsitedir(sys.argv.pop(1))
from autobahntestsuite.wstest import run
run()
"""


class Unavailable(Exception):
    """The suite cannot run here; the text has the reason."""


@dataclass(frozen=True)
class Report:
    """The suite's verdict on each case."""

    behaviour: dict[str, str]
    """Case id to OK, NON-STRICT, INFORMATIONAL, UNIMPLEMENTED or FAILED."""
    closing: dict[str, str]
    """Case id to OK, INFORMATIONAL or what was wrong with the closing handshake."""

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(self.behaviour.values()))

    @property
    def failed(self) -> list[str]:
        passed = {"OK", "NON-STRICT", "INFORMATIONAL"}
        return [
            case
            for case in self.behaviour
            if not {self.behaviour[case], self.closing[case]} <= passed
        ]


def _candidates() -> Iterator[str]:
    yield from filter(None, (shutil.which("python2.7"), shutil.which("python2")))
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(root.glob("versions/2.7*/bin/python")))


def find_python() -> str:
    """Return a Python 2.7 that really runs and has pip. Raises Unavailable."""
    test = "import sys, pip; sys.exit(sys.version_info[:2] != (2, 7))"
    for candidate in _candidates():
        if (
            subprocess.run([candidate, "-c", test], capture_output=True, check=False).returncode
            == 0
        ):
            return candidate
    raise Unavailable("there is no Python 2.7 with pip on this machine")


def install(python: str) -> Path:
    """Return the folder with the suite, installing it if it is not there yet."""
    folder = Path(sys.prefix) / REQUIREMENT.replace("==", "-")
    if folder.exists():
        return folder
    partial = folder.with_suffix(f".{os.getpid()}")
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run(
            [*command, "--target", str(partial), REQUIREMENT],
            check=True,
            capture_output=True,
            timeout=300,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise Unavailable(f"{REQUIREMENT} cannot be installed: {error.stderr!r}") from None
    try:
        partial.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(partial)
    return folder


def run(port: int, cases: Sequence[str], folder: Path, *, timeout: float) -> Report:
    """Run `cases` (wildcards allowed) against ws://127.0.0.1:`port`/ within `timeout` seconds."""
    python = find_python()
    suite = install(python)
    spec = folder / "spec.json"
    reports = folder / "reports"
    spec.write_text(
        json.dumps(
            {
                "outdir": str(reports),
                "servers": [{"agent": AGENT, "url": f"ws://127.0.0.1:{port}/"}],
                "cases": list(cases),
                "exclude-cases": [],
                "exclude-agent-cases": {},
            }
        ),
        "utf-8",
    )
    command = [python, "-c", LAUNCHER, str(suite), "-m", "fuzzingclient", "-s", str(spec)]
    subprocess.run(command, check=True, capture_output=True, timeout=timeout, cwd=folder)
    index = json.loads((reports / "index.json").read_text("utf-8"))[AGENT]
    return Report(
        {case: verdict["behavior"] for case, verdict in index.items()},
        {case: verdict["behaviorClose"] for case, verdict in index.items()},
    )
