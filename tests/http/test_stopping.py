"""R12: requests without a response when the server must end are refused, without a traceback."""

import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from tests.support.chat_server import chat_server
from tests.support.core import PASSWORD, make_core, make_user


async def test_R12_a_login_still_waiting_at_shutdown_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with make_core(tmp_path) as core, httpx.AsyncClient(timeout=30) as http:
        await make_user(core, "ada")
        waiting = asyncio.Event()

        async def hash_forever(password: str, hashed: str) -> tuple[bool, str | None]:
            waiting.set()
            await asyncio.Event().wait()
            return False, None

        async with chat_server(core) as server:
            core.passwords.verify = hash_forever  # type: ignore[method-assign]
            credentials = {"identifier": "ada", "password": PASSWORD}
            login = asyncio.create_task(http.post(f"{server.address}/v1/login", json=credentials))
            await waiting.wait()
        answer = await login
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "Cancel 1 running task(s)" in caplog.text
    assert "Traceback" not in caplog.text
