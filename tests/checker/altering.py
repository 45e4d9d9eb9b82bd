"""Where in a history a mutant can be made, and how its records are altered."""

from collections.abc import Iterable
from random import Random

import msgspec

from backchannel.checker.journal import (
    Deliver,
    Finish,
    History,
    Ok,
    Receipt,
    Record,
    Reset,
    Resume,
    Seen,
)
from tests.checker.worlds import Told


def acknowledged(told: Told) -> list[Ok]:
    """The messages of the calm end."""
    return [each for each in told.end if isinstance(each, Ok)]


def deliveries(told: Told) -> list[int]:
    """Where messages of the calm end were delivered to those who had not sent them."""
    ids = {each.id for each in acknowledged(told)}
    return [
        index
        for index, each in enumerate(told.records)
        if isinstance(each, Deliver) and each.id in ids and each.source != "reply"
    ]


def receipts(told: Told) -> list[int]:
    """Where a mark past the first message was told."""
    return [
        index
        for index, each in enumerate(told.records)
        if index >= told.calm and isinstance(each, Receipt) and each.seq > 1
    ]


def last_histories(told: Told) -> list[int]:
    """Where the conversation of the calm end was fetched after it."""
    last = acknowledged(told)[-1].id
    return [
        index
        for index, each in enumerate(told.records)
        if isinstance(each, History) and any(seen.id == last for seen in each.messages)
    ]


def resumed(told: Told) -> int:
    """Where the device that was away for a while came back."""
    return next(
        index
        for index, each in enumerate(told.records)
        if index >= told.calm and isinstance(each, Resume)
    )


def neighbours(told: Told, dice: Random) -> tuple[Ok, Ok]:
    one = dice.randrange(len(acknowledged(told)) - 1)
    return acknowledged(told)[one], acknowledged(told)[one + 1]


def replaced(told: Told, index: int, record: Record) -> list[Record]:
    return [*told.records[:index], record, *told.records[index + 1 :]]


def without(records: Iterable[Record], gone: str) -> list[Record]:
    """Nobody is ever told of a message again, once it was acknowledged."""
    kept: list[Record] = []
    for each in records:
        if isinstance(each, History):
            messages = tuple(seen for seen in each.messages if seen.id != gone)
            kept.append(msgspec.structs.replace(each, messages=messages))
        elif not isinstance(each, Deliver) or each.id != gone:
            kept.append(each)
    return kept


def renumbered(record: Record, numbers: dict[str, int | None]) -> Record:
    """The same record, with other numbers for these messages."""
    if isinstance(record, History):
        seen = [renumbered_seen(each, numbers) for each in record.messages]
        ordered = tuple(sorted(seen, key=lambda each: each.seq or 0))
        return msgspec.structs.replace(record, messages=ordered)
    if isinstance(record, Ok | Deliver) and record.id in numbers:
        return msgspec.structs.replace(record, seq=numbers[record.id])
    return record


def renumbered_seen(seen: Seen, numbers: dict[str, int | None]) -> Seen:
    return msgspec.structs.replace(seen, seq=numbers.get(seen.id, seen.seq))


def spread(record: Record, step: int) -> Record:
    if isinstance(record, History):
        messages = tuple(
            msgspec.structs.replace(each, seq=(each.seq or 0) * step) for each in record.messages
        )
        return msgspec.structs.replace(record, messages=messages)
    if isinstance(record, Ok | Deliver | Receipt):
        return msgspec.structs.replace(record, seq=(record.seq or 0) * step)
    return record


def one_further(record: Record) -> Record:
    """The same record, one position further."""
    if isinstance(record, Deliver | Receipt | Resume | Reset | Finish):
        return msgspec.structs.replace(record, position=one_more(record.position))
    return record


def one_more(number: int | None, by: int = 1) -> int | None:
    return None if number is None else number + by
