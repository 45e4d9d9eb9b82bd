"""The command line of the torture."""

import shlex
from pathlib import Path

import pytest

from torture.__main__ import main
from torture.options import parse


def test_the_printed_command_reproduces_the_plan() -> None:
    given = parse(["--minutes", "2", "--users", "9", "--rate", "33", "--faults", "cut,kill"])
    repeated = parse(shlex.split(given.command)[3:])
    assert repeated == given
    assert repeated.seconds == 120


def test_the_printed_command_names_the_servers() -> None:
    given = parse(["--nodes", "3", "--database", "mongodb", "--bus", "nats", "--seed", "1"])
    assert given.command.endswith(" --nodes 3 --database mongodb --bus nats")
    assert parse(shlex.split(given.command)[3:]) == given


def test_by_default_torture_runs_all_faults_for_a_minute() -> None:
    options = parse([])
    assert (options.seconds, options.faults, options.keep) == (60, None, None)
    assert "--faults" not in options.command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--faults", "cut,flood"], "no fault 'flood'"),
        (["--users", "1"], "--users must be between 2 and 500"),
        (["--hours", "30"], "--seconds must be between 5 and 72,000"),
        (["--nodes", "10"], "--nodes must be between 1 and 9"),
        (["--faults", "node-kill"], "node-kill cannot be tried with --nodes 1"),
        (["--nodes", "2", "--faults", "full-disk"], "full-disk cannot be tried with --nodes 2"),
        (["--rate", "0"], "--rate must be between 1 and 5,000"),
    ],
)
def test_the_invalid_argument_is_named(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_folder_of_another_run_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.jsonl").touch()
    with pytest.raises(SystemExit) as ended:
        parse(["--keep", str(tmp_path)])
    assert ended.value.code == 2
    assert "--keep must name a new or empty folder" in capsys.readouterr().err


def test_a_run_that_is_too_short_names_the_options_to_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--seconds", "5", "--keep", str(tmp_path)]) == 2
    assert "take longer (--seconds), or name fewer of them (--faults)" in capsys.readouterr().err
