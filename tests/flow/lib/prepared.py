# SPDX-License-Identifier: Apache-2.0
"""prepared: a stopped site with known content, copies of it to damage, and a reading of everything that it serves.

Three people speak to it: its owner, a reader with a share, a stranger with none. A reading asks for all that each of them may
and may not have; two readings of undamaged copies are equal byte for byte, which is what makes a difference mean something.
"""
import copy
import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import types

from .site import Site, became_ready, claimed_port, program
from .wire import Stranger, b64, id_text, new_uuid, name_of

KINDS = (2, 3, 4, 5)
SIZES = (10, 3000, 4096, 5000, 20_000, 70_000)
AGAIN = {"Idempotency-Key": '"prepared"'}


class Prepared:
    """The site, its people, and what they know."""

    def __init__(self, folder_of=Site, killed=False):
        self.site = folder_of()
        self.site.begin()
        admin = self.site.people["admin"]
        # The sessions are to be good for as long as all copies take.
        admin.do("site", "set", "session.idle_minutes", "60")
        self.people = {}
        for login, profile in (("owner", "clinician"), ("reader", "assistant"), ("nobody", "clinician")):
            invitation = admin.json("user", "add", login, "--profile", profile)["invitation"]
            self.people[login] = Stranger(self.site).enrol(invitation, secrets.token_urlsafe(15) + "!9a")
        self.patients, self.records, self.contents = [], [], {}
        for _ in range(2):
            self.add_patient()
        owner = self.people["owner"]
        self.upload = owner.request("POST", "/v1/uploads", headers=AGAIN).json["id"]
        owner.request("PATCH", f"/v1/uploads/{self.upload}", os.urandom(9000),
                      {"Upload-Offset": "0", "Content-Type": "application/partial-upload"})
        self.fill()
        self.size = int(owner.request("GET", "/v1/log/checkpoint").body.split(b"\n")[1])
        code = self.site.kill() if killed else self.site.stop()
        if code != (-signal.SIGKILL if killed else 0):
            raise RuntimeError(f"the daemon ended with {code}: {self.site.log_text()}")

    def fill(self):
        """More that is to stand in the rows; a flow that wants some says what."""

    def acts(self, _here):
        """More that is read only when somebody acts, {(who, what): deed}, on the site that is `here`."""
        return {}

    def change(self, items):
        answer = self.people["owner"].request("POST", "/v1/changes", {"items": items})
        if answer.status != 200:
            raise RuntimeError(f"change: {answer!r}")
        return answer.json["items"]

    def add_patient(self):
        owner, reader = self.people["owner"], self.people["reader"]
        patient = new_uuid()
        items = owner.patient_items(patient)
        identity = owner.record(patient, new_uuid(), kind=1, compartment=1)
        items.append({"statement": b64(identity[0]), "header": b64(identity[1]), "key": b64(identity[2])})
        first = self.change(items)
        epochs = {1: bytes.fromhex(first[1]["name"]), 2: bytes.fromhex(first[2]["name"])}
        grant = owner.statement("grant", patient, b"\x01", reader.user, (3).to_bytes(4, "big"), bytes(8),
                                previous=bytes.fromhex(first[0]["name"]))
        both = [(owner.user, owner.key_hash), (reader.user, reader.key_hash)]
        changed = [{"statement": b64(grant)}]
        for compartment in (1, 2):
            changed.append(self.next_epoch(patient, compartment, 1, epochs[compartment], both))
        self.change(changed)
        self.patients.append(id_text("pt", patient))
        for i, size in enumerate(SIZES):
            record, content = new_uuid(), os.urandom(size)
            parts = owner.record(patient, record, kind=KINDS[i % 4], content=content, identity_epoch=1, clinical_epoch=1)
            answer = owner.put(parts, content)
            if answer.status != 200:
                raise RuntimeError(f"put: {answer!r}")
            self.records.append(id_text("rc", record))
            self.contents[(self.records[-1], 1)] = content
            if i == 3:
                again = owner.record(patient, record, version=2, previous=name_of(parts[0]), kind=KINDS[i % 4], content=content[::-1],
                                     identity_epoch=1, clinical_epoch=1, status=3)
                if owner.put(again, content[::-1]).status != 200:
                    raise RuntimeError("second version")
                self.contents[(self.records[-1], 2)] = content[::-1]

    def next_epoch(self, patient, compartment, number, previous, recipients):
        return self.people["owner"].epoch(patient, compartment, number, previous, recipients, previous_sealed=os.urandom(72))

    def copy(self, name):
        """A copy of data and key store that shares no block that can change."""
        folder = self.site.folder / name
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        for part in ("data", "keys"):
            subprocess.run(["cp", "-a", "--sparse=always", "--reflink=auto", str(self.site.folder / part), str(folder / part)], check=True)
        return Copy(self, folder)

    def questions(self):
        """(who, address) of everything; addresses ask for what was there when the site was stopped."""
        yield None, "/v1/log/tile/entries/000.p/%d" % self.size if self.size < 256 else "/v1/log/tile/entries/000"
        yield None, "/v1/log/tile/0/000.p/%d" % self.size if self.size < 256 else "/v1/log/tile/0/000"
        yield None, f"/v1/log/proofs?leaf=3&size={self.size}"
        yield None, f"/v1/log/proofs?from=5&size={self.size}"
        for who in self.people:
            yield who, "/v1/session"
            yield who, "/v1/directory"
            yield who, "/v1/patients"
            yield who, "/v1/notices"
            yield who, f"/v1/log/entries?scope=own&before={self.size}&limit=1000"
            for patient in self.patients:
                yield who, f"/v1/patients/{patient}"
                yield who, f"/v1/patients/{patient}/records"
                yield who, f"/v1/log/entries?scope=patient&patient={patient}&before={self.size}&limit=1000"
            for record in self.records:
                yield who, f"/v1/records/{record}"
            for record, version in self.contents:
                yield who, f"/v1/records/{record}/versions/{version}/content"


class Copy:
    """One copy: damage its files, start it, read it."""

    def __init__(self, prepared, folder):
        self.prepared, self.folder = prepared, folder
        self.data, self.keys = folder / "data", folder / "keys"
        self.port, self.claim = claimed_port()

    def root(self):
        return ["--data", str(self.data), "--keys", str(self.keys), "--root-passphrase-file", str(self.prepared.site.passphrase)]

    def start(self):
        """(True, "") when it serves, else (False, what it said)."""
        self.log = self.folder / "serve.log"
        with open(self.log, "wb") as log:
            self.daemon = subprocess.Popen([program("tacendad"), "serve", *self.root(), "--listen", f"127.0.0.1:{self.port}"],
                                           env=self.prepared.site.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if became_ready(self.daemon, self.data, self.prepared.site.environment()):
            return True, ""
        return False, f"exit {self.stop(signal.SIGTERM)}: {self.said()}"

    def said(self):
        return self.log.read_text(errors="replace")[-2000:]

    def stop(self, how=signal.SIGTERM):
        if self.daemon.poll() is None:
            self.daemon.send_signal(how)
        try:
            return self.daemon.wait(180)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            return self.daemon.wait()

    def read(self):
        """{(who, address): (status, body)} over one connection a person; None where no answer came."""
        out, connections = {}, {}
        for who, address in self.prepared.questions():
            person = self.prepared.people[who or "owner"]
            if who not in connections:
                connections[who] = http.client.HTTPSConnection("localhost", self.port, context=person.tls, timeout=120)
            out[who, address] = answer_of(connections[who], address, {"Authorization": "Bearer " + person.token} if who else {})
        for connection in connections.values():
            connection.close()
        return out | self.deeds()

    def deeds(self):
        """What is read only when somebody acts: passwords and devices at sign-in, an upload when it is gone on with."""
        out, here = {}, types.SimpleNamespace(port=self.port)
        for who, person in self.prepared.people.items():
            twin = copy.copy(person)
            twin.site = here
            out[who, "sign-in"] = deed(twin.sign_in)
        owner = copy.copy(self.prepared.people["owner"])
        owner.site = here
        out["owner", "upload"] = deed(lambda: owner.request("HEAD", f"/v1/uploads/{self.prepared.upload}"))
        out["owner", "upload again"] = self.upload_again(owner)
        return out | self.prepared.acts(here)

    def upload_again(self, owner):
        """The upload asked for a second time: (201, b"") when it is the first one's, (404, b"") when the first is forgotten."""
        made = []

        def ask():
            made.append(owner.request("POST", "/v1/uploads", headers=AGAIN))
            return made[0]

        got = deed(ask)
        return (404, b"") if got and got[0] == 201 and made[0].json["id"] != self.prepared.upload else got

    def check(self):
        """tacendad check on the stopped copy."""
        return subprocess.run([program("tacendad"), "check", *self.root()], env=self.prepared.site.environment(), capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=300)


def answer_of(connection, address, fields):
    """(status, body), asked for twice at most; None where no answer came."""
    for _ in range(2):
        try:
            connection.request("GET", address, headers=fields)
            got = connection.getresponse()
            return got.status, got.read()
        except (OSError, http.client.HTTPException):
            connection.close()  # the next request opens it anew
    return None


def deed(act):
    """(status, body) of what fails, (status, offset of an upload) of what goes well; None where no answer came."""
    try:
        answer = act()
        return answer.status, answer.body if answer.status >= 400 else answer.headers.get("upload-offset", "").encode()
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return None


def judge(baseline, got):
    """What a reading of a damaged copy shows: (equal, refused by name, vanished, wrong) as lists of questions."""
    equal, refused, vanished, wrong = [], [], [], []
    for question, before in baseline.items():
        after = got[question]
        if after == before:
            equal.append(question)
        elif after is None:
            refused.append(question)
        elif after[0] >= 500:
            named = b'"title"' in after[1] or after[1] == b""
            (refused if named else wrong).append(question)
        elif before[0] in (200, 201, 204) and after[0] in (401, 403, 404, 409, 410):
            vanished.append(question)
        elif before[0] >= 400 and after[0] >= 400 and problem_type(before) == problem_type(after):
            equal.append(question)
        else:
            wrong.append(question)
    return equal, refused, vanished, wrong


def problem_type(answer):
    try:
        return json.loads(answer[1]).get("type")
    except ValueError:
        return None
