"""Adding messages: a whole batch in one transaction, each table in one statement."""

from collections.abc import Sequence

from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored
from backchannel.storage.sql.batch import Batch, Outcome
from backchannel.storage.sql.database import Connection, Database
from backchannel.storage.sql.intake import Intake
from backchannel.storage.sql.placed import Placed


async def append(
    database: Database, drafts: Sequence[Draft], *, at: int
) -> list[Stored | ChatError]:
    """Store a batch of drafts, as `ports.storage.Messages.append` promises.

    What needs no look at the database happens before and after the transaction.
    """
    sound = [draft for draft in drafts if _is_storable(draft)]
    if not sound:
        return [_unstorable() for _ in drafts]
    intake = Intake(sound)

    async def work(connection: Connection) -> list[Outcome]:
        batch = await Batch.open(connection, intake, at=at)
        outcomes = batch.place()
        await batch.write(connection)
        return outcomes

    found = await database.write(work)
    outcomes = [each.stored(at) if isinstance(each, Placed) else each for each in found]
    if len(sound) == len(drafts):
        return outcomes
    rest = iter(outcomes)
    return [next(rest) if _is_storable(draft) else _unstorable() for draft in drafts]


def _is_storable(draft: Draft) -> bool:
    """Neither NUL nor half a surrogate pair is text to every database."""
    text = f"{draft.body}{draft.client_id}{draft.conversation_id}"
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
