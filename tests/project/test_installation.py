"""`make` installs the locks with every version of pip that supported Pythons come with."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAMPS = [".installed", ".installed-dev", ".installed-peers"]


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(
    ("python", "pip"),
    [
        ("python3.11", "pip==23.0.1"),  # Debian 12's; it does not run on later Pythons
        ("python3.11", "pip==23.2.1"),
        ("python3.11", "pip"),
        ("python3.12", "pip==23.2.1"),
        ("python3.12", "pip"),
        ("python3.13", "pip==24.2"),
        ("python3.13", "pip"),
    ],
)
def test_make_installs_every_lock(python: str, pip: str, tmp_path: Path) -> None:
    found = shutil.which(python)
    if found is None or not starts(found):
        pytest.skip(f"no {python} on this machine")
    venv = tmp_path / "venv"
    binaries = venv / "bin"
    run([found, "-m", "venv", str(venv)])
    run([str(binaries / "python"), "-m", "pip", "install", "--quiet", "--upgrade", pip])
    run(["make", f"VENV={venv}", *(str(venv / stamp) for stamp in STAMPS)])
    assert "No broken requirements" in run([str(binaries / "python"), "-m", "pip", "check"])
    run([str(binaries / "backchannel"), "--help"])


def starts(python: str) -> bool:
    return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0


def run(command: list[str]) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
