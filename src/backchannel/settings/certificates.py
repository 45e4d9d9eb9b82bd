"""The TLS certificate: the operator's, or a self-signed one for development."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backchannel.settings.groups import TlsMode
from backchannel.settings.model import Settings
from backchannel.settings.private import make_private_dir, write_private
from backchannel.settings.problems import Problem, SettingsError

LIFE = timedelta(days=365)

RENEWAL = timedelta(days=30)
"""A self-signed certificate is replaced when it expires in less than this."""

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Forward secrecy and authenticated encryption only (rule S20)."""


def make_certificate(host: str) -> tuple[bytes, bytes]:
    """A certificate for `host` and this machine's names, and its private key; both PEM."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(private_key.public_key(), host).sign(private_key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM), private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate(public_key: ec.EllipticCurvePublicKey, host: str) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Backchannel development")])
    hosts = dict.fromkeys(["localhost", "127.0.0.1", "::1", host])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName(map(_general_name, hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    certificate: Path
    private_key: Path


def certificate_files(settings: Settings) -> CertificateFiles | None:
    """The files to serve HTTPS with, None to serve plain HTTP. Raises `SettingsError`."""
    if settings.tls.mode is TlsMode.SELF_SIGNED:
        return _self_signed(settings)
    return named_files(settings)


def named_files(settings: Settings) -> CertificateFiles | None:
    """The operator's files, if they are to be used. Raises `SettingsError`."""
    named = CertificateFiles(settings.tls.certificate, settings.tls.private_key)
    if settings.tls.mode is TlsMode.AUTO and _complete(settings, named):
        return named
    return None


def server_context(files: CertificateFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer with the given certificate (rule S20). Raises `SettingsError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        # Without a password callback OpenSSL would ask for a passphrase on the terminal.
        context.load_cert_chain(files.certificate, files.private_key, password=lambda: "")
    except (OSError, ValueError) as error:
        text = f"cannot be used with {files.private_key}: {error}"
        raise SettingsError([Problem(str(files.certificate), "", text)]) from None
    return context


def expiry(certificate: Path) -> datetime:
    """The time at which a PEM certificate expires. Raises `ValueError` for anything else."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _complete(settings: Settings, files: CertificateFiles) -> bool:
    """True if both files exist, False if neither does and the operator named none.

    Otherwise raises `SettingsError`: passwords would go over plain HTTP without notice.
    """
    missing = [path for path in (files.certificate, files.private_key) if not path.is_file()]
    named = settings.tls.model_fields_set & {"certificate", "private_key"}
    if len(missing) == 1 or (missing and named):
        text = "no such file; name the right one, or set tls.mode to off"
        raise SettingsError([Problem(str(path), "", text) for path in missing])
    return not missing


def self_signed_files(settings: Settings) -> CertificateFiles:
    """The paths of the self-signed certificate, which need not exist yet."""
    folder = settings.data_dir / "tls"
    return CertificateFiles(folder / "certificate.crt", folder / "private.key")


def _self_signed(settings: Settings) -> CertificateFiles:
    files = self_signed_files(settings)
    if not _fresh(files):
        make_private_dir(settings.data_dir)
        make_private_dir(files.certificate.parent)
        certificate, private_key = make_certificate(settings.host)
        write_private(files.private_key, private_key)
        files.certificate.write_bytes(certificate)
    return files


def _fresh(files: CertificateFiles) -> bool:
    complete = files.certificate.is_file() and files.private_key.is_file()
    return complete and expiry(files.certificate) > datetime.now(UTC) + RENEWAL
