"""S18: how much is answered at once, and how much waits."""

import asyncio
from pathlib import Path

import pytest

from backchannel.chat.answer import CUT
from backchannel.chat.core import Core
from backchannel.domain.errors import Throttled
from backchannel.domain.messages import BODY_LIMIT, MessageKind
from backchannel.security.throttle import Limit
from tests.chat.responder.conftest import Asker, eventually
from tests.support.core import make_core, make_user
from tests.support.responder import END, ScriptedResponder


async def test_S18_an_endless_answer_is_cut(ada: Asker, responder: ScriptedResponder) -> None:
    responder.slow = True
    responder.say(*["ü\0" * 1000] * 100)
    session = await ada.session()
    await ada.ask(session, "hello")
    (answer,) = await ada.answers(session, 1)
    assert answer.kind == MessageKind.CUT
    assert answer.body == "ü" * ((BODY_LIMIT - len(CUT)) // 2) + CUT
    assert responder.at_once == 0


async def test_S18_so_many_answers_at_once(
    ada: Asker, core: Core, responder: ScriptedResponder
) -> None:
    responder.slow = True
    bob = Asker(core, (await make_user(core, "bob")).id)
    for asker in (ada, bob):
        for key in ("a", "b", "c"):
            await asker.ask(await asker.session(key), "hello")
    await eventually(lambda: responder.at_once == 3)
    for _ in range(6):
        responder.say("done", END)
    for asker in (ada, bob):
        for key in ("a", "b", "c"):
            await asker.answers(await asker.session(key), 1)
    assert responder.most_at_once == 3


async def test_S18_so_many_questions_wait(
    ada: Asker, core: Core, responder: ScriptedResponder
) -> None:
    responder.slow = True
    session = await ada.session()
    for number in range(5):
        await ada.ask(session, f"{number}")
    with pytest.raises(Throttled):
        await ada.ask(session, "one too many")
    bob = Asker(core, (await make_user(core, "bob")).id)
    await bob.ask(await bob.session(), "somebody else's")
    for _ in range(6):
        responder.say("done", END)
    await ada.answers(session, 5)
    await ada.ask(session, "room again")


async def test_S18_answers_past_the_limit_wait(tmp_path: Path) -> None:
    limits = {"answer:user": Limit(1, 0.3)}
    async with make_core(tmp_path, responder=ScriptedResponder(), limits=limits) as core:
        ada = Asker(core, (await make_user(core, "ada")).id)
        session = await ada.session()
        began = asyncio.get_running_loop().time()
        for text in ("one", "two"):
            await ada.ask(session, text)
        await ada.answers(session, 2)
        assert asyncio.get_running_loop().time() - began > 0.25


async def test_S18_so_many_sessions_are_made(tmp_path: Path) -> None:
    async with make_core(tmp_path, limits={"session:user": Limit(2, 60)}) as core:
        ada = Asker(core, (await make_user(core, "ada")).id)
        for key in ("a", "b", "a", "b"):
            await ada.session(key)
        with pytest.raises(Throttled):
            await ada.session("c")
