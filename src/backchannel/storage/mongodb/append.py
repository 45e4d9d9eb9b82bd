"""Adding messages: a whole batch in one transaction."""

from backchannel.domain.errors import ChatError
from backchannel.ports.storage import Gather, Stored
from backchannel.storage.mongodb.batch import Batch, Outcome
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.intake import Intake, is_storable, unstorable
from backchannel.storage.shared.placed import Placed


async def append(database: MongoDatabase, gather: Gather) -> list[Stored | ChatError]:
    """Store a batch of drafts, as `ports.storage.Messages.append_gathered` promises."""

    async def work(transaction: Transaction) -> list[Outcome]:
        drafts, at = gather()
        sound = [draft for draft in drafts if is_storable(draft)]
        if not sound:
            return [unstorable(draft) for draft in drafts]
        batch = await Batch.open(transaction, Intake(sound), at=at)
        outcomes = iter(await batch.place())
        return [next(outcomes) if is_storable(draft) else unstorable(draft) for draft in drafts]

    placed = await database.write(work)
    _, at = gather()
    return [each.stored(at) if isinstance(each, Placed) else each for each in placed]
