"""R5: after a restore every device ends equal to a fresh fetch, whatever else goes wrong."""

from unittest.mock import patch

import pytest

from backchannel.checker.journal import Deliver, Ok, Reset, Restore
from backchannel.storage.sql.sqlite import rollback
from tests.simulation.run import again, simulate

SEEDS = 60
PARTS = 4


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS // PARTS))
def test_R5_runs_with_restores_are_sound(first: int) -> None:
    for seed in range(first, first + SEEDS // PARTS):
        outcome = simulate(seed, restores=2)
        assert not outcome.troubles, (again(seed), outcome.troubles)
        assert outcome.judge().clean, (again(seed), outcome.judge().findings)


def test_R5_restores_take_away_what_was_acknowledged_and_are_told() -> None:
    lost = resets = 0
    for seed in range(SEEDS // PARTS):
        records = simulate(seed, restores=2).records
        for restore in (each for each in records if isinstance(each, Restore)):
            between = [each for each in records if restore.backup_at <= each.at < restore.at]
            lost += sum(isinstance(each, Ok | Deliver) for each in between)
        resets += sum(
            isinstance(each, Reset) and each.reason == "epoch_changed" for each in records
        )
    assert lost > SEEDS // PARTS
    assert resets > SEEDS // PARTS


def test_R5_a_restore_that_keeps_the_epoch_is_found_out() -> None:
    with patch.object(rollback, "CHANGE_EPOCHS", "SELECT 1"):
        outcomes = [simulate(seed, restores=2) for seed in range(SEEDS // PARTS)]
    assert any(each.troubles for each in outcomes)
    assert any(not each.judge().clean for each in outcomes)
