"""A core with a scripted responder, and a user who asks it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from backchannel.chat import sessions
from backchannel.chat.answer_queue import AnswerLimits
from backchannel.chat.core import Core, Policy
from backchannel.chat.messages import draft, send
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from tests.support.core import make_core, make_user
from tests.support.responder import ScriptedResponder


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - whatever it is, it has no event
            await asyncio.sleep(0.005)


@dataclass
class Asker:
    """A user in sessions with the responder."""

    core: Core
    user_id: str

    async def session(self, key: str = "key") -> str:
        return (await sessions.open_session(self.core, self.user_id, key=key)).id

    async def ask(self, session: str, text: str, *, client_id: str | None = None) -> Message:
        drafted = draft(
            self.user_id, RESPONDER_ID, text, conversation_id=session, client_id=client_id
        )
        return (await send(self.core, drafted)).message

    async def answers(self, session: str, count: int) -> list[Message]:
        """The answers in a session, once there are `count`."""
        async with asyncio.timeout(60):
            while True:
                history = await self.core.storage.history(session, limit=999)
                answers = [each for each in history if each.sender_id == RESPONDER_ID]
                if len(answers) >= count:
                    return answers
                await asyncio.sleep(0.005)


@pytest.fixture
def responder() -> ScriptedResponder:
    return ScriptedResponder()


@pytest.fixture
async def core(tmp_path: Path, responder: ScriptedResponder) -> AsyncGenerator[Core]:
    limits = AnswerLimits(at_once=3, at_once_per_user=2, waiting_per_user=5, context=3)
    policy = Policy(answers=limits)
    async with make_core(tmp_path, policy=policy, responder=responder) as opened:
        yield opened


@pytest.fixture
async def ada(core: Core) -> Asker:
    return Asker(core, (await make_user(core, "ada")).id)
