"""`backchannel doctor`."""

from typing import Annotated

import typer

from backchannel.cli.doctor.finding import Level, fail
from backchannel.cli.options import ConfigFile, DataDir
from backchannel.settings import load

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

    It changes nothing, and may be run beside a running server.
    """
    from backchannel.cli.doctor.checks import CHECKS, DEEP

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
