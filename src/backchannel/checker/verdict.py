"""The verdict: findings, each with the records that show it."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from backchannel.checker.journal import Location

KEPT = 100
"""Findings of a kind that are kept; the others are counted."""


class FindingKind(StrEnum):
    """The anomalies, worst first. Each has a detector of its name."""

    LOST = "lost"
    PHANTOM = "phantom"
    CONFLICT = "conflict"
    DUPLICATE = "duplicate"
    INCOMPLETE = "incomplete"
    GAP = "gap"
    REORDERED = "reordered"
    DISAGREEMENT = "disagreement"
    RECEIPT = "receipt"


class Evidence(NamedTuple):
    """`what` a record shows, and its place."""

    what: str
    location: Location


class Finding(NamedTuple):
    """A violation: a sentence that describes it, and the records that show it."""

    text: str
    evidence: tuple[Evidence, ...]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of checked items. `finished` devices must be complete."""

    records: int
    sends: int
    acknowledged: int
    refused: int
    unknown: int
    deliveries: int
    receipts: int
    histories: int
    devices: int
    finished: int
    conversations: int


class Verdict:
    """All findings, by kind: `totals` counts them, `findings` holds the first `KEPT` of each."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.totals: dict[FindingKind, int] = {}
        self.findings: dict[FindingKind, list[Finding]] = {}

    def add(self, kind: FindingKind, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.totals[kind] = self.totals.get(kind, 0) + 1
            kept = self.findings.setdefault(kind, [])
            if len(kept) < KEPT:
                kept.append(finding)

    @property
    def clean(self) -> bool:
        """True if nothing was found, which proves something only if it is `conclusive`."""
        return not self.totals

    @property
    def conclusive(self) -> bool:
        """True if there was anything to check: a send, and a device that should hold it."""
        return self.counts.sends > 0 and self.counts.finished > 0
