"""The container recipe, as far as it can be followed without a container engine.

The steps of each stage run in folders in place of its root.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.process import free_port

ROOT = Path(__file__).parents[2]
TRACKED = ("git", "ls-files", "-z")


class Step(NamedTuple):
    """One instruction of the recipe."""

    word: str
    text: str


def stages() -> list[list[Step]]:
    lines = (ROOT / "Containerfile").read_text("utf-8").splitlines()
    steps = [Step(*line.split(" ", 1)) for line in lines if line and not line.startswith("#")]
    begins = [number for number, step in enumerate(steps) if step.word == "FROM"]
    return [steps[begin:end] for begin, end in zip(begins, [*begins[1:], None], strict=True)]


def texts(steps: list[Step], word: str) -> list[str]:
    return [step.text for step in steps if step.word == word]


def test_the_image_runs_unprivileged_and_keeps_its_data_in_a_volume() -> None:
    _, image = stages()
    assert texts(image, "USER") == ["10001"]
    assert texts(image, "VOLUME") == ["/data"]
    assert "BACKCHANNEL_DATA_DIR=/data" in texts(image, "ENV")[0]
    assert "BACKCHANNEL_ENVIRONMENT=production" in texts(image, "ENV")[0]


def test_the_image_has_the_drivers_of_all_databases_and_brokers() -> None:
    (installed,) = (text for text in texts(stages()[0], "RUN") if "runtime.lock" in text)
    assert "/opt/backchannel/bin/python" in installed
    locked = (ROOT / "requirements" / "runtime.lock").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    assert extras
    for requirement in [*project["dependencies"], *extras]:
        name = re.split(r"[^\w-]", requirement)[0]
        assert re.search(rf"^{name}==", locked, re.MULTILINE), f"{name} is not installed"


def test_the_ignore_file_admits_exactly_the_copied_paths() -> None:
    ignored = (ROOT / ".containerignore").read_text("utf-8").splitlines()
    copied = {source for source in sources(stages()[0]) if (ROOT / source).exists()}
    assert copied == {line.removeprefix("!") for line in ignored if line.startswith("!")}


def sources(steps: list[Step]) -> Iterator[str]:
    for text in texts(steps, "COPY"):
        yield from text.split()[:-1]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_containerfile_builds_a_working_server(tmp_path: Path) -> None:
    build, image = stages()
    workdir = tmp_path / "source"
    workdir.mkdir()
    for step in build:
        if step.word == "COPY":
            copy(step.text, workdir)
        elif step.word == "RUN":
            run(step.text, tmp_path, workdir)
    drivers = "import aio_pika, aiokafka, asyncmy, asyncpg, nats, pymongo, redis"
    run(f"/opt/backchannel/bin/python -c '{drivers}'", tmp_path, workdir)
    serve_and_probe(image, tmp_path)


def copy(text: str, workdir: Path) -> None:
    *names, target = text.split()
    for name in names:
        # Files that are not tracked are on this machine only.
        files = subprocess.run([*TRACKED, name], cwd=ROOT, capture_output=True, check=True).stdout
        for file in filter(None, files.decode().split("\0")):
            to = workdir / target / Path(file).relative_to(name if (ROOT / name).is_dir() else "")
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, to)


def run(text: str, root: Path, workdir: Path) -> None:
    command = shlex.split(re.sub(r"/opt\b", str(root / "opt"), text))
    if command[0] == "python":
        command[0] = sys.executable
    done = subprocess.run(command, cwd=workdir, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


def serve_and_probe(image: list[Step], root: Path) -> None:
    port = free_port()
    program = root / "opt" / "backchannel" / "bin"
    pairs = [pair.split("=", 1) for text in texts(image, "ENV") for pair in text.split()]
    environment = {name: value for name, value in os.environ.items() if name == "HOME"}
    environment |= {name: value for name, value in pairs if name != "PATH"}
    environment |= {
        "PATH": f"{program}:{os.environ['PATH']}",
        "BACKCHANNEL_DATA_DIR": str(root / "data"),
        "BACKCHANNEL_HOST": "127.0.0.1",  # the image listens on all interfaces
        "BACKCHANNEL_PORT": str(port),
        "BACKCHANNEL_JWT_SECRET": "0123456789abcdef" * 4,
        "BACKCHANNEL_ALLOWED_HOSTS": "chat.example.org",
    }
    command = [*json.loads(texts(image, "ENTRYPOINT")[0]), *json.loads(texts(image, "CMD")[0])]
    probe = json.loads(texts(image, "HEALTHCHECK")[0].partition("CMD ")[2])
    probe[-1] = probe[-1].replace(":3000/", f":{port}/")
    command[0], probe[0] = str(program / command[0]), str(program / probe[0])
    server = subprocess.Popen(command, env=environment, cwd=root)
    try:
        deadline = time.monotonic() + 60
        while subprocess.run(probe, env=environment, check=False, capture_output=True).returncode:
            assert server.poll() is None, "the server has stopped"
            assert time.monotonic() < deadline, "the server is not ready"
        page = f"from urllib.request import *; r = Request('http://127.0.0.1:{port}/', headers="
        page += "{'Host': 'chat.example.org'}); print(urlopen(r).read().decode())"
        shown = subprocess.run([probe[0], "-c", page], check=True, capture_output=True, text=True)
        assert "<script" in shown.stdout, "the image has no web client"
    finally:
        server.terminate()
        assert server.wait(30) == 0
