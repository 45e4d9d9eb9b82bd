"""The figures of the comparison, and its output."""

from benchmarks.peers import report
from benchmarks.peers.contenders import OURS, PEERS, beside
from benchmarks.peers.loss.journal import Journal, Outcome, evaluate
from benchmarks.peers.measure import Load


def test_lost_duplicated_and_reordered_messages_are_counted() -> None:
    journals = [
        Journal(acknowledged=[0, 1, 2, 3], received=[0, 2, 1, 2]),
        Journal(acknowledged=[0, 1], received=[0, 1, 5]),
    ]

    outcome = evaluate(journals, cuts=7)

    assert outcome == Outcome(cuts=7, acknowledged=6, lost=1, duplicated=1, reordered=1)


def test_an_unacknowledged_message_does_not_count_as_lost() -> None:
    assert evaluate([Journal(acknowledged=[], received=[])], cuts=1) == Outcome(cuts=1)


def test_the_ratio_is_the_median_of_the_ratios_per_round() -> None:
    ours = [_load(100), _load(300), _load(200)]
    theirs = [_load(100), _load(30), _load(100)]

    table = report.load_table(PEERS, {OURS: ours, "c": theirs}, beside)

    first, second = (_cells(line) for line in table.splitlines()[2:])
    assert first[:5] == ["Backchannel", "synced", "200", "", "2,000"]
    assert second[:4] == ["C with epoll", "nothing", "100", "2.00 times"]


def test_a_stack_on_a_database_server_is_compared_with_ours_on_the_same_server() -> None:
    runs = {OURS: [_load(600)], "backchannel-mariadb": [_load(300)], "node-mariadb": [_load(100)]}

    table = report.load_table(PEERS, runs, beside)

    assert [_cells(line)[3] for line in table.splitlines()[2:]] == ["", "2.00 times", "3.00 times"]


def test_a_peer_that_was_left_out_has_no_row() -> None:
    table = report.load_table(PEERS, {OURS: [_load(1)], "prosody": []}, beside)

    assert len(table.splitlines()) == 3


def test_lost_messages_are_shown_with_their_percentage() -> None:
    outcome = Outcome(cuts=30, acknowledged=1_000, lost=25, duplicated=2, reordered=3)

    row = report.loss_table({("stack", "configuration"): outcome}).splitlines()[2]

    assert _cells(row) == ["stack", "configuration", "30", "1,000", "25 (2.5%)", "2", "3"]


def _load(rate: float) -> Load:
    return Load(rate=rate, pace=2_000, p50=1, p99=2, unfinished=0)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
