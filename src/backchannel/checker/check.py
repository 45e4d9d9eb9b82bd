"""Judging a history: every judgement in turn. Linear in the records, but for sorting numbers."""

from collections.abc import Callable, Iterable, Iterator

from backchannel.checker.history import History
from backchannel.checker.journal import Entry
from backchannel.checker.judgements import (
    conflict,
    disagreement,
    duplicate,
    gap,
    incomplete,
    lost,
    phantom,
    receipt,
    reordered,
)
from backchannel.checker.model import Delivery, Told
from backchannel.checker.restores import histories
from backchannel.checker.verdict import Counts, Finding, Kind, Verdict

JUDGEMENTS: dict[Kind, Callable[[History], Iterator[Finding]]] = {
    Kind.LOST: lost.judge,
    Kind.PHANTOM: phantom.judge,
    Kind.CONFLICT: conflict.judge,
    Kind.DUPLICATE: duplicate.judge,
    Kind.INCOMPLETE: incomplete.judge,
    Kind.GAP: gap.judge,
    Kind.REORDERED: reordered.judge,
    Kind.DISAGREEMENT: disagreement.judge,
    Kind.RECEIPT: receipt.judge,
}


def check(entries: Iterable[Entry]) -> Verdict:
    """Judge the records of all journals together. Raises `BadJournal`."""
    parts = [History(each) for each in histories(list(entries))]
    verdict = Verdict(_count(parts[-1]))
    for kind, judge in JUDGEMENTS.items():
        for part in parts:
            verdict.add(kind, judge(part))
    return verdict


def _count(history: History) -> Counts:
    sends = history.sends.values()
    logs = [life.log for _, life in history.lives()]
    acknowledged = sum(send.acknowledged is not None for send in sends)
    refused = sum(send.refused for send in sends)
    return Counts(
        records=history.records,
        sends=len(sends),
        acknowledged=acknowledged,
        refused=refused,
        unknown=len(sends) - acknowledged - refused,
        deliveries=sum(isinstance(each, Delivery) for log in logs for each in log),
        receipts=sum(isinstance(each, Told) for log in logs for each in log),
        histories=len(history.fetched),
        devices=len(history.devices),
        finished=sum(device.finish is not None for device in history.devices.values()),
        conversations=len(history.conversations),
    )
