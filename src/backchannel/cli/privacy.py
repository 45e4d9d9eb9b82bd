"""`backchannel user export`, `delete` and `receipt`: requests about personal data."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from backchannel.chat import accounts, erasures
from backchannel.chat.core import Core
from backchannel.cli.database import with_core
from backchannel.cli.options import ConfigFile, DataDir
from backchannel.cli.output import confirm
from backchannel.domain.erasures import Erased, Erasure, ErasureReceipt
from backchannel.domain.errors import Invalid
from backchannel.domain.times import iso

POLL_SECONDS = 0.5
SERVER_SECONDS = 5.0
"""Seconds that a running server gets to begin with an erasure; without one, it is done here."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Name = Annotated[str, typer.Argument(help="The username, or the id.", show_default=False)]


class _ReceiptFile(msgspec.Struct, kw_only=True):
    """A receipt as JSON, from this command or from the API."""

    id: str
    requested_at: datetime
    completed_at: datetime
    erased: Erased
    signature: str

    def receipt(self) -> ErasureReceipt:
        return ErasureReceipt(
            id=self.id,
            requested_at=_milliseconds(self.requested_at),
            completed_at=_milliseconds(self.completed_at),
            erased=self.erased,
        )


def export(
    name: Name,
    to: Annotated[Path, typer.Option(help="The ZIP file to write.", show_default=False)],
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Write everything the server keeps about a user into a ZIP file."""
    if to.exists():
        raise Invalid(f"{to} already exists; choose another file")

    async def work(core: Core) -> None:
        from backchannel.chat.export import export as export_user

        user = await accounts.find_user(core, name)
        unfinished = to.with_name(f"{to.name}.part")
        # Only the operator may read it.
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise Invalid(f"{to} cannot be written: {error.strerror}") from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                async for chunk in await export_user(core, user.id):
                    file.write(chunk)
            unfinished.replace(to)
        finally:
            unfinished.unlink(missing_ok=True)

    with_core(work, config, data_dir)
    print(f"wrote {to}")


def delete(
    name: Name,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Erase an account and everything its user has sent; prints the receipt."""
    with_core(lambda core: accounts.find_user(core, name), config, data_dir, signing=True)
    if not yes:
        confirm(f"Erase {name} and everything they have sent? This cannot be undone.")

    async def work(core: Core) -> Erasure:
        user = await accounts.find_user(core, name)
        erasure = await erasures.request(core, user.id)
        print(f"{name} is locked out; erasing now (receipt {erasure.id})", file=sys.stderr)
        return await _completed(core, erasure.id)

    print(_receipt_json(with_core(work, config, data_dir, signing=True)))


def receipt(
    file: Annotated[
        Path, typer.Argument(help="The receipt, as JSON.", exists=True, dir_okay=False)
    ],
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Check whether this server issued the receipt of an erasure."""
    try:
        document = msgspec.json.decode(file.read_bytes(), type=_ReceiptFile)
    except msgspec.DecodeError as error:
        raise Invalid(f"{file} is not the receipt of a completed erasure: {error}") from None

    async def work(core: Core) -> bool:
        return erasures.is_genuine(core, document.receipt(), document.signature)

    if not with_core(work, config, data_dir, signing=True):
        raise Invalid(f"{file} is not from this server, or its secret has changed since")
    count = document.erased.messages
    print(f"The receipt is genuine: this server erased the account ({count} messages).")


async def _completed(core: Core, erasure_id: str) -> Erasure:
    """Wait for the server that runs beside this, or do the work if there is none."""
    from backchannel.chat.erasures import Eraser

    eraser = Eraser(core)
    alone_from = core.clock.monotonic() + SERVER_SECONDS
    alone = False
    while (erasure := await erasures.find(core, erasure_id)).completed_at is None:
        if erasure.begun_at is None and core.clock.monotonic() > alone_from:
            alone = True
        if alone:
            await eraser.round()
        await asyncio.sleep(POLL_SECONDS)
    return erasure


def _receipt_json(erasure: Erasure) -> str:
    document = {
        "id": erasure.id,
        "requested_at": iso(erasure.requested_at),
        "completed_at": iso(erasure.completed_at or 0),
        "erased": erasure.erased,
        "signature": erasure.signature or "",
    }
    return msgspec.json.format(msgspec.json.encode(document)).decode()


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
