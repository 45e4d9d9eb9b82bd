"""R9: background work survives an outage of the database, and logs it in two lines."""

import logging

import pytest

from backchannel.chat.retries import Retries


def test_R9_a_task_that_fails_repeatedly_is_logged_twice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    retries = Retries("washing up", 1.0, logging.getLogger("kitchen"))
    pauses: list[float] = []
    for _ in range(100):
        retries.note_failure("no water")
        pauses.append(retries.pause)
    retries.note_success()
    retries.note_success()
    assert caplog.messages == [
        "washing up failed and will be tried again: no water",
        "washing up succeeds again",
    ]
    assert pauses[:4] == [2.0, 4.0, 8.0, 16.0]
    assert max(pauses) == Retries.LONGEST
    assert retries.pause == 1.0


def test_a_long_pause_is_never_cut() -> None:
    retries = Retries("sleeping", 600.0, logging.getLogger("kitchen"))
    retries.note_failure("noise")
    assert retries.pause == 600.0
