"""R5: after a restore, every device ends with the same state as a fresh fetch, despite faults."""

from unittest.mock import patch

import pytest

from backchannel.checker.journal import Deliver, Ok, Reset, Restore
from backchannel.storage.sql.sqlite import rollback
from tests.simulation.run import again, simulate

SEEDS = 60
PARTS = 4


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS // PARTS))
def test_R5_seeds_with_restores_pass(first: int) -> None:
    for seed in range(first, first + SEEDS // PARTS):
        outcome = simulate(seed, restores=2)
        assert not outcome.troubles, (again(seed), outcome.troubles)
        assert outcome.check().clean, (again(seed), outcome.check().findings)


def test_R5_restores_remove_acknowledged_messages_and_reset_devices() -> None:
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


def test_R5_a_restore_that_keeps_the_epoch_is_detected() -> None:
    with patch.object(rollback, "CHANGE_EPOCHS", "SELECT 1"):
        outcomes = [simulate(seed, restores=2) for seed in range(SEEDS // PARTS)]
    assert any(each.troubles for each in outcomes)
    assert any(not each.check().clean for each in outcomes)
