"""The checker finds nothing against a correct server, whatever the network and the clients do."""

import gc
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from backchannel.checker.check import check
from backchannel.checker.journal import Change, Finish, Invoke, Ok, Record, located
from backchannel.checker.verdict import Finding, FindingKind
from tests.checker.strategies import GeneratedHistory, histories


def found(records: Sequence[Record]) -> dict[FindingKind, list[Finding]]:
    return check(located(records)).findings


@given(histories())
def test_the_histories_of_a_correct_server_have_no_findings(history: GeneratedHistory) -> None:
    assert found(history.records) == {}


@given(histories(), st.data())
def test_the_order_of_the_files_does_not_matter(
    history: GeneratedHistory, data: st.DataObject
) -> None:
    names = data.draw(st.permutations(sorted({each.device for each in history.records})))
    records = [each for name in names for each in history.records if each.device == name]
    assert found(records) == {}


@given(histories(), st.integers(0, 1 << 30))
def test_a_lost_acknowledgement_causes_no_findings(history: GeneratedHistory, mask: int) -> None:
    """The outcome after a time-out is unknown, never a failure."""
    kept = (
        each
        for number, each in enumerate(history.records)
        if not isinstance(each, Ok) or mask >> number % 30 & 1
    )
    assert found([*kept]) == {}


@given(histories(), st.integers(0, 1 << 30))
def test_a_killed_client_causes_no_findings(history: GeneratedHistory, seed: int) -> None:
    """Its journal may end anywhere after the last message it sent."""
    name = sorted({each.device for each in history.records})[seed % 3]
    own = [index for index, each in enumerate(history.records) if each.device == name]
    asked = [index for index in own if isinstance(history.records[index], Invoke | Change)]
    ends = [index for index in own if not asked or index > asked[-1]]
    end = ends[seed % len(ends)]
    kept = [
        each
        for index, each in enumerate(history.records)
        if each.device != name or (index < end and not isinstance(each, Finish))
    ]
    assert found(kept) == {}


def test_a_history_that_was_checked_leaves_nothing_behind() -> None:
    """A send and its message refer to each other: only the garbage collector can free them."""
    records: list[Record] = [
        Invoke(at=1, device="ada/1", user="ada", client_id="a", conversation="c", body="hello"),
        Ok(at=2, device="ada/1", client_id="a", id="m", seq=1),
    ]

    def count_after_check() -> int:
        for _ in range(100):
            check(located(records))
        gc.collect()
        return len(gc.get_objects())

    before = count_after_check()
    assert count_after_check() < before + 50
