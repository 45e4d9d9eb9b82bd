"""The users with whom a user has conversations."""

from backchannel.domain.ids import RESPONDER_ID
from backchannel.storage.mongodb.documents import Document
from backchannel.storage.mongodb.reader import ASCENDING, View
from backchannel.storage.mongodb.schema import CONVERSATIONS


class _Parties(Document):
    id: str
    first_id: str
    second_id: str


async def peers_of(view: View, user_id: str, *, told: bool = False) -> list[str]:
    """The other users of the user's conversations; with `told` those who may learn of changes.

    They have a message in the conversation, and neither has blocked the other.
    """
    query: dict[str, object] = {"members": user_id}
    if told:
        query |= {"last_seq": {"$gt": 0}, "blocks": 0}
    found = await view.rows(CONVERSATIONS, _Parties, query, order=[("_id", ASCENDING)])
    pairs = ((each.first_id, each.second_id) for each in found)
    peers = (second if first == user_id else first for first, second in pairs)
    return [each for each in peers if each != RESPONDER_ID]
