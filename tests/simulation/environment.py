"""The environment of one run: servers, their clients, and simulated time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from backchannel.brokers.in_process import InProcessBus
from backchannel.brokers.opening import LARGEST
from backchannel.brokers.shared import Broker as BrokerAddress
from backchannel.brokers.shared import SharedBus
from backchannel.checker import journal
from backchannel.domain.errors import ChatError
from backchannel.storage.sql.sqlite.rollback import begin_epoch
from tests.simulation.broker import Broker
from tests.simulation.bus import UnreliableBus
from tests.simulation.clock import SimulatedClock
from tests.simulation.device import Device
from tests.simulation.disk import Disk
from tests.simulation.network import Link, Receiver
from tests.simulation.process import ServerProcess
from tests.simulation.replica import Replica, fetch
from tests.simulation.scenario import Scenario
from tests.simulation.template import KEY, in_memory, template

STRAGGLING = 25.0
"""Seconds for which what was sent before may be held up: longer than any stall."""
LEVEL_WITHIN = 150
"""Seconds after the last fault in which every device must be level: a few heartbeats."""
QUIET = 3
"""Seconds in which nothing more may happen, before it counts as the end."""


@dataclass
class Environment:
    """The parts of a run, its records and its troubles."""

    scenario: Scenario
    rng: Random
    records: list[journal.Record] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """Faults apart from those in the journal."""

    def __post_init__(self) -> None:
        people = template().people
        self._loop = asyncio.get_running_loop()
        self._at = 0
        self._calm = self._over = False
        self._backup: tuple[int, bytes] | None = None
        self._dead: list[ServerProcess] = []
        self.clock = SimulatedClock()
        self.disk = Disk(in_memory(template().content), self.rng, self.scenario.disk_delay)
        self._broker = Broker(self.rng, self.scenario.bus_trouble)
        self.processes = [self._start(number) for number in range(self.scenario.servers)]
        self.devices: list[Device] = []
        for number, (user, behaviour) in enumerate(self.scenario.behaviours):
            person = people[user]
            token = person.tokens[number % len(person.tokens)]
            name = f"{person.id}/{number}"
            self.devices.append(Device(name, person.id, token, behaviour, self, self.rng))

    @property
    def process(self) -> ServerProcess:
        """The server; if there are several, one of them at random, as behind a load balancer."""
        return self.processes[0] if len(self.processes) == 1 else self.rng.choice(self.processes)

    # ----------------------------------------------------------------- the requests of devices

    def record(self, build: Callable[..., journal.Record], **fields: Any) -> None:
        """Write into the journal; no two records have the same time."""
        self._at = max(self._at + 1, self._now())
        self.records.append(build(at=self._at, **fields))

    def dial(self, client: Receiver, head: bytes) -> Link:
        """Begin to connect to the process that listens when the request arrives."""
        link = Link(self.rng, self.scenario.conditions, client)
        delay = self.scenario.conditions.latency * self.rng.random()
        self._loop.call_later(delay, lambda: self.process.accept(link, head))
        return link

    async def fetch(self, user_id: str) -> Replica:
        await asyncio.sleep(self.scenario.conditions.latency * self.rng.random())
        async with asyncio.timeout(5.0):
            return await fetch(self.process.core, user_id)

    # ------------------------------------------------------------------------ the server

    def _start(self, number: int) -> ServerProcess:
        scenario = self.scenario
        return ServerProcess(
            self.disk,
            self.clock,
            queued=scenario.queued,
            unread=scenario.unread,
            bus=self._bus(),
            ended=lambda: self._restart_soon(number),
        )

    def _bus(self) -> InProcessBus:
        if self.scenario.servers > 1:
            return SharedBus(BrokerAddress(self._broker.connect, LARGEST), KEY)
        return UnreliableBus(self.rng, 0.0 if self._calm else self.scenario.bus_trouble)

    def lose_bus(self) -> None:
        """Begin an outage of the broker."""
        self._broker.go(self.rng.uniform(0.1, 8.0))

    def end(self) -> None:
        """Stop everything."""
        self._over = True
        for process in self.processes:
            process.kill()
        self.disk.close()

    def _restart_soon(self, number: int) -> None:
        self.disk.crash()
        if self._over:
            return
        self._loop.call_later(self.rng.uniform(0.0, 2.0), self._restart, number)

    def _restart(self, number: int) -> None:
        # A dead process's tasks wait forever, but only while there is a reference to them.
        self._dead.append(self.processes[number])
        self.processes[number] = self._start(number)

    # ---------------------------------------------------------------------- the operator

    def back_up(self) -> None:
        """Copy the data as they are now."""
        self._at = max(self._at + 1, self._now())
        self._backup = self._at, self.disk.database.serialize()

    def restore(self) -> None:
        """Replace the data by the newest copy, as `backchannel restore` does."""
        if self._backup is None:
            return
        backup_at, content = self._backup
        for process in self.processes:
            process.kill()
        self.record(journal.Restore, device="operator", backup_at=backup_at)
        database = in_memory(content)
        database.create_function("randomblob", 1, self.rng.randbytes)
        begin_epoch(database)
        self.disk.database.close()
        self.disk.database = database

    def peer_of(self, device: Device) -> str:
        """A user other than the device's."""
        people = template().people[: self.scenario.users]
        return self.rng.choice([each.id for each in people if each.id != device.user])

    # --------------------------------------------------------------------------- the end

    def calm(self) -> None:
        """From now on nothing goes wrong."""
        self._calm = True
        self.disk.heal()
        self._broker.trouble = 0.0
        for process in self.processes:
            if isinstance(process.bus, UnreliableBus):
                process.bus.trouble = 0.0

    async def settle(self) -> None:
        """Wait until every device has caught up with its user's log, at most for a while."""
        await asyncio.sleep(STRAGGLING)
        quiet = 0
        for _ in range(LEVEL_WITHIN):
            await asyncio.sleep(1.0)
            behind = await self._behind()
            quiet = 0 if behind else quiet + 1
            if quiet == QUIET:
                return
        self.troubles += behind or ["devices were level only now and then"]

    async def _behind(self) -> list[str]:
        found = [f"{each.name} is not done" for each in self.devices if not each.idle]
        for device in self.devices:
            head = await self.position_of(device.user)
            if device.position != head:
                found.append(f"{device.name} is at {device.position} of {head}")
        return found

    async def position_of(self, user_id: str) -> int:
        """The last position of a user's log; -1 if the server does not answer."""
        try:
            async with asyncio.timeout(5.0):
                heads = await self.process.core.storage.heads([user_id])
        except (ChatError, TimeoutError):
            return -1
        return heads[user_id].position

    async def finish(self) -> None:
        """Let every device compare its data with the present state, and close."""
        for device in self.devices:
            asked = self._now()
            try:
                present = await self.fetch(device.user)
            except (ChatError, TimeoutError) as error:
                self.troubles.append(f"{device.name} cannot fetch: {error!r}")
                continue
            found = device.replica.differences(present, device.user)
            self.troubles += [f"{device.name}: {each}" for each in found]
            self._record_histories(device, present, asked)
            position = await self.position_of(device.user)
            self.record(journal.Finish, device=device.name, position=position, asked=asked)

    def _record_histories(self, device: Device, present: Replica, asked: int) -> None:
        for conversation, messages in present.messages.items():
            seen = tuple(
                journal.Seen(id=each["id"], sender=each["sender_id"], body=each["body"], seq=seq)
                for seq, each in sorted(messages.items())
            )
            self.record(
                journal.History,
                device=device.name,
                conversation=conversation,
                messages=seen,
                complete=True,
                asked=asked,
            )

    def _now(self) -> int:
        return round(self._loop.time() * 1e9)
