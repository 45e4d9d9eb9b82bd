"""Adding messages: a whole batch in one transaction, each table in one statement."""

from collections.abc import Sequence

from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored
from backchannel.storage.sql.batch import Batch
from backchannel.storage.sql.database import Connection


async def append(
    connection: Connection, drafts: Sequence[Draft], *, at: int
) -> list[Stored | ChatError]:
    """Store a batch of drafts, as `ports.storage.Messages.append` promises."""
    sound = [draft for draft in drafts if _is_storable(draft)]
    if not sound:
        return [_unstorable() for _ in drafts]
    batch = await Batch.open(connection, sound, at=at)
    outcomes = iter([batch.place(draft) for draft in sound])
    await batch.write(connection)
    if len(sound) == len(drafts):
        return list(outcomes)
    return [next(outcomes) if _is_storable(draft) else _unstorable() for draft in drafts]


def _is_storable(draft: Draft) -> bool:
    """Neither NUL nor half a surrogate pair is text to every database."""
    for text in (draft.body, draft.client_id, draft.conversation_id):
        if "\0" in text:
            return False
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                return False
    return True


def _unstorable() -> Invalid:
    return Invalid("text must be Unicode without NUL characters", field="content")
