"""The TypeScript client, compiled as it is published, and Node.js to run it."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk" / "typescript"
MODULES = ROOT / "web" / "node_modules"
COMPILER = MODULES / "typescript" / "bin" / "tsc"
NAME = "backchannel-client"


def node() -> list[str]:
    """The command that starts Node.js with a WebSocket, which needs a flag on 20 and 21."""
    program = shutil.which("node")
    if program is None or not COMPILER.exists():
        pytest.skip("needs Node.js, and TypeScript installed: make web-tests")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    major = int(version.stdout.lstrip("v").split(".")[0])
    return [program, "--experimental-websocket"] if major < 22 else [program]


def compile_sdk(folder: Path) -> Path:
    """Install the client below `folder`, for programs that import it; return its folder."""
    package = folder / "node_modules" / NAME
    package.mkdir(parents=True)
    shutil.copy(SDK / "package.json", package)
    command = [*node(), str(COMPILER), "--project", str(SDK), "--outDir", str(package / "dist")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return package / "dist"
