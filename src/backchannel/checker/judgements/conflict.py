"""Conflict: one idempotency key, two messages (rule R2)."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.model import Message, Send
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
    for send in history.sends.values():
        for other in send.messages[1:]:
            yield _doubled(send, send.messages[0], other)
        if send.others and send.acknowledged and send.acknowledgements == send.attempts:
            text = f"{send.client_id} of {send.user} was sent with two bodies, and both accepted"
            sent = Evidence("first sent", send.place)
            yield Finding(text, (sent, Evidence("acknowledged", send.acknowledged)))


def _doubled(send: Send, original: Message, other: Message) -> Finding:
    text = f"{send.client_id} of {send.user} became two messages, {original.id} and {other.id}"
    evidence = (
        Evidence("sent", send.place),
        Evidence("the one", original.place),
        Evidence("the other", other.place),
    )
    return Finding(text, evidence)
