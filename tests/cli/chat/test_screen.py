"""Lines on standard output."""

import pytest

from backchannel.cli.chat.screen import Lines


def test_S24_markup_in_a_message_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().show("[red]not red[/red]", ("quiet", "dim"))
    assert "[red]not red[/red]quiet" in capsys.readouterr().out


def test_a_long_line_is_not_wrapped_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().show("x" * 500)
    assert capsys.readouterr().out == "x" * 500 + "\n"
