"""A verdict, for people and for machines."""

import msgspec

from backchannel.checker.verdict import Finding, Kind, Verdict

SHOWN = 3
"""Findings of a kind that people are shown."""


def as_text(verdict: Verdict) -> str:
    """A table of what there was to judge, then the findings by kind, worst first."""
    lines = [f"{name:14}{value:>12}" for name, value in _table(verdict)]
    if verdict.clean:
        return "\n".join([*lines, *(["", "nothing found"] if verdict.judged else [])])
    for kind in Kind:
        found = verdict.findings.get(kind, [])
        if found:
            lines += ["", f"{kind}: {verdict.totals[kind]:,}"]
            lines += [line for each in found[:SHOWN] for line in _example(each)]
            rest = verdict.totals[kind] - SHOWN
            lines += [f"  and {rest:,} more"] if rest > 0 else []
    return "\n".join(lines)


def as_json(verdict: Verdict) -> str:
    """The counts, and by kind how many findings there are and the first hundred of them."""
    document = {
        "judged": verdict.judged,
        "clean": verdict.clean,
        "counts": verdict.counts,
        "totals": verdict.totals,
        "findings": {
            kind: [_plain(each) for each in found] for kind, found in verdict.findings.items()
        },
    }
    return msgspec.json.encode(document).decode()


def why_not_judged(verdict: Verdict) -> str:
    """The reason why nothing could be judged, and the way out."""
    if verdict.counts.sends == 0:
        return "nothing was judged: no journal holds a send (an `invoke` record)"
    return (
        "nothing was judged: no device finished; write a `finish` record for each device that "
        "was connected and level at the end"
    )


def _table(verdict: Verdict) -> list[tuple[str, str]]:
    counts = msgspec.to_builtins(verdict.counts)
    return [(name, f"{value:,}") for name, value in counts.items()]


def _example(finding: Finding) -> list[str]:
    evidence = [f"    {what}: {place}" for what, place in finding.evidence]
    return [f"  {finding.text}", *evidence]


def _plain(finding: Finding) -> dict[str, object]:
    evidence = [
        {"what": what, "file": place.file, "line": place.line} for what, place in finding.evidence
    ]
    return {"text": finding.text, "evidence": evidence}
