"""`backchannel verify`: the verdict on the journals of clients, for people and for machines."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from backchannel.checker.check import check, entries, journal_files
from backchannel.checker.journal import BadJournal
from backchannel.checker.verdict import Finding, FindingKind, Verdict
from backchannel.cli.output import fail

FOUND = 1
INCONCLUSIVE = 2

Journals = Annotated[
    list[Path],
    typer.Argument(metavar="JOURNAL...", help="Journals, or folders of them (*.jsonl)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

SHOWN = 3
"""Findings of a kind that people are shown."""


def verify(journals: Journals, as_json: AsJson = False) -> None:  # noqa: FBT002  # Typer's way to say a flag
    """Check client journals for lost, duplicated or reordered messages; exits with 1 if any.

    The exit code is 2 if a journal cannot be read or contains nothing to check.
    """
    try:
        files = journal_files(journals)
        verdict = check(entries(files))
    except BadJournal as error:
        fail(str(error))
        raise typer.Exit(INCONCLUSIVE) from None
    typer.echo(_in_json(verdict) if as_json else _in_text(verdict))
    if not verdict.clean:
        raise typer.Exit(FOUND)
    if not verdict.conclusive:
        fail(_why_inconclusive(verdict))
        raise typer.Exit(INCONCLUSIVE)


def _in_text(verdict: Verdict) -> str:
    """A table of the checked items, then the findings by kind, worst first."""
    lines = [f"{name:14}{value:>12}" for name, value in _table(verdict)]
    if verdict.clean:
        return "\n".join([*lines, *(["", "nothing found"] if verdict.conclusive else [])])
    for kind in FindingKind:
        found = verdict.findings.get(kind, [])
        if found:
            lines += ["", f"{kind}: {verdict.totals[kind]:,}"]
            lines += [line for each in found[:SHOWN] for line in _example(each)]
            rest = verdict.totals[kind] - SHOWN
            lines += [f"  and {rest:,} more"] if rest > 0 else []
    return "\n".join(lines)


def _in_json(verdict: Verdict) -> str:
    """The counts, and by kind the number of findings and the first hundred of them."""
    document = {
        "conclusive": verdict.conclusive,
        "clean": verdict.clean,
        "counts": verdict.counts,
        "totals": verdict.totals,
        "findings": {
            kind: [_plain(each) for each in found] for kind, found in verdict.findings.items()
        },
    }
    return msgspec.json.encode(document).decode()


def _why_inconclusive(verdict: Verdict) -> str:
    """The reason why nothing could be checked, and the remedy."""
    if verdict.counts.sends == 0:
        return "nothing was checked: no journal holds a send (an `invoke` record)"
    return (
        "nothing was checked: no device finished; write a `finish` record for each device that "
        "was connected and level at the end"
    )


def _table(verdict: Verdict) -> list[tuple[str, str]]:
    counts = msgspec.to_builtins(verdict.counts)
    return [(name, f"{value:,}") for name, value in counts.items()]


def _example(finding: Finding) -> list[str]:
    evidence = [f"    {what}: {location}" for what, location in finding.evidence]
    return [f"  {finding.text}", *evidence]


def _plain(finding: Finding) -> dict[str, object]:
    evidence = [
        {"what": what, "file": location.file, "line": location.line}
        for what, location in finding.evidence
    ]
    return {"text": finding.text, "evidence": evidence}
