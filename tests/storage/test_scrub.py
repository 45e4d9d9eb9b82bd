"""S22: after a scrub no byte of what was erased is in any of the database's files."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from backchannel.domain.erasures import Erased
from backchannel.domain.events import EventKind
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.revisions import delete, edit, react
from backchannel.ports.storage import Storage
from tests.storage.erasure_steps import erase, make_file
from tests.storage.openers import Ability, Opener
from tests.storage.people import AT, Pair, make_account, make_user, send, session_draft

CANARY = "kanarienvogel"
RARE = "\ua656\u2e18\U00010348"
"""Three characters nobody else writes: a trigram of the index, of which the last two are looked
for because the first may be shared with its neighbour."""


def found(folder: Path, *texts: str) -> list[str]:
    """The texts whose bytes are in any file of the folder."""
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return [text for text in texts if any(text.encode() in content for content in contents)]


def canaries(count: int) -> Iterator[str]:
    return (f"{CANARY}-{number:04}" for number in range(count))


async def fill(storage: Storage, folder: Path) -> tuple[Pair, list[str]]:
    """Texts of Ada wherever the storage accepts text, moved in the files by other texts."""
    account = make_account(f"{CANARY}-name", email=f"{CANARY}-mail@example.org")
    await storage.create_user(account)
    ada, bob = account.user.id, await make_user(storage)
    pair = Pair(ada, bob, direct_conversation_id(ada, bob))
    texts = list(canaries(600))
    for start in range(0, len(texts), 50):
        drafts = [
            pair.draft(f"{text} {RARE}{'x' * (start % 7) * 40}", client_id=f"{text}-key")
            for text in texts[start : start + 50]
        ]
        await send(storage, *drafts, *(pair.answer(f"bob {start} {n}") for n in range(50)))
        seq = start * 2 + 1
        longer = edit(ada, f"{texts[start]} edited {'y' * 3_000} {CANARY}-end", at=AT)
        await storage.change(pair.id, seq, EventKind.EDIT, longer)
        await storage.change(pair.id, seq + 1, EventKind.DELETE, delete(ada, at=AT))
        await storage.change(pair.id, seq + 60, EventKind.REACTION, react(ada, "🐤", active=True))
    await storage.create_session(ada, f"{CANARY}-session", name=f"{CANARY}-title", at=AT)
    await send(storage, session_draft(ada, f"{CANARY}-session", f"{CANARY}-question"))
    await make_file(storage, ada, f"{CANARY}-file.txt")
    return pair, texts


async def test_S22_no_byte_is_left_after_a_scrub(opener: Opener, tmp_path: Path) -> None:
    opener.requires(Ability.SCRUBBING)
    storage = await opener.open(tmp_path)
    pair, texts = await fill(storage, tmp_path)
    names = [f"{CANARY}-{what}" for what in ("name", "mail", "end", "session", "title", "file.txt")]
    # After a mere edit or deletion, an earlier byte of the text may be gone already.
    undeleted = [text for number, text in enumerate(texts) if number % 50]
    assert found(tmp_path, *undeleted, *names, RARE[1:]) == [*undeleted, *names, RARE[1:]]
    erasure = await erase(storage, pair.ada, limit=100)
    files = await storage.owned_files(pair.ada, after="", limit=9)
    await storage.forget_owned(erasure.id, [each.id for each in files], Erased(files=len(files)))
    await storage.scrub()
    assert found(tmp_path, CANARY, *texts, *names, RARE[1:]) == []
    history = await storage.history(pair.id, limit=10_000)
    assert [each.seq for each in history] == list(range(1, 1_201))
    assert sum(each.body.startswith("bob ") for each in history) == 600
    await storage.close()
    assert found(tmp_path, CANARY, RARE[1:]) == []


async def test_S22_messages_sent_during_a_scrub_are_stored(storage: Storage, pair: Pair) -> None:
    await send(storage, *(pair.draft(f"before {number}") for number in range(500)))
    scrubbing = asyncio.ensure_future(storage.scrub())
    number = 0
    while not scrubbing.done():
        await send(storage, pair.draft(f"meanwhile {number}"))
        number += 1
    await scrubbing
    assert number
    history = await storage.history(pair.id, limit=10_000)
    assert [each.body for each in history[500:]] == [f"meanwhile {n}" for n in range(number)]
