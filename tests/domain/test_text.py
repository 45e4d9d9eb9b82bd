"""NUL and half a surrogate pair are no text, wherever text comes in."""

from pathlib import Path

import msgspec
import pytest

from backchannel.chat import sessions
from backchannel.dialects.shared.validation import decode
from backchannel.domain.accounts import check_display_name
from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message, check_body
from backchannel.domain.revisions import edit, react
from tests.support.core import make_core, make_user

NO_TEXT = ["a\0b", "\0", "a\ud800", "\udc00b"]


@pytest.mark.parametrize("text", NO_TEXT, ids=ascii)
def test_L1_what_is_no_text_is_refused(text: str) -> None:
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
async def test_what_is_no_text_names_no_session(tmp_path: Path, text: str) -> None:
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
def test_half_a_surrogate_pair_is_told_clearly(payload: bytes) -> None:
    with pytest.raises(Invalid, match="half a surrogate pair"):
        decode(payload, msgspec.json.Decoder(str))
    assert decode(rb'"\ud83d\ude00"', msgspec.json.Decoder(str)) == "😀"


def test_a_caption_may_be_taken_away_from_a_file() -> None:
    message = Message("place", 1, "id", "ada", "bob", "c", "text", "look", 1, files="[]")
    edited = edit("ada", "", at=5)(message)
    assert (edited.body, edited.files, edited.edited_at) == ("", "[]", 5)
    with pytest.raises(Invalid):
        edit("ada", " ", at=5)(msgspec.structs.replace(message, files=""))
