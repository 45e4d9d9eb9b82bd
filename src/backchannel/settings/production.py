"""Settings that are only safe on your own machine, and refused in production (rule S19)."""

from backchannel.security.secret import weakness
from backchannel.settings.model import Settings


def refusals(settings: Settings) -> dict[str, str]:
    """The reasons why these settings are refused, by path."""
    return _secret(settings) | _origins(settings) if settings.production else {}


def _secret(settings: Settings) -> dict[str, str]:
    secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else ""
    fault = weakness(secret.encode())
    if fault is None:
        return {}
    return {"jwt_secret": f"{fault}; set it to the output of `openssl rand -hex 32`"}


def _origins(settings: Settings) -> dict[str, str]:
    if "*" not in settings.cors_origins:
        return {}
    remedy = "name each origin, such as https://chat.example.org"
    return {"cors_origins": f"* would let every web page act for its visitors; {remedy}"}
