"""Node's own Socket.IO client with its defaults."""

import asyncio
import json
from collections.abc import Sequence
from subprocess import PIPE

from benchmarks.peers import node
from benchmarks.peers.loss.journal import Journal, Plan
from benchmarks.peers.peer import Server


async def exchange(server: Server, port: int, plan: Plan) -> Sequence[Journal]:
    del server
    settings = (port, plan.pairs, plan.gap * 1e3, plan.messages, plan.settle * 1e3, plan.timeout)
    command = [*node.command("socketio_client.cjs"), *map(str, settings)]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    printed, _ = await process.communicate()
    return [Journal(**pair) for pair in json.loads(printed)]
