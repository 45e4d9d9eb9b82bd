"""Restores: events after the backup may be missing, and all others must exist.

A restore divides the records of each device where the device starts afresh: at its first reset
after the restore with an epoch that no device had before it, or else at its first resume. Events
that the old server had sent may still arrive until then.

The records before are checked as a separate history. After it, devices must receive the messages
that they had to receive when the backup was started; a message sent between then and the restore
may exist or not, and no device has to hold it.
"""

from collections.abc import Iterable, Iterator, Sequence

from backchannel.checker.journal import (
    Change,
    Fail,
    Invoke,
    LocatedRecord,
    Ok,
    Record,
    Reset,
    Restore,
    Resume,
    Unknown,
)


def histories(entries: Sequence[LocatedRecord]) -> Iterator[Sequence[LocatedRecord]]:
    """The records to check together: all of them, unless there was a restore."""
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


def _beginnings(records: Sequence[LocatedRecord], restore: Restore) -> dict[str, int]:
    """The times at which the devices started again after the restore."""
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


def _kept(before: Iterable[LocatedRecord], restore: Restore) -> Iterator[LocatedRecord]:
    for location, record in before:
        if record.at < restore.backup_at:
            yield LocatedRecord(location, record)
        elif (valid := _valid_part(record)) is not None:
            yield LocatedRecord(location, valid)


def _valid_part(record: Record) -> Record | None:
    """The part of a record from between the backup and the restore that is valid after it."""
    match record:
        case Invoke() | Change() | Fail() | Unknown():
            return record
        case Ok():
            return Unknown(at=record.at, device=record.device, client_id=record.client_id)
        case Resume():
            # It names the device's user; its old position no longer means anything.
            return Resume(at=record.at, device=record.device, user=record.user)
        case _:
            return None
