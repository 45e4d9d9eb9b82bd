"""One run: a fresh server, and clients whose connections are cut once a second."""

import asyncio

from benchmarks.peers.loss.clients import Clients
from benchmarks.peers.loss.cutter import Cutter
from benchmarks.peers.loss.journal import Outcome, Plan, evaluate
from benchmarks.peers.measure import fresh
from benchmarks.peers.peer import Peer, Server


def lose(peer: Peer, clients: Clients, plan: Plan) -> Outcome:
    """Run the experiment and return the fate of its messages. Raises `Missing`."""
    with fresh(peer, 2 * plan.pairs) as server:
        return asyncio.run(_run(server, clients, plan))


async def _run(server: Server, clients: Clients, plan: Plan) -> Outcome:
    cutter = Cutter(server.port)
    async with cutter.listening() as port, asyncio.TaskGroup() as tasks:
        journals = tasks.create_task(clients(server, port, plan))
        tasks.create_task(cutter.cut_every_second(plan.seconds))
    return evaluate(journals.result(), cutter.cuts)
