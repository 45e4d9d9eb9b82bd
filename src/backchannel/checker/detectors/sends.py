"""Messages against the sends they come from: conflict, phantom."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.model import Conversation, Delivery, Message, Send
from backchannel.checker.verdict import Evidence, Finding


def conflict(history: History) -> Iterator[Finding]:
    """Find idempotency keys that became two messages, or were accepted for two bodies (R2)."""
    for send in history.sends.values():
        for other in send.messages[1:]:
            yield _two_messages(send, send.messages[0], other)
        if send.others and send.acknowledged and send.acknowledgements == send.attempts:
            text = f"{send.client_id} of {send.user} was sent with two bodies, and both accepted"
            sent = Evidence("first sent", send.location)
            yield Finding(text, (sent, Evidence("acknowledged", send.acknowledged)))


def _two_messages(send: Send, original: Message, other: Message) -> Finding:
    text = f"{send.client_id} of {send.user} became two messages, {original.id} and {other.id}"
    evidence = (
        Evidence("sent", send.location),
        Evidence("the one", original.location),
        Evidence("the other", other.location),
    )
    return Finding(text, evidence)


def phantom(history: History) -> Iterator[Finding]:
    """Find messages never sent, sent with another body, refused, or delivered to non-members.

    Rules R2, R9 and S11.
    """
    for client_id, message_id, location in history.unmatched:
        text = f"{client_id} was acknowledged as {message_id}, and its user never sent it"
        yield Finding(text, (Evidence("acknowledged", location),))
    for message in history.messages.values():
        yield from _unsent(message)
        yield from _altered(message)
        yield from _refused(message)
    yield from _non_members(history)


def _unsent(message: Message) -> Iterator[Finding]:
    if message.send is None and not message.genuine:
        text = (
            f"message {message.id} says that {message.sender} sent it, and {message.sender} did not"
        )
        yield Finding(text, (Evidence("seen", message.seen or message.location),))


def _altered(message: Message) -> Iterator[Finding]:
    """A body is right if it was sent, or if a change to it was requested."""
    send = message.send
    if send is None or message.seen is None:
        return
    right = {*send.bodies, *message.acceptable}
    for body, location in ((message.body or "", message.seen), *message.bodies.items()):
        if body not in right:
            text = f"message {message.id} was seen with a body that {send.user} never wrote"
            yield Finding(text, (Evidence("sent", send.location), Evidence("seen", location)))


def _refused(message: Message) -> Iterator[Finding]:
    send = message.send
    if send is not None and send.refused and message.seen is not None:
        text = f"message {message.id} exists, although each attempt to send it was refused"
        yield Finding(text, (Evidence("sent", send.location), Evidence("seen", message.seen)))


def _non_members(history: History) -> Iterator[Finding]:
    """Find deliveries to non-members, in conversations with members known from a send."""
    for device, replica in history.replicas():
        for each in replica.log:
            if isinstance(each, Delivery):
                conversation = history.conversations[each.message.conversation]
                if _is_non_member(device.user, conversation):
                    text = f"{device.user} received message {each.message.id} between others"
                    yield Finding(text, (Evidence("delivered", each.location),))
    for fetched in history.fetched:
        user = history.devices[fetched.device].user
        if fetched.messages and _is_non_member(user, fetched.conversation):
            text = f"{user} could fetch {fetched.conversation.id}, which is between others"
            yield Finding(text, (Evidence("fetched", fetched.location),))


def _is_non_member(user: str, conversation: Conversation) -> bool:
    return bool(conversation.declared) and user not in conversation.declared
