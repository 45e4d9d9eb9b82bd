"""NUL and lone surrogates are refused wherever text is accepted."""

from pathlib import Path

import msgspec
import pytest

from backchannel.chat import sessions
from backchannel.domain.accounts import check_display_name
from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message, check_body
from backchannel.domain.revisions import edit, react
from backchannel.http.validation import decode
from tests.support.core import make_core, make_user

NO_TEXT = ["a\0b", "\0", "a\ud800", "\udc00b"]


@pytest.mark.parametrize("text", NO_TEXT, ids=ascii)
def test_L1_text_with_lone_surrogates_is_refused(text: str) -> None:
    for attempt, field in (
        (lambda: check_body(text), "body"),
        (lambda: edit("ada", text, at=1), "body"),
        (lambda: react("ada", text, active=True), "emoji"),
        (lambda: react("ada", text, active=False), "emoji"),
        (lambda: check_display_name(text), "display_name"),
    ):
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.field == field


@pytest.mark.parametrize("text", NO_TEXT, ids=ascii)
async def test_invalid_text_is_refused_as_a_session_key(tmp_path: Path, text: str) -> None:
    async with make_core(tmp_path) as core:
        user = await make_user(core, "ada")
        with pytest.raises(Invalid):
            await sessions.open_session(core, user.id, key=text)
        with pytest.raises(Invalid):
            await sessions.open_session(core, user.id, key="key", name=text)
        await sessions.open_session(core, user.id, key="key")
        with pytest.raises(Invalid):
            await sessions.rename_session(core, user.id, "key", text)


@pytest.mark.parametrize("payload", [rb'"\ud800"', rb'"\ud800x"', rb'"\udc00"', rb'"\uD83D\u0041"'])
def test_a_lone_surrogate_is_refused_with_a_clear_error(payload: bytes) -> None:
    with pytest.raises(Invalid, match="half a surrogate pair"):
        decode(payload, msgspec.json.Decoder(str))
    assert decode(rb'"\ud83d\ude00"', msgspec.json.Decoder(str)) == "😀"


def test_the_text_of_a_message_with_files_may_be_removed() -> None:
    message = Message("place", 1, "id", "ada", "bob", "c", "text", "look", 1, files="[]")
    edited = edit("ada", "", at=5)(message)
    assert (edited.body, edited.files, edited.edited_at) == ("", "[]", 5)
    with pytest.raises(Invalid):
        edit("ada", " ", at=5)(msgspec.structs.replace(message, files=""))
