"""Changes to a message: pure functions, run inside the transaction that stores the result."""

from collections.abc import Callable

import msgspec

from backchannel.domain import access
from backchannel.domain.characters import is_text
from backchannel.domain.emoji import canonical_emoji, is_emoji
from backchannel.domain.errors import Conflict, Invalid
from backchannel.domain.messages import Message, check_body

Revise = Callable[[Message | None], Message]

EMOJI_LIMIT = 64
"""Longest reaction, in bytes of UTF-8: room for a family with skin tones."""
REACTION_KINDS = 20
"""Most different reactions to one message."""

_stored_reactions = msgspec.json.Decoder(dict[str, list[str]])


def edit(user_id: str, body: str, *, at: int) -> Revise:
    """Give a message another body, which may be empty beside files. Raises `Invalid`."""
    check_body(body, with_files=True)

    def revise(message: Message | None) -> Message:
        undeleted = _undeleted(access.require_author(user_id, message))
        check_body(body, with_files=bool(undeleted.files))
        if undeleted.body == body:
            return undeleted
        return msgspec.structs.replace(
            undeleted, body=body, edited_at=at, revision=undeleted.revision + 1
        )

    return revise


def delete(user_id: str, *, at: int) -> Revise:
    def revise(message: Message | None) -> Message:
        found = access.require_author(user_id, message)
        if found.deleted_at is not None:
            return found
        return msgspec.structs.replace(
            found, body="", reactions="", files="", deleted_at=at, revision=found.revision + 1
        )

    return revise


def react(user_id: str, emoji: str, *, active: bool) -> Revise:
    """Add a user's reaction to a message, or take it back. Raises `Invalid`.

    An emoji is the same reaction with and without variation selectors. Reactions that older
    versions took and are not emoji can be taken back.
    """
    emoji = _checked_emoji(emoji, active=active)

    def revise(message: Message | None) -> Message:
        undeleted = _undeleted(access.require_member(user_id, message))
        reactions = reactions_of(undeleted)
        users = reactions.get(emoji, [])
        if (user_id in users) == active:
            return undeleted
        if active and emoji not in reactions and len(reactions) >= REACTION_KINDS:
            raise Conflict(
                f"a message carries at most {REACTION_KINDS} different reactions", field="emoji"
            )
        chosen = [*users, user_id] if active else [each for each in users if each != user_id]
        merged = {**reactions, emoji: chosen}
        return _with_reactions(undeleted, merged)

    return revise


def reactions_by(user_id: str, message: Message) -> set[str]:
    """The emoji that this user chose."""
    return {emoji for emoji, users in reactions_of(message).items() if user_id in users}


def without_reactions_of(user_id: str, message: Message) -> Message:
    """The message without this user's reactions: the same one if there are none."""
    if not reactions_by(user_id, message):
        return message
    reactions = reactions_of(message)
    others = {
        emoji: [each for each in users if each != user_id] for emoji, users in reactions.items()
    }
    return _with_reactions(message, others)


def reactions_of(message: Message) -> dict[str, list[str]]:
    """A message's reactions: emoji, fully qualified, to the ids of the users who chose it."""
    if not message.reactions:
        return {}
    reactions: dict[str, list[str]] = {}
    for emoji, users in _stored_reactions.decode(message.reactions).items():
        # Older rows have one emoji in several forms.
        chosen = reactions.setdefault(canonical_emoji(emoji), [])
        chosen += [each for each in users if each not in chosen]
    return reactions


def _checked_emoji(emoji: str, *, active: bool) -> str:
    if not emoji or not is_text(emoji) or len(emoji.encode()) > EMOJI_LIMIT:
        raise Invalid(f"emoji must have 1 to {EMOJI_LIMIT} bytes of text", field="emoji")
    if active and not is_emoji(emoji):
        raise Invalid("emoji must be one emoji, such as \N{THUMBS UP SIGN}", field="emoji")
    return canonical_emoji(emoji)


def _with_reactions(message: Message, reactions: dict[str, list[str]]) -> Message:
    kept = {emoji: users for emoji, users in reactions.items() if users}
    return msgspec.structs.replace(
        message,
        reactions=msgspec.json.encode(kept).decode() if kept else "",
        revision=message.revision + 1,
    )


def _undeleted(message: Message) -> Message:
    if message.deleted_at is not None:
        raise Conflict("the message has been deleted")
    return message
