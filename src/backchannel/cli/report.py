"""`backchannel report`: the reports of users, beside a running server or without one."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from backchannel.chat import reports
from backchannel.chat.core import Core
from backchannel.cli.database import with_core
from backchannel.cli.options import ConfigFile, DataDir
from backchannel.cli.output import print_table
from backchannel.domain.reports import Report, messages_of
from backchannel.domain.users import User

ReportId = Annotated[str, typer.Argument(help="The report's id.", show_default=False)]
Names = dict[str, User]

group = typer.Typer(help="Read and close reports by users.", no_args_is_help=True)


@group.command("list")
def list_reports(
    closed: Annotated[bool, typer.Option("--closed", help="List closed reports.")] = False,  # noqa: FBT002  # Typer's way to say a flag
    before: Annotated[
        str | None, typer.Option(help="Continue after this id.", show_default=False)
    ] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """List the newest reports, 50 at a time."""

    async def work(core: Core) -> tuple[list[Report], Names]:
        found = await reports.reports(core, closed=closed, before=before)
        users = {each.user_id for each in found} | {each.reporter_id for each in found}
        return found, await core.storage.users(sorted(users))

    found, names = with_core(work, config, data_dir)
    head = "id", "at", "reason", "about", "by", "messages"
    rows = [
        (
            each.id,
            _time(each.created_at),
            each.reason,
            _name(names, each.user_id),
            _name(names, each.reporter_id),
            str(len(messages_of(each))),
        )
        for each in found
    ]
    print_table([head, *rows])


@group.command()
def show(report_id: ReportId, config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Print a report with the copies of the reported messages."""

    async def work(core: Core) -> tuple[Report, Names]:
        found = await reports.find(core, report_id)
        return found, await core.storage.users([found.user_id, found.reporter_id])

    found, names = with_core(work, config, data_dir)
    print(f"about    {_name(names, found.user_id)} ({found.user_id})")
    print(f"by       {_name(names, found.reporter_id)} ({found.reporter_id})")
    print(f"at       {_time(found.created_at)}")
    print(f"reason   {found.reason}")
    if found.comment:
        print(f"comment  {found.comment!r}")
    if found.closed_at is not None:
        print(f"closed   {_time(found.closed_at)} {found.note!r}")
    for each in messages_of(found):
        files = f" files: {', '.join(map(repr, each.files))}" if each.files else ""
        print(f"{_time(each.created_at)}  #{each.seq}  {each.body!r}{files}")


@group.command()
def close(
    report_id: ReportId,
    note: Annotated[str, typer.Option(help="The action you took.")] = "",
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Close a report. It is kept for 90 days."""

    async def work(core: Core) -> None:
        await reports.close(core, report_id, note=note)

    with_core(work, config, data_dir)
    print(f"report {report_id} is closed")


def _name(names: Names, user_id: str) -> str:
    user = names.get(user_id)
    return user_id if user is None else user.username


def _time(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1_000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
