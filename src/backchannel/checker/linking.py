"""Which send each message came from, and which place it has in its conversation."""

from collections.abc import Iterable

from backchannel.checker.model import Conversation, Message, Send
from backchannel.domain.ids import RESPONDER_ID

Sends = dict[tuple[str, str], Send]
Bodies = dict[tuple[str, str, str], list[Send]]


def link(
    sends: Sends,
    messages: dict[str, Message],
    conversations: dict[str, Conversation],
    changes: dict[str, list[str | None]],
) -> None:
    """Join messages with sends, changes and conversations, once all of them are known."""
    for message_id, bodies in changes.items():
        message = messages.get(message_id)
        if message is not None:
            message.deleted = None in bodies
            message.acceptable = tuple(body or "" for body in bodies)
    _join_by_key(sends, messages.values())
    _join_by_body(sends, [each for each in messages.values() if each.send is None])
    for message in messages.values():
        conversation = conversations[message.conversation]
        conversation.messages.append(message)
        conversation.numbers.extend(_numbers(message))
    for send in sends.values():
        possible = send.messages or not send.refused
        if possible and all(each.seq is None for each in send.messages):
            spare = conversations[send.conversation].spare
            spare[send.user] = spare.get(send.user, 0) + 1
    for conversation in conversations.values():
        conversation.messages.sort(key=lambda each: each.known_at)
        conversation.numbers = sorted(set(conversation.numbers))
        numbered = (each for each in conversation.messages if each.number is not None)
        conversation.ordered = sorted(numbered, key=lambda each: each.seq or 0)


def _join_by_key(sends: Sends, messages: Iterable[Message]) -> None:
    """By the client id; an acknowledged message comes before any other of the same send."""
    for message in messages:
        if message.sender is not None and message.client_id is not None:
            send = sends.get((message.sender, message.client_id))
            if send is not None:
                _join(send, message)
                message.traced = True
    for send in sends.values():
        if len(send.messages) > 1:
            send.messages = _acknowledged_first(send)


def _acknowledged_first(send: Send) -> tuple[Message, ...]:
    return tuple(sorted(send.messages, key=lambda each: (each.id != send.answer, each.known_at)))


def _join_by_body(sends: Sends, messages: list[Message]) -> None:
    """By sender and words, where no record tells the client id: each send stands for one."""
    if not messages:
        return
    candidates = _by_body(sends.values())
    for message in messages:
        if message.sender in (None, RESPONDER_ID) or message.client_id is not None:
            continue
        bodies = (message.body or "", *(body for body, _ in message.bodies))
        keys = ((str(message.sender), message.conversation, body) for body in bodies)
        found = next((candidates[key] for key in keys if key in candidates), None)
        if found is not None:
            message.traced = len(found) == 1
            _join(found.pop() if len(found) > 1 else found[0], message)


def _by_body(sends: Iterable[Send]) -> Bodies:
    """The sends of the same words, last those that may have a message and have none yet."""
    found: Bodies = {}
    for send in sends:
        for body in send.bodies:
            found.setdefault((send.user, send.conversation, body), []).append(send)
    for same in found.values():
        same.sort(key=lambda send: (not send.messages, not send.refused))
    return found


def _join(send: Send, message: Message) -> None:
    message.send = send
    send.messages = (*send.messages, message)


def _numbers(message: Message) -> list[int]:
    told = [message.seq, *(claim.seq for claim in message.doubts)]
    return [seq for seq in told if seq is not None]
