"""The uvicorn server made from the settings: its HTTP application, protocols and limits."""

import ipaddress
from collections.abc import Callable, Sequence

import uvicorn
from litestar.types import ASGIApp

from backchannel import __version__
from backchannel.app.doors import ERRORS, OVERRIDABLE, Doors, discovery, documentation, open_doors
from backchannel.app.listening import BACKLOG
from backchannel.budgets.held import HeldBytes
from backchannel.chat.core import Core
from backchannel.chat.writing import UNIT
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.shared import health, metrics
from backchannel.dialects.shared.application import http_app
from backchannel.dialects.shared.edge import EdgePolicy
from backchannel.dialects.shared.form_files import FORM_OVERHEAD
from backchannel.settings import Settings
from backchannel.settings.certificates import certificate_files, server_context
from backchannel.settings.groups import TlsMode
from backchannel.transports.engineio.settings import Settings as EngineIoSettings
from backchannel.transports.http.caps import Network
from backchannel.transports.http.factory import http_protocol
from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.websocket.deflate import Deflate
from backchannel.transports.websocket.factory import websocket_protocol
from backchannel.transports.websocket.limits import Limits

GRACE = 10
"""Seconds that open requests get to end once the server stops."""
STRANGER_BYTES = 8 << 10
"""Largest message of a client that has not logged in yet: room for a token."""
LONGEST_FORM = 6
"""The factor by which JSON may lengthen a text."""
LEAST_READ_RATE = 1 << 20
"""Bytes a second that are read at least: devices acknowledge what others send."""


def doors_for(settings: Settings, desk: Switchboard) -> Doors:
    """The doors that these settings open."""
    return open_doors(desk, engine=_engine_settings(settings), origins=settings.web_origins)


def server_config(
    settings: Settings, core: Core, doors: Doors, *, draining: Callable[[], bool]
) -> uvicorn.Config:
    """Everything uvicorn needs to know. Raises `SettingsError` for an unusable certificate."""
    proxies = [ipaddress.ip_network(each) for each in settings.trusted_proxies]
    strangers = HeldBytes()
    config = uvicorn.Config(
        _application(settings, core, doors, proxies, draining, strangers),
        http=http_protocol(_http_limits(settings), trusted_proxies=proxies, strangers=strangers),
        ws=websocket_protocol(
            doors.websockets,
            _websocket_limits(settings),
            hosts=settings.allowed_hosts,
            origins=settings.web_origins,
            deflate=Deflate() if settings.websocket.compression else None,
            trusted_proxies=proxies,
            strangers=strangers,
        ),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
        backlog=BACKLOG,
    )
    config.load()
    files = certificate_files(settings)
    config.ssl = server_context(files) if files else None
    return config


def _application(
    settings: Settings,
    core: Core,
    doors: Doors,
    proxies: Sequence[Network],
    draining: Callable[[], bool],
    strangers: HeldBytes,
) -> ASGIApp:
    return http_app(
        core,
        [*doors.http, *([metrics.routes()] if settings.show_metrics else [])],
        edge=EdgePolicy(
            allowed_hosts=settings.allowed_hosts,
            cors_origins=settings.web_origins,
            trusted_proxies=proxies,
            probes=health.PATHS,
            hsts=settings.tls.mode is not TlsMode.SELF_SIGNED,
            overridable=OVERRIDABLE,
            options=discovery(max_size=settings.files.max_size),
            strangers=strangers,
        ),
        errors=ERRORS,
        draining=draining,
        docs=documentation(__version__) if settings.show_docs else None,
        body_limit=settings.limits.body_size,
    )


def _http_limits(settings: Settings) -> HttpLimits:
    limits = settings.limits
    return HttpLimits(
        # Routes that take files count their bytes themselves, all others have their own limit.
        body_size=max(limits.body_size, settings.files.max_size + FORM_OVERHEAD),
        head_timeout=limits.header_deadline,
        body_timeout=limits.body_deadline,
        connections=limits.sockets_per_process,
        connections_per_address=settings.address_sockets,
    )


def _engine_settings(settings: Settings) -> EngineIoSettings:
    limits = settings.limits
    return EngineIoSettings(
        ping_interval=settings.websocket.ping_interval,
        ping_timeout=settings.websocket.ping_timeout,
        max_payload=limits.frame_size,
        stranger_payload=STRANGER_BYTES,
        read_rate=_read_rate(settings),
        body_timeout=limits.body_deadline,
        sessions=limits.sockets_per_process,
        sessions_per_address=settings.address_sockets,
    )


def _websocket_limits(settings: Settings) -> Limits:
    limits = settings.limits
    return Limits(
        frame=limits.frame_size,
        message=limits.frame_size,
        stranger_message=STRANGER_BYTES,
        read_rate=_read_rate(settings),
        ping_interval=settings.websocket.ping_interval,
        ping_timeout=settings.websocket.ping_timeout,
        sockets=limits.sockets_per_process,
        sockets_per_address=settings.address_sockets,
    )


def _read_rate(settings: Settings) -> int:
    """Bytes a second: room for what a user may send, in the longest form JSON has for it."""
    return max(LEAST_READ_RATE, LONGEST_FORM * UNIT * settings.user_send_rate)
