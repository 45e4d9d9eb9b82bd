"""`serve` for an operator: it prints its address, and stops on a signal."""

import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backchannel.cli.serve import greeting
from backchannel.settings import load
from tests.cli.conftest import TIMEOUT


def test_R12_serve_prints_its_address_and_folder_and_exits_0_on_sigterm(
    server: "subprocess.Popen[str]", port: int, folder: Path
) -> None:
    server.send_signal(signal.SIGTERM)
    output, errors = server.communicate(timeout=TIMEOUT)
    assert server.returncode == 0
    assert f"http://localhost:{port}" in output
    assert str(folder / "data") in output
    assert "Traceback" not in errors


def test_a_port_in_use_is_refused_in_one_line(server: "subprocess.Popen[str]", port: int) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "backchannel", "serve", "--port", str(port), "--data-dir", "other"],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    assert second.returncode == 1
    assert re.fullmatch(r"backchannel: cannot listen on .*\n", second.stderr)
    assert server.poll() is None


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "http://localhost:3000  (this machine only; --host 0.0.0.0 for the network)"),
        ({"host": "0.0.0.0"}, "http://localhost:3000  (reachable from the network)"),  # noqa: S104
        ({"host": "::1"}, "http://localhost:3000  (this machine only"),
        ({"host": "[::1]"}, "http://localhost:3000  (this machine only"),
        ({"host": "127.0.0.9"}, "http://localhost:3000  (this machine only"),
        ({"host": "::"}, "http://localhost:3000  (reachable from the network)"),
        ({"host": "fd00::7"}, "http://[fd00::7]:3000  (reachable from the network)"),
        ({"host": "0.0.0.0"}, "WARNING     development on the network: plain HTTP"),  # noqa: S104
        ({"host": "0.0.0.0"}, "/docs is public; every Host is answered"),  # noqa: S104
        ({"port": 0}, "http://localhost:3000  "),
        ({"host": "10.0.0.7", "port": 80}, "http://10.0.0.7:80  (reachable"),
        ({"tls.mode": "self-signed"}, "https://localhost:3000"),
    ],
)
def test_the_greeting_says_from_where_the_server_can_be_reached(
    options: dict[str, object], line: str
) -> None:
    settings = load(options, environment={}).settings
    assert line in greeting(settings, settings.port or 3_000)


def test_serve_does_not_warn_on_loopback_or_in_production() -> None:
    local = load({"host": "127.0.0.1"}, environment={}).settings
    options = {"host": "0.0.0.0", "environment": "production"}  # noqa: S104
    production = load(
        options, environment={"JWT_SECRET": "f27c1a9be04d45d8a6a3cf20d1be77f0c9e3a4b5d6e7f809"}
    )
    for settings in (local, production.settings):
        assert "WARNING" not in greeting(settings, 3_000)


@pytest.mark.parametrize("host", ["::", "0.0.0.0", "::1", "[::1]", "localhost"])  # noqa: S104
def test_serve_prints_the_port_that_it_got(folder: Path, host: str) -> None:
    with serving(folder, "--host", host, "--port", "0") as (process, greeted):
        port = int(re.findall(r"http://\S*:(\d+)", greeted)[0])
        assert port > 0
        if host in {"::", "::1", "[::1]"}:
            with socket.create_connection(("::1", port), timeout=TIMEOUT):
                pass
        if host in {"::", "0.0.0.0", "localhost"}:  # noqa: S104
            with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT):
                pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=TIMEOUT) == 0


def test_R12_it_stops_cleanly_when_its_terminal_is_closed(folder: Path) -> None:
    with serving(folder, "--port", "0") as (process, _):
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=TIMEOUT) == 0


@pytest.mark.parametrize(
    ("host", "line"),
    [
        (
            "no-such-host.invalid",
            (
                "backchannel: cannot listen on no-such-host.invalid: no such host; --host takes an "
                "address of this machine, such as 127.0.0.1, 0.0.0.0 or ::\n"
            ),
        ),
        (
            "2001:db8::7",
            (
                "backchannel: cannot listen on [2001:db8::7]:3000: Cannot assign requested "
                "address; choose another with --host or --port\n"
            ),
        ),
        (
            "localhost:3000",
            (
                "backchannel: --host (command line): an address to listen on is one such as "
                "0.0.0.0 or ::1; port is its own\n"
            ),
        ),
    ],
)
def test_an_impossible_host_is_refused_in_one_line(host: str, line: str) -> None:
    command = [sys.executable, "-m", "backchannel", "serve", "--host", host]
    refused = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=2 * TIMEOUT
    )
    assert refused.returncode in {1, 2}
    assert refused.stderr == line
    assert "address" not in refused.stdout


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A server, and its output once it listens."""
    command = [sys.executable, "-m", "backchannel", "serve", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, "".join(process.stdout.readline() for _ in range(5))
        finally:
            process.kill()


def test_the_command_in_the_greeting_uses_the_same_data_folder(tmp_path: Path) -> None:
    settings = tmp_path / "my settings.toml"
    settings.write_text("port = 0")
    data = tmp_path / "other data"
    options = ("--config", str(settings), "--data-dir", str(data))
    with serving(tmp_path, *options) as (process, greeting):
        (line,) = [line for line in greeting.splitlines() if "user add" in line]
        command = shlex.split(line.partition("first user")[2].replace("NAME", "ada"))
        arguments = command[command.index("user") :]
        subprocess.run(
            [sys.executable, "-m", "backchannel", *arguments],
            cwd=tmp_path,
            input="correct horse battery\n",
            text=True,
            check=True,
            capture_output=True,
        )
        assert process.poll() is None
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["other data"]
