"""A process that appends and prints which messages were acknowledged, until it is killed."""

import asyncio
import subprocess
import sys

from backchannel.ports.storage import Storage, Stored
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


def killed_writer(url: str, *, after: int) -> list[str]:
    """The ids that a writer acknowledged until it was killed: `after` or a few more."""
    command = [sys.executable, "-m", "tests.storage.killed_writer", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writing:
        assert writing.stdout is not None
        printed = [writing.stdout.readline() for _ in range(after)]
        writing.kill()
        printed += writing.stdout
    return [each.strip() for each in printed if each.endswith("\n")]


async def kill_writers(url: str, kills: int) -> list[str]:
    """Kill this many writers, one after the other; return the ids that they acknowledged."""
    return [
        each
        for count in range(kills)
        for each in await asyncio.to_thread(killed_writer, url, after=30 + 47 * (count % 5))
    ]


async def require_kept(storage: Storage, acknowledged: list[str]) -> None:
    """Require all acknowledged messages, and conversations without gaps or duplicates."""
    assert acknowledged
    found = [await storage.message_by_id(each) for each in acknowledged]
    assert all(found)
    for conversation_id in {each.conversation_id for each in found if each is not None}:
        messages = await storage.history(conversation_id, limit=10_000)
        assert [each.seq for each in messages] == list(range(1, len(messages) + 1))
        assert len({each.client_id for each in messages}) == len(messages)


if __name__ == "__main__":
    asyncio.run(append_for_ever(sys.argv[1]))
