"""Reactions: emoji only, and each emoji is one reaction however it is written."""

import msgspec
import pytest

from backchannel.domain.emoji import canonical_emoji, is_emoji
from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message
from backchannel.domain.revisions import react, reactions_of

MESSAGE = Message("place", 1, "id", "ada", "bob", "c", "text", "hello", 1)


@pytest.mark.parametrize(
    "emoji",
    [
        "👍",
        "👍🏽",
        "❤️",
        "👨‍👩‍👧‍👦",
        "👩🏻‍❤️‍💋‍👨🏿",
        "🏳️‍🌈",
        "🏴‍☠️",
        "🧑🏻‍🤝‍🧑🏿",
        "👁️‍🗨️",
        "🐻‍❄️",
        "⛹🏿‍♂️",
        "1️⃣",
        "#️⃣",
        "🇩🇪",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "©️",
        "☺️",
        "🫩",
    ],
)
def test_fully_qualified_emoji_are_taken_as_they_are(emoji: str) -> None:
    assert is_emoji(emoji)
    assert canonical_emoji(emoji) == emoji


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "hello", "a", "1", "#", "é", "★", "👍x", "x👍", "👍👍", "👍 ", "🇩", "🏻👍x"),
        *("\ufe0f", "\u200d", "👍\u200d", "\u200d👍", "❤️\ufe0f", "<b>", "\0", "1\u20e3\u20e3"),
    ],
)
def test_only_an_emoji_is_a_reaction(text: str) -> None:
    assert not is_emoji(text)
    with pytest.raises(Invalid) as refused:
        react("ada", text, active=True)
    assert refused.value.field == "emoji"


@pytest.mark.parametrize(
    "forms",
    [("❤️", "❤", "❤\ufe0e"), ("🏳️‍🌈", "🏳‍🌈"), ("1️⃣", "1⃣"), ("☝🏽", "☝️🏽"), ("👩‍❤️‍👨", "👩‍❤‍👨")],
)
def test_an_emoji_is_one_reaction_in_all_its_forms(forms: tuple[str, ...]) -> None:
    first = forms[0]
    for form in forms:
        reacted = react("ada", form, active=True)(MESSAGE)
        assert reactions_of(reacted) == {first: ["ada"]}
        for other in forms:
            assert react("ada", other, active=True)(reacted) == reacted
            both = react("bob", other, active=True)(reacted)
            assert reactions_of(both) == {first: ["ada", "bob"]}
            assert reactions_of(react("ada", other, active=False)(both)) == {first: ["bob"]}


def test_older_reactions_are_folded_and_can_be_taken_back() -> None:
    stored = '{"\u2764":["ada"],"\u2764\ufe0f":["ada","bob"],"e\u0301":["ada"],"ok":["bob"]}'
    message = msgspec.structs.replace(MESSAGE, reactions=stored)
    assert reactions_of(message) == {"❤️": ["ada", "bob"], "é": ["ada"], "ok": ["bob"]}
    fewer = react("ada", "\u2764", active=False)(message)
    assert reactions_of(fewer) == {"❤️": ["bob"], "é": ["ada"], "ok": ["bob"]}
    assert "ok" not in reactions_of(react("bob", "ok", active=False)(message))
