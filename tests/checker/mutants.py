"""Histories of servers that each break one guarantee, made from those of a correct server.

A mutant changes the final phase, in which all devices are connected.
"""

from collections.abc import Callable
from random import Random

import msgspec

from backchannel.checker.journal import (
    Deliver,
    DeliverReceipt,
    Fail,
    History,
    Record,
    Resume,
)
from backchannel.checker.verdict import FindingKind
from tests.checker.alterations import (
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
from tests.checker.strategies import GeneratedHistory

Mutant = Callable[[GeneratedHistory, Random], list[Record]]
MUTANTS: list[tuple[FindingKind, Mutant]] = []
"""With the kind of finding that each must lead to, and to no other."""
AUTO_ACK: list[tuple[FindingKind, Mutant]] = []
"""Those that can be made, and must be found, without positions and numbers."""


def mutant(kind: FindingKind, *, auto_ack: bool = False) -> Callable[[Mutant], Mutant]:
    def register(change: Mutant) -> Mutant:
        MUTANTS.append((kind, change))
        if auto_ack:
            AUTO_ACK.append((kind, change))
        return change

    return register


@mutant(FindingKind.LOST, auto_ack=True)
def an_acknowledged_message_is_gone(generated: GeneratedHistory, rng: Random) -> list[Record]:
    return without(generated.records, rng.choice(acknowledged(generated)).id)


@mutant(FindingKind.LOST, auto_ack=True)
def a_history_lacks_a_message(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(last_histories(generated))
    gone = rng.choice(acknowledged(generated)).id
    history = generated.records[index]
    assert isinstance(history, History)
    kept = tuple(each for each in history.messages if each.id != gone)
    return replaced(generated, index, msgspec.structs.replace(history, messages=kept))


@mutant(FindingKind.INCOMPLETE, auto_ack=True)
def a_delivery_is_dropped(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(deliveries(generated))
    return generated.records[:index] + generated.records[index + 1 :]


@mutant(FindingKind.INCOMPLETE, auto_ack=True)
def a_device_stops_one_short(generated: GeneratedHistory, rng: Random) -> list[Record]:
    name = generated.records[rng.choice(deliveries(generated))].device
    index = max(each for each in deliveries(generated) if generated.records[each].device == name)
    return generated.records[:index] + generated.records[index + 1 :]


@mutant(FindingKind.INCOMPLETE)
def a_resume_begins_one_late(generated: GeneratedHistory, _: Random) -> list[Record]:
    index = min(each for each in deliveries(generated) if each > resumed(generated))
    return generated.records[:index] + generated.records[index + 1 :]


@mutant(FindingKind.DUPLICATE)
def a_resume_begins_one_early(generated: GeneratedHistory, _: Random) -> list[Record]:
    """The device's last event comes again, as the first one of the new connection."""
    index = resumed(generated)
    resume = generated.records[index]
    assert isinstance(resume, Resume)
    again = next(
        each
        for each in reversed(generated.records[:index])
        if isinstance(each, Deliver) and each.device == resume.device
    )
    assert again.position == resume.position
    again = msgspec.structs.replace(again, source="sync", at=resume.at)
    return [*generated.records[: index + 1], again, *generated.records[index + 1 :]]


@mutant(FindingKind.DUPLICATE, auto_ack=True)
def a_delivery_comes_twice(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(deliveries(generated))
    return [*generated.records[: index + 1], *generated.records[index:]]


@mutant(FindingKind.CONFLICT, auto_ack=True)
def a_message_is_stored_twice(generated: GeneratedHistory, rng: Random) -> list[Record]:
    """Its copy has another id and positions after all others."""
    index = rng.choice(deliveries(generated))
    name = generated.records[index].device
    last = max(each for each in deliveries(generated) if generated.records[each].device == name)
    copy, end = generated.records[index], generated.records[last]
    assert isinstance(copy, Deliver)
    assert isinstance(end, Deliver)
    copy = msgspec.structs.replace(
        copy,
        id="copy",
        at=end.at,
        seq=one_more(end.seq),
        position=one_more(end.position),
    )
    return [*generated.records[: last + 1], copy, *generated.records[last + 1 :]]


@mutant(FindingKind.CONFLICT, auto_ack=True)
def a_retry_is_acknowledged_as_another_message(
    generated: GeneratedHistory, rng: Random
) -> list[Record]:
    first = rng.choice(acknowledged(generated))
    again = msgspec.structs.replace(first, id="copy", seq=one_more(first.seq, by=1_000))
    index = generated.records.index(first) + 1
    return [*generated.records[:index], again, *generated.records[index:]]


@mutant(FindingKind.REORDERED)
def two_numbers_are_swapped(generated: GeneratedHistory, rng: Random) -> list[Record]:
    one, other = neighbours(generated, rng)
    swap = {one.id: other.seq, other.id: one.seq}
    # Receipts contain numbers, and would be wrong, too.
    others = (each for each in generated.records if not isinstance(each, DeliverReceipt))
    return [renumbered(each, swap) for each in others]


@mutant(FindingKind.REORDERED)
def two_deliveries_are_swapped(generated: GeneratedHistory, rng: Random) -> list[Record]:
    """On a device that was never away."""
    away = generated.records[resumed(generated)].device
    names = {generated.records[each].device for each in deliveries(generated)} - {away}
    name = rng.choice(sorted(names))
    own = [each for each in deliveries(generated) if generated.records[each].device == name]
    one = rng.randrange(len(own) - 1)
    changed = list(generated.records)
    first, second = own[one], own[one + 1]
    changed[first], changed[second] = changed[second], changed[first]
    return changed


@mutant(FindingKind.REORDERED)
def a_history_is_reversed(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(last_histories(generated))
    history = generated.records[index]
    assert isinstance(history, History)
    turned = history.messages[::-1]
    return replaced(generated, index, msgspec.structs.replace(history, messages=turned))


@mutant(FindingKind.GAP)
def numbers_are_timestamps(generated: GeneratedHistory, rng: Random) -> list[Record]:
    """As from a clock: ascending, but never consecutive."""
    step = rng.randrange(2, 1_000_000_000)
    return [spread(each, step) for each in generated.records]


@mutant(FindingKind.DISAGREEMENT)
def one_device_sees_two_numbers_swapped(generated: GeneratedHistory, rng: Random) -> list[Record]:
    one, other = neighbours(generated, rng)
    swap = {one.id: other.seq, other.id: one.seq}
    name = generated.records[rng.choice(deliveries(generated))].device
    return [
        renumbered(each, swap) if each.device == name and isinstance(each, Deliver) else each
        for each in generated.records
    ]


@mutant(FindingKind.DISAGREEMENT)
def a_history_swaps_two_numbers(generated: GeneratedHistory, rng: Random) -> list[Record]:
    one, other = neighbours(generated, rng)
    index = rng.choice(last_histories(generated))
    changed = renumbered(generated.records[index], {one.id: other.seq, other.id: one.seq})
    return replaced(generated, index, changed)


@mutant(FindingKind.DISAGREEMENT, auto_ack=True)
def one_device_sees_another_sender(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(deliveries(generated))
    delivery = generated.records[index]
    assert isinstance(delivery, Deliver)
    return replaced(generated, index, msgspec.structs.replace(delivery, sender="cyd"))


@mutant(FindingKind.DISAGREEMENT)
def one_device_sees_another_position(generated: GeneratedHistory, rng: Random) -> list[Record]:
    """From some delivery on, its positions are higher by one than on the user's other device."""
    index = rng.choice(deliveries(generated))
    name = generated.records[index].device
    return [
        one_further(each) if each.device == name and number >= index else each
        for number, each in enumerate(generated.records)
    ]


@mutant(FindingKind.PHANTOM, auto_ack=True)
def a_body_is_altered(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(deliveries(generated))
    delivery = generated.records[index]
    assert isinstance(delivery, Deliver)
    return replaced(generated, index, msgspec.structs.replace(delivery, body="altered"))


@mutant(FindingKind.PHANTOM, auto_ack=True)
def a_history_alters_a_body(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(last_histories(generated))
    history = generated.records[index]
    assert isinstance(history, History)
    last = msgspec.structs.replace(history.messages[-1], body="altered")
    messages = (*history.messages[:-1], last)
    return replaced(generated, index, msgspec.structs.replace(history, messages=messages))


@mutant(FindingKind.PHANTOM, auto_ack=True)
def a_refused_message_exists(generated: GeneratedHistory, rng: Random) -> list[Record]:
    answer = rng.choice(acknowledged(generated))
    refusal = Fail(
        at=answer.at, device=answer.device, client_id=answer.client_id, code="unavailable"
    )
    return replaced(generated, generated.records.index(answer), refusal)


@mutant(FindingKind.PHANTOM, auto_ack=True)
def a_message_was_never_sent(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(deliveries(generated))
    name = generated.records[index].device
    last = max(each for each in deliveries(generated) if generated.records[each].device == name)
    end = generated.records[last]
    assert isinstance(end, Deliver)
    phantom = msgspec.structs.replace(
        end,
        id="phantom",
        body="from nobody",
        client_id=None,
        seq=one_more(end.seq),
        position=one_more(end.position),
    )
    return [*generated.records[: last + 1], phantom, *generated.records[last + 1 :]]


@mutant(FindingKind.RECEIPT)
def a_receipt_moves_back(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(receipts(generated))
    receipt = generated.records[index]
    assert isinstance(receipt, DeliverReceipt)
    back = msgspec.structs.replace(receipt, seq=receipt.seq - 1)
    return [*generated.records[: index + 1], back, *generated.records[index + 1 :]]


@mutant(FindingKind.RECEIPT)
def a_third_user_receives_a_message(generated: GeneratedHistory, rng: Random) -> list[Record]:
    index = rng.choice(receipts(generated))
    receipt = generated.records[index]
    assert isinstance(receipt, DeliverReceipt)
    return replaced(generated, index, msgspec.structs.replace(receipt, reader="cyd"))


@mutant(FindingKind.RECEIPT)
def an_unsent_message_is_read(generated: GeneratedHistory, _: Random) -> list[Record]:
    """A mark at a message that is only sent later."""
    index, end = receipts(generated)[0], acknowledged(generated)[-1]
    receipt = generated.records[index]
    assert isinstance(receipt, DeliverReceipt)
    assert end.seq is not None
    changed = list(generated.records)
    for number, each in enumerate(changed):
        if number >= index and isinstance(each, DeliverReceipt) and each.reader == receipt.reader:
            changed[number] = msgspec.structs.replace(each, seq=end.seq)
    return changed
