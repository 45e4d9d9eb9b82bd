"""Direct conversations that have an id before they have a message."""

from backchannel.domain.conversations import ConversationView
from backchannel.domain.errors import NotFound
from backchannel.domain.ids import direct_conversation_id
from backchannel.storage.sql.conversations import read_conversation
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.ledger import Ledger
from backchannel.storage.sql.places import add_direct


async def create_direct(
    connection: Connection, user_id: str, other_id: str, *, at: int
) -> ConversationView:
    """The conversation of two users, made if it does not exist. Raises `NotFound`."""
    # Their locked logs keep a first message from beginning it at the same time.
    ledger = await Ledger.open(connection, {user_id, other_id})
    own, other = ledger.parties.get(user_id), ledger.parties.get(other_id)
    if own is None or other is None or not own.number or not other.number or own is other:
        raise NotFound("user not found")
    if own.erased_at is not None or other.erased_at is not None:
        raise NotFound("user not found")
    conversation_id = direct_conversation_id(user_id, other_id)
    view = await read_conversation(connection, user_id, conversation_id)
    if view is None:
        await add_direct(connection, [(own, other)], at=at)
        view = await read_conversation(connection, user_id, conversation_id)
    if view is None:
        raise NotFound("conversation not found")
    return view
