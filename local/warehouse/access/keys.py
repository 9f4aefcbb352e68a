"""Public keys of users, and the tokens that a login signs with the private one.

docs.snowflake.com/en/user-guide/key-pair-auth
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from local.warehouse.errors import error


def fingerprint(key: str) -> str:
    """Return `SHA256:` and the digest of a public key; raise unless it is RSA in base64 of DER."""
    der = _read(key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + b64encode(sha256(der).digest()).decode()


def is_signed(token: str, key: str, account: str, user: str) -> bool:
    """Return whether the token is this user's, signed by the private key, and not yet expired."""
    subject = f"{account}.{user}".upper()
    try:
        claims = jwt.decode(
            token,
            _read(key),
            algorithms=["RS256"],
            options={"require": ["exp", "iat", "iss", "sub"]},
        )
    except jwt.InvalidTokenError:
        return False
    issuer = f"{subject}.{fingerprint(key)}"
    return (claims["sub"], claims["iss"]) == (subject, issuer)


def _read(key: str) -> RSAPublicKey:
    try:
        read = load_der_public_key(b64decode(key, validate=True))
    except ValueError as invalid:
        raise _rejected() from invalid
    if not isinstance(read, RSAPublicKey) or read.key_size < 2048:
        raise _rejected()
    return read


def _rejected() -> Exception:
    return error(
        1008,
        "22023",
        "SQL execution error:\n"
        "New public key rejected by current policy. Reason: 'Invalid public key'",
    )
