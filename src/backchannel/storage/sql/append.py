"""Adding messages: a whole batch in one transaction, each table in one statement."""

from backchannel.domain.characters import is_text
from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Gather, Stored
from backchannel.storage.sql.batch import Batch, Outcome
from backchannel.storage.sql.database import Connection, Database
from backchannel.storage.sql.intake import Intake
from backchannel.storage.sql.placed import Placed


async def append(database: Database, gather: Gather) -> list[Stored | ChatError]:
    """Store a batch of drafts, as `ports.storage.Messages.append_gathered` promises."""

    async def work(connection: Connection) -> list[Outcome]:
        drafts, at = gather()
        sound = [draft for draft in drafts if _is_storable(draft)]
        if not sound:
            return [_unstorable(draft) for draft in drafts]
        batch = await Batch.open(connection, Intake(sound), at=at)
        outcomes = iter(batch.place())
        await batch.write(connection)
        if len(sound) == len(drafts):
            return list(outcomes)
        return [next(outcomes) if _is_storable(draft) else _unstorable(draft) for draft in drafts]

    placed = await database.write(work)
    # Made only now: the next transaction need not wait for it.
    _, at = gather()
    return [each.stored(at) if isinstance(each, Placed) else each for each in placed]


def _is_storable(draft: Draft) -> bool:
    """Neither NUL nor half a surrogate pair is text to every database."""
    return is_text(
        f"{draft.body}{draft.client_id}{draft.conversation_id}"
        f"{draft.recipient_id}{draft.sender_id}{draft.kind}{draft.files}"
    )


def _unstorable(draft: Draft) -> Invalid:
    fields = ("recipient_id", "conversation_id", "client_id", "body", "files")
    field = next((each for each in fields if not is_text(getattr(draft, each))), "sender_id")
    return Invalid(f"{field} must be Unicode without NUL characters", field=field)
