"""`backchannel doctor`: its checks, in the order of the report, and the report."""

from collections.abc import Callable
from typing import Annotated

import typer

from backchannel.cli.doctor import data, machine, protection
from backchannel.cli.doctor.finding import Finding, Level, fail
from backchannel.cli.options import ConfigFile, DataDir
from backchannel.settings import Settings, load

CHECKS: list[Callable[[Settings], Finding]] = [
    machine.server,
    machine.python,
    machine.sqlite,
    machine.clock,
    machine.open_files,
    machine.port,
    data.data_folder,
    data.free_space,
    data.database,
    protection.secret,
    protection.certificate,
    protection.registration,
]
DEEP: list[Callable[[Settings], Finding]] = [*CHECKS, data.contents]
"""Further checks, which read everything."""

COLORS = {
    Level.OK: typer.colors.GREEN,
    Level.WARN: typer.colors.YELLOW,
    Level.FAIL: typer.colors.RED,
}


def doctor(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also read every message and every file.")
    ] = False,
) -> None:
    """Check this machine, the data and the settings; exits with 1 if something fails.

    It changes nothing; the server may be running.
    """
    loaded = load({"data_dir": data_dir}, config=config, lenient=True)
    remedy = "the server does not start with it (docs/settings.md)"
    findings = [fail("settings", str(problem), remedy) for problem in loaded.problems]
    findings += [check(loaded.settings) for check in (DEEP if deep else CHECKS)]
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        level = typer.style(f"{finding.level:4}", fg=COLORS[finding.level])
        typer.echo(f"{level}  {finding.name:{width}}  {finding.text}")
        if finding.remedy:
            typer.echo(f"{'':{width + 8}}{finding.remedy}")
    if any(finding.level is Level.FAIL for finding in findings):
        raise typer.Exit(1)
