"""Checks of the machine the server runs on."""

import errno
import platform
import resource
import socket
import sys
import time

from backchannel import __version__
from backchannel.cli.doctor.finding import Finding, fail, ok, warn
from backchannel.settings import Settings
from backchannel.storage import CannotOpen
from backchannel.storage.sql.sqlite.driver import MINIMUM_VERSION, require_version

OLDEST_PYTHON = (3, 11)
RELEASED = 1_767_225_600
"""The beginning of this version's year: no correct clock is behind it."""
SPARE_FILES = 64
"""File descriptors other than sockets: database, log, libraries."""


def python(_settings: Settings) -> Finding:
    name, version = "python", platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return fail(name, version, "install Python 3.11 or newer")
    return ok(name, version)


def sqlite(_settings: Settings) -> Finding:
    name, needed = "sqlite", ".".join(map(str, MINIMUM_VERSION))
    try:
        version = require_version()
    except CannotOpen as refusal:
        return fail(name, str(refusal), "use a Python that was built with a newer SQLite")
    return ok(name, f"{version} ({needed} or newer is needed)")


def server(_settings: Settings) -> Finding:
    return ok("backchannel", __version__)


def clock(settings: Settings) -> Finding:
    """Times shown to people and lives of tokens follow the clock; order does not (R11)."""
    name, now = "clock", time.time()
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    written = settings.data_dir.stat().st_mtime if settings.data_dir.exists() else RELEASED
    if now < max(written, RELEASED) - 1:
        return fail(name, f"{shown} is in the past", "set the clock, and keep it right by NTP")
    return ok(name, shown)


def open_files(settings: Settings) -> Finding:
    name, needed = "open files", settings.limits.sockets_per_process + SPARE_FILES
    limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit >= needed:
        return ok(name, f"{limit:,} allowed" if limit >= 0 else "unlimited")
    return warn(
        name,
        f"{limit:,} allowed (at most {hard:,}), so about {max(limit - SPARE_FILES, 0):,} sockets",
        f"raise the limit to {needed:,} (ulimit -n, LimitNOFILE= in systemd), "
        "or lower limits.sockets_per_process",
    )


def port(settings: Settings) -> Finding:
    """Check that the server can listen on the configured address."""
    name, address = "port", f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return _refused(name, address, error)
    return ok(name, f"{address} is free")


def _refused(name: str, address: str, error: OSError) -> Finding:
    if error.errno == errno.EADDRINUSE:
        remedy = "expected if the server is already running; otherwise choose another port"
        return warn(name, f"{address} is in use", remedy)
    if error.errno == errno.EACCES:
        remedy = "choose a port above 1023, or allow it (AmbientCapabilities= in systemd)"
        return fail(name, f"{address} is not allowed", remedy)
    return fail(name, f"{address}: {error.strerror}", "set host to an address of this machine")
