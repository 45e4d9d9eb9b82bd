"""Checks that the settings are safe where the server listens."""

from datetime import UTC, datetime, timedelta

from backchannel.cli.doctor.finding import Finding, fail, ok, warn
from backchannel.security.secret import weakness
from backchannel.settings import Settings, SettingsError
from backchannel.settings.certificates import expiry, named_files, server_context
from backchannel.settings.groups import TlsMode
from backchannel.settings.values import is_loopback

SOON = timedelta(days=14)


def secret(settings: Settings) -> Finding:
    name, remedy = "secret", "set BACKCHANNEL_JWT_SECRET to the output of: openssl rand -hex 32"
    if settings.jwt_secret is None:
        return ok(name, "made by the server and kept in the data folder")
    fault = weakness(settings.jwt_secret.get_secret_value().encode())
    return warn(name, fault, remedy) if fault else ok(name, "long and random enough")


def certificate(settings: Settings) -> Finding:
    name = "certificate"
    if settings.tls.mode is TlsMode.SELF_SIGNED:
        return ok(name, "self-signed, made and renewed by the server: for development")
    try:
        files = named_files(settings)
        if files is None:
            return _plain(settings)
        server_context(files)
        end = expiry(files.certificate)
    except (SettingsError, ValueError) as error:
        return fail(name, str(error), "name a certificate and its key, both PEM")
    remaining = end - datetime.now(UTC)
    text = f"{files.certificate} ends on {end:%Y-%m-%d}"
    if remaining < timedelta():
        return fail(name, f"{text}: that is in the past", "renew it and restart the server")
    if remaining < SOON:
        return warn(name, text, "renew it and restart the server")
    return ok(name, text)


def registration(settings: Settings) -> Finding:
    name, text = "registration", settings.registration.value
    if text == "open" and not is_loopback(settings.host) and settings.production:
        remedy = "set registration to invitation, or to closed if only you make accounts"
        return warn(name, "anyone who can reach the server can create an account", remedy)
    return ok(name, text)


def _plain(settings: Settings) -> Finding:
    if is_loopback(settings.host) or settings.trusted_proxies:
        return ok("certificate", "none: plain HTTP, for this machine or behind a proxy")
    remedy = "give it a certificate (docs/operations.md, TLS), or trust the proxy in front of it"
    return warn("certificate", "none: passwords travel in plain text", remedy)
