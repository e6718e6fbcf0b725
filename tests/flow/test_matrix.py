#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profile x right x permission x share x route, cell by cell on a running server (PROMISES#K8 K9 B3).

What each cell must answer is worked out from the tables below alone, which were written from docs/FORMATS.md and docs/openapi.yaml. A
statement that its signer may make is sent with a wrong previous one: 409 then says "you might, but not there", 403 says "not you", 404
"no such file, or none for you": who may not see a thing is answered as if there were none, byte for byte.
"""
import base64
import collections
import http.client
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import ROOT, Site, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Answer, Pair, Stranger, b64, id_bytes, id_text, name_of, new_uuid, u32, u64  # noqa: E402

IDENTITY, READ, WRITE, SHARE, EXPORT, SIGN, DELETE = 1, 2, 4, 8, 16, 32, 64
PASSWORD = "Correct-horse-9!"
COMPARTMENTS = {1: ("identity", IDENTITY), 2: ("clinical", READ), 3: ("both", IDENTITY | READ)}

# login: (profile, rights as --rights has them or None for the usual ones, what those are).
PEOPLE = {
    "boss": ("administrator", None, 0),
    "checker": ("auditor", None, 0),
    "clin-usual": ("clinician", None, 127),
    "clin-identity": ("clinician", "identity", IDENTITY),
    "clin-read": ("clinician", "read", READ),
    "clin-write": ("clinician", "identity,read,write", 7),
    "clin-share": ("clinician", "read,share,delete", READ | SHARE | DELETE),
    "asst-usual": ("assistant", None, 7),
    "asst-identity": ("assistant", "identity", IDENTITY),
    "asst-read": ("assistant", "read", READ),
    "asst-delete": ("assistant", "read,write,delete", READ | WRITE | DELETE),
}
CARERS = ("clinician", "assistant")
EVERYBODY = CARERS + ("administrator", "auditor")
# What every carer is granted on the patient file of this number.
PERMISSIONS = [1, 2, 3, 4, 6, 7, 8, 10, 16, 32, 64, 66, 127]

# Addresses about no patient: (method, address, body, who, answer to them).
GENERAL = [
    ("GET", "/livez", None, "anybody", 200),
    ("GET", "/readyz", None, "anybody", 200),
    ("GET", "/metrics", None, "anybody", 200),
    ("GET", "/v1/site", None, "anybody", 200),
    ("GET", "/v1/invitations/" + "0" * 64, None, "anybody", 404),
    ("POST", "/v1/enrolments", {"statement": "AAAA"}, "anybody", 400),
    ("POST", "/v1/challenges", None, "anybody", 201),
    ("POST", "/v1/sessions", {"login": "x"}, "anybody", 400),
    ("GET", "/v1/log/checkpoint", None, "anybody", 200),
    ("GET", "/v1/log/tile/0/000.p/4", None, "anybody", 200),
    ("GET", "/v1/log/proofs?from=2&size=4", None, "anybody", 200),
    ("GET", "/v1/session", None, EVERYBODY, 200),
    ("GET", "/v1/sessions", None, EVERYBODY, 200),
    ("GET", "/v1/devices", None, EVERYBODY, 200),
    ("DELETE", "/v1/sessions/se-" + "0" * 26, None, EVERYBODY, 404),
    ("DELETE", "/v1/devices/dv-" + "0" * 26, None, EVERYBODY, 404),
    ("DELETE", "/v1/users/us-" + "0" * 26 + "/sessions", None, ("administrator",), 404),
    ("PUT", "/v1/password", {"new": "x"}, EVERYBODY, 400),
    ("GET", "/v1/factors", None, EVERYBODY, 200),
    ("POST", "/v1/authenticators", {"name": "x"}, EVERYBODY, 400),
    ("POST", "/v1/recovery-codes", None, EVERYBODY, 409),
    ("POST", "/v1/passkeys/challenges", {"for": "get"}, EVERYBODY, 409),
    ("POST", "/v1/passkeys", {"name": "x"}, EVERYBODY, 400),
    ("DELETE", "/v1/factors/fa-" + "0" * 26, None, EVERYBODY, 404),
    ("PUT", "/v1/session/factor", {"code": "000000"}, EVERYBODY, 409),
    ("GET", "/v1/conduct", None, EVERYBODY, 200),
    ("PUT", "/v1/conduct", {"language": "en"}, ("administrator",), 400),
    ("GET", "/v1/conduct/acceptances", None, ("administrator", "auditor"), 200),
    ("POST", "/v1/conduct/acceptances", {"statement": "AAAA"}, EVERYBODY, 400),
    ("GET", "/v1/reviews", None, ("administrator", "auditor"), 200),
    ("POST", "/v1/users/us-" + "0" * 26 + "/reset", None, ("administrator",), 404),
    ("GET", "/v1/users/us-" + "0" * 26 + "/patients", None, ("administrator",), 404),
    ("POST", "/v1/password-resets", {"login": "x"}, "anybody", 400),
    ("GET", "/v1/settings", None, EVERYBODY, 200),
    ("PUT", "/v1/settings/no.such", {"value": "1"}, ("administrator",), 404),
    ("GET", "/v1/approvals", None, EVERYBODY, 200),
    ("GET", "/v1/blocks", None, ("administrator",), 200),
    ("DELETE", "/v1/blocks/" + "0" * 64, None, ("administrator",), 404),
    ("DELETE", "/v1/users/us-" + "0" * 26 + "/blocks", None, ("administrator",), 404),
    ("GET", "/v1/directory", None, EVERYBODY, 200),
    ("GET", "/v1/notices", None, EVERYBODY, 200),
    ("POST", "/v1/notices/read", {"seq": "x"}, EVERYBODY, 400),
    ("GET", "/v1/notices/contact", None, EVERYBODY, 200),
    ("PUT", "/v1/notices/contact", {"mail": "x", "kinds": ""}, EVERYBODY, 400),
    ("POST", "/v1/changes", {"items": []}, EVERYBODY, 400),
    ("GET", "/v1/log/entries?scope=own&limit=2", None, EVERYBODY, 200),
    ("GET", "/v1/log/entries?scope=sign-ins&limit=2", None, ("administrator", "auditor"), 200),
    ("GET", "/v1/log/entries?scope=administration&limit=2", None, ("administrator", "auditor"), 200),
    ("GET", "/v1/log/entries?scope=all&limit=2", None, ("auditor",), 200),
    ("POST", "/v1/log/openings", {"leaves": []}, EVERYBODY, 200),
    ("GET", "/v1/patients", None, CARERS, 200),
    ("POST", "/v1/tokens", {"tokens": []}, CARERS, 200),
]
# Walked below by functions of their own.
ELSEWHERE = {("DELETE", "/v1/sessions"), ("DELETE", "/v1/session"), ("POST", "/v1/records"), ("GET", "/v1/records/{record}"),
             ("GET", "/v1/records/{record}/versions/{version}/content"), ("GET", "/v1/patients/{patient}"),
             ("GET", "/v1/patients/{patient}/records"), ("POST", "/v1/patients/{patient}/exports"), ("POST", "/v1/uploads"), ("HEAD", "/v1/uploads/{upload}"),
             ("PATCH", "/v1/uploads/{upload}"), ("DELETE", "/v1/uploads/{upload}")}
RECORD = {"Content-Type": "application/vnd.tacenda.record"}
PIECE = {"Content-Type": "application/partial-upload", "Upload-Offset": "0"}


class Cells:
    """Asks over kept connections; many cells make one sentence, which names those that were wrong."""

    def __init__(self, tap):
        self.tap, self.connections, self.wrong, self.count, self.total = tap, {}, [], 0, 0

    def ask(self, person, method, path, body=None, headers=None, token=None):
        fields = {"Authorization": "Bearer " + (token or person.token)} if token != "" else {}
        if isinstance(body, dict):
            import json
            body, fields["Content-Type"] = json.dumps(body).encode(), "application/json"
        fields.update(headers or {})
        for attempt in (1, 2):
            try:
                if person not in self.connections:
                    self.connections[person] = http.client.HTTPSConnection("localhost", person.site.port, context=person.tls, timeout=300)
                self.connections[person].request(method, path, body=body, headers=fields)
                got = self.connections[person].getresponse()
                return Answer(got.status, got.getheaders(), got.read(), method)
            except (OSError, http.client.HTTPException):
                self.connections.pop(person).close()
                if attempt == 2:
                    raise

    def cell(self, name, got, wanted):
        self.count += 1
        status = got.status if isinstance(got, Answer) else got
        if status != wanted:
            self.wrong.append(f"{name}: got {status}, wanted {wanted} {got.body[:160] if isinstance(got, Answer) else ''}")

    def sentence(self, text):
        self.tap.check(not self.wrong and self.count, f"{text} ({self.count} cells)", "\n".join(self.wrong))
        self.total += self.count
        self.wrong, self.count = [], 0


File = collections.namedtuple("File", "patient records head epochs owner granted draft")


def enrol(admin, site, login, profile, rights=None):
    more = ["--rights", rights] if rights else []
    return Stranger(site).enrol(admin.json("user", "add", login, "--profile", profile, *more)["invitation"], PASSWORD)


def send(person, *items):
    return person.request("POST", "/v1/changes", {"items": list(items)})


def must(answer, *codes):
    if answer.status not in (codes or (200,)):
        raise RuntimeError(repr(answer))
    return answer


def make_file(owner, grants, rights):
    """A patient file with a record in each compartment and these grants: [(person, permissions, until)]."""
    patient, records = new_uuid(), {}
    made = must(send(owner, *owner.patient_items(patient))).json["items"]
    for compartment, kind in ((1, 1), (2, 5), (3, 4)):
        records[compartment] = new_uuid()
        content = b"" if compartment == 1 else os.urandom(100)
        must(owner.put(owner.record(patient, records[compartment], kind=kind, compartment=compartment, content=content), content))
    draft = new_uuid()
    must(owner.put(owner.record(patient, draft, status=1, content=b"draft"), b"draft"))
    items, head = [], bytes.fromhex(made[0]["name"])
    for person, permissions, until in grants:
        text = owner.statement("grant", patient, b"\x01", person.user, u32(permissions), u64(until), previous=head)
        head = name_of(text)
        items.append({"statement": b64(text)})
    for i, bit in ((1, IDENTITY), (2, READ)):
        holders = [(owner.user, owner.key_hash)] + [(person.user, person.key_hash) for person, permissions, _ in grants
                                                    if permissions & rights[person.login] & bit]
        items.append(owner.epoch(patient, i, 1, bytes.fromhex(made[i]["name"]), holders, previous_sealed=os.urandom(72)))
    names = [bytes.fromhex(one["name"]) for one in must(send(owner, *items)).json["items"]]
    return File(patient, records, head, names[-2:], owner, {person.login: permissions for person, permissions, _ in grants}, draft)


def general(cells, people):
    for method, path, body, who, wanted in GENERAL:
        stranger = next(iter(people.values()))
        cells.cell(f"{method} {path} without a session", cells.ask(stranger, method, path, body, token=""),
                   wanted if who == "anybody" else 401)
        for login, person in people.items():
            allowed = who == "anybody" or PEOPLE[login][0] in who
            cells.cell(f"{method} {path} by {login}", cells.ask(person, method, path, body), wanted if allowed else 403)
    cells.sentence("every address about no patient, by profile and without a session")


def uploads(cells, people):
    for login, person in people.items():
        profile, _, rights = PEOPLE[login]
        may = profile in CARERS and bool(rights & WRITE)
        begun = cells.ask(person, "POST", "/v1/uploads")
        cells.cell(f"POST /v1/uploads by {login}", begun, 201 if may else 403)
        place = "/v1/uploads/" + (begun.json["id"] if may else "up-" + "0" * 26)
        cells.cell(f"HEAD upload by {login}", cells.ask(person, "HEAD", place), 204 if may else 403)
        cells.cell(f"PATCH upload by {login}", cells.ask(person, "PATCH", place, b"abc", PIECE), 204 if may else 403)
        for other_login in [one for one in people if one != login and may]:
            for method, body, headers in (("HEAD", None, None), ("PATCH", b"abc", PIECE), ("DELETE", None, None)):
                cells.cell(f"{method} {login}'s upload by {other_login}", cells.ask(people[other_login], method, place, body, headers),
                           404 if PEOPLE[other_login][2] & WRITE else 403)
        cells.cell(f"DELETE upload by {login}", cells.ask(person, "DELETE", place), 204 if may else 403)
    cells.sentence("uploads take the right to write, and are one's own")


def power_of(login, file):
    if file.owner.login == login:
        return PEOPLE[login][2]
    return PEOPLE[login][2] & file.granted.get(login, 0)


def reading(cells, login, person, file):
    """Every reading address of a file, and what it shows."""
    profile = PEOPLE[login][0]
    owner, power = file.owner.login == login, power_of(login, file)
    see = 200 if profile in CARERS and (owner or power) else 404
    patient = id_text("pt", file.patient)
    say = f"by {login} with {file.granted.get(login)}"
    cells.cell(f"GET patient {say}", cells.ask(person, "GET", f"/v1/patients/{patient}"), see)
    listed = cells.ask(person, "GET", f"/v1/patients/{patient}/records")
    cells.cell(f"GET records {say}", listed, see)
    readable = {id_text("rc", file.records[one]) for one, (_, bits) in COMPARTMENTS.items() if power & bits == bits}
    if see == 200:
        shown = {one["record"] for one in listed.json["items"]} & {id_text("rc", one) for one in file.records.values()}
        cells.cell(f"records shown {say}", sorted(shown), sorted(readable))
    for compartment, (word, bits) in COMPARTMENTS.items():
        record = id_text("rc", file.records[compartment])
        history = cells.ask(person, "GET", f"/v1/records/{record}")
        wanted = 200 if see == 200 and record in readable else 404
        cells.cell(f"GET history of {word} {say}", history, wanted)
        cells.cell(f"GET content of {word} {say}", cells.ask(person, "GET", f"/v1/records/{record}/versions/1/content"), wanted)
    log = cells.ask(person, "GET", f"/v1/log/entries?scope=patient&patient={patient}&limit=1")
    cells.cell(f"GET log of the patient {say}", log, see if see == 404 else 200 if owner else 403)
    may = see == 200 and (power & EXPORT or owner and PEOPLE[login][2] & EXPORT)
    cells.cell(f"POST export {say}", cells.ask(person, "POST", f"/v1/patients/{patient}/exports"), 204 if may else 403 if see == 200 else 404)
    return see


def writing(cells, login, person, file, third, newcomer):
    """Every statement about a file, by who may and may not sign it."""
    profile = PEOPLE[login][0]
    owner, power = file.owner.login == login, power_of(login, file)
    carer = profile in CARERS
    no = 403 if carer and (owner or power) else 404
    say = f"by {login} with {file.granted.get(login)}"
    nowhere = os.urandom(32)

    def change(name, item, may):
        item = item if isinstance(item, dict) else {"statement": b64(item)}
        cells.cell(f"{name} {say}", cells.ask(person, "POST", "/v1/changes", {"items": [item]}), 409 if may else no)

    for compartment, (word, bits) in COMPARTMENTS.items():
        content = b"" if compartment == 1 else b"x" * 50
        # A file has one record of identity: a new version of it, in a place that is taken.
        record = file.records[1] if compartment == 1 else new_uuid()
        parts = person.record(file.patient, record, kind=1 if compartment == 1 else 4, compartment=compartment, content=content,
                              identity_epoch=0 if compartment == 2 else 1, clinical_epoch=0 if compartment == 1 else 1)
        answer = cells.ask(person, "POST", "/v1/records", person.put_body(*parts, content), RECORD)
        may = carer and power & (bits | WRITE) == bits | WRITE
        # Without the right to write anywhere the address itself is refused, whatever file it is about.
        refused = no if carer and PEOPLE[login][2] & WRITE else 403
        cells.cell(f"write {word} {say}", answer, refused if not may else 409 if compartment == 1 else 200)
    parts = person.record(file.patient, file.draft, version=2, previous=nowhere, content=b"final", identity_epoch=1, clinical_epoch=1)
    signs = carer and power & (IDENTITY | READ | WRITE | SIGN) == IDENTITY | READ | WRITE | SIGN or owner and power & 7 == 7
    refused = no if carer and PEOPLE[login][2] & WRITE else 403
    cells.cell(f"make the owner's draft final {say}", cells.ask(person, "POST", "/v1/records", person.put_body(*parts, b"final"), RECORD),
               409 if signs else refused)
    change("delete a record", person.statement("record-end", file.patient, file.records[3], u32(1), b"\x01", previous=nowhere),
           carer and power & DELETE)
    week = u64(7 * 86400 * 1000)
    change("delete the file", person.statement("patient-end", file.patient, week, previous=nowhere), carer and owner and power & DELETE)
    change("withdraw its deletion", person.statement("patient-keep", file.patient, nowhere, previous=nowhere), carer and owner)
    for asked in (READ, 127):
        grant = person.statement("grant", file.patient, b"\x01", newcomer.user, u32(asked), u64(0), previous=nowhere)
        change(f"grant {asked}", grant, carer and power & SHARE and not asked & ~power if not owner else carer and power & SHARE)
    revocation = person.statement("revocation", file.patient, b"\x01", third.user, previous=nowhere)
    change("revoke what another granted", revocation, carer and owner)
    for compartment, bit in ((1, IDENTITY), (2, READ)):
        epoch = person.epoch(file.patient, compartment, 2, nowhere, [(person.user, person.key_hash)], os.urandom(72))
        change(f"new epoch of compartment {compartment}", epoch, carer and (owner or power & bit))


def site_statements(cells, people, victim):
    """What only an administrator may sign, and what only a clinician may."""
    for login, person in people.items():
        profile = PEOPLE[login][0]
        nowhere = os.urandom(32)
        week = u64(int(time.time() * 1000) + 3 * 86400 * 1000)
        for name, text in (
                ("invite", person.statement("invitation", new_uuid(), b"invited", b"\x03", u32(7), Pair().public, week, previous=nowhere)),
                ("change a profile", person.statement("user", victim.user, b"\x03", u32(7), b"\x01", previous=nowhere)),
                ("disable", person.statement("user", victim.user, b"\x02", u32(7), b"\x02", previous=nowhere))):
            cells.cell(f"{name} by {login}", send(person, {"statement": b64(text)}), 409 if profile == "administrator" else 403)
        patient = new_uuid()
        cells.cell(f"make a patient file by {login}", send(person, *person.patient_items(patient)), 200 if profile == "clinician" else 403)
        key = person.statement("key", victim.user, Pair().public, Pair().public, bytes(32), previous=nowhere)
        cells.cell(f"another's key by {login}", send(person, {"statement": b64(key)}), 409 if person is victim else 403)
    cells.sentence("statements about people and new files, by profile")


def ending_shares(cells, owner, people, rights):
    """A share that ends by its time, by revocation, by the user being disabled."""
    reader, other, gone = people["asst-usual"], people["clin-usual"], people["asst-delete"]
    past = owner.statement("grant", new_uuid(), b"\x01", reader.user, u32(3), u64(1000))
    cells.cell("a grant on no file", send(owner, {"statement": b64(past)}), 404)
    # So late that there is time for a question before it, however slow the machine.
    for seconds in (10, 60):
        soon = int(time.time() * 1000) + seconds * 1000
        file = make_file(owner, [(reader, 3, soon), (other, 3, 0)], rights)
        content = f"/v1/records/{id_text('rc', file.records[3])}/versions/1/content"
        before, asked = cells.ask(reader, "GET", content), time.time() * 1000
        if asked < soon:
            break
    late = owner.statement("grant", file.patient, b"\x01", gone.user, u32(3), u64(soon - 3600_000), previous=file.head)
    cells.cell("a grant that ended before it began", send(owner, {"statement": b64(late)}), 400)
    place = "/v1/patients/" + id_text("pt", file.patient)
    cells.cell("before its end", before, 200)
    cells.tap.check(wait_until(lambda: cells.ask(reader, "GET", place).status == 404), "a share ends by its time")
    cells.cell("not before it", time.time() * 1000 >= soon, True)
    for address in (place, place + "/records", content):
        cells.cell(f"after its end {address}", cells.ask(reader, "GET", address), 404)
        cells.cell(f"another's goes on {address}", cells.ask(other, "GET", address), 200)
    file_of = [one for one in cells.ask(reader, "GET", "/v1/patients?limit=1000").json["items"] if one["patient"] == place[13:]]
    told = [{name for name, value in one.items() if value} for one in file_of]
    cells.cell("a list says that it ended, and nothing more", told, [{"seq", "patient", "ended"}])
    end = owner.statement("revocation", file.patient, b"\x01", other.user, previous=file.head)
    cells.cell("a revocation without new keys", send(owner, {"statement": b64(end)}), 409)
    me = [(owner.user, owner.key_hash)]
    both = [owner.epoch(file.patient, i + 1, 2, file.epochs[i], me, os.urandom(72)) for i in (0, 1)]
    cells.cell("revoke", send(owner, {"statement": b64(end)}, *both), 200)
    for address in (place, place + "/records", content):
        cells.cell(f"revoked {address}", cells.ask(other, "GET", address), 404)
    parts = owner.record(file.patient, new_uuid(), kind=4, content=b"y", identity_epoch=1, clinical_epoch=1)
    cells.cell("nothing is written under keys that the revoked holds (PROMISES#B5)", owner.put(parts, b"y"), 409)
    cells.sentence("shares end by their time and by revocation")
    return file


def leaves(person):
    return int(person.request("GET", "/v1/log/checkpoint").body.split(b"\n")[1])


def told(person, ask, one):
    """What asking for one id answers, without that id and the date, and how many leaves it costs."""
    before = leaves(person)
    got = ask(one)
    body = got.body
    for kind in ("pt", "rc", "up"):
        body = body.replace(id_text(kind, one).encode(), b"ID")
    return got.status, {name: value for name, value in got.headers.items() if name != "date"}, body, leaves(person) - before


def questions(cells, person, owner, file):
    """(what it is, what there is of somebody else, how to ask for one)."""
    def change(kind, *fields):
        return lambda one: send(person, {"statement": b64(person.statement(kind, one, *fields, previous=os.urandom(32)))})

    def read(kind, address):
        return lambda one: cells.ask(person, "GET", address.format(id_text(kind, one)))

    def upload(method, body=None, headers=None):
        return lambda one: cells.ask(person, method, "/v1/uploads/" + id_text("up", one), body, headers)

    patient, record = file.patient, file.records[3]
    for address in ("/v1/patients/{}", "/v1/patients/{}/records", "/v1/log/entries?scope=patient&patient={}&limit=1"):
        yield "GET " + address, patient, read("pt", address)
    for address in ("/v1/records/{}", "/v1/records/{}/versions/1/content", "/v1/records/{}/versions/9/content"):
        yield "GET " + address, record, read("rc", address)
    yield "grant", patient, change("grant", b"\x01", owner.user, u32(READ), u64(0))
    yield "revocation", patient, change("revocation", b"\x01", owner.user)
    yield "record-end", patient, change("record-end", record, u32(1), b"\x01")
    yield "epoch", patient, lambda one: send(person, person.epoch(one, 1, 2, os.urandom(32), [(person.user, person.key_hash)], bytes(72)))
    if PEOPLE[person.login][2] & WRITE:
        yield "record", patient, lambda one: person.put(
            person.record(one, new_uuid(), content=b"x", identity_epoch=1, clinical_epoch=1), b"x")
        for method, body, headers in (("HEAD", None, None), ("PATCH", b"abc", PIECE), ("DELETE", None, None)):
            yield method + " upload", id_bytes(owner.request("POST", "/v1/uploads").json["id"]), upload(method, body, headers)


def unseen(cells, owner, file, people):
    """What is not there and what is not for him: the same bytes but for the id, one leaf each; only the owner's log tells them apart."""
    for person in people:
        for name, there, ask in questions(cells, person, owner, file):
            foreign, unknown = told(person, ask, there), told(person, ask, new_uuid())
            cells.cell(f"{name} by {person.login}: foreign and unknown", foreign, unknown)
            cells.cell(f"{name} by {person.login}: 404 and its leaf", (foreign[0], foreign[3]), (404, 1))
    # A record of another file is none of one's own, whatever its id.
    mine = make_file(people[0], [], {})
    again = lambda one: people[0].put(people[0].record(mine.patient, one, version=2, previous=os.urandom(32), content=b"x"), b"x")
    cells.cell("version 2 of a record of another file", told(people[0], again, file.records[3]), told(people[0], again, new_uuid()))
    for person in people:
        refused = cells.ask(person, "GET", "/v1/log/entries?scope=own&limit=1000&action=refusal").json["items"]
        cells.cell(f"{person.login}'s own list has his refusals", len(refused) >= 20, True)
        cells.cell("but not whom they were about", [one for one in refused if "subject" in one], [])
    page = cells.ask(owner, "GET", f"/v1/log/entries?scope=patient&patient={id_text('pt', file.patient)}&limit=1000&action=refusal").json
    pieces = [base64.b64decode(one["actor"]["piece"]) for one in page["items"]]
    for person in people:
        cells.cell(f"the owner's log names {person.login}", sum(person.user in piece for piece in pieces) >= 10, True)
    cells.sentence("what is not there and what is not for him look alike and cost alike; only the owner's log tells them apart")


def disabling(cells, admin, person):
    cells.cell("before", cells.ask(person, "GET", "/v1/session"), 200)
    admin.do("user", "disable", person.login, "--yes")
    for method, path in (("GET", "/v1/session"), ("GET", "/v1/patients"), ("GET", "/v1/directory"), ("POST", "/v1/uploads"),
                         ("DELETE", "/v1/session")):
        cells.cell(f"disabled: {method} {path}", cells.ask(person, method, path), 401)
    cells.cell("disabled: signs in", person.sign_in(), 401)
    admin.do("user", "enable", person.login)
    cells.cell("enabled: an ended session stays ended", cells.ask(person, "GET", "/v1/session"), 401)
    again = person.sign_in()
    cells.cell("enabled: signs in", again, 201)
    cells.sentence("a disabled user reaches nothing")


def every_route_is_walked(tap):
    document, path = set(), None
    for line in (ROOT / "docs" / "openapi.yaml").read_text().splitlines():
        place, method = re.match(r"^  (/\S*):", line), re.match(r"^    (get|post|put|patch|delete|head):", line)
        path = place.group(1) if place else path
        if method:
            document.add((method.group(1).upper(), path))
    walked = set(ELSEWHERE)
    for method, path, *_ in GENERAL:
        path = path.split("?")[0]
        for pattern, name in (("/invitations/0+", "/invitations/{key_hash}"), ("/tile/.*", "/tile/{path}"), ("/se-0+", "/{session}"), ("/dv-0+", "/{device}"),
                              ("/us-0+", "/{user}"), ("/fa-0+", "/{factor}"), ("/no.such", "/{name}"), ("/blocks/0+", "/blocks/{block}")):
            path = re.sub(pattern, name, path)
        walked.add((method, path))
    tap.equal(walked, document, "every operation of docs/openapi.yaml is a row of the matrix, and no row is none")


def flow(tap):
    every_route_is_walked(tap)
    cells = Cells(tap)
    with Site() as site:
        (admin,) = site.begin()
        people = {login: enrol(admin, site, login, profile, rights) for login, (profile, rights, _) in PEOPLE.items()}
        owner = people["owner"] = enrol(admin, site, "owner", "clinician")
        PEOPLE["owner"] = ("clinician", None, 127)
        third, newcomer = enrol(admin, site, "third", "assistant"), enrol(admin, site, "newcomer", "assistant")
        rights = {login: bits for login, (_, _, bits) in PEOPLE.items()}
        general(cells, people)
        uploads(cells, people)
        carers = [person for login, person in people.items() if PEOPLE[login][0] in CARERS and person is not owner]
        files = [make_file(owner, [(person, permissions, 0) for person in carers] + [(third, 3, 0)], dict(rights, third=7))
                 for permissions in PERMISSIONS]
        files.append(make_file(owner, [(third, 3, 0)], {"third": 7}))
        for login, person in people.items():
            for file in files:
                reading(cells, login, person, file)
            cells.sentence(f"{login} ({PEOPLE[login][0]}, {PEOPLE[login][1] or 'usual rights'}) reads what was shared and no more")
        for login, person in people.items():
            for file in files:
                writing(cells, login, person, file, third, newcomer)
            cells.sentence(f"{login} ({PEOPLE[login][0]}, {PEOPLE[login][1] or 'usual rights'}) changes what was shared and no more")
        site_statements(cells, people, third)
        ended = ending_shares(cells, owner, people, rights)
        # A stranger, two profiles without patients, one whose share was revoked, one whose share is over.
        unseen(cells, owner, ended, [people[login] for login in ("clin-write", "boss", "checker", "clin-usual", "asst-usual")])
        disabling(cells, admin, people["clin-read"])
        tap.check(cells.total > 3000, f"{cells.total} cells were walked")
        tap.equal(admin.run("log", "verify").code, 0, "the log verifies after all that")
        tap.equal(site.stop(), 0, "the daemon ends cleanly")


run(flow)
