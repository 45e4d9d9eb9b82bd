"""The address at which this machine reaches the server of these settings."""

from backchannel.settings import Settings
from backchannel.settings.certificates import named_files
from backchannel.settings.groups import TlsMode
from backchannel.settings.values import is_loopback

EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # what the operator may have written


def own_url(settings: Settings, port: int | None = None) -> str:
    """The address to type on this machine; `port` is the one in use. Raises `SettingsError`."""
    local = settings.host in EVERYWHERE or is_loopback(settings.host)
    host = "localhost" if local else settings.host
    if ":" in host:
        host = f"[{host}]"
    scheme = "https" if is_encrypted(settings) else "http"
    return f"{scheme}://{host}:{settings.port if port is None else port}"


def is_encrypted(settings: Settings) -> bool:
    """True if the server has a certificate. Raises `SettingsError`."""
    return settings.tls.mode is TlsMode.SELF_SIGNED or named_files(settings) is not None
