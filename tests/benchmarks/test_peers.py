"""What the comparison counts, and what it prints."""

from benchmarks.peers import report
from benchmarks.peers.contenders import OURS, PEERS
from benchmarks.peers.loss.journal import Journal, Outcome, judge
from benchmarks.peers.measure import Load


def test_each_kind_of_trouble_is_counted() -> None:
    journals = [
        Journal(acknowledged=[0, 1, 2, 3], received=[0, 2, 1, 2]),
        Journal(acknowledged=[0, 1], received=[0, 1, 5]),
    ]

    outcome = judge(journals, cuts=7)

    assert outcome == Outcome(cuts=7, acknowledged=6, lost=1, duplicated=1, reordered=1)


def test_what_was_not_acknowledged_is_not_lost() -> None:
    assert judge([Journal(acknowledged=[], received=[])], cuts=1) == Outcome(cuts=1)


def test_a_ratio_is_the_median_of_those_within_each_round() -> None:
    ours = [_load(100), _load(300), _load(200)]
    theirs = [_load(100), _load(30), _load(100)]

    table = report.load_table(PEERS, {OURS: ours, "c": theirs}, OURS)

    first, second = (_cells(line) for line in table.splitlines()[2:])
    assert first[:5] == ["Backchannel", "synced", "200", "", "2,000"]
    assert second[:4] == ["C with epoll", "nothing", "100", "2.00 times"]


def test_a_peer_that_was_left_out_has_no_row() -> None:
    table = report.load_table(PEERS, {OURS: [_load(1)], "prosody": []}, OURS)

    assert len(table.splitlines()) == 3


def test_losses_are_told_with_their_share() -> None:
    outcome = Outcome(cuts=30, acknowledged=1_000, lost=25, duplicated=2, reordered=3)

    row = report.loss_table({("stack", "habits"): outcome}).splitlines()[2]

    assert _cells(row) == ["stack", "habits", "30", "1,000", "25 (2.5%)", "2", "3"]


def _load(rate: float) -> Load:
    return Load(rate=rate, pace=2_000, p50=1, p99=2, unfinished=0)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
