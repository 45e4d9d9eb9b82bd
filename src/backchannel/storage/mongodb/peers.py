"""The users with whom a user has conversations."""

from backchannel.storage.mongodb.documents import Document
from backchannel.storage.mongodb.reader import ASCENDING, View
from backchannel.storage.mongodb.schema import CONVERSATIONS


class Peer(Document):
    """The other party of a conversation, and whether the two know each other."""

    id: str
    first_id: str
    second_id: str
    last_seq: int
    blocks: int

    @property
    def is_told(self) -> bool:
        """True if there is a message, and neither has blocked the other."""
        return self.last_seq > 0 and not self.blocks

    def id_beside(self, user_id: str) -> str:
        """The id of the other one."""
        return self.second_id if self.first_id == user_id else self.first_id


async def next_peers(view: View, user_id: str, *, after: str, limit: int) -> list[Peer]:
    """The other parties of the user's conversations, those past the conversation `after`."""
    query = {"members": user_id, "_id": {"$gt": after}}
    order = [("_id", ASCENDING)]
    return await view.rows(CONVERSATIONS, Peer, query, order=order, limit=limit)
