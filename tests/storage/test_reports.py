"""Reports are listed and closed, and lose the texts of erased users."""

import pytest
from msgspec.structs import replace

from backchannel.domain.errors import AccountDisabled, Conflict, NotFound
from backchannel.domain.ids import new_id
from backchannel.domain.reports import Report
from backchannel.ports.storage import Storage
from tests.storage.erasure_steps import erase
from tests.storage.people import AT, Pair, make_user

LIMIT = 3


def about(pair: Pair, **fields: object) -> Report:
    """A report by Ada about Bob."""
    made: dict[str, object] = {
        "id": new_id(),
        "reporter_id": pair.ada,
        "user_id": pair.bob,
        "reason": "spam",
        "comment": "every day",
        "messages": '[{"id":"m","seq":1,"created_at":0,"body":"buy","files":[]}]',
        "created_at": AT,
        **fields,
    }
    return Report(**made)  # type: ignore[arg-type]  # they are what a report has


async def create(storage: Storage, *reports: Report, forget: int = 0) -> None:
    for each in reports:
        await storage.create_report(each, limit=LIMIT, forget=forget)


async def listed(storage: Storage, *, closed: bool = False) -> list[Report]:
    return await storage.reports(closed=closed, before=None, limit=10)


async def test_reports_are_listed_newest_first_and_paged(storage: Storage, pair: Pair) -> None:
    made = [about(pair) for _ in range(LIMIT)]
    await create(storage, *made)
    assert await listed(storage) == made[::-1]
    assert await storage.reports(closed=False, before=made[2].id, limit=1) == [made[1]]
    assert await storage.report(made[0].id) == made[0]
    assert await storage.report("unknown") is None
    assert await storage.reports_by(pair.ada) == made[::-1]
    assert await storage.reports_by(pair.bob) == []


async def test_S18_the_open_reports_of_a_user_are_limited(storage: Storage, pair: Pair) -> None:
    made = [about(pair) for _ in range(LIMIT)]
    await create(storage, *made)
    with pytest.raises(Conflict):
        await create(storage, about(pair))
    await storage.close_report(made[0].id, note="", at=AT)
    await create(storage, about(pair))


async def test_a_closed_report_is_kept_for_a_while(storage: Storage, pair: Pair) -> None:
    first = about(pair)
    await create(storage, first)
    await storage.close_report(first.id, note="told them", at=AT + 5)
    (closed,) = await listed(storage, closed=True)
    assert (closed.note, closed.closed_at, await listed(storage)) == ("told them", AT + 5, [])
    await create(storage, about(pair), forget=AT + 5)
    assert await listed(storage, closed=True) == [closed]
    await create(storage, about(pair), forget=AT + 6)
    assert await listed(storage, closed=True) == []
    with pytest.raises(NotFound):
        await storage.close_report(first.id, note="", at=AT)


@pytest.mark.parametrize("leaving", ["reporter", "reported"])
async def test_S22_an_open_report_stays_without_the_texts_of_an_erased_user(
    storage: Storage, pair: Pair, leaving: str
) -> None:
    eve = await make_user(storage)
    closed, waiting, other = about(pair), about(pair), about(pair, reporter_id=eve)
    await create(storage, closed, waiting, other)
    await storage.close_report(closed.id, note="told them", at=AT)
    await erase(storage, pair.ada if leaving == "reporter" else pair.bob)
    if leaving == "reporter":
        assert await listed(storage) == [other, replace(waiting, comment="")]
    else:
        assert await listed(storage) == [replace(each, messages="[]") for each in (other, waiting)]
    assert await listed(storage, closed=True) == []
    refusal = AccountDisabled if leaving == "reporter" else NotFound
    with pytest.raises(refusal):
        await create(storage, about(pair))
    with pytest.raises(NotFound):
        await create(storage, about(pair, reporter_id=eve, user_id="nobody"))


async def test_S22_nothing_is_left_of_a_report_once_both_users_are_erased(
    storage: Storage, pair: Pair
) -> None:
    await create(storage, about(pair), about(pair, reporter_id=pair.bob, user_id=pair.ada))
    for leaving in (pair.ada, pair.bob):
        await erase(storage, leaving)
    assert await listed(storage) == []
