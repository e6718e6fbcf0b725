#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""webauthn.py > webauthn.json: the test vectors of Web Authentication Level 3, section 16, derived.

The standard says how they come about: every random value is HKDF-SHA-256 of one key, salted with a counter, its info
the vector's name; ECDSA signs with the nonces of RFC 6979; the RSA key is made of two Mersenne primes. So this file
derives the very bytes of the standard, and nothing of its text is copied. Needs python3-cryptography 45 or newer, which
Debian 12 does not have: run by hand, and its output is in the tree.
"""
import datetime
import hashlib
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID
from base64 import urlsafe_b64encode

ORIGIN, TOP_ORIGIN, RP_ID = "https://example.org", "https://example.com", "example.org"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, CREDENTIAL = 1, 4, 8, 16, 64
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class Source:
    """The values of one vector, in the order in which it takes them."""

    def __init__(self, name):
        self.name, self.count = name, 0

    def take(self, length):
        salt = bytes([self.count])
        self.count += 1
        return HKDF(hashes.SHA256(), length, salt, self.name.encode()).derive(b"WebAuthn test vectors")


def b64(value):
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    size = 1 if number < 256 else 2
    return bytes([major << 5 | (24 if size == 1 else 25)]) + number.to_bytes(size, "big")


def cbor(value):
    """Maps keep the order in which they are given."""
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


class Ecdsa:
    def __init__(self, source, curve, algorithm, number, digest, length):
        self.key = ec.derive_private_key(int.from_bytes(source.take(length), "big"), curve)
        self.length, self.digest = length if length != 65 else 66, digest
        point = self.key.public_key().public_numbers()
        self.cose = {1: 2, 3: algorithm, -1: number, -2: point.x.to_bytes(self.length, "big"),
                     -3: point.y.to_bytes(self.length, "big")}
        self.algorithm = algorithm

    def sign(self, data):
        return self.key.sign(data, ec.ECDSA(self.digest, deterministic_signing=True))


class Edwards:
    def __init__(self, source, kind, number, length):
        self.key = kind.from_private_bytes(source.take(length))
        self.cose = {1: 1, 3: -8 if number == 6 else -53, -1: number, -2: self.key.public_key().public_bytes(*RAW)}

    def sign(self, data):
        return self.key.sign(data)


class Rsa:
    def __init__(self, _source):
        p, q, e = 2**1279 - 1, 2**2203 - 1, 65537
        d = pow(e, -1, (p - 1) * (q - 1))
        numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q))
        self.key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
        n = p * q
        self.cose = {1: 3, 3: -257, -1: n.to_bytes((n.bit_length() + 7) // 8, "big"), -2: e.to_bytes(3, "big")}

    def sign(self, data):
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def es256(source):
    return Ecdsa(source, ec.SECP256R1(), -7, 1, hashes.SHA256(), 32)


KEYS = {
    "ES256": es256,
    "ES384": lambda s: Ecdsa(s, ec.SECP384R1(), -35, 2, hashes.SHA384(), 48),
    "ES512": lambda s: Ecdsa(s, ec.SECP521R1(), -36, 3, hashes.SHA512(), 65),
    "RS256": Rsa,
    "EdDSA": lambda s: Edwards(s, ed25519.Ed25519PrivateKey, 6, 32),
    "Ed448": lambda s: Edwards(s, ed448.Ed448PrivateKey, 7, 57),
}


def name_of(unit):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "WebAuthn test vectors"),
                      x509.NameAttribute(NameOID.ORGANIZATION_NAME, "W3C"),
                      x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
                      x509.NameAttribute(NameOID.COUNTRY_NAME, "AA")])


def certificate(key, serial):
    """Of an attestation key, signed by the root that all vectors share."""
    root = es256(Source("Attestation CA")).key
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                           "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
    return (x509.CertificateBuilder()
            .subject_name(name_of("Authenticator Attestation")).issuer_name(name_of("Authenticator Attestation CA"))
            .public_key(key.public_key()).serial_number(int.from_bytes(serial, "big"))
            .not_valid_before(datetime.datetime(2024, 1, 1)).not_valid_after(datetime.datetime(3024, 1, 1))
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(x509.KeyUsage(digital_signature=True, **usage), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False)
            .sign(root, hashes.SHA256(), ecdsa_deterministic=True)
            .public_bytes(serialization.Encoding.DER))


def client_data(source, kind, challenge, flags, extra):
    said = {"type": kind, "challenge": b64(challenge), "origin": ORIGIN,
            "crossOrigin": source.name.endswith(("crossOrigin", "topOrigin"))}
    if source.name.endswith("topOrigin"):
        said["topOrigin"] = TOP_ORIGIN
    if flags & 1:
        said["extraData"] = ("clientDataJSON may be extended with additional fields in the future, such as this: "
                             + b64(extra))
    return json.dumps(said, separators=(",", ":")).encode()


def asked(source, kind, size, key=None):
    """Challenge and client data; a registration makes its key in between."""
    challenge = source.take(size)
    made = key(source) if key else None
    flags = source.take(1)[0]
    return challenge, client_data(source, kind, challenge, flags, source.take(16) if flags & 1 else b""), made


def attested(source, form, key, data, said):
    if form == "none":
        return {"fmt": "none", "attStmt": {}, "authData": data}
    message = data + hashlib.sha256(said).digest()
    if form == "packed-self":
        return {"fmt": "packed", "attStmt": {"alg": key.algorithm, "sig": key.sign(message)}, "authData": data}
    author = es256(source)
    chain = [certificate(author.key, source.take(16))]
    return {"fmt": "packed", "attStmt": {"alg": -7, "sig": author.sign(message), "x5c": chain}, "authData": data}


def vector(name, id_length=32, challenge_length=32):
    source = Source(name)
    form, kind = name.split(".")[:2]
    challenge, said, key = asked(source, "webauthn.create", challenge_length, KEYS[kind])
    model, credential, bits = source.take(16), source.take(id_length), source.take(1)[0]
    flags = PRESENT | CREDENTIAL | bits & (VERIFIED | ELIGIBLE) | (bits & BACKED_UP if bits & ELIGIBLE else 0)
    data = (hashlib.sha256(RP_ID.encode()).digest() + bytes([flags]) + bytes(4) + model
            + len(credential).to_bytes(2, "big") + credential + cbor(key.cose))
    registration = {"challenge": challenge.hex(), "clientDataJSON": said.hex(),
                    "attestationObject": cbor(attested(source, form, key, data, said)).hex()}
    challenge, said, _ = asked(source, "webauthn.get", challenge_length)
    bits = source.take(1)[0]
    eligible = flags & ELIGIBLE
    flags = PRESENT | bits & VERIFIED | eligible | (bits & BACKED_UP if eligible else 0)
    data = hashlib.sha256(RP_ID.encode()).digest() + bytes([flags]) + bytes(4)
    return {"name": name, "registration": registration,
            "authentication": {"challenge": challenge.hex(), "authenticatorData": data.hex(),
                               "clientDataJSON": said.hex(),
                               "signature": key.sign(data + hashlib.sha256(said).digest()).hex()}}


VECTORS = [("none.ES256",), ("packed-self.ES256",), ("none.ES256.crossOrigin",), ("none.ES256.topOrigin",),
           ("none.ES256.long-credential-id", 1023), ("packed.ES256",), ("packed.ES384",), ("packed.ES512", 32, 128),
           ("packed.RS256",), ("packed.EdDSA",), ("packed.Ed448",)]

if __name__ == "__main__":
    json.dump({"source": "W3C, Web Authentication: An API for accessing Public Key Credentials, Level 3, section 16",
               "vectors": [vector(*one) for one in VECTORS]}, sys.stdout, indent=1)
    print()
