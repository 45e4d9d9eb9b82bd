"""Self-signed certificates for development."""

import ipaddress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LIFE = timedelta(days=365)


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
