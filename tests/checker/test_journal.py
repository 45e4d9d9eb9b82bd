"""Journals as files: what is written is read, and what cannot be read is reported plainly."""

import re
from pathlib import Path
from typing import get_args

import pytest

from backchannel.checker.check import check, entries, journal_files
from backchannel.checker.journal import (
    BadJournal,
    Deliver,
    Finish,
    History,
    Invoke,
    JournalWriter,
    Record,
    Resume,
    Seen,
    encode,
    read,
)

DOCUMENT = (Path(__file__).parents[2] / "docs" / "verification.md").read_text("utf-8")

RESUME = Resume(at=1, device="phone", user="ada", epoch="e1", position=None)
FINISH = Finish(at=9, device="phone", position=4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "phone.jsonl"


def records(path: Path) -> list[Record]:
    return [entry.record for entry in read(path)]


def test_written_records_are_read_back(path: Path) -> None:
    seen = Seen(seq=1, id="m1", sender="bob", body='a "body"\nof two lines, ünï')
    written: list[Record] = [
        RESUME,
        Invoke(at=2, device="phone", user="ada", client_id="c", conversation="k", body="hi"),
        Deliver(
            at=3, device="phone", conversation="k", id="m", sender="bob", body="", source="live"
        ),
        History(at=4, device="phone", conversation="k", messages=(seen,), complete=True),
        FINISH,
    ]
    with JournalWriter(path) as journal:
        for record in written:
            journal.write(record)
            assert records(path)[-1] == record, "it is in the file at once"
    assert records(path) == written


def test_a_location_is_a_file_and_a_line(path: Path) -> None:
    path.write_bytes(encode(RESUME) + b"\n" + encode(FINISH) + b"\n")
    assert [str(entry.location) for entry in read(path)] == [f"{path}:1", f"{path}:2"]


def test_an_incomplete_last_line_is_skipped(path: Path) -> None:
    path.write_bytes(encode(RESUME) + b"\n" + encode(FINISH)[:-3])
    assert records(path) == [RESUME]


def test_a_writer_that_continues_removes_an_incomplete_line(path: Path) -> None:
    path.write_bytes(encode(RESUME) + b"\n" + encode(FINISH)[:-3])
    with JournalWriter(path) as journal:
        journal.write(FINISH)
    assert records(path) == [RESUME, FINISH]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"hello", "JSON is malformed"),
        (b'{"type":"finish","device":"phone"}', "missing required field `at`"),
        (b'{"type":"finish","at":"1","device":"phone"}', "Expected `int`, got `str` - at `$.at`"),
        (b'{"type":"finish","at":1.5,"device":"phone"}', "Expected `int`, got `float`"),
        (b'{"type":"finish","at":1,"device":""}', "length >= 1 - at `$.device`"),
        (b'{"type":"finish","at":1,"device":"p","seq":2}', "unknown field `seq`"),
        (b'{"type":"done","at":1,"device":"p"}', "Invalid value 'done' - at `$.type`"),
        (b"\xff\xfe", "not a record"),
        (b"", "not a record"),
    ],
)
def test_an_invalid_line_is_reported_with_file_line_and_field(
    path: Path, line: bytes, message: str
) -> None:
    path.write_bytes(encode(RESUME) + b"\n" + line + b"\n" + encode(FINISH) + b"\n")
    with pytest.raises(BadJournal) as refusal:
        records(path)
    assert str(refusal.value).startswith(f"{path}:2: not a record: ")
    assert message in str(refusal.value)


def test_folders_are_searched_and_the_oldest_journal_comes_first(tmp_path: Path) -> None:
    later, earlier = tmp_path / "a.jsonl", tmp_path / "inner" / "b.jsonl"
    earlier.parent.mkdir()
    later.write_bytes(encode(FINISH) + b"\n")
    earlier.write_bytes(encode(RESUME) + b"\n")
    files = journal_files([tmp_path, later])
    assert files == [earlier, later], "each once"
    assert [entry.record for entry in entries(files)] == [RESUME, FINISH]


def test_missing_files_and_empty_folders_are_reported(tmp_path: Path) -> None:
    with pytest.raises(BadJournal, match=r"missing\.jsonl: No such file"):
        journal_files([tmp_path / "missing.jsonl"])
    with pytest.raises(BadJournal, match="contains no journals"):
        journal_files([tmp_path])


def test_the_example_in_the_documents_is_a_valid_journal(path: Path) -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    path.write_text(example, "utf-8")
    verdict = check(read(path))
    assert (verdict.conclusive, verdict.totals) == (True, {})


def test_the_documents_name_all_records_and_fields() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (`.*?) \| ", DOCUMENT, re.MULTILINE)
    documented = {tag: set(re.findall(r"`(\w+)`", fields)) for tag, fields in rows}
    assert documented == {
        kind.__struct_config__.tag: set(kind.__struct_fields__) - {"at", "device"}
        for kind in get_args(Record)
    }
