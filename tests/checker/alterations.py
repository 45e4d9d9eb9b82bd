"""The places in a history where a mutant can be made, and alterations of its records."""

from collections.abc import Iterable
from random import Random

import msgspec

from backchannel.checker.journal import (
    Deliver,
    DeliverReceipt,
    Finish,
    History,
    Ok,
    Record,
    Reset,
    Resume,
    Seen,
)
from tests.checker.strategies import GeneratedHistory


def acknowledged(generated: GeneratedHistory) -> list[Ok]:
    """The messages of the final phase."""
    return [each for each in generated.end if isinstance(each, Ok)]


def deliveries(generated: GeneratedHistory) -> list[int]:
    """Deliveries, in the final phase, of messages to users who had not sent them."""
    ids = {each.id for each in acknowledged(generated)}
    return [
        index
        for index, each in enumerate(generated.records)
        if isinstance(each, Deliver) and each.id in ids and each.source != "reply"
    ]


def receipts(generated: GeneratedHistory) -> list[int]:
    """Receipts of marks past the first message."""
    return [
        index
        for index, each in enumerate(generated.records)
        if index >= generated.final_phase and isinstance(each, DeliverReceipt) and each.seq > 1
    ]


def last_histories(generated: GeneratedHistory) -> list[int]:
    """Fetches of the conversation after its final phase."""
    last = acknowledged(generated)[-1].id
    return [
        index
        for index, each in enumerate(generated.records)
        if isinstance(each, History) and any(seen.id == last for seen in each.messages)
    ]


def resumed(generated: GeneratedHistory) -> int:
    """The reconnect of the device that was away for a while."""
    return next(
        index
        for index, each in enumerate(generated.records)
        if index >= generated.final_phase and isinstance(each, Resume)
    )


def neighbours(generated: GeneratedHistory, rng: Random) -> tuple[Ok, Ok]:
    one = rng.randrange(len(acknowledged(generated)) - 1)
    return acknowledged(generated)[one], acknowledged(generated)[one + 1]


def replaced(generated: GeneratedHistory, index: int, record: Record) -> list[Record]:
    return [*generated.records[:index], record, *generated.records[index + 1 :]]


def without(records: Iterable[Record], gone: str) -> list[Record]:
    """Remove a message from everything that follows its acknowledgement."""
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
    if isinstance(record, Ok | Deliver | DeliverReceipt):
        return msgspec.structs.replace(record, seq=(record.seq or 0) * step)
    return record


def one_further(record: Record) -> Record:
    """The same record, one position further."""
    if isinstance(record, Deliver | DeliverReceipt | Resume | Reset | Finish):
        return msgspec.structs.replace(record, position=one_more(record.position))
    return record


def one_more(number: int | None, by: int = 1) -> int | None:
    return None if number is None else number + by
