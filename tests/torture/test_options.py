"""The command line of the torture."""

import shlex
from pathlib import Path

import pytest

from torture.__main__ import main
from torture.options import parse


def test_the_printed_command_makes_the_same_plan_again() -> None:
    given = parse(["--minutes", "2", "--users", "9", "--rate", "33", "--faults", "cut,kill"])
    repeated = parse(shlex.split(given.command)[3:])
    assert repeated == given
    assert repeated.seconds == 120


def test_without_any_options_it_takes_a_minute_and_everything() -> None:
    options = parse([])
    assert (options.seconds, options.faults, options.keep) == (60, None, None)
    assert "--faults" not in options.command


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--faults", "cut,flood"], "no fault 'flood'"),
        (["--users", "1"], "--users must lie between 2 and 500"),
        (["--hours", "30"], "--seconds must lie between 5 and 72,000"),
        (["--rate", "0"], "--rate must lie between 1 and 5,000"),
    ],
)
def test_what_is_wrong_is_named(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_nothing_is_mixed_with_another_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.jsonl").touch()
    with pytest.raises(SystemExit) as ended:
        parse(["--keep", str(tmp_path)])
    assert ended.value.code == 2
    assert "--keep must name a new or empty folder" in capsys.readouterr().err


def test_too_short_a_run_says_what_would_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--seconds", "5", "--keep", str(tmp_path)]) == 2
    assert "take longer (--seconds), or name fewer of them (--faults)" in capsys.readouterr().err
