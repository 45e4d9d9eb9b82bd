"""A process that appends forever and reports which messages were acknowledged."""

import asyncio
import os
import sys
from pathlib import Path
from unittest.mock import patch

from backchannel.ports.storage import Stored
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.sqlite.indexer import Indexer
from tests.storage.people import AT, make_pair


async def append_for_ever(path: Path, pipe: int, *, batches: int | None = None) -> None:
    """Append batches side by side; each acknowledged id is a line in `pipe`."""
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    while batches is None or batches > 0:
        batches = None if batches is None else batches - 1
        drafts = [[pair.draft("x" * 100) for _ in range(10)] for _ in range(3)]
        for outcomes in await asyncio.gather(*(storage.append(each, at=AT) for each in drafts)):
            ids = [each.message.id for each in outcomes if isinstance(each, Stored)]
            os.write(pipe, "".join(f"acknowledged {each}\n" for each in ids).encode())
    await storage.close()


def run(path: Path, pipe: int) -> None:
    asyncio.run(append_for_ever(path, pipe))


def main(path: Path, batches: int) -> None:
    # A trace cannot distinguish writes for a message from writes for its index.
    with patch.multiple(Indexer, timeout=None, is_due=False):
        asyncio.run(append_for_ever(path, 1, batches=batches))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
