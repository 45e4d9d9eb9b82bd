"""Histories of servers that break one promise each, made from those of one that keeps all.

A mutant changes what happened in the calm end, where everybody was there to see it.
"""

from collections.abc import Callable
from random import Random

import msgspec

from backchannel.checker.journal import (
    Deliver,
    Fail,
    History,
    Receipt,
    Record,
    Resume,
)
from backchannel.checker.verdict import Kind
from tests.checker.altering import (
    acknowledged,
    deliveries,
    last_histories,
    neighbours,
    one_further,
    one_more,
    receipts,
    renumbered,
    replaced,
    resumed,
    spread,
    without,
)
from tests.checker.worlds import Told

Mutant = Callable[[Told, Random], list[Record]]
MUTANTS: list[tuple[Kind, Mutant]] = []
"""With the kind of finding that each must lead to, and to no other."""
CURSORLESS: list[tuple[Kind, Mutant]] = []
"""Those that can be made, and must be found, where neither positions nor numbers are told."""


def mutant(kind: Kind, *, cursorless: bool = False) -> Callable[[Mutant], Mutant]:
    def register(change: Mutant) -> Mutant:
        MUTANTS.append((kind, change))
        if cursorless:
            CURSORLESS.append((kind, change))
        return change

    return register


@mutant(Kind.LOST, cursorless=True)
def an_acknowledged_message_is_gone(told: Told, dice: Random) -> list[Record]:
    return without(told.records, dice.choice(acknowledged(told)).id)


@mutant(Kind.LOST, cursorless=True)
def a_history_lacks_a_message(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(last_histories(told))
    gone = dice.choice(acknowledged(told)).id
    history = told.records[index]
    assert isinstance(history, History)
    kept = tuple(each for each in history.messages if each.id != gone)
    return replaced(told, index, msgspec.structs.replace(history, messages=kept))


@mutant(Kind.INCOMPLETE, cursorless=True)
def a_delivery_is_dropped(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(deliveries(told))
    return told.records[:index] + told.records[index + 1 :]


@mutant(Kind.INCOMPLETE, cursorless=True)
def a_device_stops_one_short(told: Told, dice: Random) -> list[Record]:
    name = told.records[dice.choice(deliveries(told))].device
    index = max(each for each in deliveries(told) if told.records[each].device == name)
    return told.records[:index] + told.records[index + 1 :]


@mutant(Kind.INCOMPLETE)
def a_resume_begins_one_late(told: Told, _: Random) -> list[Record]:
    index = min(each for each in deliveries(told) if each > resumed(told))
    return told.records[:index] + told.records[index + 1 :]


@mutant(Kind.DUPLICATE)
def a_resume_begins_one_early(told: Told, _: Random) -> list[Record]:
    """What the device took last comes again, as the first thing of the new connection."""
    index = resumed(told)
    resume = told.records[index]
    assert isinstance(resume, Resume)
    again = next(
        each
        for each in reversed(told.records[:index])
        if isinstance(each, Deliver) and each.device == resume.device
    )
    assert again.position == resume.position
    again = msgspec.structs.replace(again, source="sync", at=resume.at)
    return [*told.records[: index + 1], again, *told.records[index + 1 :]]


@mutant(Kind.DUPLICATE, cursorless=True)
def a_delivery_comes_twice(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(deliveries(told))
    return [*told.records[: index + 1], *told.records[index:]]


@mutant(Kind.CONFLICT, cursorless=True)
def a_message_is_stored_twice(told: Told, dice: Random) -> list[Record]:
    """Its copy has an id and places of its own, after all others."""
    index = dice.choice(deliveries(told))
    name = told.records[index].device
    last = max(each for each in deliveries(told) if told.records[each].device == name)
    copy, end = told.records[index], told.records[last]
    assert isinstance(copy, Deliver)
    assert isinstance(end, Deliver)
    copy = msgspec.structs.replace(
        copy,
        id="copy",
        at=end.at,
        seq=one_more(end.seq),
        position=one_more(end.position),
    )
    return [*told.records[: last + 1], copy, *told.records[last + 1 :]]


@mutant(Kind.CONFLICT, cursorless=True)
def a_retry_is_acknowledged_as_another_message(told: Told, dice: Random) -> list[Record]:
    first = dice.choice(acknowledged(told))
    again = msgspec.structs.replace(first, id="copy", seq=one_more(first.seq, by=1_000))
    index = told.records.index(first) + 1
    return [*told.records[:index], again, *told.records[index:]]


@mutant(Kind.REORDERED)
def two_numbers_are_swapped(told: Told, dice: Random) -> list[Record]:
    one, other = neighbours(told, dice)
    swap = {one.id: other.seq, other.id: one.seq}
    # Receipts speak of numbers, and would be wrong, too.
    others = (each for each in told.records if not isinstance(each, Receipt))
    return [renumbered(each, swap) for each in others]


@mutant(Kind.REORDERED)
def two_deliveries_are_swapped(told: Told, dice: Random) -> list[Record]:
    """On a device that was never away."""
    away = told.records[resumed(told)].device
    names = {told.records[each].device for each in deliveries(told)} - {away}
    name = dice.choice(sorted(names))
    own = [each for each in deliveries(told) if told.records[each].device == name]
    one = dice.randrange(len(own) - 1)
    changed = list(told.records)
    first, second = own[one], own[one + 1]
    changed[first], changed[second] = changed[second], changed[first]
    return changed


@mutant(Kind.REORDERED)
def a_history_is_turned_round(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(last_histories(told))
    history = told.records[index]
    assert isinstance(history, History)
    turned = history.messages[::-1]
    return replaced(told, index, msgspec.structs.replace(history, messages=turned))


@mutant(Kind.GAP)
def numbers_are_made_of_the_time(told: Told, dice: Random) -> list[Record]:
    """As from a clock: ascending, and never one after the other."""
    step = dice.randrange(2, 1_000_000_000)
    return [spread(each, step) for each in told.records]


@mutant(Kind.DISAGREEMENT)
def one_device_sees_two_numbers_swapped(told: Told, dice: Random) -> list[Record]:
    one, other = neighbours(told, dice)
    swap = {one.id: other.seq, other.id: one.seq}
    name = told.records[dice.choice(deliveries(told))].device
    return [
        renumbered(each, swap) if each.device == name and isinstance(each, Deliver) else each
        for each in told.records
    ]


@mutant(Kind.DISAGREEMENT)
def a_history_swaps_two_numbers(told: Told, dice: Random) -> list[Record]:
    one, other = neighbours(told, dice)
    index = dice.choice(last_histories(told))
    changed = renumbered(told.records[index], {one.id: other.seq, other.id: one.seq})
    return replaced(told, index, changed)


@mutant(Kind.DISAGREEMENT, cursorless=True)
def one_device_is_told_of_another_sender(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(deliveries(told))
    delivery = told.records[index]
    assert isinstance(delivery, Deliver)
    return replaced(told, index, msgspec.structs.replace(delivery, sender="cyd"))


@mutant(Kind.DISAGREEMENT)
def one_device_is_told_of_another_position(told: Told, dice: Random) -> list[Record]:
    """From some delivery on, its log is one further than that of the user's other device."""
    index = dice.choice(deliveries(told))
    name = told.records[index].device
    return [
        one_further(each) if each.device == name and number >= index else each
        for number, each in enumerate(told.records)
    ]


@mutant(Kind.PHANTOM, cursorless=True)
def a_body_is_altered(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(deliveries(told))
    delivery = told.records[index]
    assert isinstance(delivery, Deliver)
    return replaced(told, index, msgspec.structs.replace(delivery, body="altered"))


@mutant(Kind.PHANTOM, cursorless=True)
def a_history_alters_a_body(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(last_histories(told))
    history = told.records[index]
    assert isinstance(history, History)
    last = msgspec.structs.replace(history.messages[-1], body="altered")
    messages = (*history.messages[:-1], last)
    return replaced(told, index, msgspec.structs.replace(history, messages=messages))


@mutant(Kind.PHANTOM, cursorless=True)
def a_refused_message_exists(told: Told, dice: Random) -> list[Record]:
    answer = dice.choice(acknowledged(told))
    refusal = Fail(
        at=answer.at, device=answer.device, client_id=answer.client_id, code="unavailable"
    )
    return replaced(told, told.records.index(answer), refusal)


@mutant(Kind.PHANTOM, cursorless=True)
def a_message_was_never_sent(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(deliveries(told))
    name = told.records[index].device
    last = max(each for each in deliveries(told) if told.records[each].device == name)
    end = told.records[last]
    assert isinstance(end, Deliver)
    phantom = msgspec.structs.replace(
        end,
        id="phantom",
        body="from nobody",
        client_id=None,
        seq=one_more(end.seq),
        position=one_more(end.position),
    )
    return [*told.records[: last + 1], phantom, *told.records[last + 1 :]]


@mutant(Kind.RECEIPT)
def a_receipt_moves_back(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(receipts(told))
    receipt = told.records[index]
    assert isinstance(receipt, Receipt)
    back = msgspec.structs.replace(receipt, seq=receipt.seq - 1)
    return [*told.records[: index + 1], back, *told.records[index + 1 :]]


@mutant(Kind.RECEIPT)
def a_stranger_reads(told: Told, dice: Random) -> list[Record]:
    index = dice.choice(receipts(told))
    receipt = told.records[index]
    assert isinstance(receipt, Receipt)
    return replaced(told, index, msgspec.structs.replace(receipt, reader="cyd"))


@mutant(Kind.RECEIPT)
def what_was_not_sent_is_read(told: Told, _: Random) -> list[Record]:
    """A mark that stands at a message which is only sent later."""
    index, end = receipts(told)[0], acknowledged(told)[-1]
    receipt = told.records[index]
    assert isinstance(receipt, Receipt)
    assert end.seq is not None
    changed = list(told.records)
    for number, each in enumerate(changed):
        if number >= index and isinstance(each, Receipt) and each.reader == receipt.reader:
            changed[number] = msgspec.structs.replace(each, seq=end.seq)
    return changed
