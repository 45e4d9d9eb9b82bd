"""Old entries of logs are removed in short transactions."""

from pathlib import Path

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
    trim_page = log.trim_page

    async def counted(transaction: Transaction, **bounds: int) -> tuple[int, int | None]:
        count, following = await trim_page(transaction, **bounds)
        gone.append(count)
        return count, following

    monkeypatch.setattr(log, "trim_page", counted)
    assert await storage.trim_logs(before=AT + 1, keep=0) == sum(gone) == 20
    assert max(gone) == 3
    heads = await storage.heads([pair.ada, pair.bob])
    assert [each.floor for each in heads.values()] == [10, 10]
    await storage.close()
