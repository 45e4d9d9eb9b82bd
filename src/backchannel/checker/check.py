"""Checking a history: its journals in order, then each detector; linear except for sorting."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from backchannel.checker.detectors.deliveries import duplicate, incomplete, lost
from backchannel.checker.detectors.numbers import disagreement, gap, reordered
from backchannel.checker.detectors.receipts import receipt
from backchannel.checker.detectors.sends import conflict, phantom
from backchannel.checker.history import History
from backchannel.checker.journal import BadJournal, LocatedRecord, read
from backchannel.checker.model import Delivery, LocatedReceipt
from backchannel.checker.restores import histories
from backchannel.checker.verdict import Counts, Finding, FindingKind, Verdict

PATTERN = "*.jsonl"

DETECTORS: dict[FindingKind, Callable[[History], Iterator[Finding]]] = {
    FindingKind.LOST: lost,
    FindingKind.PHANTOM: phantom,
    FindingKind.CONFLICT: conflict,
    FindingKind.DUPLICATE: duplicate,
    FindingKind.INCOMPLETE: incomplete,
    FindingKind.GAP: gap,
    FindingKind.REORDERED: reordered,
    FindingKind.DISAGREEMENT: disagreement,
    FindingKind.RECEIPT: receipt,
}


def journal_files(paths: Iterable[Path]) -> list[Path]:
    """The named files, and those in the named folders. Raises `BadJournal`.

    A restarted device may have continued in another file, so older files come first.
    """
    files = {file.resolve(): file for path in paths for file in _files(path)}
    return sorted(files.values(), key=_beginning)


def entries(files: Iterable[Path]) -> Iterator[LocatedRecord]:
    """All records. Raises `BadJournal`."""
    for file in files:
        yield from read(file)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.rglob(PATTERN))
    if not files:
        raise BadJournal(f"{path}: contains no journals; they are files named {PATTERN}")
    return files


def _beginning(file: Path) -> int:
    first = next(read(file), None)
    return first.record.at if first else 0


def check(entries: Iterable[LocatedRecord]) -> Verdict:
    """Check the records of all journals together. Raises `BadJournal`."""
    parts = [History(each) for each in histories(list(entries))]
    verdict = Verdict(_count(parts[-1]))
    for kind, detect in DETECTORS.items():
        for part in parts:
            verdict.add(kind, detect(part))
    return verdict


def _count(history: History) -> Counts:
    sends = history.sends.values()
    logs = [replica.log for _, replica in history.replicas()]
    acknowledged = sum(send.acknowledged is not None for send in sends)
    refused = sum(send.refused for send in sends)
    return Counts(
        records=history.records,
        sends=len(sends),
        acknowledged=acknowledged,
        refused=refused,
        unknown=len(sends) - acknowledged - refused,
        deliveries=sum(isinstance(each, Delivery) for log in logs for each in log),
        receipts=sum(isinstance(each, LocatedReceipt) for log in logs for each in log),
        histories=len(history.fetched),
        devices=len(history.devices),
        finished=sum(device.finish is not None for device in history.devices.values()),
        conversations=len(history.conversations),
    )
