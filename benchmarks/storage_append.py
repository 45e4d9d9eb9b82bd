"""The speed of appending to the storage, and of reading from many messages.

    python -m benchmarks.storage_append [--messages 1000000] [--folder /tmp] [--engine postgresql]

Appending: batches of 500 from an otherwise idle event loop, random senders among `pairs` pairs,
bodies of 100 characters. The folder should be on the disk that will hold the database, since every
batch waits for its sync. Prints medians.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from backchannel.domain.ids import direct_conversation_id, new_id
from backchannel.domain.messages import Draft
from backchannel.domain.users import Account, User
from backchannel.ports.storage import Storage, Stored
from backchannel.storage.opening import open_storage
from tests.support.engines import DATABASES, SQLITE

BATCH = 500
Pair = tuple[str, str, str]


async def make_pairs(storage: Storage, count: int) -> list[Pair]:
    pairs: list[Pair] = []
    for _ in range(count):
        one, other = new_id(), new_id()
        pairs.append((one, other, direct_conversation_id(one, other)))
    users = [user_id for pair in pairs for user_id in pair[:2]]
    for start in range(0, len(users), 500):
        await asyncio.gather(*(_create(storage, each) for each in users[start : start + 500]))
    return pairs


async def _create(storage: Storage, user_id: str) -> None:
    user = User(
        id=user_id,
        username=user_id,
        email=None,
        display_name=user_id,
        created_at=1,
        updated_at=1,
    )
    await storage.create_user(Account(user=user, password_hash="-"))


def make_batch(pairs: list[Pair]) -> list[Draft]:
    drafts: list[Draft] = []
    for one, other, conversation_id in random.choices(pairs, k=BATCH):
        sender, recipient = random.choice(((one, other), (other, one)))
        drafts.append(Draft(conversation_id, sender, recipient, new_id(), "x" * 100))
    return drafts


async def append(storage: Storage, pairs: list[Pair], batches: int, *, ahead: int) -> float:
    """Messages per second, with `ahead` batches queued at a time."""
    prepared = [make_batch(pairs) for _ in range(batches)]
    began = time.perf_counter()
    for start in range(0, batches, ahead):
        several = prepared[start : start + ahead]
        for outcomes in await asyncio.gather(*(storage.append(each, at=1) for each in several)):
            assert all(isinstance(each, Stored) for each in outcomes)
    return batches * BATCH / (time.perf_counter() - began)


async def median_time(call: Callable[[], Awaitable[object]], runs: int = 101) -> float:
    """The median time in milliseconds."""
    times: list[float] = []
    for _ in range(runs):
        began = time.perf_counter()
        await call()
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


async def measure_appends(engine: str, folder: Path) -> None:
    for count in (10, 50, 200, 1000):
        for ahead in (1, 2):
            storage = await open_new(engine, folder)
            pairs = await make_pairs(storage, count)
            await append(storage, pairs, 20, ahead=ahead)
            rates = [await append(storage, pairs, 40, ahead=ahead) for _ in range(5)]
            print(
                f"append, {count:>5} pairs, {ahead} ahead: {statistics.median(rates):>8,.0f}/s"
                f" (from {min(rates):,.0f} to {max(rates):,.0f})"
            )
            await storage.close()


async def open_new(engine: str, folder: Path) -> Storage:
    return await open_storage(await DATABASES[engine](Path(tempfile.mkdtemp(dir=folder))))


async def measure_reads(engine: str, folder: Path, messages: int) -> None:
    storage = await open_new(engine, folder)
    pairs = await make_pairs(storage, 200)
    rate = await append(storage, pairs, messages // BATCH, ahead=1)
    print(f"append of {messages:,} messages, 200 pairs: {rate:,.0f}/s")

    async def history() -> None:
        _, _, conversation_id = random.choice(pairs)
        before = random.randrange(60, messages // len(pairs))
        assert len(await storage.history(conversation_id, before=before, limit=50)) == 50

    async def log() -> None:
        user_id, _, _ = random.choice(pairs)
        page = await storage.log(user_id, after=random.randrange(3000), limit=1000)
        assert len(page.events) == 1000

    async def conversations() -> None:
        assert await storage.conversations(random.choice(pairs)[0], before=None, limit=50)

    for name, call in (
        ("history page of 50", history),
        ("log page of 1,000", log),
        ("conversations", conversations),
    ):
        print(f"{name}: {await median_time(call):.2f} ms")
    await storage.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--engine", choices=DATABASES, default=SQLITE)
    options = parser.parse_args()
    sys.setswitchinterval(1e-4)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        await measure_appends(options.engine, Path(folder))
        if options.messages:
            await measure_reads(options.engine, Path(folder), options.messages)


if __name__ == "__main__":
    asyncio.run(main())
