"""`backchannel queue`: the entries that the queue in front of the database has set aside."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli.options import ConfigFile, DataDir, load_settings
from backchannel.cli.output import print_table
from backchannel.domain.errors import Invalid, NotFound
from backchannel.domain.times import iso
from backchannel.ports.queue import Queue, SetAsideEntry
from backchannel.settings import Settings

group = typer.Typer(
    help="List, retry or delete the entries that the queue has set aside.",
    no_args_is_help=True,
)

USES = ("jwt_secret",)
"""Entries are sealed with it."""

Ids = Annotated[
    list[str] | None,
    typer.Argument(help="Entries, as `backchannel queue list` names them.", show_default=False),
]
All = Annotated[bool, typer.Option("--all", help="All entries that are set aside now.")]


@group.command("list")
def list_set_aside(
    limit: Annotated[
        int, typer.Option(min=1, max=1_000, help="The maximum number of entries.")
    ] = 50,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """List the oldest entries that no server could handle, without removing them."""
    settings = load_settings(config, uses=USES, data_dir=data_dir).settings
    found = asyncio.run(_read(settings, limit))
    rows = [(each.id, iso(each.at), f"{len(each.entry):,}", _line(each.reason)) for each in found]
    print_table([("id", "at", "bytes", "reason"), *rows])


@group.command("retry")
def retry_set_aside(
    ids: Ids = None,
    everything: All = False,  # noqa: FBT002 - an option of the command line
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Put entries into the queue again, once the reason for setting them aside is resolved."""
    typer.echo(f"put again: {_decided(_retry, ids, config, data_dir, everything=everything)}")


@group.command("drop")
def drop_set_aside(
    ids: Ids = None,
    everything: All = False,  # noqa: FBT002 - an option of the command line
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Delete entries for good. Their senders got the reply that the messages are accepted."""
    typer.echo(f"deleted: {_decided(_drop, ids, config, data_dir, everything=everything)}")


def _line(text: str) -> str:
    """A text that a terminal can show: another program may have written it."""
    return "".join(each if each.isprintable() else "?" for each in text)


Decide = Callable[[Settings, Collection[str] | None], Coroutine[None, None, int]]
"""Handle the entries with these ids, all of them if None; returns their number."""


def _decided(
    decide: Decide,
    ids: Sequence[str] | None,
    config: Path | None,
    data_dir: Path | None,
    *,
    everything: bool,
) -> str:
    """Call `decide` with the entries named on the command line; return their number as text."""
    if everything == bool(ids):
        raise Invalid("name the entries that `backchannel queue list` shows, or use --all")
    settings = load_settings(config, uses=USES, data_dir=data_dir).settings
    count = asyncio.run(decide(settings, set(ids) if ids else None))
    if not count and ids:
        raise NotFound("no entry with this id is set aside; see `backchannel queue list`")
    return "1 entry" if count == 1 else f"{count:,} entries"


async def _read(settings: Settings, limit: int) -> Sequence[SetAsideEntry]:
    async with _opened(settings) as queue:
        return await queue.list_set_aside(limit)


async def _retry(settings: Settings, ids: Collection[str] | None) -> int:
    from backchannel.chat.queued_sending import key_of

    async with _opened(settings) as queue:
        return await queue.retry_set_aside(ids, key_of)


async def _drop(settings: Settings, ids: Collection[str] | None) -> int:
    async with _opened(settings) as queue:
        return await queue.drop_set_aside(ids)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[Queue]:
    from backchannel.app import open_message_queue
    from backchannel.telemetry.logs import quieten

    quieten()
    queue = await open_message_queue(settings)
    if queue is None:
        raise Invalid("there is no queue; set `queue.url`")
    try:
        yield queue
    finally:
        await queue.close()
