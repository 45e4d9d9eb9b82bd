"""Restores: events after the backup may be missing, and all others must exist.

A restore parts the records of each device where it begins anew: at its first reset after the
restore with an epoch that nobody had before it, or else at its first resume. What the old server
had said before it ended may still arrive until then.

The records before are judged as a history of their own. After it, the server owes what it owed
when the backup was begun; what was sent from then until the restore may exist or not, and nobody
need hold it.
"""

from collections.abc import Iterable, Iterator, Sequence

from backchannel.checker.journal import (
    Change,
    Entry,
    Fail,
    Invoke,
    Ok,
    Record,
    Reset,
    Restore,
    Resume,
    Unknown,
)


def histories(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The records to judge together: all of them, unless there was a restore."""
    records = [each for each in entries if not isinstance(each.record, Restore)]
    restores = sorted(
        (each.record for each in entries if isinstance(each.record, Restore)),
        key=lambda restore: restore.at,
    )
    for restore in restores:
        begins = _beginnings(records, restore)
        before = [each for each in records if _is_before(each.record, restore, begins)]
        yield before
        later = [each for each in records if not _is_before(each.record, restore, begins)]
        records = [*_kept(before, restore), *later]
    yield records


def _beginnings(records: Sequence[Entry], restore: Restore) -> dict[str, int]:
    """The times at which the devices began anew after the restore."""
    known = {
        record.epoch
        for _, record in records
        if isinstance(record, Reset) and record.at < restore.at
    }
    resets: dict[str, int] = {}
    resumes: dict[str, int] = {}
    for _, record in records:
        if record.at < restore.at:
            continue
        if isinstance(record, Reset) and record.epoch not in known:
            resets[record.device] = min(record.at, resets.get(record.device, record.at))
        elif isinstance(record, Resume):
            resumes[record.device] = min(record.at, resumes.get(record.device, record.at))
    return resumes | resets


def _is_before(record: Record, restore: Restore, begins: dict[str, int]) -> bool:
    begun = begins.get(record.device)
    return record.at < restore.at or begun is None or record.at < begun


def _kept(before: Iterable[Entry], restore: Restore) -> Iterator[Entry]:
    for place, record in before:
        if record.at < restore.backup_at:
            yield Entry(place, record)
        elif (left := _left(record)) is not None:
            yield Entry(place, left)


def _left(record: Record) -> Record | None:
    """The part of a record from between the backup and the restore that is valid after it."""
    match record:
        case Invoke() | Change() | Fail() | Unknown():
            return record
        case Ok():
            return Unknown(at=record.at, device=record.device, client_id=record.client_id)
        case Resume():
            # It names the device's user; where the device was means nothing any more.
            return Resume(at=record.at, device=record.device, user=record.user)
        case _:
            return None
