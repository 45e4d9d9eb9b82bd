"""A login outlives its access token, whatever the clock of this machine says."""

import asyncio
import time
from pathlib import Path

import pytest

from backchannel_client import ApiError, BackchannelClient
from tests.sdk.conftest import register
from tests.support.process import server_process

pytestmark = pytest.mark.slow


def held(client: BackchannelClient) -> str:
    assert client.session.current is not None
    return client.session.current.access_token


async def test_S3_a_token_that_the_server_no_longer_takes_is_renewed(tmp_path: Path) -> None:
    with server_process(tmp_path, tokens_access_life="1") as server:
        async with BackchannelClient(server.address) as client:
            await register(client, "ada")
            client.session._renew_at = float("inf")  # as if this machine's clock stood still
            stale = held(client)
            await asyncio.sleep(2.5)
            await client.api.users()
            assert held(client) != stale


async def test_S3_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    with server_process(tmp_path, tokens_access_life="4") as server:
        async with BackchannelClient(server.address) as client:
            await register(client, "ada")
            stale = held(client)
            assert await client.session.token() == stale
            client.session._renew_at = time.monotonic()
            assert await client.session.token() != stale


async def test_an_ended_login_is_told(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        async with BackchannelClient(server.address) as client:
            await register(client, "ada")
            session = client.session.current
            assert session is not None
            await client.logout()
            client.session.adopt(session)
            with pytest.raises(ApiError) as raised:
                await client.api.users()
            assert raised.value.status == 401
