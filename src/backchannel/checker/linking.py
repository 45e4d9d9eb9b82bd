"""Linking of messages to their sends and to their places in conversations."""

from collections.abc import Iterable

from backchannel.checker.model import Conversation, Message, Send
from backchannel.domain.ids import RESPONDER_ID

Sends = dict[tuple[str, str], Send]
Words = tuple[str, str, str]
"""Sender, conversation and body."""


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
    _join_by_words(sends, [each for each in messages.values() if each.send is None])
    for message in messages.values():
        conversation = conversations[message.conversation]
        conversation.messages.append(message)
        reported = (message.seq, *(claim.seq for claim in message.doubts))
        conversation.numbers += [seq for seq in reported if seq is not None]
    for send in sends.values():
        _count_spare(send, conversations[send.conversation])
    for conversation in conversations.values():
        _put_in_order(conversation)


def _join_by_key(sends: Sends, messages: Iterable[Message]) -> None:
    """By the client id; the acknowledged message comes before any other one of the send."""
    for message in messages:
        if message.sender is not None and message.client_id is not None:
            send = sends.get((message.sender, message.client_id))
            if send is not None:
                message.send, message.traced = send, True
                send.messages.append(message)
    for send in sends.values():
        if len(send.messages) > 1:
            answer = send.answer
            send.messages.sort(key=lambda each: (each.id != answer, each.known_at))


def _join_by_words(sends: Sends, messages: list[Message]) -> None:
    """By sender and body, where no record has the client id: one message for each send."""
    if not messages:
        return
    candidates = _by_words(sends.values())
    alone = {words for words, same in candidates.items() if len(same) == 1}
    for message in messages:
        if message.sender in (None, RESPONDER_ID) or message.client_id is not None:
            continue
        bodies = (message.body or "", *message.bodies)
        possible = ((str(message.sender), message.conversation, body) for body in bodies)
        words = next((each for each in possible if each in candidates), None)
        if words is not None:
            same = candidates[words]
            message.send = same.pop() if len(same) > 1 else same[0]
            message.traced = words in alone
            message.send.messages.append(message)


def _by_words(sends: Iterable[Send]) -> dict[Words, list[Send]]:
    """The sends of the same words, last those that may have a message and have none yet."""
    found: dict[Words, list[Send]] = {}
    for send in sends:
        for body in send.bodies:
            found.setdefault((send.user, send.conversation, body), []).append(send)
    for same in found.values():
        same.sort(key=lambda send: (not send.messages, not send.refused))
    return found


def _count_spare(send: Send, conversation: Conversation) -> None:
    possible = send.messages or not send.refused
    if possible and all(each.seq is None for each in send.messages):
        conversation.spare[send.user] = conversation.spare.get(send.user, 0) + 1


def _put_in_order(conversation: Conversation) -> None:
    conversation.messages.sort(key=lambda each: each.known_at)
    conversation.numbers = sorted(set(conversation.numbers))
    numbered = (each for each in conversation.messages if each.number is not None)
    conversation.ordered = sorted(numbered, key=lambda each: each.seq or 0)
