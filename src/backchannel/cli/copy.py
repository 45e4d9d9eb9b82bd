"""`backchannel copy`: all records from one database to another, and a comparison of the two."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from hashlib import blake2b
from typing import Annotated

import msgspec
import typer

from backchannel.cli.options import ConfigFile, DataDir, load_settings
from backchannel.cli.output import ProgressReport, print_table
from backchannel.domain.errors import Invalid
from backchannel.ports.storage import ImportProgress, Storage
from backchannel.ports.storage.transfer import KINDS, MessageRecord, R, Record, key_of
from backchannel.settings.values import check_database_url
from backchannel.storage import CannotOpen
from backchannel.storage.opening import exists, file_of, open_to_transfer
from backchannel.storage.shared.urls import without_password

PAGE = 500
"""Records that are read at a time; at most two such pages are in memory."""
PART_BYTES = 4 << 20
"""Bytes of records written at a time, plus one record: a database server may refuse more."""
DIGEST_BYTES = 16
END_OF_TIME = 2**62


class Sum(msgspec.Struct, frozen=True):
    """The number of records of a kind, and a checksum over all of them."""

    count: int
    checksum: str


def copy(
    source: Annotated[
        str, typer.Option("--from", help="The URL of the database to copy.", show_default=False)
    ],
    target: Annotated[
        str, typer.Option("--to", help="The URL of an empty database.", show_default=False)
    ],
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Copy everything from one database to another; no server may be running.

    To continue an interrupted copy, run the command again. At the end it compares both.
    """
    from backchannel.app.locking import locked_alone

    settings = load_settings(config, data_dir=data_dir).settings
    urls = _checked("--from", source), _checked("--to", target)
    names = _name(urls[0]), _name(urls[1])
    if names[0] == names[1]:
        raise Invalid("--from and --to name the same database")
    if not asyncio.run(exists(urls[0])):
        raise CannotOpen(f"there is nothing to copy: {names[0]} has no database of Backchannel's")
    with locked_alone(settings, *urls):
        sums = asyncio.run(_copied(*urls, name=names[0]))
    print_table([(name, f"{each.count:,}", each.checksum) for name, each in sums.items()])
    print(f"copied {names[0]} to {names[1]}; both have the same records with the same checksums")
    print("every device fetches its state afresh once the server runs on the copy")
    print(f"files and keys stay in {settings.data_dir.resolve()}: keep that folder")


def _checked(option: str, url: str) -> str:
    try:
        return check_database_url(url)
    except ValueError as error:
        raise Invalid(f"{option}: {error}") from None


def _name(url: str) -> str:
    """The name of the database for people, without a password."""
    path = file_of(url)
    return without_password(url) if path is None else f"sqlite:///{path}"


async def _copied(source: str, target: str, *, name: str) -> dict[str, Sum]:
    async with AsyncExitStack() as opened:
        one = await open_to_transfer(source)
        opened.push_async_callback(one.close)
        other = await open_to_transfer(target)
        opened.push_async_callback(other.close)
        await copy_records(one, other, name=name)
        sums = await compare(one, other)
        await other.complete_import()
    return sums


async def copy_records(source: Storage, target: Storage, *, name: str) -> None:
    """Copy everything, continuing where an earlier attempt ended. `name` is the source's.

    Raises `CannotOpen` if the source or the target does not allow it, and `ChatError`.
    """
    await _require_settled(source, name)
    progress = await target.import_progress()
    if progress is None:
        progress = ImportProgress(source=name, kind=next(iter(KINDS)))
        await _require_empty(target)
        await target.import_page([], progress)
    elif progress.source != name:
        raise CannotOpen(
            f"the target is an unfinished copy of {progress.source}; finish that one, or name an"
            " empty database"
        )
    kinds = list(KINDS)
    for kind in kinds[kinds.index(progress.kind) :]:
        begun = progress if progress.kind == kind else ImportProgress(source=name, kind=kind)
        await _copy_kind(source, target, begun)


async def compare(source: Storage, target: Storage) -> dict[str, Sum]:
    """Count and add up everything in both. Raises `CannotOpen` with the differences."""
    sums: dict[str, Sum] = {}
    differences: list[str] = []
    for name, kind in KINDS.items():
        shown = ProgressReport(f"comparing {name}")
        there, here = await asyncio.gather(_sum(source, kind, shown), _sum(target, kind, None))
        sums[name] = here
        if there != here:
            differences.append(
                f"{name}: {there.count:,} (checksum {there.checksum}) in the source,"
                f" {here.count:,} ({here.checksum}) in the target"
            )
    if differences:
        raise CannotOpen(
            f"the copy differs: {'; '.join(differences)}. Most likely the source was written while"
            " it was copied: empty the target, and copy again while no server runs"
        )
    return sums


async def _require_settled(source: Storage, name: str) -> None:
    """Raise `CannotOpen` for a source that is an unfinished copy, or has unfinished erasures."""
    progress = await source.import_progress()
    if progress is not None:
        raise CannotOpen(f"{name} is itself an unfinished copy of {progress.source}")
    if any(each.completed_at is None for each in await source.erasures(since=END_OF_TIME)):
        raise CannotOpen(
            f"{name} has accounts that are being erased; let the server finish (its log names each"
            " erased account), then stop it and copy"
        )


async def _require_empty(target: Storage) -> None:
    for name, kind in KINDS.items():
        if await target.export_page(kind, after=None, limit=2):
            raise CannotOpen(f"the target is not empty: it has {name}; name an empty database")


async def _copy_kind(source: Storage, target: Storage, progress: ImportProgress) -> None:
    kind, shown = KINDS[progress.kind], ProgressReport(f"copying {progress.kind}")
    page = await source.export_page(kind, after=progress.after, limit=PAGE)
    while page:
        after = key_of(page[-1])
        progress, page = await asyncio.gather(
            _write(target, page, progress),
            source.export_page(kind, after=after, limit=PAGE),
        )
        shown.count(progress.count)


async def _write(
    target: Storage, page: Sequence[Record], progress: ImportProgress
) -> ImportProgress:
    """Write a page in parts; returns the progress afterwards."""
    for part in _parts(page):
        progress = msgspec.structs.replace(
            progress, after=key_of(part[-1]), count=progress.count + len(part)
        )
        await target.import_page(part, progress)
    return progress


def _parts(page: Sequence[Record]) -> Iterator[list[Record]]:
    part: list[Record] = []
    size = 0
    for record in page:
        part.append(record)
        size += len(msgspec.json.encode(record))
        if size >= PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


async def _sum(storage: Storage, kind: type[Record], shown: ProgressReport | None) -> Sum:
    """The sum over all records, in any order; for messages the order counts as well."""
    count = total = 0
    async for record in every_record(storage, kind):
        count += 1
        order = count if kind is MessageRecord else 0
        content = msgspec.json.encode((order, record))
        total += int.from_bytes(blake2b(content, digest_size=DIGEST_BYTES).digest())
        if shown is not None:
            shown.count(count)
    return Sum(count, f"{total % (1 << 8 * DIGEST_BYTES):0{2 * DIGEST_BYTES}x}")


async def every_record(storage: Storage, kind: type[R]) -> AsyncIterator[R]:
    """All records of a kind, of which two pages at most are in memory."""
    page = await storage.export_page(kind, after=None, limit=PAGE)
    while page:
        for record in page:
            yield record
        page = await storage.export_page(kind, after=key_of(page[-1]), limit=PAGE)
