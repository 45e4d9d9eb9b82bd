"""The time an erasure takes, and its effect on other users.

    python benchmarks/erasure.py [--messages 1000000] [--own 100000] [--folder /tmp]

Fills a database with messages of a dozen words, erases a user who has sent `--own` of them, and
meanwhile sends batches of ten messages between other users, one after the other. The folder
should be on the disk that will hold the database.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from backchannel.chat.erasures import PART
from backchannel.domain.erasures import new_erasure
from backchannel.domain.ids import direct_conversation_id, new_id
from backchannel.domain.messages import Draft
from backchannel.domain.users import Account, User
from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage

T = TypeVar("T")

BATCH = 500
PEERS = 20
WORDS = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(20_000)]


async def make_user(storage: Storage) -> str:
    user_id = new_id()
    user = User(
        id=user_id, username=user_id, email=None, display_name="x", created_at=1, updated_at=1
    )
    await storage.create_user(Account(user=user, password_hash="-"))
    return user_id


def draft(sender: str, recipient: str) -> Draft:
    body = " ".join(random.choices(WORDS, k=12))
    return Draft(direct_conversation_id(sender, recipient), sender, recipient, new_id(), body)


async def fill(storage: Storage, users: list[str], own: int, others: int) -> None:
    """Messages of the first user to some peers, among those of all other users."""
    peers = users[1 : PEERS + 1]
    share = own / (own + others)
    for _ in range((own + others) // BATCH):
        batch = [
            draft(users[0], random.choice(peers))
            if random.random() < share
            else draft(*random.sample(users[1:], 2))
            for _ in range(BATCH)
        ]
        await storage.append(batch, at=1)


async def indexed(storage: Storage, user_id: str) -> None:
    """Wait until the newest message is found by the index."""
    await asyncio.sleep(1)
    while (await timed(storage.search(user_id, ["zzzzzzz"], limit=1)))[0] > 0.02:  # noqa: ASYNC110 - the index has no event
        await asyncio.sleep(1)


async def timed(work: Awaitable[T]) -> tuple[float, T]:
    began = time.perf_counter()
    outcome = await work
    return time.perf_counter() - began, outcome


class Others:
    """Users who keep sending, and how long they wait for each acknowledgement."""

    def __init__(self, storage: Storage, users: list[str]) -> None:
        self._storage = storage
        self._users = users
        self._waits: list[float] = []
        self._talking = asyncio.create_task(self._talk())

    async def report(self, name: str, seconds: float) -> None:
        # Requests that still wait count as well.
        count = len(self._waits)
        while len(self._waits) == count:  # noqa: ASYNC110 - a benchmark
            await asyncio.sleep(0.01)
        waits, self._waits = sorted(self._waits), []
        print(
            f"{name}: {seconds:.1f} s; others waited {statistics.median(waits) * 1e3:.1f} ms,"
            f" {waits[len(waits) * 99 // 100] * 1e3:.0f} ms (99 %), {waits[-1]:.2f} s at most"
        )

    def stop(self) -> None:
        self._talking.cancel()

    async def _talk(self) -> None:
        while True:
            batch = [draft(*random.sample(self._users, 2)) for _ in range(10)]
            seconds, _ = await timed(self._storage.append(batch, at=1))
            self._waits.append(seconds)


async def erase(storage: Storage, users: list[str]) -> None:
    others = Others(storage, users[1:])
    await asyncio.sleep(3)
    await others.report("nothing", 3)
    erasure = new_erasure(users[0], at=1)
    seconds, _ = await timed(storage.request_erasure(erasure))
    await others.report("the erasure", seconds)
    began = time.perf_counter()
    complete = False
    while not complete:
        seconds, part = await timed(storage.erase_part(erasure.id, limit=PART, at=1))
        complete = part.complete
        await asyncio.sleep(seconds)
    await others.report("its parts", time.perf_counter() - began)
    seconds, _ = await timed(storage.scrub())
    await others.report("the scrub", seconds)
    others.stop()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--own", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    sys.setswitchinterval(1e-4)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "erasure.db"
        storage = await open_storage(f"sqlite:///{path}")
        users = [await make_user(storage) for _ in range(200)]
        await fill(storage, users, options.own, options.messages - options.own)
        await indexed(storage, users[0])
        print(f"{options.messages:,} messages, {path.stat().st_size / 1e6:,.0f} MB")
        await erase(storage, users)
        await storage.close()


if __name__ == "__main__":
    asyncio.run(main())
