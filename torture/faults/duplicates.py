"""The same message many times at once: it is stored once (rule R2)."""

import asyncio

import httpx

from backchannel.checker import journal
from torture.clients.device import now
from torture.clients.rest import Person
from torture.faults.fault import Fault
from torture.harness import Harness
from torture.plan import Kind, PlannedFault

COPIES = 50


class Duplicates(Fault):
    """The copies are sent over HTTP by a device that does nothing else."""

    kind = Kind("duplicates", seconds=0.7)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        original = harness.victims(planned)[0]
        receiver = next(iter(original.peers.values()))
        key = f"{original.name}/copies#{planned.at}"
        send = journal.Invoke(
            at=now(),
            device=f"{original.name}/copies",
            user=original.person.id,
            client_id=key,
            conversation=original.person.conversation_with(receiver),
            body=key,
            to=receiver.id,
        )
        harness.tally.sent += 1
        copies = (_send(harness, original.person, send) for _ in range(COPIES))
        answered = await asyncio.gather(*copies)
        harness.tally.acknowledged += any(answered)


async def _send(harness: Harness, person: Person, send: journal.Invoke) -> bool:
    """Send a copy and record its answer; return whether it was acknowledged."""
    harness.note(send)
    named = {"device": send.device, "client_id": send.client_id}
    body = {"to": send.to, "body": send.body, "client_id": send.client_id}
    try:
        stored = await harness.rest.ask("POST", "/v1/messages", headers=person.headers, json=body)
    except httpx.HTTPStatusError as refusal:
        harness.note(journal.Fail(at=now(), code=refusal.response.json()["code"], **named))
        return False
    harness.note(journal.Ok(at=now(), id=stored["id"], seq=stored["seq"], **named))
    return True
