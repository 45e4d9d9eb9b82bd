"""Every failure is one line, and the exit code distinguishes failures from wrong usage."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (
            ["serve", "--port", "70000"],
            2,
            (
                "backchannel: --port (command line): must be less than or equal to 65535; "
                "for example 8443\n"
            ),
        ),
        (
            ["serve", "--production"],
            2,
            (
                "backchannel: BACKCHANNEL_JWT_SECRET: is missing; set it to the output of "
                "`openssl rand -hex 32`\n"
            ),
        ),
        (
            ["config", "check", "--config", "missing.toml"],
            2,
            "backchannel: missing.toml: cannot be read: No such file or directory\n",
        ),
        (
            ["chat", "ada", "--server", "http://127.0.0.1:1"],
            1,
            "backchannel: http://127.0.0.1:1 cannot be reached: Connection refused\n",
        ),
    ],
)
def test_S21_a_failure_is_one_line(
    command: Command, arguments: list[str], code: int, line: str
) -> None:
    result = command(*arguments)
    assert (result.returncode, result.stderr) == (code, line)


def test_if_the_default_server_is_down_the_error_names_the_server_option(
    command: Command, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKCHANNEL_PORT", str(port))
    result = command("chat", "ada", given="mist over the harbour\n")
    assert result.returncode == 1
    assert result.stderr == (
        f"backchannel: http://localhost:{port} cannot be reached: Connection refused; "
        "if the server is elsewhere, name its URL with --server\n"
    )


def test_an_unknown_command_exits_with_2(command: Command) -> None:
    result = command("serv")
    assert result.returncode == 2
    assert "No such command 'serv'. Did you mean 'serve'" in result.stderr


def test_a_folder_that_cannot_be_created_is_reported(command: Command, folder: Path) -> None:
    (folder / "data").write_text("a file")
    result = command("serve", "--port", "0")
    assert result.returncode == 1
    assert result.stderr.startswith("backchannel: ")
    assert result.stderr.endswith("File exists\n")
    assert result.stderr.count("\n") == 1
