"""The history, for clients that identify conversations by their two users."""

import msgspec

from backchannel.chat.conversations import PAGE_LIMIT, conversations, next_before
from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.dialects.shared.messages import undeleted_messages
from backchannel.domain.accounts import normalise_username
from backchannel.domain.conversations import ConversationKind
from backchannel.domain.errors import Invalid, NotFound
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Message, fitting, is_full
from backchannel.domain.users import username_key

MOST_CONVERSATIONS = 1_000
"""The number of conversations, by latest activity, in which newest messages are looked for."""


class UserPair(msgspec.Struct, frozen=True):
    """The reader and the other user of a conversation."""

    reader_id: str
    other_id: str

    @property
    def conversation_id(self) -> str:
        return direct_conversation_id(self.reader_id, self.other_id)


def is_self(identity: Identity, name: str) -> bool:
    """True if `name` is the id or username of the user of `identity`."""
    key = username_key(normalise_username(name))
    return name == identity.user_id or key == username_key(identity.username)


async def user_pair(core: Core, reader: Identity, first: str, second: str) -> UserPair:
    """The two users a request names in either order, of whom the reader must be one (S11).

    Raises `NotFound`, also to non-members, and `Invalid` if both are the reader.
    """
    others = [name for name in (first, second) if not is_self(reader, name)]
    if not others:
        raise Invalid("name a user other than yourself", field="receiver")
    if len(others) > 1:
        raise NotFound("conversation not found")
    return UserPair(reader.user_id, await core.directory.find_id(others[0]))


async def between(
    core: Core, pair: UserPair, *, before: str | None = None, limit: int
) -> list[Message]:
    """The newest messages of two users, oldest first; or those ahead of the one called `before`."""
    reader_id, conversation_id = pair.reader_id, pair.conversation_id
    return await undeleted_messages(core, reader_id, conversation_id, before=before, limit=limit)


async def newest(core: Core, user_id: str, *, limit: int) -> list[Message]:
    """A user's newest direct messages with all users, newest first.

    Conversations come by their latest activity, so those that are older than everything found
    need not be read, nor any past `MOST_CONVERSATIONS`. Fewer than `limit` if they fill a page
    (`domain.messages`).
    """
    found: list[Message] = []
    cursor: tuple[int, str] | None = None
    for _ in range(0, MOST_CONVERSATIONS, PAGE_LIMIT):
        views = await conversations(
            core, user_id, before=cursor, limit=PAGE_LIMIT, kind=ConversationKind.DIRECT
        )
        for view in views:
            full = len(found) == limit or is_full(found)
            if full and view.updated_at < found[-1].created_at:
                return found
            page = await undeleted_messages(core, user_id, view.id, before=None, limit=limit)
            found = fitting(sorted([*found, *page], key=_age, reverse=True)[:limit])
        following = next_before(views, PAGE_LIMIT)
        if following is None:
            return found
        cursor = following.updated_at, following.id
    return found


def _age(message: Message) -> tuple[int, str, int]:
    return message.created_at, message.conversation_id, message.seq
