"""A process that appends for ever and prints which messages were acknowledged."""

import asyncio
import sys

from backchannel.ports.storage import Stored
from backchannel.storage.opening import open_storage
from tests.storage.people import AT, make_pair


async def append_for_ever(url: str) -> None:
    storage = await open_storage(url)
    pair = await make_pair(storage)
    while True:
        drafts = [[pair.draft("x" * 100) for _ in range(10)] for _ in range(3)]
        for outcomes in await asyncio.gather(*(storage.append(each, at=AT) for each in drafts)):
            ids = [each.message.id for each in outcomes if isinstance(each, Stored)]
            sys.stdout.write("".join(f"{each}\n" for each in ids))
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(append_for_ever(sys.argv[1]))
