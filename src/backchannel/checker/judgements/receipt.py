"""Receipt: a mark that moved back, by a stranger, or past what was sent (rule R6)."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.model import Conversation, Device, Life, Rewind, Told
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
    for device, life in history.lives():
        yield from _moved_back(device, life)
        for each in life.log:
            if isinstance(each, Told):
                conversation = history.conversations.get(each.receipt.conversation)
                yield from _by_a_stranger(conversation, each)
                yield from _too_far(conversation, each)


def _moved_back(device: Device, life: Life) -> Iterator[Finding]:
    """Marks are delivered in order; a device that lost part of its state gets them again."""
    marks: dict[tuple[str, str, str], list[Told]] = {}
    for each in life.log:
        if isinstance(each, Rewind):
            for told in marks.values():
                _forget(told, each.position)
        elif isinstance(each, Told):
            receipt = each.receipt
            told = marks.setdefault((receipt.conversation, receipt.reader, receipt.mark), [])
            if told and receipt.seq < told[-1].receipt.seq:
                text = (
                    f"{device.name} was told that {receipt.reader} has {receipt.mark} "
                    f"{told[-1].receipt.seq}, and then {receipt.seq}"
                )
                evidence = (Evidence("first", told[-1].place), Evidence("then", each.place))
                yield Finding(text, evidence)
            else:
                told.append(each)


def _forget(told: list[Told], position: int) -> None:
    while told and (told[-1].receipt.position is None or told[-1].receipt.position > position):
        told.pop()


def _by_a_stranger(conversation: Conversation | None, told: Told) -> Iterator[Finding]:
    members = conversation.members if conversation else set[str]()
    # Two people make a conversation: only when both are known is a third one a stranger.
    if len(members) > 1 and told.receipt.reader not in members:
        text = (
            f"{told.receipt.reader} is no member of {told.receipt.conversation}, and has "
            f"{told.receipt.mark} it"
        )
        yield Finding(text, (Evidence("told", told.place),))


def _too_far(conversation: Conversation | None, told: Told) -> Iterator[Finding]:
    receipt = told.receipt
    highest = _highest(conversation) if conversation else 0
    if receipt.seq > highest:
        text = (
            f"{receipt.reader} has {receipt.mark} number {receipt.seq} of "
            f"{receipt.conversation}, which goes to {highest} at most"
        )
        yield Finding(text, (Evidence("told", told.place),))
        return
    message = conversation.at(receipt.seq) if conversation else None
    send = message.send if message and message.traced else None
    if send and send.at > receipt.at:
        text = (
            f"{receipt.reader} had {receipt.mark} number {receipt.seq} of "
            f"{receipt.conversation} before it was sent"
        )
        yield Finding(text, (Evidence("told", told.place), Evidence("sent", send.place)))


def _highest(conversation: Conversation) -> int:
    """The highest number there can be: any send without a known one may have come after."""
    last = conversation.numbers[-1] if conversation.numbers else 0
    return last + sum(conversation.spare.values())
