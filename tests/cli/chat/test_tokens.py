"""A chat outlives its access token."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.cli.chat.programs import PipedSession
from tests.support.native import PASSWORD, register
from tests.support.process import server_process

pytestmark = [pytest.mark.slow, pytest.mark.timed]


def test_S3_a_chat_goes_on_when_its_token_expires(tmp_path: Path) -> None:
    """The socket is closed with 4002 then; so is a new one whose token has expired."""
    with server_process(tmp_path, tokens_access_life="2") as server:
        for name in ("ada", "grace"):
            asyncio.run(register(server.address, name))
        ada = PipedSession(server.address, "ada", PASSWORD, "--with", "grace")
        try:
            for text in ("one", "two", "three"):
                ada.type(text)
                ada.wait_for(f"{text}  ✓ stored")
                time.sleep(2.2)
            assert ada.leave() == (0, "")
        finally:
            ada.close()
