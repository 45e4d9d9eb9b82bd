"""The client on a real server: requests, sessions, presence, and the examples of its README."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from backchannel.domain import ids
from backchannel_client import (
    ApiError,
    BackchannelClient,
    Draft,
    Presence,
    Typing,
    direct_conversation_id,
)
from tests.sdk.conftest import PASSWORD, Enter, Notes, own_id, register
from tests.support.process import ServerProcess, server_process

README = Path(__file__).parents[2] / "sdk" / "python" / "README.md"
TIMEOUT = 90.0

BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)


async def test_a_sent_message_is_applied_and_found_by_the_other_user(enter: Enter) -> None:
    ada, grace = await enter(), await enter()
    heard = Notes()
    grace.connect(None, heard)
    ada.connect(None, Notes())
    await grace.catch_up()
    ack = await ada.deliver(Draft(own_id(grace), "half past eight?"))
    await grace.catch_up()
    assert heard.texts == ["half past eight?"]
    assert ack.conversation_id == direct_conversation_id(own_id(ada), own_id(grace))
    hits = (await grace.api.search("half eight")).items
    assert [(hit.seq, hit.snippet.text) for hit in hits] == [(ack.seq, "half past eight?")]
    (message,) = (await grace.api.messages(ack.conversation_id)).items
    assert (await ada.edit(message, "nine?")).body == "nine?"
    reacted = await grace.api.react(ack.conversation_id, ack.seq, "👍")
    assert reacted.reactions == {"👍": [own_id(grace)]}
    assert (await ada.delete(message)).deleted_at is not None
    (conversation,) = await ada.api.all_conversations()
    assert conversation.peer is not None
    assert conversation.peer.id == own_id(grace)


async def test_S18_a_whole_conversation_is_read_at_the_rate_that_the_server_allows(
    tmp_path: Path,
) -> None:
    with server_process(tmp_path, limits_read_rate="65536") as server:
        async with BackchannelClient(server.address) as ada:
            await register(ada, "ada")
            async with BackchannelClient(server.address) as grace:
                await register(grace, "grace")
                ada.connect(None, Notes())
                ack = await ada.deliver(Draft(own_id(grace), "x" * 60_000))
            with pytest.raises(ApiError, match="read too much"):
                await read_again_and_again(ada, ack.conversation_id)
            assert [each.seq for each in await ada.history(ack.conversation_id)] == [1]


async def read_again_and_again(client: BackchannelClient, conversation_id: str) -> None:
    for _ in range(100):
        await client.api.messages(conversation_id)


async def test_settings_are_changed_in_part(enter: Enter) -> None:
    ada, grace = await enter(), await enter()
    ada.connect(None, Notes())
    ack = await ada.deliver(Draft(own_id(grace), "hello"))
    until = "2030-05-04T18:00:00.000Z"
    change: dict[str, bool | str | None] = {"pinned": True, "muted_until": until}
    changed = await ada.api.change_settings(ack.conversation_id, change)
    assert (changed.pinned, changed.muted_until, changed.archived) == (True, until, False)
    assert (await ada.api.conversation(ack.conversation_id)).settings == changed
    hidden = await ada.api.change_privacy({"typing": "nobody"})
    assert hidden == await ada.api.privacy()
    assert (hidden.typing, hidden.last_seen) == ("nobody", "everybody")


async def test_message_requests_are_listed_and_answered(enter: Enter) -> None:
    ada, grace, bob = await enter(), await enter(), await enter()
    await ada.api.change_privacy({"first_messages": "requests"})
    for sender in (grace, bob):
        sender.connect(None, Notes())
    first = await grace.deliver(Draft(own_id(ada), "hello"))
    second = await bob.deliver(Draft(own_id(ada), "buy this"))
    assert (await ada.api.conversations()).items == []
    waiting = (await ada.api.message_requests()).items
    assert {each.id for each in waiting} == {first.conversation_id, second.conversation_id}
    await ada.api.accept_request(first.conversation_id)
    await ada.api.decline_request(second.conversation_id)
    (accepted,) = (await ada.api.conversations()).items
    (declined,) = (await ada.api.message_requests(declined=True)).items
    assert (accepted.id, accepted.request) == (first.conversation_id, None)
    assert (declined.id, declined.request) == (second.conversation_id, "declined")
    assert (await ada.api.message_requests()).items == []
    await ada.api.report(own_id(bob), "spam", comment="sells pots", messages=[second.seq])


async def test_presence_and_typing_are_sent(enter: Enter) -> None:
    ada, grace = await enter(), await enter()
    seen: asyncio.Queue[Presence | Typing] = asyncio.Queue()
    for each in (ada, grace):
        each.connect(None, Notes())
    ack = await ada.deliver(Draft(own_id(grace), "hello"))
    await grace.deliver(Draft(own_id(ada), "hello to you"))
    ada.on(Presence, seen.put_nowait)
    ada.on(Typing, seen.put_nowait)
    ada.watch([own_id(grace)])
    async with asyncio.timeout(TIMEOUT):
        presence = await seen.get()
        assert isinstance(presence, Presence)
        assert presence.online
        grace.typing(ack.conversation_id)
        typing = await seen.get()
        assert isinstance(typing, Typing)
        assert (typing.user_id, typing.active) == (own_id(grace), True)
        await grace.disconnect()
        while not (isinstance(last := await seen.get(), Presence) and not last.online):
            pass


async def test_a_session_is_answered(enter: Enter) -> None:
    ada = await enter()
    heard = Notes()
    ada.connect(None, heard)
    session = await ada.api.open_session("Questions", key="questions")
    draft = Draft(session.peer_id, "Why?", conversation_id=session.id)
    question = await ada.deliver(draft)
    async with asyncio.timeout(TIMEOUT):
        while len(heard.texts) < 2:  # noqa: ASYNC110 - a list is mute
            await asyncio.sleep(0.01)
    (_, answer) = (await ada.api.messages(session.id)).items
    assert answer.reply_to == question.seq
    await ada.api.rename_session(session.id, "Answers")
    await ada.api.delete_session(session.id)
    assert (await ada.api.conversations(kind="session")).items == []


async def test_an_account_can_be_managed(enter: Enter) -> None:
    ada, grace = await enter(), await enter()
    assert (await ada.api.config()).registration
    assert (await ada.api.change_profile(display_name="Ada L.")).display_name == "Ada L."
    assert (await grace.api.user(own_id(ada))).display_name == "Ada L."
    await ada.api.set_blocked(own_id(grace), blocked=True)
    assert [user.id for user in (await ada.api.blocks()).items] == [own_id(grace)]
    with pytest.raises(ApiError) as raised:
        await grace.api.user("nosuch user")
    assert raised.value.status == 404
    (login,) = await ada.api.logins()
    assert login.current
    tokens = await ada.api.change_password(PASSWORD, "another password of hers")
    ada.tokens.adopt(tokens)
    assert (await ada.api.me()).id == own_id(ada)
    await ada.logout()
    assert ada.tokens.current is None


def test_the_client_computes_the_same_conversation_id_as_the_server() -> None:
    one, other = ids.new_id(), ids.new_id()
    assert direct_conversation_id(one, other) == ids.direct_conversation_id(other, one)


async def test_the_bot_in_the_readme_answers(server: ServerProcess, enter: Enter) -> None:
    ada = await enter()
    heard = Notes()
    ada.connect(None, heard)
    await ada.catch_up()
    async with BackchannelClient(server.address) as account:
        bot_id = await register(account, "echo-bot")
    given = {"SERVER": server.address, "NAME": "echo-bot", "PASSWORD": PASSWORD}
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BLOCKS[0], env={**os.environ, **given}
    )
    try:
        # The bot receives messages that are sent once it is connected.
        ada.watch([bot_id])
        async with asyncio.timeout(TIMEOUT):
            while "are you there?" not in heard.texts[1:]:
                await ada.deliver(Draft(bot_id, "are you there?"))
                await asyncio.sleep(0.3)
    finally:
        bot.kill()
        await bot.wait()


async def test_the_examples_in_the_readme_work(enter: Enter, tmp_path: Path) -> None:
    ada, grace = await enter(), await enter()
    names: dict[str, object] = {}
    exec(compile(BLOCKS[1], str(README), "exec"), names)  # noqa: S102 - our own page
    example = names["example"]
    assert callable(example)
    async with asyncio.timeout(TIMEOUT):
        await example(ada, Notes(), own_id(grace), tmp_path)
    assert (tmp_path / "copy.txt").read_text() == "eggs, milk"
