"""No use case keeps the event loop for long; the aim is 5 ms, and 100 ms is out of question."""

from benchmarks.loop_steps import measure, table

GROSS = 0.1


def test_R13_no_use_case_keeps_the_event_loop() -> None:
    figures = measure()
    print(table(figures))  # noqa: T201 - the figures of this machine
    assert {name: took for name, (took, _) in figures.items() if took > GROSS} == {}
