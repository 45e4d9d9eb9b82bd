"""The client on the server's machine finds and trusts it by the settings that they share."""

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.native import PASSWORD, register
from tests.support.process import server_process

Command = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.slow


def test_chat_reaches_a_server_that_refuses_the_host_localhost(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_process(folder) as server:
        for name in ("ada", "grace"):
            asyncio.run(register(server.address, name))
        server.stop()
        server.settings = {"allowed_hosts": "*.example.net,chat.example.org"}
        server.start()
        monkeypatch.setenv("BACKCHANNEL_PORT", str(server.port))
        monkeypatch.setenv("BACKCHANNEL_ALLOWED_HOSTS", "*.example.net,chat.example.org")
        result = command("chat", "ada", "--with", "grace", given=f"{PASSWORD}\nhello\n")
        assert (result.returncode, result.stderr) == (0, "")
        assert "hello  ✓ stored" in result.stdout


def test_a_server_with_a_self_signed_certificate(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_process(folder, tls_mode="self-signed") as server:
        monkeypatch.setenv("BACKCHANNEL_PORT", str(server.port))
        monkeypatch.setenv("BACKCHANNEL_TLS_MODE", "self-signed")
        result = command("chat", "nobody", given=f"{PASSWORD}\n")
        assert result.returncode == 1
        assert result.stderr.startswith("backchannel: the server says: ")
