"""`backchannel verify`: the verdict in words, in JSON and as an exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from backchannel.checker.journal import (
    Deliver,
    Finish,
    Invoke,
    JournalWriter,
    Ok,
    Record,
    Resume,
)

Invocation = Callable[..., Result]

HONEST: list[Record] = [
    Resume(at=0, device="ada-phone", user="ada", epoch="e1", position=0),
    Resume(at=0, device="bob-phone", user="bob", epoch="e1", position=0),
    Invoke(
        at=1, device="ada-phone", user="ada", client_id="a", conversation="k", body="hi", to="bob"
    ),
    Ok(at=2, device="ada-phone", client_id="a", id="m1", seq=1),
    Deliver(
        at=3,
        device="bob-phone",
        conversation="k",
        id="m1",
        sender="ada",
        body="hi",
        source="live",
        seq=1,
        position=1,
    ),
    Finish(at=9, device="bob-phone", position=1),
]
LYING = [*HONEST[:4], HONEST[5]]
TWICE = [*HONEST[:5], *[HONEST[4]] * 5, HONEST[5]]


@pytest.fixture
def journal(folder: Path) -> Callable[[list[Record]], str]:
    """Writes a journal; its name."""

    def write(records: list[Record]) -> str:
        with JournalWriter(folder / "all.jsonl") as journal:
            for record in records:
                journal.write(record)
        return "all.jsonl"

    return write


Journal = Callable[[list[Record]], str]


def test_a_correct_history_has_no_findings(invoke: Invocation, journal: Journal) -> None:
    result = invoke("verify", journal(HONEST))
    assert "nothing found" in result.stdout
    table = dict(line.split() for line in result.stdout.splitlines()[:11])
    assert (table["sends"], table["acknowledged"], table["deliveries"]) == ("1", "1", "1")


def test_a_folder_and_an_incomplete_last_line_are_read(
    invoke: Invocation, journal: Journal
) -> None:
    with Path(journal(HONEST)).open("a") as file:
        file.write('{"type":"deliver","at":')
    assert "nothing found" in invoke("verify", ".").stdout


def test_findings_are_shown_with_their_records(invoke: Invocation, journal: Journal) -> None:
    result = invoke("verify", journal(LYING), code=1)
    assert result.stdout.splitlines()[-4:] == [
        "lost: 1",
        "  message m1 of ada was confirmed and is gone",
        "    acknowledged as m1: all.jsonl:4",
        "    bob-phone should have received it by now: all.jsonl:5",
    ]


def test_only_the_first_findings_of_a_kind_are_shown(invoke: Invocation, journal: Journal) -> None:
    result = invoke("verify", journal(TWICE), code=1)
    assert "duplicate: 5" in result.stdout
    assert result.stdout.count("was given message m1 twice") == 3
    assert "  and 2 more" in result.stdout


def test_verify_json_prints_one_json_object(invoke: Invocation, journal: Journal) -> None:
    verdict = json.loads(invoke("verify", "--json", journal(TWICE), code=1).stdout)
    assert (verdict["conclusive"], verdict["clean"]) == (True, False)
    assert verdict["totals"] == {"duplicate": 5}
    assert verdict["counts"]["deliveries"] == 6
    assert len(verdict["findings"]["duplicate"]) == 5
    assert verdict["findings"]["duplicate"][0]["evidence"] == [
        {"what": "first", "file": "all.jsonl", "line": 5},
        {"what": "delivered", "file": "all.jsonl", "line": 6},
    ]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "no journal holds a send"),
        (HONEST[:2], "no journal holds a send"),
        (HONEST[:5], "no device finished"),
    ],
)
def test_a_journal_with_nothing_to_check_exits_with_2(
    invoke: Invocation, journal: Journal, records: list[Record], message: str
) -> None:
    result = invoke("verify", journal(records), code=2)
    assert "nothing found" not in result.stdout
    assert f"backchannel: nothing was checked: {message}" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.jsonl"], "missing.jsonl: No such file or directory"),
        (["."], ".: contains no journals; they are files named *.jsonl"),
    ],
)
def test_an_unreadable_journal_is_reported_in_one_line(
    invoke: Invocation, arguments: list[str], message: str
) -> None:
    result = invoke("verify", *arguments, code=2)
    assert (result.stdout, result.stderr) == ("", f"backchannel: {message}\n")


def test_an_invalid_record_is_reported_with_file_line_and_field(
    invoke: Invocation, folder: Path
) -> None:
    (folder / "bad.jsonl").write_text('{"type":"finish","at":"noon","device":"d"}\n')
    result = invoke("verify", "bad.jsonl", code=2)
    assert result.stderr == (
        "backchannel: bad.jsonl:1: not a record: Expected `int`, got `str` - at `$.at`\n"
    )
