"""The index for searching: its entries, the queries on it, and its upkeep.

For each message with a text it holds the text's trigrams and three numbers that are no trigram's:
those of its two members and of its conversation. So the messages of one user that have a certain
trigram are an intersection of two lists, however many messages other users have. A trigram is
its three characters in one number, so that every script is found and the server's locale does not
matter; the extension pg_trgm knows letters of that locale only.

The index is brought up to date by steps, each one short transaction, so that a process that dies in
between leaves nothing half done. Of several processes one works at a time.
"""

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, Column, MetaData, Table, select

from backchannel.domain.folding import fold
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.postgresql.driver import Driver
from backchannel.storage.sql.servers.index import index_with

metadata = MetaData()

search_entry = Table(
    "search_entry",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("grams", ARRAY(BigInteger), nullable=False),
)
search_pending = Table(
    "search_pending",
    metadata,
    # Triggers add a row for each message that is new or changed: its entry is not up to date.
    Column("id", BigInteger, primary_key=True),
    Column("number", BigInteger, nullable=False, index=True),
)

TRIGRAM = 3
TRIGRAMS_ASKED = 32
"""Most trigrams in a query: more would find hardly less."""

_BITS = 21
"""Every character is a number below 2 ** 21."""

STEP_MESSAGES = 256
STEP_CHARACTERS = 65_536
"""Most that one step takes in: some milliseconds of Python."""
LOCK = 0x6261636B_00000002
"""The advisory lock of the process that indexes; see `docs/databases.md`."""

TAKE_TURN = "SELECT pg_try_advisory_xact_lock($1)"
AWAIT_TURN = "SELECT pg_advisory_xact_lock($1)"
PENDING = """
SELECT pending.id, pending.number, coalesce(length(body), 0)
FROM search_pending AS pending LEFT JOIN message ON message.number = pending.number
ORDER BY pending.id LIMIT $1
"""
TEXTS = """
SELECT message.number, body, first, second, conversation.number
FROM message JOIN conversation ON conversation.number = message.conversation
WHERE message.number = ANY($1) AND body <> ''
"""
FORGET = "DELETE FROM search_entry WHERE number = ANY($1)"
# As texts, arrays cost the driver a fifth of the time.
ADD = """
INSERT INTO search_entry (number, grams)
SELECT number, grams::bigint[] FROM unnest($1::bigint[], $2::text[]) AS added (number, grams)
"""
DONE = "DELETE FROM search_pending WHERE id = ANY($1)"


def grams(body: str, *, first: int, second: int, conversation: int) -> list[int]:
    """The values that the index takes in for a message."""
    folded = fold(body)
    return [_member(first), _member(second), _conversation(conversation), *_trigrams(folded)]


def query(terms: Sequence[str], account: int, conversation: int | None) -> list[int]:
    """The condition on entries: messages of the account, or of one conversation, with `terms`.

    Terms that are shorter than a trigram ask for nothing.
    """
    scope = _member(account) if conversation is None else _conversation(conversation)
    asked = dict.fromkeys(gram for term in terms for gram in _trigrams(term))
    return [scope, *list(asked)[:TRIGRAMS_ASKED]]


def _trigrams(text: str) -> dict[int, None]:
    codes = memoryview(text.encode("utf-32-le", "surrogatepass")).cast("I").tolist()
    three = zip(codes, codes[1:], codes[2:], strict=False)
    return dict.fromkeys(a << 2 * _BITS | b << _BITS | c for a, b, c in three)


def _member(number: int) -> int:
    return -2 * number - 1


def _conversation(number: int) -> int:
    return -2 * number - 2


_indexed = (
    select(search_entry.c.number)
    .where(
        search_entry.c.grams.op("@>")(parameter("match", ARRAY(BigInteger))),
        search_entry.c.number < parameter("before"),
    )
    .order_by(search_entry.c.number.desc())
    .limit(parameter("page"))
)
INDEX = index_with(_indexed, search_pending, query)


async def step(driver: Driver) -> bool:
    """Index a bounded number of messages; True if there are more.

    False as well while another process indexes.
    """
    async with driver.transaction():
        return bool(await driver.fetchval(TAKE_TURN, LOCK)) and await _index(driver)


async def step_in_turn(driver: Driver) -> bool:
    """Like `step`, after another process that indexes; False only if nothing is left."""
    async with driver.transaction():
        await driver.execute(AWAIT_TURN, LOCK)
        return await _index(driver)


async def _index(driver: Driver) -> bool:
    """Index the next messages, as the process that has the lock."""
    pending = await driver.fetch(PENDING, STEP_MESSAGES)
    taken, characters = 0, 0
    for _, _, size in pending:
        characters += size
        if taken and characters > STEP_CHARACTERS:
            break
        taken += 1
    numbers = list({number for _, number, _ in pending[:taken]})
    # Read only now: a later change has its own pending row.
    texts = await driver.fetch(TEXTS, numbers)
    await driver.execute(FORGET, numbers)
    arrays = [
        "{" + str(grams(body, first=first, second=second, conversation=conversation))[1:-1] + "}"
        for _, body, first, second, conversation in texts
    ]
    await driver.execute(ADD, [number for number, *_ in texts], arrays)
    await driver.execute(DONE, [each for each, _, _ in pending[:taken]])
    return taken < len(pending) or len(pending) == STEP_MESSAGES
