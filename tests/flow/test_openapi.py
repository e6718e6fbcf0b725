#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.yaml against the running server: each operation with valid and invalid input (PROMISES#S10 PROMISES#S3 PROMISES#K9)."""
import base64
import hashlib
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.prepared import Prepared  # noqa: E402
from lib.shape import Interface  # noqa: E402
from lib.site import ROOT  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Pair, Stranger, b64, new_uuid  # noqa: E402

JSON = {"Content-Type": "application/json"}
RECORD = {"Content-Type": "application/vnd.tacenda.record"}
PIECE = {"Content-Type": "application/partial-upload"}
NOTHING = "00000000000000000000000000"


class Asker:
    """Asks, checks the answer against the document, and remembers which operations were asked."""

    def __init__(self, tap, interface):
        self.tap, self.interface, self.asked = tap, interface, {}
        self.operations = {(method, path): operation for method, path, operation in interface.operations()}

    def __call__(self, person, method, pattern, wanted, body=None, headers=None, say="", **parts):
        query = parts.pop("query", "")
        token = parts.pop("token", None)
        path = pattern.format(**parts) + query
        answer = person.request(method, path, body, headers, token=token)
        faults = self.interface.problems(self.operations[method, pattern], answer)
        self.asked.setdefault((method, pattern), set()).add(answer.status)
        sentence = f"{method} {pattern}{query}{' ' + say if say else ''} answers {wanted} as documented"
        self.tap.check(answer.status == wanted and not faults, sentence, f"{answer!r}\n" + "\n".join(faults[:10]))
        if answer.status >= 400 and answer.body:
            self.tap.check(is_problem(answer), f"and its problem says what to do ({wanted})", answer)
        return answer


def is_problem(answer):
    body = answer.json
    return answer.headers.get("content-type") == "application/problem+json" and body.get("status") == answer.status and \
        all(isinstance(body.get(name), str) and body[name] for name in ("type", "title", "detail"))


def strangers(ask, person, prepared, admin):
    anybody = dict(token="")
    ask(person, "GET", "/livez", 200, **anybody)
    ask(person, "GET", "/readyz", 200, **anybody)
    ask(person, "GET", "/metrics", 200, **anybody)
    ask(person, "GET", "/v1/site", 200, **anybody)
    ask(person, "GET", "/v1/site", 400, query="?evil=1", **anybody)
    ask(person, "POST", "/v1/challenges", 201, **anybody)
    ask(person, "POST", "/v1/challenges", 400, b"{}", JSON, **anybody)
    ask(person, "GET", "/v1/log/checkpoint", 200, **anybody)
    ask(person, "GET", "/v1/log/tile/{path}", 200, path="0/000.p/4", **anybody)
    ask(person, "GET", "/v1/log/tile/{path}", 200, path="entries/000.p/4", **anybody)
    for path in ("0/999", "entries/zzz", "9/000", "0/000.p/0", "0/000.p/256"):
        ask(person, "GET", "/v1/log/tile/{path}", 404, path=path, say=path, **anybody)
    ask(person, "GET", "/v1/log/proofs", 200, query=f"?leaf=2&size={prepared.size}", **anybody)
    ask(person, "GET", "/v1/log/proofs", 200, query=f"?from=3&size={prepared.size}", **anybody)
    for query in ("", "?size=5", "?leaf=1&from=1&size=5", "?leaf=x&size=5", "?leaf=9&size=5", "?leaf=1&size=999999999"):
        ask(person, "GET", "/v1/log/proofs", 400, query=query, **anybody)
    ask(person, "GET", "/v1/invitations/{key_hash}", 404, key_hash="0" * 64, **anybody)
    code = admin.json("user", "add", "newcomer", "--profile", "auditor")["invitation"]
    newcomer = Stranger(prepared.site)
    seen = {}

    def request(method, path, body=None, headers=None, **more):
        # The enrolment of the program goes through the same check as everything else.
        pattern = "/v1/invitations/{key_hash}" if "/invitations/" in path else path
        answer = Stranger.request(newcomer, method, path, body, headers, **more)
        seen[method, pattern] = answer
        return answer

    newcomer.request = request
    newcomer.enrol(code, "Correct-horse-9!")
    for (method, pattern), answer in seen.items():
        faults = ask.interface.problems(ask.operations[method, pattern], answer)
        ask.asked.setdefault((method, pattern), set()).add(answer.status)
        ask.tap.check(not faults, f"{method} {pattern} of an enrolment answers {answer.status} as documented", "\n".join(faults))
    ask(person, "POST", "/v1/enrolments", 410, {"statement": b64(newcomer.key_statement), "password": "Correct-horse-9!",
                                                "device": newcomer.device}, say="again", **anybody)
    ask(person, "POST", "/v1/enrolments", 400, {"statement": "!!"}, **anybody)


def sessions(ask, person):
    body = {"login": person.login, "password": person.password, "device": person.device}
    entered = ask(person, "POST", "/v1/sessions", 201, dict(body, proof=b64(person.proof())), token="")
    ask(person, "POST", "/v1/sessions", 201, dict(body, proof=b64(person.proof()), cookie=True), token="", say="with a cookie")
    ask(person, "POST", "/v1/sessions", 401, dict(body, proof=b64(person.proof(key=Pair()))), token="", say="with another key")
    ask(person, "POST", "/v1/sessions", 400, dict(body, evil=1, proof="AAAA"), token="", say="with an unknown field")
    ask(person, "GET", "/v1/session", 200)
    ask(person, "GET", "/v1/session", 401, token="A" * 43)
    ask(person, "DELETE", "/v1/session", 204, token=entered.json["token"])
    ask(person, "GET", "/v1/session", 401, token=entered.json["token"], say="that has ended")
    ask(person, "GET", "/v1/notices", 200)
    mine = ask(person, "GET", "/v1/sessions", 200).json["items"]
    ask.tap.check(sum(one["current"] for one in mine) == 1, "one of the sessions listed is the one that asks", mine)
    other = person.sign_in().json
    ask(person, "DELETE", "/v1/sessions/{session}", 204, session=other["session"])
    ask(person, "DELETE", "/v1/sessions/{session}", 404, session=other["session"], say="again")
    ask(person, "DELETE", "/v1/sessions/{session}", 400, session="se-evil")
    ask(person, "DELETE", "/v1/sessions", 204, query="?others=true")
    ask(person, "DELETE", "/v1/sessions", 400, query="?others=evil")
    ask(person, "GET", "/v1/session", 200, say="still")
    ask(person, "PUT", "/v1/password", 204, {"present": person.password, "new": "Purple-giraffe-7#"})
    person.password = "Purple-giraffe-7#"
    ask(person, "PUT", "/v1/password", 400, {"present": "x", "new": "y"})
    ask(person, "PUT", "/v1/password", 400, {"new": "y"}, say="without the present one")
    ask(person, "PUT", "/v1/password", 401, {"present": "x", "new": "y"}, token="x")
    ask(person, "GET", "/v1/devices", 200)
    ask(person, "DELETE", "/v1/devices/{device}", 404, device="dv-" + NOTHING)
    ask(person, "GET", "/v1/directory", 200)
    ask(person, "GET", "/v1/directory", 400, query="?limit=0")
    ask(person, "GET", "/v1/directory", 401, token="x")


def files(ask, owner, nobody, prepared):
    patient, record = prepared.patients[0], prepared.records[3]
    ask(owner, "GET", "/v1/patients", 200)
    ask(owner, "GET", "/v1/patients", 200, query="?limit=1")
    ask(owner, "GET", "/v1/patients", 400, query="?since=x")
    ask(owner, "GET", "/v1/patients/{patient}", 200, patient=patient)
    ask(nobody, "GET", "/v1/patients/{patient}", 404, patient=patient, say="of another")
    ask(owner, "GET", "/v1/patients/{patient}", 404, patient="pt-" + NOTHING)
    ask(owner, "GET", "/v1/patients/{patient}/records", 200, patient=patient)
    ask(owner, "GET", "/v1/patients/{patient}/records", 200, patient=patient, query="?kind=photo&limit=1")
    ask(owner, "GET", "/v1/patients/{patient}/records", 400, patient=patient, query="?kind=evil")
    ask(nobody, "GET", "/v1/patients/{patient}/records", 404, patient=patient, say="of another")
    ask(owner, "GET", "/v1/records/{record}", 200, record=record)
    ask(nobody, "GET", "/v1/records/{record}", 404, record=record, say="of another")
    content = "/v1/records/{record}/versions/{version}/content"
    whole = ask(owner, "GET", content, 200, record=record, version=1)
    ask.tap.equal(whole.body, prepared.contents[record, 1], "the content is what was put")
    digest = whole.headers.get("repr-digest", "")
    ask.tap.equal(digest, f"sha-256=:{b64(hashlib.sha256(whole.body).digest())}:", "Repr-Digest is its hash")
    part = ask(owner, "GET", content, 206, headers={"Range": "bytes=100-199"}, record=record, version=1)
    ask.tap.equal((part.body, part.headers.get("content-range")), (whole.body[100:200], f"bytes 100-199/{len(whole.body)}"), "a range is that part")
    ask(owner, "GET", content, 416, headers={"Range": "bytes=99999999-"}, record=record, version=1)
    ask(owner, "GET", content, 404, record=record, version=9)
    ask(nobody, "GET", content, 404, record=record, version=1, say="of another")
    ask(owner, "POST", "/v1/tokens", 200, {"tokens": ["0" * 64]})
    ask(owner, "POST", "/v1/tokens", 400, {"tokens": ["zz"]})


def changes(ask, person):
    patient = new_uuid()
    items = person.patient_items(patient)
    ask(person, "POST", "/v1/changes", 200, {"items": items})
    ask(person, "POST", "/v1/changes", 200, {"items": items}, say="again")
    ask(person, "POST", "/v1/changes", 400, {"items": []})
    ask(person, "POST", "/v1/changes", 413, b'{"items": ["' + b"A" * 1_100_000 + b'"]}', JSON)
    content = os.urandom(9000)
    parts = person.record(patient, new_uuid(), content=content)
    ask(person, "POST", "/v1/records", 422, person.put_body(*parts, content[::-1]), RECORD, say="of another hash")
    ask(person, "POST", "/v1/records", 200, person.put_body(*parts, content), RECORD)
    ask(person, "POST", "/v1/records", 400, b"\xff" * 100_000, RECORD)
    ask(person, "POST", "/v1/records", 404, person.put_body(*person.record(new_uuid(), new_uuid(), content=content), content), RECORD,
        say="for no patient file")
    begun = ask(person, "POST", "/v1/uploads", 201)
    upload = begun.json["id"]
    ask.tap.check(begun.headers.get("location", "").endswith(upload), "Location names the upload", begun)
    ask(person, "PATCH", "/v1/uploads/{upload}", 204, content, dict(PIECE, **{"Upload-Offset": "0"}), upload=upload)
    ask(person, "PATCH", "/v1/uploads/{upload}", 409, content, dict(PIECE, **{"Upload-Offset": "5"}), upload=upload)
    ask(person, "HEAD", "/v1/uploads/{upload}", 204, upload=upload)
    ask(person, "HEAD", "/v1/uploads/{upload}", 404, upload="up-" + NOTHING)
    statement, header, key = person.record(patient, new_uuid(), content=content)
    ask(person, "POST", "/v1/changes", 200, {"items": [{"statement": b64(statement), "header": b64(header), "key": b64(key), "upload": upload}]},
        say="with an upload")
    ask(person, "DELETE", "/v1/uploads/{upload}", 204, upload=person.request("POST", "/v1/uploads").json["id"])


def the_log(ask, owner, nobody, auditor, prepared):
    patient = prepared.patients[0]
    ask(owner, "GET", "/v1/log/entries", 200, query="?scope=own")
    ask(owner, "GET", "/v1/log/entries", 200, query=f"?scope=patient&patient={patient}&limit=3")
    ask(nobody, "GET", "/v1/log/entries", 404, query=f"?scope=patient&patient={patient}")
    ask(owner, "GET", "/v1/log/entries", 403, query="?scope=all")
    ask(auditor, "GET", "/v1/log/entries", 200, query="?scope=all")
    entries = ask(auditor, "GET", "/v1/log/entries", 200, query="?scope=sign-ins&action=sign-in").json["items"]
    results = {base64.b64decode(entry["leaf"])[2] for entry in entries}
    ask.tap.check({1, 2} <= results, "the auditor sees sign-ins that were taken and sign-ins that were refused", results)
    ask(auditor, "GET", "/v1/log/entries", 200, query="?scope=administration")
    ask(owner, "GET", "/v1/log/entries", 400, query="?scope=evil")
    ask(owner, "GET", "/v1/log/entries", 400)
    ask(owner, "POST", "/v1/log/openings", 200, {"leaves": [0]})
    ask(owner, "POST", "/v1/log/openings", 400, {"leaves": ["x"]})


def administration(ask, person, admin):
    listed = ask(person, "GET", "/v1/settings", 200).json["items"]
    ask.tap.check(any(one["name"] == "session.cap" for one in listed), "settings are listed", listed)
    ask(person, "PUT", "/v1/settings/{name}", 403, {"value": "20"}, name="session.cap")
    ask(admin, "PUT", "/v1/settings/{name}", 200, {"value": "20"}, name="session.cap")
    ask(admin, "PUT", "/v1/settings/{name}", 400, {"value": "0"}, name="session.cap")
    ask(admin, "PUT", "/v1/settings/{name}", 404, {"value": "20"}, name="session.evil")
    ask(person, "DELETE", "/v1/users/{user}/sessions", 403, user=person.entered.json["user"])
    ask(admin, "DELETE", "/v1/users/{user}/sessions", 204, user=person.entered.json["user"])
    ask(admin, "DELETE", "/v1/users/{user}/sessions", 404, user="us-" + NOTHING)
    ask(person, "GET", "/v1/session", 401, say="that an administrator ended")
    other = Stranger(person.site).enrol(person.site.people["admin"].json("user", "add", "leaving", "--profile", "auditor")["invitation"],
                                        "Correct-horse-9!")
    ask(other, "DELETE", "/v1/devices/{device}", 204, device=other.device["id"])
    ask(other, "GET", "/v1/session", 401, say="of a forgotten device")


def elsewhere(tap, interface, person):
    """Addresses and methods that the document does not have."""
    for path in ("/", "/v1", "/v1/", "/v2/site", "/v1/site/", "/v1/sites", "/V1/site", "/v1/patients/", "/admin", "/.well-known/x", "/v1/log",
                 "/v1/log/tile", "/index.html", "/v1/records/rc-" + NOTHING + "/versions/1"):
        answer = person.request("GET", path)
        tap.check(answer.status in (400, 404) and is_problem(answer), f"GET {path} is not there: {answer.status}", answer)
    known = {}
    for method, path, _ in interface.operations():
        known.setdefault(path, set()).add(method)
    for path, methods in known.items():
        place = path.format(key_hash="0" * 64, record="rc-" + NOTHING, version=1, patient="pt-" + NOTHING, upload="up-" + NOTHING, path="0/000",
                            session="se-" + NOTHING, device="dv-" + NOTHING, user="us-" + NOTHING, name="session.cap")
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            answer = person.request(method, place)
            tap.check(answer.status == 405 and is_problem(answer), f"{method} {path} is no method of it: 405", answer)


def flow(tap):
    interface = Interface(ROOT / "docs" / "openapi.yaml")
    prepared = Prepared()
    with prepared.site as site:
        site.serve()
        admin = site.people["admin"]
        admin.login_again()
        ask = Asker(tap, interface)
        owner, nobody = prepared.people["owner"], prepared.people["nobody"]
        auditor = Stranger(site).enrol(admin.json("user", "add", "auditor", "--profile", "auditor")["invitation"], "Correct-horse-9!")
        strangers(ask, owner, prepared, admin)
        sessions(ask, owner)
        files(ask, owner, nobody, prepared)
        changes(ask, owner)
        the_log(ask, owner, nobody, auditor, prepared)
        elsewhere(tap, interface, owner)
        second = Stranger(site).enrol(admin.json("user", "add", "second", "--profile", "administrator")["invitation"], "Correct-horse-9!")
        administration(ask, nobody, second)
        ask(auditor, "DELETE", "/v1/sessions", 204)
        ask(auditor, "DELETE", "/v1/sessions", 401, say="again")
        for place, operation in ask.operations.items():
            good = {int(code) for code in operation["responses"] if code.startswith("2")}
            tap.check(ask.asked.get(place, set()) & good, f"{place[0]} {place[1]} was asked with success")
        tap.equal(site.stop(), 0, "the daemon ends cleanly")


run(flow)
