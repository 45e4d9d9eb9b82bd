"""Text of other users cannot imitate the client's own output."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from backchannel.cli.chat.saving import free_path
from backchannel.cli.chat.text import FILE_MARGIN, MARGIN, Lines, one_line, printable, rows, styled


def shown(text: str, *files: str, width: int = 30) -> list[str]:
    console = Console(force_terminal=True, width=width)
    return [row.plain for row in rows(styled((text,)), files, console)]


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "\x9b31m", "a\rb", "\x07", "\x1b]0;title\x07"])
def test_S24_control_characters_are_replaced(text: str) -> None:
    assert not any(
        ord(character) < 32 or 127 <= ord(character) < 160 for character in printable(text)
    )


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x061C])
def test_S24_bidirectional_controls_are_replaced(code: int) -> None:
    assert chr(code) not in printable(f"a{chr(code)}b")


def test_ordinary_text_stays_as_it_is() -> None:
    text = "Grüße, 你好 👍\n\tzweite Zeile سلام"
    assert printable(text) == text


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_S24_a_line_break_cannot_begin_another_message(line_break: str) -> None:
    first, second, third = shown(f"fine{line_break}11:48 you  I agree{line_break}✓ stored")
    assert first == "fine"
    assert second == f"{MARGIN}11:48 you  I agree"
    assert third == f"{MARGIN}✓ stored"


@pytest.mark.parametrize("filling", ["x", "好", " ", "word ", "\t", "👨‍👩‍👧"])
def test_S24_a_wrapped_line_cannot_begin_another_message(filling: str) -> None:
    for count in range(60):
        first, *others = shown(filling * count + "11:48 you  I agree")
        assert all(row.startswith(MARGIN) for row in others)
        assert all(cell_len(row) <= 30 for row in [first, *others])


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_S24_every_row_after_the_first_has_the_margin(text: str) -> None:
    _, *others = shown(text)
    assert all(row.startswith(MARGIN) for row in others)


def test_no_text_is_lost_by_wrapping() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    assert "".join(row.removeprefix(MARGIN) for row in shown(text)).split() == text.split()


def test_each_file_has_its_own_row() -> None:
    assert shown("look", "Cat\n11:48 you.jpg") == ["look", f"{FILE_MARGIN}Cat 11:48 you.jpg"]


def test_a_name_is_one_line() -> None:
    assert (
        one_line("ada\n\x1b[31m \t x\u202e")
        == "ada \N{REPLACEMENT CHARACTER}[31m x\N{REPLACEMENT CHARACTER}"
    )


def test_S24_markup_in_a_message_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().show("[red]not red[/red]", ("quiet", "dim"))
    assert "[red]not red[/red]quiet" in capsys.readouterr().out


def test_a_long_line_is_not_wrapped_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().show("x" * 500)
    assert capsys.readouterr().out == "x" * 500 + "\n"


def test_a_file_name_from_the_server_cannot_choose_the_folder(tmp_path: Path) -> None:
    names = [
        free_path(tmp_path, name).name for name in ("../../x", "/etc/passwd", "..", "a\nb.txt")
    ]
    assert names == ["_.._x", "_etc_passwd", "file", "a b.txt"]
    (tmp_path / "cat.jpg").touch()
    assert free_path(tmp_path, "cat.jpg").name == "cat (2).jpg"
