"""Certificates of the bus's servers, by an authority of its own; its private key lies beside the root key.

P-256, because every TLS library of an agency's own system knows it.
"""

import re
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bus import keys
from contracts.errors import BarnabusError

Purpose = Literal["tls", "route"]
"""What a certificate is good for: `tls` to be a server that clients come to, `route` to be one of the cluster."""
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 365
_CLOCKS_DIFFER = timedelta(hours=1)
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Barnabus servers")])
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
_USES = {
    "tls": [ExtendedKeyUsageOID.SERVER_AUTH],
    # a server is a client of the others; a certificate for clients alone to come to joins no cluster
    "route": [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
}


class Authority:
    """Its private key and its own certificate."""

    def __init__(self, key: EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self.certificate = certificate

    @classmethod
    def new(cls, now: datetime) -> "Authority":
        key = generate_private_key(SECP256R1())
        signs = _key_usage(signs_certificates=True)
        builder = _dated(_NAME, key, now, AUTHORITY_DAYS).issuer_name(_NAME).add_extension(signs, critical=True)
        alone = x509.BasicConstraints(ca=True, path_length=0)
        return cls(key, builder.add_extension(alone, critical=True).sign(key, SHA256()))

    @classmethod
    def read(cls, private: Path, certificate: Path) -> "Authority":
        """Raises `root.missing` where its private key is not here, or is another's."""
        if not private.exists():
            raise BarnabusError("root.missing", detail=f"{private} vouches for servers, and is not here either.")
        key, own = load_pem_private_key(keys.read(private), None), first(keys.read(certificate))
        if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != own.public_key():
            raise BarnabusError("root.missing", detail=f"{private} is not the key of {certificate}.")
        return cls(key, own)

    def private(self) -> bytes:
        return _private(self._key)

    def public(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(self, host: str, purpose: Purpose, now: datetime) -> bytes:
        """A new key and its certificate, in one file's bytes: so they are replaced together."""
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        whose = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        issued = (
            _dated(subject, key, now, CERTIFICATE_DAYS)
            .issuer_name(_NAME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(_USES[purpose]), critical=False)
            .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
            .add_extension(whose, critical=False)
            .sign(self._key, SHA256())
        )
        return _private(key) + issued.public_bytes(Encoding.PEM)

    def issued(self, certificate: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def first(pem: bytes) -> x509.Certificate:
    """The first certificate of a file, which is its owner's own. Raises `home.missing` if there is none."""
    try:
        return x509.load_pem_x509_certificate(_CERTIFICATE.findall(pem)[0])
    except (ValueError, IndexError):
        raise BarnabusError("home.missing", detail="A file that should hold a certificate holds none.") from None


def _dated(subject: x509.Name, key: EllipticCurvePrivateKey, now: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
