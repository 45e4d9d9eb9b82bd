"""Answers to questions wait while the database is away."""

import logging

import pytest

from backchannel.chat import answers
from backchannel.domain.errors import NotFound, Unavailable


async def test_an_outage_is_logged_once_however_long_it_lasts(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "FIRST_WAIT", 0.001)
    away = iter([Unavailable("the database is away")] * 9)

    async def attempt() -> str:
        for refusal in away:
            raise refusal
        return "stored"

    with caplog.at_level(logging.WARNING):
        assert await answers.persist(attempt) == "stored"
    assert [each.message for each in caplog.records] == [
        "tried again until it succeeds: the database is away"
    ]


async def test_other_errors_are_not_retried() -> None:
    async def attempt() -> None:
        raise NotFound("question not found")

    with pytest.raises(NotFound):
        await answers.persist(attempt)
