"""Clients without a login cannot fill the disk with log entries."""

import logging

import pytest

from backchannel.telemetry.logs import ENTRIES, INTERVAL, SparingLog


def test_S18_log_entries_per_interval_are_bounded_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    log = SparingLog(logging.getLogger("tests.sparing"), lambda: now)
    for _ in range(10 * ENTRIES):
        log.warning("refused", host="x" * 10_000)
    assert len(caplog.records) == ENTRIES
    assert len(vars(caplog.records[0])["host"]) == 200
    now += INTERVAL
    log.warning("refused", host="y")
    assert vars(caplog.records[-1])["left_out"] == str(9 * ENTRIES)
