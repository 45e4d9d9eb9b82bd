"""S18: limits on concurrent answers and on waiting questions."""

import asyncio
from pathlib import Path

import pytest

from backchannel.chat import answers
from backchannel.chat.answer_queue import AnswerLimits
from backchannel.chat.answers import CUT, FAILED
from backchannel.chat.core import Core, Policy
from backchannel.domain.errors import Throttled
from backchannel.domain.messages import BODY_LIMIT, MessageKind
from backchannel.security.throttle import Limit
from tests.chat.responder.conftest import Asker, eventually
from tests.support.core import make_core, make_user
from tests.support.responder import END, ScriptedResponder


async def test_S18_an_endless_answer_is_stored_as_cut(
    ada: Asker, responder: ScriptedResponder
) -> None:
    responder.slow = True
    responder.send(*["ü\0" * 1000] * 100)
    session = await ada.session()
    await ada.ask(session, "hello")
    (answer,) = await ada.answers(session, 1)
    assert answer.kind == MessageKind.CUT
    assert answer.body == "ü" * ((BODY_LIMIT - len(CUT)) // 2) + CUT
    assert responder.at_once == 0


async def test_S18_concurrent_answers_are_limited_per_user_and_in_all(
    ada: Asker, core: Core, responder: ScriptedResponder
) -> None:
    responder.slow = True
    bob = Asker(core, (await make_user(core, "bob")).id)
    for asker in (ada, bob):
        for key in ("a", "b", "c"):
            await asker.ask(await asker.session(key), "hello")
    await eventually(lambda: responder.at_once == 3)
    for _ in range(6):
        responder.send("done", END)
    for asker in (ada, bob):
        for key in ("a", "b", "c"):
            await asker.answers(await asker.session(key), 1)
    assert responder.most_at_once == 3


async def test_S18_questions_beyond_the_waiting_limit_are_refused(
    ada: Asker, core: Core, responder: ScriptedResponder
) -> None:
    responder.slow = True
    session = await ada.session()
    for number in range(5):
        await ada.ask(session, f"{number}")
    with pytest.raises(Throttled):
        await ada.ask(session, "one too many")
    bob = Asker(core, (await make_user(core, "bob")).id)
    await bob.ask(await bob.session(), "another user's")
    for _ in range(6):
        responder.send("done", END)
    await ada.answers(session, 5)
    await ada.ask(session, "room again")


async def test_S18_answers_beyond_the_rate_wait(tmp_path: Path) -> None:
    limits = {"answer:user": Limit(1, 0.3)}
    async with make_core(tmp_path, responder=ScriptedResponder(), limits=limits) as core:
        ada = Asker(core, (await make_user(core, "ada")).id)
        session = await ada.session()
        began = asyncio.get_running_loop().time()
        for text in ("one", "two"):
            await ada.ask(session, text)
        await ada.answers(session, 2)
        assert asyncio.get_running_loop().time() - began > 0.25


async def test_S18_users_who_wait_for_their_next_answers_do_not_delay_others(
    tmp_path: Path,
) -> None:
    limits = {"answer:user": Limit(1, 600)}
    policy = Policy(answers=AnswerLimits(at_once=2))
    responder = ScriptedResponder()
    async with make_core(tmp_path, policy=policy, responder=responder, limits=limits) as core:
        ada, bob = [Asker(core, (await make_user(core, name)).id) for name in ("ada", "bob")]
        for key in ("a", "b", "c"):
            await ada.ask(await ada.session(key), "hello")
        await eventually(lambda: len(responder.asked) == 1)
        session = await bob.session()
        await bob.ask(session, "hello")
        assert (await bob.answers(session, 1))[0].body == "answer: hello"
        assert len(responder.asked) == 2


async def test_an_answer_without_an_end_is_a_failure(
    ada: Asker, responder: ScriptedResponder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "LONGEST", 0.01)
    responder.slow = True
    session = await ada.session()
    await ada.ask(session, "hello")
    assert (await ada.answers(session, 1))[0].body == FAILED
    assert responder.at_once == 0


async def test_S18_the_creation_of_sessions_is_throttled(tmp_path: Path) -> None:
    async with make_core(tmp_path, limits={"session:user": Limit(2, 3_600)}) as core:
        ada = Asker(core, (await make_user(core, "ada")).id)
        for key in ("a", "b", "a", "b"):
            await ada.session(key)
        with pytest.raises(Throttled):
            await ada.session("c")
