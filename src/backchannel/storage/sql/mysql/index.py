"""The index for searching: a signature of each message's trigrams, its queries and its upkeep.

A signature has a bit for each trigram, which different trigrams may share. A message may contain a
text only if it has all bits of the text's trigrams, so a search compares the signatures of the
user's own conversations and reads the texts of the few that fit.
docs/decisions/0024-signatures-of-trigrams-on-mariadb.md

The index is brought up to date by steps, each one short transaction, so that a process that dies in
between leaves nothing half done. Of several processes one works at a time: the one that has locked
the row of `instance`.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Delete,
    Insert,
    MetaData,
    Table,
    Update,
    and_,
    insert,
    or_,
    select,
)

from backchannel.domain.folding import fold
from backchannel.storage.sql.mysql.driver import Driver
from backchannel.storage.sql.mysql.literals import conditions, literals
from backchannel.storage.sql.mysql.statements import insertion
from backchannel.storage.sql.parameters import parameter, rows_parameter
from backchannel.storage.sql.schema import member, message
from backchannel.storage.sql.servers.index import index_with

metadata = MetaData()

PARTS = tuple(f"part{number}" for number in range(8))
"""The columns of a signature."""
PART_BITS = 60
BITS = 479
"""Bits in use: a prime number, so that trigrams of one script are spread over all of them."""

search_entry = Table(
    "search_entry",
    metadata,
    Column("conversation", BigInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in PARTS),
)
search_pending = Table(
    "search_pending",
    metadata,
    # A row for each message that is new or changed: its entry is not up to date.
    Column("id", BigInteger, primary_key=True),
    Column("conversation", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False, index=True),
)

TRIGRAM = 3
_KEY = ("conversation", "number")
_FACTOR = 1_000_003

STEP_MESSAGES = 128
STEP_CHARACTERS = 65_536
"""Most that one step takes in: some milliseconds of Python."""

AWAIT_TURN = "SELECT commits FROM instance FOR UPDATE"
TAKE_TURN = f"{AWAIT_TURN} SKIP LOCKED"
PENDING = f"""
SELECT pending.id, pending.conversation, pending.number, coalesce(char_length(body), 0)
FROM search_pending AS pending LEFT JOIN message ON message.number = pending.number
ORDER BY pending.id LIMIT {STEP_MESSAGES}
"""  # noqa: S608 - no input in it
TEXTS = "SELECT conversation, number, body FROM message WHERE number IN ({}) AND body <> ''"
FORGET = "DELETE FROM search_entry WHERE {}"
DONE = "DELETE FROM search_pending WHERE id IN ({})"

Signature = tuple[int, ...]


def signature(body: str) -> Signature:
    """The signature of a message, by `PARTS`."""
    return _signature([fold(body)])


def query(terms: Sequence[str], account: int, conversation: int | None) -> list[Signature]:
    """The condition on entries, as a list parameter of one row: they have all its bits.

    Terms that are shorter than a trigram ask for nothing. The search's own conditions name the
    conversations.
    """
    del account, conversation
    return [_signature(terms)]


def noting(change: Update | Delete) -> Insert:
    """Note, before a change of messages, which ones it concerns.

    Triggers would do this by themselves, but a server that keeps a binary log lets only
    administrators make them.
    """
    concerned = select(message.c.conversation, message.c.number)
    if change.whereclause is not None:
        concerned = concerned.where(change.whereclause)
    return insert(search_pending).from_select(_KEY, concerned)


def noting_new(ids: Sequence[object]) -> str:
    """The statement that notes new messages."""
    return (
        "INSERT INTO search_pending (conversation, number) SELECT conversation, number FROM message"  # noqa: S608
        f" WHERE id IN ({literals(ids)})"
    )


def _signature(texts: Sequence[str]) -> Signature:
    bits = 0
    for text in texts:
        codes = [ord(character) for character in text]
        for a, b, c in zip(codes, codes[1:], codes[2:], strict=False):
            bits |= 1 << ((a * _FACTOR + b) * _FACTOR + c) % BITS
    mask = (1 << PART_BITS) - 1
    return tuple(bits >> PART_BITS * part & mask for part in range(len(PARTS)))


_match = rows_parameter("match", **dict.fromkeys(PARTS, BigInteger))
_conversation = parameter("conversation", BigInteger)
_has_all_bits = and_(
    *(search_entry.c[part].op("&")(_match[part]) == _match[part] for part in PARTS)
)
_indexed = (
    select(search_entry.c.number)
    .select_from(
        member.join(search_entry, search_entry.c.conversation == member.c.conversation).join(
            _match.table, _has_all_bits
        )
    )
    .where(
        member.c.account == parameter("account"),
        or_(_conversation.is_(None), member.c.conversation == _conversation),
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
        return bool(await driver.fetch(TAKE_TURN)) and await _index(driver)


async def step_in_turn(driver: Driver) -> bool:
    """Like `step`, after another process that indexes; False only if nothing is left."""
    async with driver.transaction():
        await driver.fetch(AWAIT_TURN)
        return await _index(driver)


async def _index(driver: Driver) -> bool:
    """Index the next messages, as the process whose turn it is."""
    pending = await driver.fetch(PENDING)
    taken, characters = 0, 0
    for *_, size in pending:
        characters += size
        if taken and characters > STEP_CHARACTERS:
            break
        taken += 1
    if not taken:
        return False
    keys = list({(conversation, number) for _, conversation, number, _ in pending[:taken]})
    # Read only now: a later change has its own pending row.
    texts = await driver.fetch(TEXTS.format(literals([number for _, number in keys])))
    await driver.execute(FORGET.format(conditions(_KEY, keys)))
    rows = [(conversation, number, *signature(body)) for conversation, number, body in texts]
    if rows:
        await driver.execute(insertion(search_entry, search_entry.c.keys(), rows, {}))
    await driver.execute(DONE.format(literals([each for each, *_ in pending[:taken]])))
    return taken < len(pending) or len(pending) == STEP_MESSAGES
