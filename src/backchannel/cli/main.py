"""The command `backchannel`: its groups, and the report of failures in one line."""

import io
import sys

import typer

from backchannel import __version__
from backchannel.cli import backup, chat, config, doctor, migrate, serve, user, verify
from backchannel.cli.output import fail
from backchannel.domain.errors import ChatError
from backchannel.security.secret import SecretRefused
from backchannel.settings.problems import SettingsError
from backchannel.storage.errors import CannotOpen

FAILED = 1
MISUSED = 2
INTERRUPTED = 130

cli = typer.Typer(
    name="backchannel",
    help="Private, one-to-one, real-time chat on your own server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.command("serve")(serve.serve)
cli.add_typer(user.group, name="user")
cli.command("chat")(chat.chat)
cli.command("migrate")(migrate.migrate)
cli.add_typer(config.group, name="config")
cli.command("doctor")(doctor.doctor)
cli.command("backup")(backup.backup)
cli.command("restore")(backup.restore)
cli.command("mark-restored")(backup.mark_restored)
cli.command("verify")(verify.verify)


@cli.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),  # noqa: FBT001, FBT003  # Typer's way to say a flag
) -> None:
    """Private, one-to-one, real-time chat on your own server."""
    if version:
        print(f"backchannel {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 misused, 130 interrupted."""
    _accept_any_bytes()
    try:
        cli()
    except SettingsError as error:
        fail(*map(str, error.problems))
        sys.exit(MISUSED)
    except (ChatError, CannotOpen, SecretRefused) as error:
        fail(str(error))
        sys.exit(FAILED)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        sys.exit(FAILED)
    except UnicodeError as error:
        fail(f"not valid UTF-8 text: {error}")
        sys.exit(MISUSED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _accept_any_bytes() -> None:
    """No byte that comes in, and no character that the terminal lacks, ends a command."""
    for stream, errors in (
        (sys.stdin, "surrogateescape"),
        (sys.stdout, "replace"),
        (sys.stderr, "backslashreplace"),
    ):
        if isinstance(stream, io.TextIOWrapper):  # a test, or a closed one, has another
            stream.reconfigure(errors=errors)
