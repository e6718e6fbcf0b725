# SPDX-License-Identifier: Apache-2.0
"""asked_files: what people ask about patient files, records, contents, uploads and the log."""
import base64
import hashlib
import os

from lib.asked import JSON, RECORD, PIECE, NOTHING
from lib.wire import Pair, b64, id_text, name_of, new_uuid


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
    beyond = ask(owner, "GET", content, 416, headers={"Range": "bytes=99999999-"}, record=record, version=1)
    ask.tap.equal(beyond.headers.get("content-range"), f"bytes */{len(whole.body)}", "which tells how much there is")
    conditions(ask, owner, content, dict(record=record, version=1), whole)
    ask(owner, "GET", content, 404, record=record, version=9)
    ask(nobody, "GET", content, 404, record=record, version=1, say="of another")
    ask(owner, "POST", "/v1/tokens", 200, {"tokens": ["0" * 64]})
    ask(owner, "POST", "/v1/tokens", 400, {"tokens": ["zz"]})


def conditions(ask, owner, content, place, whole):
    """RFC 9110, 13: what a client holds already, and what it must not get a part of."""
    tag, other = whole.headers["etag"], '"' + "0" * 64 + '"'
    for field in (tag, "W/" + tag, f"{other}, {tag}", "*"):
        unchanged = ask(owner, "GET", content, 304, headers={"If-None-Match": field}, say=f"that the client has as {field[:5]}", **place)
        ask.tap.equal((unchanged.body, unchanged.headers.get("etag")), (b"", tag), "and no byte of it leaves")
    ask(owner, "GET", content, 200, headers={"If-None-Match": other}, say="that the client has not", **place)
    ask(owner, "GET", content, 200, headers={"If-Match": tag}, say="that is what the client means", **place)
    for field in (other, "W/" + tag):
        refused = ask(owner, "GET", content, 412, headers={"If-Match": field}, say=f"that is not the {field[:5]} that the client means", **place)
        ask.tap.equal(refused.json["type"], "/problems/precondition", "and says that the condition does not hold")
    ask(owner, "GET", content, 400, headers={"If-None-Match": tag[:-1]}, say="with half a tag", **place)
    for field, wanted in ((tag, 206), (other, 200), ("W/" + tag, 200), ("Sun, 22 Nov 2026 05:00:00 GMT", 200), ("*", 200)):
        answer = ask(owner, "GET", content, wanted, headers={"Range": "bytes=100-199", "If-Range": field}, say=f"of which {field[:5]} is held", **place)
        ask.tap.equal(answer.body, whole.body[100:200] if wanted == 206 else whole.body, "a part of the same, or all of it")
    ask(owner, "GET", content, 304, headers={"Range": "bytes=99999999-", "If-None-Match": tag}, say="before any range is looked at", **place)


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


def refusals(ask, owner, nobody):
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
