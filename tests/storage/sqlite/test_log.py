"""Old entries of logs are removed in short transactions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from backchannel.ports.storage import Acknowledgement
from backchannel.storage.opening import open_storage
from backchannel.storage.sql import log
from backchannel.storage.sql.database import Transaction
from tests.storage.people import AT, make_pair, send


async def test_each_transaction_of_trimming_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST_ENTRIES", 3)
    storage = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(str(number)) for number in range(10)))
    await storage.acknowledge([Acknowledgement(each, "", 10) for each in (pair.ada, pair.bob)])
    gone: list[int] = []
    reads: list[int] = []
    forget_entries, read_floors = log.forget_entries, log.read_floors

    async def counted(transaction: Transaction, *, raised: Sequence[Any]) -> int:
        gone.append(await forget_entries(transaction, raised=raised))
        return gone[-1]

    async def noted(transaction: Transaction, **bounds: int) -> list[Any]:
        reads.append(bounds["after"])
        return await read_floors(transaction, **bounds)

    monkeypatch.setattr(log, "forget_entries", counted)
    monkeypatch.setattr(log, "read_floors", noted)
    assert await storage.trim_logs(before=AT + 1, keep=0) == sum(gone) == 20
    assert max(gone) == 3
    assert reads == [0]  # to read them again for each transaction would take long
    heads = await storage.heads([pair.ada, pair.bob])
    assert [each.floor for each in heads.values()] == [10, 10]
    await storage.close()
