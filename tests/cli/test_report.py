"""`backchannel report`: the operator reads and closes what users have reported."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from backchannel.chat.core import Core
from backchannel.chat.messages import draft, send
from backchannel.chat.reports import report
from backchannel.cli.database import with_core
from backchannel.domain.errors import NotFound
from backchannel.domain.reports import Report, ReportReason

Invoke = Callable[..., Result]


def reported() -> Report:
    """Ada reports a message of Eve's."""

    async def work(core: Core) -> Report:
        ada, eve = (
            await core.directory.find_id("ada", field="a"),
            await core.directory.find_id("eve", field="b"),
        )
        sent = await send(core, draft(eve, ada, "buy\n\x1b[2Jthis"))
        made = await report(
            core, ada, eve, reason=ReportReason.SPAM, comment="again", seqs=[sent.message.seq]
        )
        await asyncio.sleep(0)
        return made

    return with_core(work, None, None)


def test_reports_are_listed_shown_and_closed(invoke: Invoke, folder: Path) -> None:
    for name in ("ada", "eve"):
        invoke("user", "add", name, given="correct horse battery\n")
    made = reported()
    (_, row) = invoke("report", "list").stdout.splitlines()
    assert row.split()[0] == made.id
    assert row.split()[-4:] == ["spam", "eve", "ada", "1"]
    shown = invoke("report", "show", made.id).stdout
    assert "again" in shown
    assert "\\x1b[2Jthis" in shown, "S24: text of a user cannot control the terminal"
    assert "\x1b" not in shown
    invoke("report", "close", made.id, "--note", "warned her")
    assert len(invoke("report", "list").stdout.splitlines()) == 1
    assert made.id in invoke("report", "list", "--closed").stdout
    assert "warned her" in invoke("report", "show", made.id).stdout
    unknown = invoke("report", "show", "nothing", code=1)
    assert isinstance(unknown.exception, NotFound)
    assert folder.exists()
