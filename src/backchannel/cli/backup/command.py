"""`backchannel backup` and `backchannel restore`, as they are typed."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from backchannel.cli.backup.folder import About
from backchannel.cli.options import ConfigFile, DataDir, load_settings, settings_to_open
from backchannel.cli.output import confirm, fail
from backchannel.settings import Settings
from backchannel.storage import CannotOpen
from backchannel.storage.opening import begin_epochs, file_of
from backchannel.storage.sql.sqlite.copying import Summary

_NOTICED = "while no server runs, and the next start notices it"
_MARIADB = (
    "use mariadb-dump --single-transaction, or the backups that you have",
    (
        f"use mariadb {_NOTICED}; after you have put back a copy of its files, run"
        " `backchannel mark-restored`"
    ),
)
SERVERS = {
    "postgresql": (
        "PostgreSQL",
        "use pg_dump, or the physical backups that you have",
        (
            f"use pg_restore {_NOTICED}; after you have put back a copy of the cluster's files, run"
            " `backchannel mark-restored`"
        ),
    ),
    "mariadb": ("MariaDB", *_MARIADB),
    "mysql": ("MySQL", *_MARIADB),
    "mongodb": (
        "MongoDB",
        "use mongodump while the server is stopped, or `mongodump --oplog` on a replica set",
        "use `mongorestore --drop` while no server runs, then run `backchannel mark-restored`",
    ),
}
"""The tools that back up and restore databases of servers."""


def backup(
    folder: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check a backup instead of making one.")
    ] = False,
) -> None:
    """Back up everything the server keeps into a folder; the server may be running.

    To continue an interrupted backup, run the command again on the same folder.
    """
    from backchannel.app.locking import locked_for_command
    from backchannel.cli.backup.folder import check_backup
    from backchannel.cli.backup.making import make_backup

    if verify:
        print(f"complete: {_description(*check_backup(folder))}")
        return
    settings = load_settings(config, data_dir=data_dir).settings
    _require_file(settings, "backup")
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
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Restore a backup into the data folder; no server may be running.

    The previous data are kept in a folder inside it.
    """
    from backchannel.app.locking import locked_alone
    from backchannel.cli.backup.folder import check_backup
    from backchannel.cli.backup.restoring import put_back

    settings = settings_to_open(config, data_dir=data_dir)
    _require_file(settings, "restore")
    about, summary = check_backup(folder)
    with locked_alone(settings, repairing=True):
        print(f"{folder}: {_description(about, summary)}")
        if not yes:
            confirm(f"Replace the data in {settings.data_dir.resolve()} with it?")
        aside = put_back(settings, folder)
    print(f"restored {settings.data_dir.resolve()}; at the next start every device starts afresh")
    for moved in aside:
        print(f"the previous data are in {moved}; delete them once you no longer need them")
    for line in _missing(about):
        print(line)


def mark_restored(config: ConfigFile = None, data_dir: DataDir = None) -> None:
    """Note that a database was restored by its own tools: every device starts afresh.

    For PostgreSQL, MariaDB, MySQL and MongoDB; no server of this program may be running.
    """
    from backchannel.app.locking import locked_alone

    settings = settings_to_open(config, data_dir=data_dir)
    with locked_alone(settings):
        logs = asyncio.run(begin_epochs(settings.storage_url))
    print(f"every device starts afresh ({logs:,} accounts)")


def _require_file(settings: Settings, command: str) -> None:
    """Raise `CannotOpen`, which names the right tool, for a database of a server."""
    url = settings.storage_url
    if file_of(url) is None:
        title, backup_by, restore_by = SERVERS[url.partition("://")[0].partition("+")[0]]
        advice = backup_by if command == "backup" else restore_by
        raise CannotOpen(f"{title} is not copied by `{command}`: {advice} (docs/databases.md)")


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
