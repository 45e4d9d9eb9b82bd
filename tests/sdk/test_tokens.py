"""A login outlives its access token, even if this machine's clock is wrong."""

import asyncio
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from backchannel_client import ApiError, BackchannelClient
from tests.sdk.conftest import register
from tests.sdk.device import TIMEOUT, issued_tokens
from tests.support.process import ServerProcess, server_process


def held(client: BackchannelClient) -> str:
    assert client.tokens.current is not None
    return client.tokens.current.access_token


@pytest.mark.slow
async def test_S3_a_token_that_the_server_no_longer_accepts_is_renewed(tmp_path: Path) -> None:
    with server_process(tmp_path, tokens_access_life="1") as server:
        async with BackchannelClient(server.address) as client:
            await register(client, "ada")
            client.tokens._renew_at = float("inf")  # as if this machine's clock stood still
            stale = held(client)
            server.stop()
            server.settings = {"tokens_access_life": "600"}  # the next token stays valid
            server.start()
            while await is_taken(server, stale):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.1)
            await client.api.users()
            assert held(client) != stale


async def is_taken(server: ServerProcess, token: str) -> bool:
    """True if the server answers requests with this access token."""
    async with httpx.AsyncClient(base_url=server.address, timeout=TIMEOUT) as http:
        answer = await http.get("/v1/me", headers={"authorization": f"Bearer {token}"})
    return answer.status_code == httpx.codes.OK


@pytest.mark.slow
async def test_S3_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    with server_process(tmp_path, tokens_access_life="600") as server:
        async with BackchannelClient(server.address) as client:
            await register(client, "ada")
            stale = held(client)
            assert await client.tokens.token() == stale
            client.tokens._renew_at = time.monotonic()
            assert await client.tokens.token() != stale


@pytest.mark.slow
async def test_an_ended_login_is_announced(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        async with BackchannelClient(server.address) as client:
            await register(client, "ada")
            tokens = client.tokens.current
            assert tokens is not None
            await client.logout()
            client.tokens.adopt(tokens)
            with pytest.raises(ApiError) as raised:
                await client.api.users()
            assert raised.value.status == 401


async def test_a_renewal_answered_after_logging_out_does_not_log_in_again() -> None:
    may_answer = asyncio.Event()
    asked = asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        asked.set()
        await may_answer.wait()
        return httpx.Response(200, content=msgspec.json.encode(issued_tokens("fresh")))

    transport = httpx.MockTransport(answer)
    async with BackchannelClient("http://chat.example", http=transport) as client:
        client.tokens.adopt(issued_tokens("first"))
        renewing = asyncio.create_task(client.tokens.renew())
        await asked.wait()
        client.tokens.forget()
        may_answer.set()
        with pytest.raises(ApiError) as raised:
            await renewing
        assert raised.value.status == 401
        assert client.tokens.current is None
