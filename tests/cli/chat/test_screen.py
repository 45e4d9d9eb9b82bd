"""What others write cannot take over the terminal."""

import pytest

from backchannel.cli.chat.screen import Screen, harmless


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "\x9b31m", "a\rb", "\x07", "\x1b]0;title\x07"])
def test_S24_control_characters_are_shown_and_not_obeyed(text: str) -> None:
    assert not any(
        ord(character) < 32 or 127 <= ord(character) < 160 for character in harmless(text)
    )


def test_ordinary_text_stays_as_it_is() -> None:
    text = "Grüße, 你好 👍\n\tzweite Zeile"
    assert harmless(text) == text


def test_S24_markup_in_a_message_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().show("[red]not red[/red]", ("quiet", "dim"))
    assert "[red]not red[/red]quiet" in capsys.readouterr().out


def test_there_is_no_prompt_before_anything_can_be_typed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen()
    screen._interactive = True
    screen.show("connected")
    assert capsys.readouterr().out.endswith("connected\n")
    screen._prompting = True
    screen.show("ada is online")
    assert capsys.readouterr().out.endswith("ada is online\n> ")
