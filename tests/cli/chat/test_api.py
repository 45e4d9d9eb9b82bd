"""A login outlives its access token, whatever the clock of this machine says."""

import asyncio
import time
from pathlib import Path

import pytest

from backchannel.cli.chat.api import Api
from backchannel.cli.chat.http import Refused, Server
from tests.cli.chat.talkers import Piped
from tests.support.native import PASSWORD, enrol
from tests.support.process import ServerProcess, server_process

pytestmark = pytest.mark.slow


async def logged_in(server: ServerProcess) -> Api:
    await enrol(server.address, "ada")
    api = Api(Server(server.address))
    await api.login("ada", PASSWORD)
    return api


async def test_S3_a_token_that_the_server_no_longer_takes_is_renewed(tmp_path: Path) -> None:
    with server_process(tmp_path, tokens_access_life="1") as server:
        api = await logged_in(server)
        api._renew_at = float("inf")  # as if this machine's clock stood still
        stale = api.session.access_token
        await asyncio.sleep(2.5)
        await api.users()
        assert api.session.access_token != stale


async def test_S3_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    with server_process(tmp_path, tokens_access_life="4") as server:
        api = await logged_in(server)
        stale = api.session.access_token
        assert await api.token() == stale
        api._renew_at -= 2.5
        assert time.monotonic() > api._renew_at
        assert await api.token() != stale


async def test_an_ended_login_is_told(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        api = await logged_in(server)
        await api.logout()
        with pytest.raises(Refused, match="the server says: "):
            await api.users()


def test_S3_a_chat_goes_on_when_its_token_expires(tmp_path: Path) -> None:
    """The socket is closed with 4002 then; so is a new one whose token has expired."""
    with server_process(tmp_path, tokens_access_life="2") as server:
        for name in ("ada", "grace"):
            asyncio.run(enrol(server.address, name))
        ada = Piped(server.address, "ada", PASSWORD, "--with", "grace")
        try:
            for text in ("one", "two", "three"):
                ada.type(text)
                ada.wait_for(f"{text}  ✓ stored")
                time.sleep(2.2)
            assert ada.leave() == (0, "")
        finally:
            ada.close()
