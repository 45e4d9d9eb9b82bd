"""One durable answer for each question, whatever the responder does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backchannel.chat import answers, messages, sessions
from backchannel.chat.answers import CUT, STOPPED
from backchannel.chat.core import Core
from backchannel.chat.group_commit import Outcome
from backchannel.chat.messages import submit
from backchannel.domain.errors import Invalid, NotFound, Unavailable
from backchannel.domain.ids import RESPONDER_ID, answer_client_id
from backchannel.domain.messages import Draft, MessageKind
from backchannel.domain.signals import Partial, Signal
from tests.chat.responder.conftest import Asker, eventually
from tests.support.core import make_core, make_user
from tests.support.database import busy
from tests.support.responder import CUT as REACHED_LIMIT
from tests.support.responder import END, FAIL, ScriptedResponder


@dataclass
class Away:
    """A database that refuses writes until it is available again."""

    really: Callable[..., Any]
    present: bool = False
    refused: int = 0

    async def append_gathered(self, *args: Any, **named: Any) -> Any:
        if not self.present:
            self.refused += 1
            raise Unavailable("the database is away")
        return await self.really(*args, **named)


async def test_a_question_is_answered_once(ada: Asker, responder: ScriptedResponder) -> None:
    session = await ada.session()
    question = await ada.ask(session, "hello", client_id="same")
    (answer,) = await ada.answers(session, 1)
    assert (answer.body, answer.kind, answer.reply_to) == ("answer: hello", "text", question.seq)
    assert (answer.recipient_id, answer.client_id) == (ada.user_id, answer_client_id(question.id))
    await ada.ask(session, "hello", client_id="same")
    await asyncio.sleep(0.05)
    assert len(await ada.answers(session, 1)) == 1
    assert responder.asked == ["hello"]
    assert await ada.core.storage.unanswered(limit=9) == []


async def test_R4_the_questions_of_a_session_are_answered_in_order(
    ada: Asker, responder: ScriptedResponder
) -> None:
    session = await ada.session()
    for number in range(5):
        await ada.ask(session, f"{number}")
    answers = await ada.answers(session, 5)
    assert [each.body for each in answers] == [f"answer: {number}" for number in range(5)]
    assert responder.most_at_once == 1


async def test_the_responder_gets_the_earlier_messages(
    ada: Asker, responder: ScriptedResponder
) -> None:
    session = await ada.session()
    for number in range(3):
        question = await ada.ask(session, f"{number}")
        await ada.answers(session, number + 1)
    assert responder.contexts[2] == ["answer: 0", "1", "answer: 1"]
    await messages.delete(ada.core, ada.user_id, session, question.seq)
    await ada.ask(session, "3")
    await ada.answers(session, 4)
    assert responder.contexts[3] == ["answer: 1", "answer: 2"]


async def test_a_failure_is_stored_as_a_message_and_the_user_may_retry(
    ada: Asker, responder: ScriptedResponder
) -> None:
    responder.slow = True
    responder.send("half of ", FAIL, "all of it", END)
    session = await ada.session()
    await ada.ask(session, "hello")
    (failure,) = await ada.answers(session, 1)
    assert failure.kind == MessageKind.FAILURE
    assert "Send your message again" in failure.body
    await ada.ask(session, "hello")
    assert (await ada.answers(session, 2))[1].body == "all of it"


async def test_R1_an_answer_is_stored_even_if_the_queue_is_full(
    ada: Asker, responder: ScriptedResponder
) -> None:
    responder.slow = True
    session = await ada.session()
    await ada.ask(session, "hello")
    await eventually(lambda: responder.at_once == 1)
    refused: list[Outcome] = []
    async with busy(ada.core.storage):
        for text in ("a\0b", "\ud800"):
            submit(ada.core, Draft(text, ada.user_id, text, text, "x"), refused.append)
        responder.send("all of it", END)
        await asyncio.sleep(0.05)
    (answer,) = await ada.answers(session, 1)
    assert answer.body == "all of it"
    await eventually(lambda: len(refused) == 2)
    assert [type(each) for each in refused] == [Invalid, Invalid]


async def test_an_empty_answer_is_a_failure(ada: Asker, responder: ScriptedResponder) -> None:
    responder.slow = True
    responder.send(" \n", END)
    session = await ada.session()
    await ada.ask(session, "hello")
    assert (await ada.answers(session, 1))[0].kind == MessageKind.FAILURE


async def test_a_cut_answer_is_stored_as_such(ada: Asker, responder: ScriptedResponder) -> None:
    responder.slow = True
    responder.send("once upon", REACHED_LIMIT, REACHED_LIMIT)
    session = await ada.session()
    await ada.ask(session, "tell me a story")
    (answer,) = await ada.answers(session, 1)
    assert (answer.kind, answer.body) == (MessageKind.CUT, "once upon" + CUT)
    await ada.ask(session, "go on")
    _, nothing = await ada.answers(session, 2)
    assert nothing.kind == MessageKind.FAILURE
    responder.slow = False
    await ada.ask(session, "go on!")
    await ada.answers(session, 3)
    assert responder.contexts[1] == ["tell me a story", "once upon"]
    assert responder.contexts[2] == ["once upon", "go on"]


async def test_a_stopped_answer_is_stored_as_far_as_it_got(
    ada: Asker, responder: ScriptedResponder
) -> None:
    responder.slow = True
    session = await ada.session()
    await ada.ask(session, "hello")
    responder.send("so far")
    await eventually(lambda: responder.pieces.empty() and responder.at_once == 1)
    await sessions.stop_answer(ada.core, ada.user_id, session)
    (answer,) = await ada.answers(session, 1)
    assert (answer.body, answer.kind) == ("so far", MessageKind.TEXT)
    await ada.ask(session, "again")
    await eventually(lambda: responder.at_once == 1)
    await sessions.stop_answer(ada.core, ada.user_id, session)
    stopped = (await ada.answers(session, 2))[1]
    assert (stopped.body, stopped.kind) == (STOPPED, MessageKind.STOPPED)
    await ada.ask(session, "and now?")
    await eventually(lambda: len(responder.contexts) == 3)
    assert responder.contexts[2] == ["so far", "again"]


async def test_a_question_that_waits_for_its_turn_can_be_stopped(
    ada: Asker, responder: ScriptedResponder
) -> None:
    responder.slow = True
    for key in ("a", "b"):
        await ada.ask(await ada.session(key), "hello")
    await eventually(lambda: responder.at_once == 2)
    waiting = await ada.session("c")
    await ada.ask(waiting, "never mind")
    await sessions.stop_answer(ada.core, ada.user_id, waiting)
    assert (await ada.answers(waiting, 1))[0].body == STOPPED
    assert responder.asked == ["hello", "hello"]


async def test_S11_another_user_cannot_stop_an_answer(ada: Asker, core: Core) -> None:
    session = await ada.session()
    eve = await make_user(core, "eve")
    with pytest.raises(NotFound):
        await sessions.stop_answer(core, eve.id, session)


@pytest.mark.parametrize(
    ("interval", "texts"), [(0.0, ["one ", "one two ", "one two three"]), (60.0, [])]
)
async def test_partial_answers_are_sent_at_intervals(
    ada: Asker,
    responder: ScriptedResponder,
    monkeypatch: pytest.MonkeyPatch,
    interval: float,
    texts: list[str],
) -> None:
    monkeypatch.setattr(answers, "PARTIAL_INTERVAL", interval)
    signals: list[Signal] = []
    ada.core.bus.listen_signals(signals.append)
    responder.slow = True
    session = await ada.session()
    question = await ada.ask(session, "hello")
    responder.send("one ", "two ", "three", END)
    assert (await ada.answers(session, 1))[0].body == "one two three"
    assert [each.content for each in signals] == [
        Partial(session, question.seq, text) for text in texts
    ]
    assert {each.user_id for each in signals} <= {ada.user_id}


async def test_a_question_deleted_while_it_waits_is_not_answered(
    ada: Asker, responder: ScriptedResponder
) -> None:
    responder.slow = True
    session = await ada.session()
    await ada.ask(session, "first")
    second = await ada.ask(session, "second")
    await messages.delete(ada.core, ada.user_id, session, second.seq)
    responder.send("answer", END)
    await ada.answers(session, 1)
    await sessions.delete_session(ada.core, ada.user_id, "key")
    await asyncio.sleep(0.05)
    assert responder.asked == ["first"]


async def test_R8_questions_from_before_a_restart_are_answered_once(tmp_path: Path) -> None:
    responder = ScriptedResponder(slow=True)
    async with make_core(tmp_path, responder=responder) as core:
        ada = Asker(core, (await make_user(core, "ada")).id)
        session = await ada.session()
        for text in ("one", "two"):
            await ada.ask(session, text)
        responder.send("first", END)
        await ada.answers(session, 1)
        await eventually(lambda: responder.at_once == 1)
    assert responder.at_once == 0
    again = ScriptedResponder()
    async with make_core(tmp_path, responder=again) as core:
        await core.answers.resume()
        history = await core.storage.history(session, limit=9)
        assert [each.body for each in history] == ["one", "two", "first", "answer: two"]
        await core.answers.resume()
        assert again.asked == ["two"]


async def test_two_processes_store_one_answer(tmp_path: Path) -> None:
    slow, quick = ScriptedResponder(slow=True), ScriptedResponder()
    async with (
        make_core(tmp_path, responder=slow) as one,
        make_core(tmp_path, responder=quick) as other,
    ):
        ada = Asker(one, (await make_user(one, "ada")).id)
        session = await ada.session()
        await ada.ask(session, "hello")
        await other.answers.resume()
        slow.send("late", END)
        await eventually(lambda: slow.at_once == 0)
        await asyncio.sleep(0.05)
        history = await one.storage.history(session, limit=9)
        assert [each.body for each in history] == ["hello", "answer: hello"]


async def test_without_a_responder_questions_wait(tmp_path: Path) -> None:
    async with make_core(tmp_path) as core:
        ada = Asker(core, (await make_user(core, "ada")).id)
        session = await ada.session()
        await ada.ask(session, "anybody there?")
        assert len(await core.storage.unanswered(limit=9)) == 1
        assert RESPONDER_ID not in {
            each.sender_id for each in await core.storage.history(session, limit=9)
        }


async def test_R9_an_answer_is_stored_once_the_database_is_back(
    ada: Asker, responder: ScriptedResponder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "FIRST_WAIT", 0.01)
    responder.slow = True
    session = await ada.session()
    await ada.ask(session, "hello")
    await eventually(lambda: responder.at_once == 1)
    storage = ada.core.storage
    away = Away(storage.append_gathered)
    monkeypatch.setattr(storage, "append_gathered", away.append_gathered)
    responder.send("late, but here", END)
    await eventually(lambda: away.refused >= 3)
    away.present = True
    assert (await ada.answers(session, 1))[0].body == "late, but here"
