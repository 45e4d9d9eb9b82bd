"""The command `backchannel`: its groups, and the report of failures in one line."""

import gc
import io
import sys
from collections.abc import Mapping
from pkgutil import resolve_name
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from backchannel import __version__

FAILED = 1
MISUSED = 2
INTERRUPTED = 130
"""Exit codes."""

OBJECTS_OF_A_START = 100_000
"""New objects after which Python collects garbage: an import creates many, and they stay."""

COMMANDS: Mapping[str, str] = {
    "serve": "backchannel.cli.serve:serve",
    "user": "backchannel.cli.user:group",
    "report": "backchannel.cli.report:group",
    "queue": "backchannel.cli.queue:group",
    "chat": "backchannel.cli.chat:chat",
    "migrate": "backchannel.cli.database:migrate",
    "config": "backchannel.cli.config:group",
    "doctor": "backchannel.cli.doctor:doctor",
    "backup": "backchannel.cli.backup:backup",
    "restore": "backchannel.cli.backup:restore",
    "mark-restored": "backchannel.cli.backup:mark_restored",
    "copy": "backchannel.cli.copy:copy",
    "verify": "backchannel.cli.verify:verify",
}
"""The function or the group of each command, as an entry point names it."""


class Commands(TyperGroup):
    """The commands: one is imported when it is chosen, all for the help and after a mistake."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 - as Typer calls it
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> Any:  # noqa: ARG002 - as Typer calls it
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.add_command(_imported(name))
        return self.commands.get(cmd_name)


def _imported(name: str) -> Any:
    """Typer's form of the command with this name."""
    holder = typer.Typer(rich_markup_mode=None)
    command = resolve_name(COMMANDS[name])
    if isinstance(command, typer.Typer):
        holder.add_typer(command, name=name)
    else:
        holder.command(name)(command)
    return get_group(holder).commands[name]


cli = typer.Typer(
    name="backchannel",
    cls=Commands,
    help="Private, one-to-one, real-time chat on your own server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    gc.set_threshold(OBJECTS_OF_A_START)
    try:
        cli()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - other errors are raised again
        sys.exit(_report(error))


def _report(error: Exception) -> int:
    """Print a refusal in one line; the exit code. Raises any other error again."""
    # Imported only now: no command needs all of them.
    from backchannel.brokers.drivers import CannotConnect
    from backchannel.cli.output import fail
    from backchannel.domain.errors import ChatError
    from backchannel.security.secret import SecretRefused
    from backchannel.settings.problems import SettingsError
    from backchannel.storage import CannotOpen

    match error:
        case SettingsError():
            fail(*map(str, error.problems))
            return MISUSED
        case CannotConnect() | ChatError() | CannotOpen() | SecretRefused():
            fail(str(error))
            return FAILED
        case OSError():
            fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            return FAILED
        case UnicodeError():
            fail(f"not valid UTF-8 text: {error}")
            return MISUSED
        case _:
            raise error


def _accept_any_bytes() -> None:
    """Keep undecodable input, and characters that the terminal lacks, from ending a command."""
    for stream, errors in (
        (sys.stdin, "surrogateescape"),
        (sys.stdout, "replace"),
        (sys.stderr, "backslashreplace"),
    ):
        if isinstance(stream, io.TextIOWrapper):  # tests and closed streams have another type
            stream.reconfigure(errors=errors)
