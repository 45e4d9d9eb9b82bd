"""Where the server of these settings can be reached from this machine."""

from backchannel.settings import Settings
from backchannel.settings.certificates import named_files
from backchannel.settings.groups import TlsMode

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # what the operator may have written


def own_url(settings: Settings) -> str:
    """The address to type on this machine. Raises `SettingsError`."""
    encrypted = settings.tls.mode is TlsMode.SELF_SIGNED or named_files(settings) is not None
    host = "localhost" if settings.host in LOOPBACK | EVERYWHERE else settings.host
    if ":" in host:
        host = f"[{host}]"
    return f"{'https' if encrypted else 'http'}://{host}:{settings.port}"
