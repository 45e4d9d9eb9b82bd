"""The uvicorn server made from the settings: its HTTP application, protocols and limits."""

import ipaddress
from collections.abc import Callable, Sequence
from functools import partial

import uvicorn
from litestar.types import ASGIApp

from backchannel import __version__
from backchannel.app.endpoints import (
    ERRORS,
    OVERRIDABLE,
    Endpoints,
    discovery,
    documentation,
    mount_dialects,
    paced,
)
from backchannel.app.listening import BACKLOG
from backchannel.budgets.held import HeldBytes
from backchannel.budgets.pace import Pace
from backchannel.chat.budgets import UNIT
from backchannel.chat.core import Core
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.http import monitoring
from backchannel.http.application import http_app
from backchannel.http.edge import EdgePolicy
from backchannel.http.form_files import FORM_OVERHEAD
from backchannel.settings import Settings
from backchannel.settings.certificates import certificate_files, server_context
from backchannel.settings.groups import TlsMode
from backchannel.transports.engineio.endpoint import EngineIoSettings
from backchannel.transports.http.limits import HttpLimits, Network, contains
from backchannel.transports.http.protocol import http_protocol
from backchannel.transports.websocket.deflate import Deflate
from backchannel.transports.websocket.endpoint import Limits
from backchannel.transports.websocket.upgrade import websocket_protocol

GRACE = 10
"""Seconds that open requests have to finish once the server is stopping."""
STRANGER_BYTES = 8 << 10
"""Largest message of a client that has not logged in yet: room for a token."""
LONGEST_FORM = 6
"""The factor by which JSON may lengthen a text."""
LEAST_READ_RATE = 1 << 20
"""The lowest limit, in bytes a second: devices also acknowledge the messages of others."""


def endpoints_for(settings: Settings, connections: ConnectionManager) -> Endpoints:
    """The endpoints of the dialects, configured by these settings."""
    return mount_dialects(
        connections, engine=_engine_settings(settings), origins=settings.web_origins
    )


def server_config(
    settings: Settings, core: Core, endpoints: Endpoints, *, draining: Callable[[], bool]
) -> uvicorn.Config:
    """The configuration of uvicorn. Raises `SettingsError` for an unusable certificate."""
    proxies = [ipaddress.ip_network(each) for each in settings.trusted_proxies]
    held_before_login = HeldBytes()
    pace = Pace(settings.client_request_rate, exempt=partial(contains, proxies))
    edge = _edge(settings, proxies, held_before_login, pace)
    config = uvicorn.Config(
        _application(settings, core, endpoints, edge, draining),
        http=http_protocol(
            _http_limits(settings), trusted_proxies=proxies, held_before_login=held_before_login
        ),
        ws=websocket_protocol(
            {path: paced(each, pace) for path, each in endpoints.websockets.items()},
            _websocket_limits(settings),
            hosts=settings.allowed_hosts,
            origins=settings.web_origins,
            deflate=Deflate() if settings.websocket.compression else None,
            trusted_proxies=proxies,
            held_before_login=held_before_login,
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
    endpoints: Endpoints,
    edge: EdgePolicy,
    draining: Callable[[], bool],
) -> ASGIApp:
    return http_app(
        core,
        [*endpoints.http, *([monitoring.metrics_routes()] if settings.show_metrics else [])],
        edge=edge,
        errors=ERRORS,
        draining=draining,
        docs=documentation(__version__) if settings.show_docs else None,
        body_limit=settings.limits.body_size,
    )


def _edge(
    settings: Settings, proxies: Sequence[Network], held_before_login: HeldBytes, pace: Pace
) -> EdgePolicy:
    return EdgePolicy(
        allowed_hosts=settings.allowed_hosts,
        cors_origins=settings.web_origins,
        trusted_proxies=proxies,
        probes=monitoring.PROBES,
        hsts=settings.tls.mode is not TlsMode.SELF_SIGNED,
        overridable=OVERRIDABLE,
        options=discovery(max_size=settings.files.max_size),
        held_before_login=held_before_login,
        pace=pace,
    )


def _http_limits(settings: Settings) -> HttpLimits:
    limits = settings.limits
    return HttpLimits(
        # Routes that take files count their bytes themselves, all others have their own limit.
        body_size=max(limits.body_size, settings.files.max_size + FORM_OVERHEAD),
        head_timeout=limits.header_deadline,
        body_timeout=limits.body_deadline,
        read_rate=_read_rate(settings),
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
    """Bytes a second: enough for all that a user may send, in the longest form JSON allows."""
    return max(LEAST_READ_RATE, LONGEST_FORM * UNIT * settings.user_send_rate)
