"""A run has a verdict only if everything planned has happened."""

from pathlib import Path

import pytest

from backchannel.checker import journal
from torture.faults.catalogue import FAULTS
from torture.plan import Plan, make_plan
from torture.tally import Tally
from torture.verdict import BROKEN, CLEAN, INCONCLUSIVE, evaluate

RESUME = journal.Resume(at=0, device="ada/1", user="a", epoch="e", position=0)
INVOKE = journal.Invoke(
    at=1, device="ada/1", user="a", client_id="k", conversation="c", body="b", to="b"
)
OK = journal.Ok(at=2, device="ada/1", client_id="k", id="m", seq=1)
TAKEN = journal.Deliver(
    at=2,
    device="ada/1",
    conversation="c",
    id="m",
    sender="a",
    body="b",
    source="reply",
    seq=1,
    client_id="k",
    position=1,
)
SEEN = journal.Seen(id="m", sender="a", body="b", seq=1)
HISTORY = journal.History(at=3, device="ada/1", conversation="c", messages=(SEEN,), complete=True)
FINISH = journal.Finish(at=4, device="ada/1", position=1)
CLEAN_RUN = (RESUME, INVOKE, OK, TAKEN, HISTORY, FINISH)


@pytest.fixture
def plan() -> Plan:
    return make_plan(1, seconds=5, users=2, rate=5, kinds=[FAULTS["cut"].kind])


@pytest.fixture
def tally(plan: Plan) -> Tally:
    """The tally of a run in which everything went as planned."""
    tally = Tally(sent=1, acknowledged=1, delivered=1)
    tally.faults["cut"] = len(plan.faults)
    return tally


def verdict(folder: Path, plan: Plan, tally: Tally, *records: journal.Record) -> int:
    path = folder / "journal.jsonl"
    with journal.JournalWriter(path) as written:
        for record in records:
            written.write(record)
    return evaluate(plan, tally, [path])


def test_everything_as_planned_and_nothing_found_is_clean(
    tmp_path: Path, plan: Plan, tally: Tally
) -> None:
    assert verdict(tmp_path, plan, tally, *CLEAN_RUN) == CLEAN


def test_findings_of_the_checker_fail_the_run(tmp_path: Path, plan: Plan, tally: Tally) -> None:
    empty = journal.History(at=3, device="ada/1", conversation="c", messages=(), complete=True)
    assert verdict(tmp_path, plan, tally, RESUME, INVOKE, OK, TAKEN, empty, FINISH) == BROKEN


def test_rules_broken_during_a_fault_fail_the_run(
    tmp_path: Path, plan: Plan, tally: Tally, capfd: pytest.CaptureFixture[str]
) -> None:
    tally.breaches.append("R10: nobody can log in")
    assert verdict(tmp_path, plan, tally, *CLEAN_RUN) == BROKEN
    assert "broken: R10: nobody can log in" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("acknowledged", "not one message was acknowledged"),
        ("delivered", "not one message was delivered"),
        ("faults", "faults did not happen"),
    ],
)
def test_a_run_in_which_too_little_happened_has_no_verdict(
    missing: str,
    message: str,
    tmp_path: Path,
    plan: Plan,
    tally: Tally,
    capfd: pytest.CaptureFixture[str],
) -> None:
    setattr(tally, missing, getattr(Tally(), missing))
    assert verdict(tmp_path, plan, tally, *CLEAN_RUN) == INCONCLUSIVE
    assert message in capfd.readouterr().out
