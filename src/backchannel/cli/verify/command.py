"""`backchannel verify`."""

from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli.output import fail

FOUND = 1
NOT_JUDGED = 2

Journals = Annotated[
    list[Path],
    typer.Argument(metavar="JOURNAL...", help="Journals, or folders of them (*.jsonl)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def verify(journals: Journals, as_json: AsJson = False) -> None:  # noqa: FBT002  # Typer's way to say a flag
    """Check client journals for lost, duplicated or reordered messages; exits with 1 if any.

    Journals that cannot be read, or hold nothing to judge, are exit code 2.
    """
    from backchannel.checker.check import check
    from backchannel.checker.collect import collect, entries
    from backchannel.checker.journal import BadJournal
    from backchannel.cli.verify import report

    try:
        files = collect(journals)
        verdict = check(entries(files))
    except BadJournal as error:
        fail(str(error))
        raise typer.Exit(NOT_JUDGED) from None
    typer.echo(report.as_json(verdict) if as_json else report.as_text(verdict))
    if not verdict.clean:
        raise typer.Exit(FOUND)
    if not verdict.judged:
        fail(report.why_not_judged(verdict))
        raise typer.Exit(NOT_JUDGED)
