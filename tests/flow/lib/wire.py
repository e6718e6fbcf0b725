# SPDX-License-Identifier: Apache-2.0
"""wire: the HTTP interface as a stranger's program would speak it, written from docs/FORMATS.md and docs/openapi.yaml alone.

It shares no line with the product: an own P-256, own statements, plain http.client. What it sends may be wrong on purpose.
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import socket
import ssl
import struct
import time

# --- P-256 (SEC 1), for tests only: neither fast nor free of side channels ---
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
A, G = P - 3, (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
               0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


def _add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    if p == q:
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P) % P
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def _times(k, p):
    out = None
    while k:
        if k & 1:
            out = _add(out, p)
        p, k = _add(p, p), k >> 1
    return out


class Pair:
    """A P-256 key pair."""

    def __init__(self, scalar=None):
        self.scalar = scalar or secrets.randbelow(N - 1) + 1
        x, y = _times(self.scalar, G)
        self.public = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    def sign(self, text):
        digest = int.from_bytes(hashlib.sha256(text).digest(), "big")
        while True:
            k = secrets.randbelow(N - 1) + 1
            r = _times(k, G)[0] % N
            s = pow(k, -1, N) * (digest + r * self.scalar) % N
            if r and s:
                return r.to_bytes(32, "big") + min(s, N - s).to_bytes(32, "big")

    @staticmethod
    def derive(seed, info):
        """DeriveKeyPair of RFC 9180, 7.1.3, DHKEM P-256."""
        suite = b"KEM\x00\x10"
        prk = hmac.digest(bytes(32), b"HPKE-v1" + suite + b"dkp_prk" + info + seed, "sha256")
        for counter in range(256):
            labelled = b"\x00\x20HPKE-v1" + suite + b"candidate" + bytes([counter])
            scalar = int.from_bytes(hmac.digest(prk, labelled + b"\x01", "sha256"), "big")
            if 0 < scalar < N:
                return Pair(scalar)
        raise ValueError("seed")


# --- Ids and statements ---
def id_text(prefix, uuid):
    return prefix + "-" + base64.b32hexencode(uuid).decode().rstrip("=").lower()


def id_bytes(text):
    return base64.b32hexdecode(text[3:].upper() + "======")


def new_uuid():
    """UUIDv7."""
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6], raw[8] = 0x70 | raw[6] & 15, 0x80 | raw[8] & 63
    return bytes(raw)


def sized(data):
    return struct.pack(">I", len(data)) + data


def u32(value):
    return struct.pack(">I", value)


def u64(value):
    return struct.pack(">Q", value)


def name_of(statement):
    return hashlib.sha256(statement[:-64]).digest()


def b64(data):
    return base64.b64encode(data).decode()


class Answer:
    def __init__(self, status, headers, body, method="GET"):
        self.bodiless = method == "HEAD"
        self.status, self.headers, self.body = status, {name.lower(): value for name, value in headers}, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:400]!r}"


class Wire:
    """Requests to one site over TLS, its own CA checked."""

    def __init__(self, site):
        self.site, self.token = site, None
        self.tls = ssl.create_default_context(cafile=site.made["ca"])

    def request(self, method, path, body=None, headers=None, token=None, timeout=300):
        connection = http.client.HTTPSConnection("localhost", self.site.port, context=self.tls, timeout=timeout)
        fields = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            fields.setdefault("Content-Type", "application/json")
        token = token if token is not None else self.token
        if token:
            fields.setdefault("Authorization", "Bearer " + token)
        try:
            connection.request(method, path, body=body, headers=fields)
            got = connection.getresponse()
            return Answer(got.status, got.getheaders(), got.read(), method)
        finally:
            connection.close()

    def socket(self, timeout=120):
        raw = socket.create_connection(("127.0.0.1", self.site.port), timeout=timeout)
        return self.tls.wrap_socket(raw, server_hostname="localhost")

    def raw(self, data, timeout=120):
        """Exactly these bytes; what the server says to that."""
        with self.socket(timeout) as peer:
            try:
                peer.sendall(data)
            except OSError:
                pass  # it has answered before it had read all of it
            return until_silent(peer)


def until_silent(peer):
    """All that comes until the other side closes, or falls silent for five seconds after something came."""
    got = b""
    try:
        while piece := peer.recv(65536):
            got += piece
            peer.settimeout(5)
    except (TimeoutError, ssl.SSLError, ConnectionError):
        pass
    return got


class Stranger(Wire):
    """A person whose client is this file: enrolled by a real invitation, with keys of its own."""

    def enrol(self, invitation, password, label="a stranger's program"):
        code = invitation.strip().split("#", 1)[1]
        payload = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
        assert payload[0] == 1
        one_time = Pair.derive(payload[1:17], b"tacenda/v1/invitation\0")
        self.fingerprint = payload[17:49]
        assert hashlib.sha256(base64.b64decode(self.request("GET", "/v1/site").json["ca"])).digest() == payload[89:121]
        invited = self.request("GET", "/v1/invitations/" + hashlib.sha256(one_time.public).hexdigest()).json
        mine = [base64.b64decode(item["statement"]) for item in invited["statements"]]
        mine = [one for one in mine if one_time.public in one and b"invitation\0" in one[:40]]
        self.user, self.login, self.password = id_bytes(invited["user"]), invited["login"], password
        self.hpke, self.pair, self.device = Pair(), Pair(), {"id": id_text("dv", new_uuid()), "label": label}
        self.key_hash = hashlib.sha256(self.hpke.public + self.pair.public).digest()
        name = name_of(mine[-1])
        self.key_statement = self.statement("key", self.user, self.hpke.public, self.pair.public, name, previous=name,
                                            key=one_time, key_hash=hashlib.sha256(one_time.public).digest())
        self.entered = self.request("POST", "/v1/enrolments", {"statement": b64(self.key_statement), "password": password,
                                                               "device": self.device})
        if self.entered.status != 201:
            raise RuntimeError(f"enrolment: {self.entered!r}")
        self.token = self.entered.json["token"]
        return self

    def statement(self, kind, *fields, previous=bytes(32), key=None, key_hash=None, author=None, site=None, seen=None):
        size, root = seen or (0, bytes(32))
        head = [site or self.fingerprint, author or self.user, key_hash or self.key_hash, u64(size), root, previous,
                u64(int(time.time() * 1000))]
        text = b"tacenda/v1/" + kind.encode() + b"\0" + b"".join(map(sized, head + list(fields)))
        return text + (key or self.pair).sign(text)

    def proof(self, nonce=None, **more):
        nonce = nonce or base64.b64decode(self.request("POST", "/v1/challenges", token="").json["nonce"])
        return self.statement("sign-in", nonce, id_bytes(self.device["id"]), **more)

    def conduct(self, version, language, text_hash, **more):
        return self.statement("conduct", u32(version), bytes([language]), text_hash, **more)

    def sign_in(self, password=None, proof=None, **more):
        body = {"login": self.login, "password": password or self.password, "proof": b64(proof or self.proof()),
                "device": self.device, **more}
        return self.request("POST", "/v1/sessions", body, token="")

    # --- What a clinician's client sends ---
    def epoch(self, patient, compartment, number, previous, recipients, previous_sealed=b""):
        """An epoch statement and its wrapped keys; recipients are (user, key hash). Its keys open nothing: the server cannot tell."""
        rows, wrapped = b"", []
        for user, key_hash in sorted(recipients):
            wrapped.append(b"\x01" + os.urandom(113))
            rows += b"\x01" + user + key_hash + hashlib.sha256(wrapped[-1]).digest()
        text = self.statement("epoch", b"\x01", patient, bytes([compartment]), u32(number), os.urandom(32), previous_sealed, rows,
                              previous=previous)
        return {"statement": b64(text), "wrapped": [b64(one) for one in wrapped]}

    def record(self, patient, record, version=1, previous=bytes(32), kind=4, compartment=3, content=b"", header=None,
               status=2, size=None, content_hash=None, identity_epoch=0, clinical_epoch=0, **more):
        header = header or os.urandom(168)
        text = self.statement("record", patient, record, u32(version), bytes([kind]), bytes([status]), bytes([compartment]),
                              u32(identity_epoch), u32(clinical_epoch), b"", hashlib.sha256(header).digest(),
                              u64(len(content) if size is None else size),
                              content_hash or hashlib.sha256(content).digest(), previous=previous, **more)
        return text, header, os.urandom(72)

    def patient_items(self, patient):
        first = self.statement("patient", patient, b"")
        me = [(self.user, self.key_hash)]
        return [{"statement": b64(first)}, self.epoch(patient, 1, 0, bytes(32), me), self.epoch(patient, 2, 0, bytes(32), me)]

    def put_body(self, statement, header, key, content):
        return sized(statement) + sized(header) + sized(key) + content

    def put(self, parts, content, **more):
        return self.request("POST", "/v1/records", self.put_body(*parts, content),
                            {"Content-Type": "application/vnd.tacenda.record"}, **more)
