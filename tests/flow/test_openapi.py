#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.yaml against the running server: each operation with valid and invalid input (PROMISES#S10 PROMISES#S3 PROMISES#K9)."""
import base64
import hashlib
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.factor import Phone  # noqa: E402
from lib.passkey import Passkey, u64  # noqa: E402
from lib.prepared import Prepared  # noqa: E402
from lib.shape import Interface  # noqa: E402
from lib.site import ROOT  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Pair, Stranger, b64, id_text, name_of, new_uuid  # noqa: E402

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
    ask(person, "GET", "/v1/notices", 400, query="?limit=0")
    ask(person, "POST", "/v1/notices/read", 204, {"seq": 0})
    ask(person, "POST", "/v1/notices/read", 400, {"seq": -1})
    ask(person, "GET", "/v1/notices/contact", 200)
    ask(person, "PUT", "/v1/notices/contact", 204, {"mail": "anna@clinic.example", "kinds": "urgent"})
    ask(person, "PUT", "/v1/notices/contact", 400, {"mail": "nowhere", "kinds": ""})
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
    conduct(ask, person)
    factors(ask, person)
    ask(person, "GET", "/v1/devices", 200)
    ask(person, "DELETE", "/v1/devices/{device}", 404, device="dv-" + NOTHING)
    ask(person, "GET", "/v1/directory", 200)
    ask(person, "GET", "/v1/directory", 400, query="?limit=0")
    ask(person, "GET", "/v1/directory", 401, token="x")


def factors(ask, person):
    """Second factors, from a session that has just been opened."""
    phone = Phone(person.site, "authenticator")
    fresh = dict(token=person.sign_in().json["token"])
    ask(person, "GET", "/v1/factors", 200, **fresh)
    ask(person, "PUT", "/v1/session/factor", 409, {"code": "000000"}, say="without one", **fresh)
    ask(person, "POST", "/v1/recovery-codes", 409, say="without one", **fresh)
    sent = {"name": "phone", "secret": b64(phone.secret), "code": "x"}
    ask(person, "POST", "/v1/authenticators", 400, sent, **fresh)
    ask(person, "POST", "/v1/authenticators", 400, dict(sent, secret="AAAA"), **fresh)
    sent["code"] = phone.code()
    made = ask(person, "POST", "/v1/authenticators", 201, sent, **fresh).json["id"]
    ask(person, "POST", "/v1/authenticators", 409, sent, say="under the same name", **fresh)
    bare = {"login": person.login, "password": "wrong", "device": person.device}
    asked = ask(person, "POST", "/v1/sessions", 401, dict(bare, proof=b64(person.proof())), token="", say="without the second factor")
    ask.tap.equal(asked.json["type"], "/problems/second-factor", "and asks for it")
    ask(person, "POST", "/v1/sessions", 201, dict(bare, password=person.password, proof=b64(person.proof()), factor={"code": phone.code()}), token="")
    ask(person, "PUT", "/v1/session/factor", 400, {"code": "000000"}, **fresh)
    ask(person, "PUT", "/v1/session/factor", 204, {"code": phone.code()}, **fresh)
    ask(person, "POST", "/v1/recovery-codes", 201, **fresh)
    ask(person, "GET", "/v1/factors", 200, say="with two", **fresh)
    ask(person, "DELETE", "/v1/factors/{factor}", 204, factor=made, **fresh)
    ask(person, "DELETE", "/v1/factors/{factor}", 404, factor=made, say="again", **fresh)
    ask.tap.equal(ask(person, "GET", "/v1/factors", 200, say="with none", **fresh).json["items"], [], "the codes went with it")
    passkeys(ask, person, fresh)


def passkeys(ask, person, fresh):
    def challenge(ceremony):
        return ask(person, "POST", "/v1/passkeys/challenges", 201, {"for": ceremony}, say=ceremony, **fresh).json["publicKey"]["challenge"]

    ask(person, "POST", "/v1/passkeys/challenges", 409, {"for": "get"}, say="without one", **fresh)
    ask(person, "POST", "/v1/passkeys/challenges", 400, {"for": "evil"}, **fresh)
    passkey = Passkey(person.site.origin, person.user)
    first = challenge("create")
    made = ask(person, "POST", "/v1/passkeys", 201, dict(passkey.register(first), name="key ring"), **fresh).json["id"]
    ask(person, "POST", "/v1/passkeys", 409, dict(passkey.register(challenge("create")), name="again"), say="that is there", **fresh)
    other = Passkey(person.site.origin, person.user)
    ask(person, "POST", "/v1/passkeys", 400, dict(other.register(first), name="other"), say="whose challenge was used", **fresh)
    ask(person, "POST", "/v1/passkeys", 409, dict(other.register(challenge("create")), name="key ring"), say="under the same name", **fresh)
    answer = passkey.answer(challenge("get"))
    ask(person, "PUT", "/v1/session/factor", 204, {"passkey": answer}, say="with a passkey", **fresh)
    ask(person, "PUT", "/v1/session/factor", 400, {"passkey": answer}, say="with the same again", **fresh)
    ask(person, "PUT", "/v1/session/factor", 400, {"passkey": answer, "code": "1"}, say="with two", **fresh)
    nonce = base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"])
    whole = {"login": person.login, "password": person.password, "device": person.device, "proof": b64(person.proof(nonce))}
    ask(person, "POST", "/v1/sessions", 201, dict(whole, factor={"passkey": passkey.answer(u64(nonce))}), token="", say="with a passkey")
    ask(person, "DELETE", "/v1/factors/{factor}", 204, factor=made, say="a passkey", **fresh)


def conduct(ask, person):
    code = ask(person, "GET", "/v1/conduct", 200).json
    say = lambda **more: {"statement": b64(person.conduct(code["version"], 1, bytes.fromhex(code["texts"][0]["sha256"]), **more))}
    ask(person, "POST", "/v1/conduct/acceptances", 200, say())
    ask(person, "GET", "/v1/conduct", 200, say="once it was accepted")
    ask(person, "POST", "/v1/conduct/acceptances", 409, say(), say="that does not go on from the last one")
    ask(person, "POST", "/v1/conduct/acceptances", 400, {"statement": "AAAA"})
    ask(person, "POST", "/v1/conduct/acceptances", 401, say(key=Pair()), say="by another key")
    ask(person, "POST", "/v1/conduct/acceptances", 403, say(author=new_uuid()), say="by another author")
    ask(person, "PUT", "/v1/conduct", 403, {})


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
    ask(owner, "POST", "/v1/patients/{patient}/exports", 204, patient=patient)
    ask(nobody, "POST", "/v1/patients/{patient}/exports", 404, patient=patient, say="of another")
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
    keyed = {"Idempotency-Key": '"one"', "Upload-Length": "9000"}
    first, again = (ask(person, "POST", "/v1/uploads", 201, headers=keyed, say=f"with a key, {which}") for which in ("once", "again"))
    ask.tap.equal(again.body, first.body, "both answers are one")
    ask(person, "POST", "/v1/uploads", 422, headers=dict(keyed, **{"Upload-Length": "9001"}), say="with the key of another")
    ask(person, "POST", "/v1/uploads", 400, headers={"Idempotency-Key": "one"}, say="with a key that is no string")
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
    ask(person, "GET", "/v1/settings", 401, token="")
    ask(person, "PUT", "/v1/settings/{name}", 403, {"value": "20"}, name="session.cap")
    ask(admin, "PUT", "/v1/settings/{name}", 200, {"value": "20"}, name="session.cap")
    ask(admin, "PUT", "/v1/settings/{name}", 400, {"value": "0"}, name="session.cap")
    ask(admin, "PUT", "/v1/settings/{name}", 404, {"value": "20"}, name="session.evil")
    ask(admin, "PUT", "/v1/settings/{name}", 403, {"value": "0"}, name="approval.office_days", say="that the host alone lowers")
    ask(admin, "GET", "/v1/conduct/acceptances", 200)
    ask(person, "GET", "/v1/conduct/acceptances", 403)
    ask(admin, "GET", "/v1/reviews", 200)
    ask(person, "GET", "/v1/reviews", 403)
    ask(admin, "PUT", "/v1/conduct", 200, {"language": "en", "text": "House rules."})
    ask(admin, "PUT", "/v1/conduct", 200, {}, say="once more")
    ask(admin, "PUT", "/v1/conduct", 400, {"language": "en"}, say="without a text")
    ask(person, "DELETE", "/v1/users/{user}/sessions", 403, user=person.entered.json["user"])
    ask(admin, "DELETE", "/v1/users/{user}/sessions", 204, user=person.entered.json["user"])
    ask(admin, "DELETE", "/v1/users/{user}/sessions", 404, user="us-" + NOTHING)
    ask(person, "GET", "/v1/session", 401, say="that an administrator ended")
    for _ in range(5):
        person.sign_in(password="wrong")
    ask(person, "POST", "/v1/sessions", 429, {"login": person.login, "password": person.password, "proof": b64(person.proof()), "device": person.device},
        token="", say="of a known device that is locked")
    ask(admin, "GET", "/v1/approvals", 200)
    ask(admin, "GET", "/v1/approvals", 400, query="?since=x")
    locked = ask(admin, "GET", "/v1/blocks", 200).json["items"]
    ask.tap.check([one["kind"] for one in locked] == ["device"], "the lock is listed", locked)
    ask(admin, "DELETE", "/v1/blocks/{block}", 204, block=locked[0]["id"])
    for _ in range(5):
        person.sign_in(password="wrong")
    ask(admin, "DELETE", "/v1/users/{user}/blocks", 204, user=person.entered.json["user"])
    ask.tap.equal(person.sign_in().status, 201, "what was lifted is lifted")
    person.token = person.sign_in().json["token"]
    user, mine = person.entered.json["user"], admin.entered.json["user"]
    waiting = person.site.people["admin"].json("user", "add", "waiting", "--profile", "auditor")["id"]
    code = ask(admin, "POST", "/v1/users/{user}/reset", 201, user=user).json["code"]
    for one, status, say in ((mine, 403, "for himself"), ("us-" + NOTHING, 404, ""), (waiting, 409, "of who has not enrolled"), ("us-evil", 400, "")):
        ask(admin, "POST", "/v1/users/{user}/reset", status, user=one, say=say)
    ask(person, "POST", "/v1/users/{user}/reset", 403, user=mine, say="by who is no administrator")
    ask(admin, "GET", "/v1/users/{user}/patients", 200, user=user, query="?to=" + mine)
    ask(admin, "GET", "/v1/users/{user}/patients", 400, user=user, query="?to=x")
    ask(person, "GET", "/v1/users/{user}/patients", 403, user=user)
    body = {"login": person.login, "code": code, "new": "Purple-giraffe-8#", "device": person.device}
    ask(person, "POST", "/v1/password-resets", 400, {"login": "x"}, token="")
    ask(person, "POST", "/v1/password-resets", 401, dict(body, code="x" * 22, proof=b64(person.proof())), token="", say="of a wrong code")
    ask(person, "POST", "/v1/password-resets", 409, dict(body, proof=b64(person.proof(seen=(2, b"\x55" * 32)))), token="", say="from a fork")
    ask(person, "POST", "/v1/password-resets", 204, dict(body, proof=b64(person.proof())), token="")
    person.password = "Purple-giraffe-8#"
    person.token = person.sign_in().json["token"]
    ask(admin, "GET", "/v1/blocks", 200)
    ask(admin, "DELETE", "/v1/blocks/{block}", 404, block="0" * 64)
    ask(admin, "DELETE", "/v1/blocks/{block}", 400, block="x")
    ask(admin, "DELETE", "/v1/users/{user}/blocks", 404, user=person.entered.json["user"], say="of whom nothing is locked")
    other = Stranger(person.site).enrol(person.site.people["admin"].json("user", "add", "leaving", "--profile", "auditor")["invitation"],
                                        "Correct-horse-9!")
    ask(other, "DELETE", "/v1/devices/{device}", 204, device=other.device["id"])
    ask(other, "GET", "/v1/session", 401, say="of a forgotten device")


def root_of(hashes):
    """RFC 6962, 2.1: the root of a tree of these leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(hashes[:half]) + root_of(hashes[half:])).digest()


def views(ask, person, prepared):
    """What the author of a statement says he has seen of the log (PROMISES#B2)."""
    size = min(prepared.size, 255)
    tile = person.request("GET", f"/v1/log/tile/0/000.p/{size}").body
    hashes = [tile[at:at + 32] for at in range(0, len(tile), 32)]
    patient = new_uuid()
    ask(person, "POST", "/v1/changes", 200, {"items": person.patient_items(patient)})
    put = lambda wanted, say, seen: ask(person, "POST", "/v1/records", wanted, person.put_body(*person.record(patient, new_uuid(), seen=seen), b""), RECORD, say=say)
    for seen in (1, 2, 3, size // 2, size - 1, size):
        put(200, f"of an author who has seen {seen} leaves", (seen, root_of(hashes[:seen])))
        refused = put(409, f"of one who has seen {seen} others", (seen, hashlib.sha256(root_of(hashes[:seen])).digest()))
        ask.tap.equal(refused.json["type"], "/problems/fork", "and is told that it is a fork")
    put(400, "of one who has seen nothing, and a root", (0, root_of(hashes)))
    put(409, "of one who has seen the future", (10**9, root_of(hashes)))
    fork = (2, b"\x55" * 32)
    one = person.statement("patient", new_uuid(), b"", seen=fork)
    ask.tap.equal(ask(person, "POST", "/v1/changes", 409, {"items": [{"statement": b64(one)}]}, say="from a fork").json["type"], "/problems/fork", "too")
    body = {"login": person.login, "password": person.password, "device": person.device}
    ask.tap.equal(ask(person, "POST", "/v1/sessions", 409, dict(body, proof=b64(person.proof(seen=fork))), token="", say="from a fork").json["type"],
                  "/problems/fork", "so is who signs in from a fork")
    entries = person.request("GET", "/v1/log/entries?scope=own&action=refusal&limit=1000").json["items"]
    ask.tap.check(sum(b"fork" in base64.b64decode(entry["actor"]["piece"]) for entry in entries) >= 7, "each of these refusals is in the log")


def refusals(ask, owner, nobody, prepared, admin):
    """What else these operations may answer."""
    patient, record = new_uuid(), new_uuid()
    ask(owner, "POST", "/v1/changes", 200, {"items": owner.patient_items(patient)})
    content = os.urandom(50)
    first = owner.record(patient, record, content=content)
    ask(owner, "POST", "/v1/records", 200, owner.put_body(*first, content), RECORD)
    item = lambda parts: {"items": [dict(zip(("statement", "header", "key"), map(b64, parts)), content=b64(content))]}
    again = lambda **more: owner.record(patient, new_uuid(), content=content, **more)
    for name, wanted, parts in (("of another key", 401, again(key=Pair())), ("of another author", 403, again(author=nobody.user)),
                                ("for no file", 404, owner.record(new_uuid(), new_uuid(), content=content)),
                                ("of a later version", 409, again(version=3)), ("of another size", 422, again(size=49))):
        ask(owner, "POST", "/v1/records", wanted, owner.put_body(*parts, content), RECORD, say=name)
        ask(owner, "POST", "/v1/changes", wanted, item(parts), say=name)
    for time in ("once", "again, from memory"):
        ask(owner, "GET", "/v1/records/{record}/versions/{version}/content", 200, record=id_text("rc", record), version=1, say=time)
        ask(nobody, "GET", "/v1/records/{record}/versions/{version}/content", 404, record=id_text("rc", record), version=1, say=time)
    end = owner.statement("record-end", patient, record, (1).to_bytes(4, "big"), b"\1", previous=name_of(first[0]))
    ask(owner, "POST", "/v1/changes", 200, {"items": [{"statement": b64(end)}]})
    later = owner.record(patient, record, version=2, previous=name_of(end), content=content)
    ask(owner, "POST", "/v1/records", 410, owner.put_body(*later, content), RECORD, say="after its end")
    ask(owner, "POST", "/v1/changes", 410, item(later), say="after its end")
    ask(owner, "GET", "/v1/records/{record}/versions/{version}/content", 410, record=id_text("rc", record), version=1)
    ask(nobody, "POST", "/v1/uploads", 404, query="?patient=" + id_text("pt", patient))
    ask(owner, "POST", "/v1/uploads", 413, headers={"Upload-Length": str(3 << 30)})
    ask(owner, "PATCH", "/v1/uploads/{upload}", 404, b"x", dict(PIECE, **{"Upload-Offset": "0"}), upload="up-" + NOTHING)
    own, owner.device = owner.device, nobody.device
    ask(owner, "POST", "/v1/sessions", 403, {"login": owner.login, "password": owner.password, "device": owner.device, "proof": b64(owner.proof())},
        token="", say="with the device of another")
    owner.device = own
    enrolments(ask, owner, prepared, admin)


def enrolments(ask, person, prepared, admin):
    """An enrolment that somebody bends on its way."""
    late, kept = Stranger(prepared.site), {}

    def keep(kind, *fields, **more):
        kept[kind] = fields, more
        return Stranger.statement(late, kind, *fields, **more)

    def stop(method, path, body=None, headers=None, **more):
        return Stranger.request(late, method, path, None if path == "/v1/enrolments" else body, headers, **more)

    late.statement, late.request = keep, stop
    try:
        late.enrol(admin.json("user", "add", "late", "--profile", "auditor")["invitation"], "Correct-horse-9!")
    except RuntimeError:
        pass  # it was stopped
    (user, *rest), more = kept["key"]
    nobody = new_uuid()
    for wanted, say, statement in (
            (401, "signed by another", Stranger.statement(late, "key", user, *rest, **dict(more, key=Pair()))),
            (403, "of another site", Stranger.statement(late, "key", user, *rest, **dict(more, site=os.urandom(32)))),
            (404, "of nobody", Stranger.statement(late, "key", nobody, *rest, **dict(more, author=nobody))),
            (409, "from a fork", Stranger.statement(late, "key", user, *rest, **dict(more, seen=(2, b"\x55" * 32))))):
        ask(person, "POST", "/v1/enrolments", wanted, {"statement": b64(statement), "password": "Correct-horse-9!", "device": late.device},
            token="", say=say)


def walls(ask, persons):
    """What every operation answers before its handler: to a malformed request, to nobody, to another type, to too much, to another page."""
    owner, chief, auditor = persons
    cookie = dict(item.split("=", 1) for item in owner.sign_in(cookie=True).headers["set-cookie"].split("; ") if item.startswith("__Host"))
    foreign = {"Cookie": "__Host-session=" + cookie["__Host-session"], "Sec-Fetch-Site": "cross-site"}
    kinds = {"record": "rc", "patient": "pt", "upload": "up", "session": "se", "device": "dv", "user": "us", "factor": "fa"}
    for (method, pattern), operation in ask.operations.items():
        parts = {name: f"{kind}-{NOTHING}" for name, kind in kinds.items()} | dict(key_hash="0" * 64, version=1, path="0/999", name="no.such", block="0" * 64)
        person = chief if any(word in pattern for word in ("/settings", "/users", "/blocks", "/reviews")) or (method, pattern) in (("PUT", "/v1/conduct"), ("GET", "/v1/conduct/acceptances")) else owner
        types = list(operation.get("requestBody", {}).get("content", {}))
        fields = {"Content-Type": types[0]} if types else {}
        said = {int(code) for code in operation["responses"]}
        ask(person, method, pattern, 400, query="?evil=1", say="with an unknown name", headers=fields, **parts)
        for name in set(re.findall(r"{(\w+)}", pattern)) - {"path", "name"}:
            ask(person, method, pattern, 400, say="malformed", headers=fields, **dict(parts, **{name: "x"}))
        if operation.get("security") is None:
            ask(person, method, pattern, 401, token="x", headers=fields, say="of nobody", **parts)
            if method not in ("GET", "HEAD"):
                ask(person, method, pattern, 403, token="", headers=dict(fields, **foreign), say="from another page", **parts)
        if types:
            ask(person, method, pattern, 415, b"x", {"Content-Type": "text/plain"}, say="of another type", **parts)
            raw = person.raw((f"{method} {pattern.format(**parts)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {types[0]}\r\nContent-Length: {5 << 30}\r\n" +
                              (f"Authorization: Bearer {person.token}\r\n" if operation.get("security") is None else "") + "\r\n").encode())
            status = int(raw.split(b" ", 2)[1])
            ask.asked[method, pattern].add(status)
            ask.tap.check(status == 413 and 413 in said, f"{method} {pattern} answers 413 to the head of a body that is too large", raw[:300])
        if 404 in said and not types and method != "POST":
            query = f"?scope=patient&patient=pt-{NOTHING}" if pattern.endswith("/entries") else ""
            ask(person, method, pattern, 404, query=query, say="of what is not there", **parts)
    ask(auditor, "GET", "/v1/patients", 403)
    ask(owner, "POST", "/v1/log/openings", 404, {"leaves": [10**6]})
    ask(chief, "PUT", "/v1/settings/{name}", 404, {"value": "1"}, name="no.such")


# Answers that no request alone brings about: a full log or disk, damage, a queue (tests/flow/test_full_disk.py, test_damage.py), an upload
# or the end of a patient file of last week, a password changed meanwhile, a daemon that is about to end; and for what everybody may read, a pending step.
ELSEWHERE = {429, 500, 503, 507}
UNPROVOKED = {("HEAD", "/v1/uploads/{upload}"): {410}, ("PATCH", "/v1/uploads/{upload}"): {410}, ("DELETE", "/v1/uploads/{upload}"): {410},
              ("GET", "/v1/records/{record}"): {410}, ("GET", "/v1/patients/{patient}/records"): {410}, ("PUT", "/v1/password"): {409},
              ("DELETE", "/v1/factors/{factor}"): {409}, ("POST", "/v1/patients/{patient}/exports"): {410}, ("GET", "/metrics"): {403}}


def elsewhere(tap, interface, person):
    """Addresses and methods that the document does not have: 400 for what is no address, 404 for one that is not there."""
    for path, wanted in (("/", 404), ("/v1", 404), ("/v1/", 400), ("/v2/site", 404), ("/v1/site/", 400), ("/v1/sites", 404), ("/V1/site", 404),
                         ("/v1/patients/", 400), ("/v1//site", 400), ("/v1/%2e%2e/site", 400), ("/v1/%zz", 400), ("/admin", 404), ("/.well-known/x", 404),
                         ("/v1/log", 404), ("/v1/log/tile", 404), ("/index.html", 404), ("/v1/records/rc-" + NOTHING + "/versions/1", 404)):
        answer = person.request("GET", path)
        tap.check(answer.status == wanted and is_problem(answer), f"GET {path}: {wanted}", answer)
    known = {}
    for method, path, _ in interface.operations():
        known.setdefault(path, set()).add(method)
    for path, methods in known.items():
        place = path.format(key_hash="0" * 64, record="rc-" + NOTHING, version=1, patient="pt-" + NOTHING, upload="up-" + NOTHING, path="0/000",
                            session="se-" + NOTHING, device="dv-" + NOTHING, factor="fa-" + NOTHING, user="us-" + NOTHING, name="session.cap", block="0" * 64)
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
        views(ask, owner, prepared)
        refusals(ask, owner, nobody, prepared, admin)
        elsewhere(tap, interface, owner)
        second = Stranger(site).enrol(admin.json("user", "add", "second", "--profile", "administrator")["invitation"], "Correct-horse-9!")
        administration(ask, nobody, second)
        walls(ask, (owner, second, auditor))
        ask(auditor, "DELETE", "/v1/sessions", 204)
        ask(auditor, "DELETE", "/v1/sessions", 401, say="again")
        for place, operation in ask.operations.items():
            good = {int(code) for code in operation["responses"] if code.startswith("2")}
            tap.check(ask.asked.get(place, set()) & good, f"{place[0]} {place[1]} was asked with success")
            said = {int(code) for code in operation["responses"]} - good - ELSEWHERE - UNPROVOKED.get(place, set())
            missing = said - ask.asked[place] - ({403} if place[0] in ("GET", "HEAD") else set())
            tap.check(not missing, f"{place[0]} {place[1]} gives every answer that it lists", sorted(missing))
        tap.equal(site.stop(), 0, "the daemon ends cleanly")


run(flow)
