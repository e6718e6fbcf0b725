# SPDX-License-Identifier: Apache-2.0
"""passkey: an authenticator of our own with its browser, for flows that need one and no Chromium: ES256, no attestation."""
import base64
import hashlib
import json
import os
import struct

from lib.wire import Pair

PRESENT, VERIFIED, CREDENTIAL = 1, 4, 64


def u64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def un64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def integer(value):
    """DER."""
    data = value.to_bytes((value.bit_length() + 8) // 8, "big")
    return b"\x02" + bytes([len(data)]) + data


class Passkey:
    def __init__(self, origin, user):
        self.origin, self.user, self.pair, self.id, self.counter = origin, user, Pair(), os.urandom(32), 0

    def client(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False},
                          separators=(",", ":")).encode()

    def data(self, flags):
        self.counter += 1
        host = self.origin.split("/")[2].split(":")[0]
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.counter)

    def register(self, challenge):
        """What POST /v1/passkeys takes, but for the name."""
        key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + self.pair.public[1:33] + b"\x22\x58\x20" + self.pair.public[33:]
        data = self.data(PRESENT | VERIFIED | CREDENTIAL) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + key
        made = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
        return {"client_data": u64(self.client("webauthn.create", challenge)), "attestation": u64(made)}

    def answer(self, challenge):
        """The object "passkey" of a second factor; ${challenge} in base64url."""
        client, data = self.client("webauthn.get", challenge), self.data(PRESENT | VERIFIED)
        raw = self.pair.sign(data + hashlib.sha256(client).digest())
        pair = integer(int.from_bytes(raw[:32], "big")) + integer(int.from_bytes(raw[32:], "big"))
        return {"id": u64(self.id), "client_data": u64(client), "data": u64(data), "user_handle": u64(self.user),
                "signature": u64(b"\x30" + bytes([len(pair)]) + pair)}


def add(person, name="key ring"):
    """A passkey of somebody who is signed in (wire.Stranger)."""
    options = person.request("POST", "/v1/passkeys/challenges", {"for": "create"}).json["publicKey"]
    passkey = Passkey(person.site.origin, person.user)
    answer = person.request("POST", "/v1/passkeys", dict(passkey.register(options["challenge"]), name=name))
    if answer.status != 201:
        raise RuntimeError(f"passkey: {answer!r}")
    passkey.factor = answer.json["id"]
    return passkey
