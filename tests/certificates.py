"""A certificate authority of a test's own, and what it vouches for."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Authority:
    """`file` holds its own certificate, for those who are to trust it."""

    file: Path
    _key: EllipticCurvePrivateKey

    @classmethod
    def new(cls, folder: Path, name: str = "authority") -> "Authority":
        key, file = generate_private_key(SECP256R1()), folder / f"{name}.pem"
        subject = _named(name)
        own = (
            _dated(x509.CertificateBuilder().subject_name(subject).issuer_name(subject), key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, SHA256())
        )
        file.write_bytes(own.public_bytes(Encoding.PEM))
        return cls(file, key)

    def server(self, host: str) -> ssl.SSLContext:
        """What a server at this name or address speaks with."""
        key, issuer = generate_private_key(SECP256R1()), x509.load_pem_x509_certificate(self.file.read_bytes()).subject
        try:
            name: x509.GeneralName = x509.IPAddress(ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        certificate = (
            _dated(x509.CertificateBuilder().subject_name(_named(host)).issuer_name(issuer), key)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .sign(self._key, SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file = self.file.with_name(f"{self.file.stem}-{host}.pem")
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _dated(builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        builder.public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
    )
