"""The interface of the clients of all stacks."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from benchmarks.peers.loss.journal import Journal, Plan
from benchmarks.peers.peer import Server

Clients = Callable[[Server, int, Plan], Coroutine[None, None, Sequence[Journal]]]
"""Connects `Plan.pairs` pairs to a port, sends, and returns the fate of the messages."""

LOGIN_TIMEOUT = 20.0


def number_of(text: str) -> int:
    """The number of a message, at the end of its text."""
    return int(text.rpartition("#")[2])


async def send_all(plan: Plan, send: Callable[[int], Awaitable[None]]) -> None:
    """Call `send` with each number when it is due; after a delay, catch up."""
    clock = asyncio.get_running_loop()
    began = clock.time()
    for number in range(plan.messages):
        await asyncio.sleep(began + number * plan.gap - clock.time())
        await send(number)


async def settled(journal: Journal, plan: Plan) -> None:
    """Return when nothing has arrived for `Plan.settle` seconds, or `Plan.timeout` is over."""
    for _ in range(plan.timeout):
        before = journal.entries
        await asyncio.sleep(plan.settle)
        if journal.entries == before:
            return
