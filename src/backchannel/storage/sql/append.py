"""Adding messages: a whole batch in one transaction, each table in one statement."""

from backchannel.domain.errors import ChatError
from backchannel.ports.storage import Gather, Stored
from backchannel.storage.shared.intake import Intake, is_storable, unstorable
from backchannel.storage.shared.placed import Placed
from backchannel.storage.sql.batch import Batch, Outcome
from backchannel.storage.sql.database import Connection, Database


async def append(database: Database, gather: Gather) -> list[Stored | ChatError]:
    """Store a batch of drafts, as `ports.storage.Messages.append_gathered` promises."""

    async def work(connection: Connection) -> list[Outcome]:
        drafts, at = gather()
        sound = [draft for draft in drafts if is_storable(draft)]
        if not sound:
            return [unstorable(draft) for draft in drafts]
        batch = await Batch.open(connection, Intake(sound), at=at)
        outcomes = iter(batch.place())
        await batch.write(connection)
        if len(sound) == len(drafts):
            return list(outcomes)
        return [next(outcomes) if is_storable(draft) else unstorable(draft) for draft in drafts]

    placed = await database.write_in_turn(work)
    # Made only now: the next transaction need not wait for it.
    _, at = gather()
    return [each.stored(at) if isinstance(each, Placed) else each for each in placed]
