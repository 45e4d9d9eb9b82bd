"""Phantom: a message never sent, sent with another body, or refused (rules R2, R9, S11)."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.model import Conversation, Delivery, Message
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
    for client_id, message_id, place in history.unasked:
        text = f"{client_id} was acknowledged as {message_id}, and its user never sent it"
        yield Finding(text, (Evidence("acknowledged", place),))
    for message in history.messages.values():
        yield from _unsent(message)
        yield from _altered(message)
        yield from _refused(message)
    yield from _strangers(history)


def _unsent(message: Message) -> Iterator[Finding]:
    if message.send is None and not message.genuine:
        text = (
            f"message {message.id} says that {message.sender} sent it, and {message.sender} did not"
        )
        yield Finding(text, (Evidence("seen", message.seen or message.place),))


def _altered(message: Message) -> Iterator[Finding]:
    """A body is right if it was sent, or if a change to it was asked for."""
    send = message.send
    if send is None or message.seen is None:
        return
    right = {*send.bodies, *message.acceptable}
    for body, place in ((message.body or "", message.seen), *message.bodies.items()):
        if body not in right:
            text = f"message {message.id} was seen with a body that {send.user} never wrote"
            yield Finding(text, (Evidence("sent", send.place), Evidence("seen", place)))


def _refused(message: Message) -> Iterator[Finding]:
    send = message.send
    if send is not None and send.refused and message.seen is not None:
        text = f"message {message.id} exists, although each attempt to send it was refused"
        yield Finding(text, (Evidence("sent", send.place), Evidence("seen", message.seen)))


def _strangers(history: History) -> Iterator[Finding]:
    """Find deliveries to non-members, in conversations whose members are known from a send."""
    for device, life in history.lives():
        for each in life.log:
            if isinstance(each, Delivery):
                conversation = history.conversations[each.message.conversation]
                if _is_stranger(device.user, conversation):
                    text = f"{device.user} was told of message {each.message.id} between others"
                    yield Finding(text, (Evidence("delivered", each.place),))
    for fetched in history.fetched:
        user = history.devices[fetched.device].user
        if fetched.messages and _is_stranger(user, fetched.conversation):
            text = f"{user} could fetch {fetched.conversation.id}, which is between others"
            yield Finding(text, (Evidence("fetched", fetched.place),))


def _is_stranger(user: str, conversation: Conversation) -> bool:
    return bool(conversation.declared) and user not in conversation.declared
