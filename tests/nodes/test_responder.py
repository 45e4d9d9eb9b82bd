"""Each question has one answer, whichever node answers or dies."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.native import Device, register
from tests.support.nodes import nodes
from tests.support.process import TIMEOUT, ServerProcess
from tests.support.server import serving
from tests.system.test_responder import SlowAnswers

pytestmark = [pytest.mark.service, pytest.mark.slow]


def client(server: ServerProcess, headers: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.address, headers=headers)


async def ask(http: httpx.AsyncClient, body: str) -> str:
    """Ask in a new session; its id."""
    opened = (await http.post("/v1/sessions", json={"key": body})).raise_for_status().json()
    message = {"conversation_id": opened["id"], "body": body}
    (await http.post("/v1/messages", json=message)).raise_for_status()
    return str(opened["id"])


async def answers(http: httpx.AsyncClient, session: str) -> list[dict[str, Any]]:
    page = await http.get(f"/v1/conversations/{session}/messages?limit=50")
    return [each for each in page.raise_for_status().json()["items"] if each["reply_to"]]


async def answered(http: httpx.AsyncClient, session: str) -> list[dict[str, Any]]:
    until = time.monotonic() + TIMEOUT
    while not (found := await answers(http, session)):
        assert time.monotonic() < until, "there is no answer"
        await asyncio.sleep(0.1)
    return found


def settings(url: str) -> dict[str, str]:
    return {"responder_kind": "webhook", "responder_url": url, "responder_key": "a signing key"}


async def test_R8_the_question_of_a_killed_node_is_answered_by_another(
    tmp_path: Path, redis_url: str
) -> None:
    webhook = SlowAnswers()
    with serving(webhook) as url:
        async with nodes(tmp_path, 2, redis_url, **settings(url)) as (first, second):
            ada = await register(first.address, "ada")
            async with client(first, ada.headers) as http:
                session = await ask(http, "who is there?")
            await asyncio.sleep(6)
            assert len(webhook.keys) == 1, "a question that is being answered is not asked twice"
            first.kill()
            webhook.ready = True
            async with client(second, ada.headers) as http:
                # The killed node may have been the leader, which others notice after thirty
                # seconds.
                found = await answered(http, session)
                await asyncio.sleep(1)
                assert await answers(http, session) == found
            assert [each["body"] for each in found] == ["answer to who is there?"]
            assert len(webhook.keys) == 2


async def test_an_answer_is_stopped_at_any_node(tmp_path: Path, redis_url: str) -> None:
    webhook = SlowAnswers()
    with serving(webhook) as url:
        async with nodes(tmp_path, 2, redis_url, **settings(url)) as (first, second):
            ada = await register(first.address, "ada")
            async with client(first, ada.headers) as http:
                session = await ask(http, "a long story")
            async with client(second, ada.headers) as http:
                until = time.monotonic() + TIMEOUT
                while not webhook.keys:
                    assert time.monotonic() < until
                    await asyncio.sleep(0.05)
                device = Device(second.socket_address, ada)
                await device.open()
                await device.send_frame({"type": "stop", "conversation_id": session})
                (answer,) = await answered(http, session)
                await device.close()
            assert answer["kind"] == "stopped"
            webhook.ready = True
