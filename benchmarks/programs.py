"""The measured programs and the load generators."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
BUILT = HERE / "bin"
LIBRARIES = {"wsload": ["-lssl", "-lcrypto", "-lz"], "cws": ["-lcrypto"], "exchange": []}
WITHOUT = {"wsload": ["-DNO_TLS", "-DNO_DEFLATE"], "cws": [], "exchange": []}
FOLDERS = {"exchange": HERE / "load"}


def build(name: str) -> Path:
    """Compile a program unless that is done; without TLS if OpenSSL's headers are missing."""
    program, headers = BUILT / name, (HERE / "load").glob("*.h")
    sources = sorted(FOLDERS[name].glob("*.c")) if name in FOLDERS else [HERE / f"{name}.c"]
    newest = max(each.stat().st_mtime for each in (*sources, *headers))
    if program.exists() and program.stat().st_mtime >= newest:
        return program
    if shutil.which("gcc") is None:
        raise SystemExit(
            "gcc is needed: the load generators are in C (Debian: apt-get install gcc)"
        )
    BUILT.mkdir(exist_ok=True)
    command = ["gcc", "-O2", "-o", str(program), *map(str, sources)]
    if subprocess.run([*command, *LIBRARIES[name]], check=False, capture_output=True).returncode:
        subprocess.run([*command, *WITHOUT[name]], check=True)
    return program


def node_program(name: str) -> list[str] | None:
    """The command that runs a program of `node/`, its packages installed; None without Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("no Node here: its servers are left out", file=sys.stderr)
        return None
    folder = HERE / "node"
    if not (folder / "node_modules").exists():
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return [node, str(folder / name)]


def free_port() -> int:
    """A port of this machine that is not in use."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], *, env: dict[str, str] | None = None) -> Generator[int]:
    """Run a server for the duration of a block; yields its process id."""
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextmanager
def backchannel(data_dir: Path, port: int, **settings: str) -> Generator[int]:
    """Our server with its defaults, except for these environment variables."""
    env = {"PATH": "/usr/bin:/bin", "BACKCHANNEL_LOG_LEVEL": "warning", **settings}
    command = [sys.executable, "-m", "backchannel", "serve"]
    options = ["--port", str(port), "--data-dir", str(data_dir)]
    with running([*command, *options], env=env) as pid:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        yield pid


def wait_for(url: str, timeout: float = 20.0) -> None:
    """Return once `url` answers."""
    until = time.monotonic() + timeout
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def wait_for_port(port: int, timeout: float = 5.0) -> None:
    """Return once a local port accepts connections."""
    until = time.monotonic() + timeout
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def load(*options: str, **settings: object) -> dict[str, float]:
    """Run the load generator to its end; its figures by name."""
    named = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    return figures([str(build("wsload")), "--quiet", *options, *named])


def figures(command: list[str]) -> dict[str, float]:
    """Run a program that prints `name=number`."""
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    pairs = [word.split("=", 1) for word in printed.split() if "=" in word]
    return {name: float(value) for name, value in pairs if name != "mode"}


def resident(pid: int) -> int:
    """A process's resident memory, bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)
