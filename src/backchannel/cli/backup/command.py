"""`backchannel backup` and `backchannel restore`, as they are typed."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli.backup.folder import About
from backchannel.cli.options import ConfigFile, DataDir, load_settings, settings_to_open
from backchannel.cli.output import fail
from backchannel.cli.questions import confirm
from backchannel.settings import Settings
from backchannel.storage.errors import CannotOpen
from backchannel.storage.opening import begin_epochs, file_of
from backchannel.storage.sql.sqlite.copying import Summary


def backup(
    folder: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check a backup instead of making one.")
    ] = False,
) -> None:
    """Copy everything the server keeps into a folder, beside a running server or without one.

    Run it again on the same folder if it was interrupted: it goes on where it ended.
    """
    from backchannel.app.locking import locked_for_command
    from backchannel.cli.backup.checking import check_backup
    from backchannel.cli.backup.making import make_backup

    if verify:
        print(f"whole: {_description(*check_backup(folder))}")
        return
    settings = load_settings(config, data_dir=data_dir).settings
    _require_file(settings)
    with locked_for_command(settings):
        problems = make_backup(settings, folder)
    about, summary = check_backup(folder)
    print(f"wrote {folder}: {_description(about, summary)}")
    for line in _missing(about):
        print(line)
    if problems:
        fail(*problems, f"{len(problems)} contents of files could not be copied")
        raise typer.Exit(1)


def restore(
    folder: Annotated[Path, typer.Argument(help="The backup.", show_default=False)],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Replace the data folder by a backup, while no server runs.

    What was there before is kept in a folder beside it.
    """
    from backchannel.app.locking import locked_alone
    from backchannel.cli.backup.checking import check_backup
    from backchannel.cli.backup.restoring import put_back

    settings = settings_to_open(config, data_dir=data_dir)
    _require_file(settings)
    about, summary = check_backup(folder)
    with locked_alone(settings, repairing=True):
        print(f"{folder}: {_description(about, summary)}")
        if not yes:
            confirm(f"Put it in the place of {settings.data_dir.resolve()}?")
        aside = put_back(settings, folder)
    print(f"restored {settings.data_dir.resolve()}; at the next start every device starts afresh")
    for place in aside:
        print(f"what was there before is in {place}; delete it once you no longer need it")
    for line in _missing(about):
        print(line)


def mark_restored(config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Say that the database was restored by its own tools: every device starts afresh.

    Only for a database of a server, while no server of this program runs.
    """
    from backchannel.app.locking import locked_alone

    settings = settings_to_open(config, data_dir=data_dir)
    with locked_alone(settings):
        logs = asyncio.run(begin_epochs(settings.storage_url))
    print(f"every device starts afresh ({logs:,} accounts)")


def _require_file(settings: Settings) -> None:
    if file_of(settings.storage_url) is None:
        raise CannotOpen(
            "a database of a server is copied by its own tools: pg_dump, or mongodump while this"
            " server is stopped; to restore it, run pg_restore or mongorestore and then"
            " `backchannel mark-restored` (docs/databases.md)"
        )


def _description(about: About, summary: Summary) -> str:
    return (
        f"made {about.made_at} by version {about.version}, {summary.users:,} accounts,"
        f" {summary.messages:,} messages, {summary.files:,} files"
    )


def _missing(about: About) -> list[str]:
    """The files and secrets that the operator has to back up separately."""
    lines = ["the settings are not in it: keep backchannel.toml and .env yourself"]
    if about.key == "copied":
        lines.append("token.key is in it: a person who can read the backup can log in as any user")
    else:
        lines.append("the secret (jwt_secret) is not in it: without it all logins end")
    if about.files == "elsewhere":
        lines.append(f"the contents of files are not in it: they stay in {about.files_url}")
    return lines
