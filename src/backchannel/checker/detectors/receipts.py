"""The detector of impossible receipts."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.model import Conversation, Device, LocatedReceipt, Replica, Rewind
from backchannel.checker.verdict import Evidence, Finding


def receipt(history: History) -> Iterator[Finding]:
    """Find marks that moved back, are past the last message, or are a non-member's (R6)."""
    for device, replica in history.replicas():
        yield from _moved_back(device, replica)
        for each in replica.log:
            if isinstance(each, LocatedReceipt):
                conversation = history.conversations.get(each.receipt.conversation)
                yield from _by_non_member(conversation, each)
                yield from _too_far(conversation, each)


def _moved_back(device: Device, replica: Replica) -> Iterator[Finding]:
    """Find marks that moved back. A device that lost part of its state gets earlier ones again."""
    marks: dict[tuple[str, str, str], list[LocatedReceipt]] = {}
    for each in replica.log:
        if isinstance(each, Rewind):
            for earlier in marks.values():
                _forget(earlier, each.position)
        elif isinstance(each, LocatedReceipt):
            receipt = each.receipt
            earlier = marks.setdefault((receipt.conversation, receipt.reader, receipt.mark), [])
            if earlier and receipt.seq < earlier[-1].receipt.seq:
                text = (
                    f"{device.name} learned that {receipt.reader} has {receipt.mark} "
                    f"{earlier[-1].receipt.seq}, and then {receipt.seq}"
                )
                first = Evidence("first", earlier[-1].location)
                yield Finding(text, (first, Evidence("then", each.location)))
            else:
                earlier.append(each)


def _forget(earlier: list[LocatedReceipt], position: int) -> None:
    """Drop the receipts after `position`, or without a position, from the end."""
    while earlier:
        last = earlier[-1].receipt.position
        if last is not None and last <= position:
            return
        earlier.pop()


def _by_non_member(conversation: Conversation | None, located: LocatedReceipt) -> Iterator[Finding]:
    members = conversation.members if conversation else set[str]()
    # A conversation has two members: a third can be recognised only once both are known.
    if len(members) > 1 and located.receipt.reader not in members:
        text = (
            f"{located.receipt.reader} is no member of {located.receipt.conversation}, and has "
            f"{located.receipt.mark} it"
        )
        yield Finding(text, (Evidence("received", located.location),))


def _too_far(conversation: Conversation | None, located: LocatedReceipt) -> Iterator[Finding]:
    receipt = located.receipt
    highest = _highest(conversation) if conversation else 0
    if receipt.seq > highest:
        text = (
            f"{receipt.reader} has {receipt.mark} number {receipt.seq} of "
            f"{receipt.conversation}, which goes to {highest} at most"
        )
        yield Finding(text, (Evidence("received", located.location),))
        return
    message = conversation.at(receipt.seq) if conversation else None
    send = message.send if message and message.traced else None
    if send and send.at > receipt.at:
        text = (
            f"{receipt.reader} had {receipt.mark} number {receipt.seq} of "
            f"{receipt.conversation} before it was sent"
        )
        yield Finding(
            text, (Evidence("received", located.location), Evidence("sent", send.location))
        )


def _highest(conversation: Conversation) -> int:
    """The highest possible number: sends without a known number may have been stored last."""
    last = conversation.numbers[-1] if conversation.numbers else 0
    return last + sum(conversation.spare.values())
