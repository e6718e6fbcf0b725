#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile input: a 4xx problem that names field and limit, and nothing stored (PROMISES#S2 S10 K9 B3)."""
import hashlib
import json
import os
import pathlib
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.prepared import Prepared  # noqa: E402
from lib.running import Taken, until_cut  # noqa: E402
from lib.site import Site, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Pair, Stranger, b64, id_text, name_of, new_uuid, sized, u32, u64  # noqa: E402

HOST = b"Host: localhost\r\n"


def status_of(raw):
    return int(raw.split(b" ", 2)[1]) if raw.startswith(b"HTTP/1.1 ") else None


def problem(answer, status, field=None, limit=None):
    """True when it is a problem of this status that names what was wrong."""
    try:
        body = answer.json
    except ValueError:
        return False
    wanted = status if isinstance(status, tuple) else (status,)
    return (answer.status in wanted and body.get("status") == answer.status and body.get("title") and body.get("type") and
            body.get("detail") and answer.headers.get("content-type") == "application/problem+json" and
            (field is None or field in json.dumps([body.get("field"), body.get("detail")])) and
            (limit is None or body.get("limit") == limit))


def http(tap, person):
    """Malformed HTTP/1.1: refused with 400 or its kin and the connection closed."""
    big = b"x" * 20000
    for sentence, data, wanted in (
            ("no words", b"\r\n\r\n\r\n\r\nnonsense\r\n\r\n", (400,)),
            ("no version", b"GET /livez\r\n" + HOST + b"\r\n", (400, 505)),
            ("another version", b"GET /livez HTTP/3.0\r\n" + HOST + b"\r\n", (400, 505)),
            ("a bare line feed", b"GET /livez HTTP/1.1\n" + HOST + b"\r\n", (400,)),
            ("no host", b"GET /livez HTTP/1.1\r\n\r\n", (400,)),
            ("two hosts", b"GET /livez HTTP/1.1\r\n" + HOST + HOST + b"\r\n", (400,)),
            ("a folded field", b"GET /livez HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n", (400,)),
            ("a space before the colon", b"GET /livez HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n", (400,)),
            ("a field without a name", b"GET /livez HTTP/1.1\r\n" + HOST + b": b\r\n\r\n", (400,)),
            ("a NUL in a field", b"GET /livez HTTP/1.1\r\n" + HOST + b"A: b\0c\r\n\r\n", (400,)),
            ("a target with a NUL", b"GET /livez%00 HTTP/1.1\r\n" + HOST + b"\r\n", (400,)),
            ("a target that climbs", b"GET /v1/../livez HTTP/1.1\r\n" + HOST + b"\r\n", (400,)),
            ("a long target", b"GET /" + big[:9000] + b" HTTP/1.1\r\n" + HOST + b"\r\n", (414, 431)),
            ("a large field", b"GET /livez HTTP/1.1\r\n" + HOST + b"A: " + big + b"\r\n\r\n", (431,)),
            ("many fields", b"GET /livez HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 200 + b"\r\n", (431,)),
            ("an unknown method", b"BREW /livez HTTP/1.1\r\n" + HOST + b"\r\n", (400, 405, 501)),
            ("CONNECT", b"CONNECT localhost:1 HTTP/1.1\r\n" + HOST + b"\r\n", (400, 405, 501))):
        got = person.raw(data)
        tap.check(status_of(got) in wanted, f"HTTP with {sentence} is refused with {'/'.join(map(str, wanted))}", got[:300])


def smuggling(tap, person):
    """A request whose end is in doubt: refused, and what follows it is never answered."""
    after = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
    begin = b"POST /v1/sessions HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    for sentence, fields, body in (
            ("length and chunked", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
            ("chunked and length", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n"),
            ("two lengths", b"Content-Length: 0\r\nContent-Length: 5\r\n", b""),
            ("two equal lengths", b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"),
            ("a list of lengths", b"Content-Length: 2, 2\r\n", b"{}"),
            ("a signed length", b"Content-Length: +2\r\n", b"{}"),
            ("a negative length", b"Content-Length: -1\r\n", b""),
            ("a hexadecimal length", b"Content-Length: 0x2\r\n", b"{}"),
            ("an enormous length", b"Content-Length: 99999999999999999999999\r\n", b""),
            ("chunked twice", b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
            ("another coding", b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
            ("a coding that only looks chunked", b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
            ("a tab before chunked", b"Transfer-Encoding:\x0bchunked\r\n", b"0\r\n\r\n"),
            ("a space in the name", b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
            ("a bad chunk size", b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}\r\n0\r\n\r\n"),
            ("a chunk size with a sign", b"Transfer-Encoding: chunked\r\n", b"+2\r\n{}\r\n0\r\n\r\n"),
            ("an enormous chunk", b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\n"),
            ("a chunk without its end", b"Transfer-Encoding: chunked\r\n", b"2\r\n{}xx0\r\n\r\n"),
            ("bare line feeds in chunks", b"Transfer-Encoding: chunked\r\n", b"2\n{}\n0\n\n")):
        got = person.raw(begin + fields + b"\r\n" + body + after)
        tap.check(status_of(got) is not None and 400 <= status_of(got) < 600 and got.count(b"HTTP/1.1 ") == 1 and b"alive" not in got,
                  f"smuggling by {sentence}: one refusal, and the second request is not answered", got[:400])


def plain(tap, site):
    """Plain HTTP on the TLS port, and bytes that are neither."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=120) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = b""
        while piece := peer.recv(4096):
            got += piece
    tap.check(status_of(got) == 400 and site.origin.encode() in got, "plain HTTP on the TLS port gets a 400 that names the https address", got)
    for data in (b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"\xff" * 300, b"SSH-2.0-x\r\n"):
        with socket.create_connection(("127.0.0.1", site.port), timeout=120) as peer:
            peer.sendall(data)
            got, seconds = until_cut(peer)
        tap.check(seconds < 5, f"what is neither is cut off: {data[:4]!r}", (got, seconds))


def bodies(tap, person):
    """JSON that breaks a rule of its format."""
    send = lambda body, path="/v1/changes", **fields: person.request(
        "POST", path, body, {"Content-Type": "application/json", **fields})
    deep = b'{"items":' + b"[" * 100 + b"]" * 100 + b"}"
    for sentence, body, field in (
            ("is empty", b"", None), ("is cut", b'{"items": [', None), ("is no object", b"[]", None),
            ("has a duplicate key", b'{"items": [], "items": []}', None), ("is nested too deep", deep, None),
            ("has an unknown field", b'{"items": [{"statement": "AA==", "evil": 1}]}', "evil"),
            ("lacks a field", b'{"items": [{}]}', "statement"),
            ("has a number for a text", b'{"items": [{"statement": 5}]}', "statement"),
            ("has no base64", b'{"items": [{"statement": "!!"}]}', "statement"),
            ("has base64 with bits left over", b'{"items": [{"statement": "AB=="}]}', "statement"),
            ("has an empty list", b'{"items": []}', "items"),
            ("is not UTF-8", b'{"items": [{"statement": "\xff\xfe"}]}', None),
            ("has a NUL", b'{"items": [{"statement": "\\u0000"}]}', None),
            ("has a lone surrogate", b'{"items": [{"statement": "\\ud800"}]}', None),
            ("has a byte order mark", b'\xef\xbb\xbf{"items": []}', None),
            ("has something after it", b'{"items": []} x', None),
            ("has NaN", b'{"items": NaN}', None),
            ("has a comment", b'{"items": [] /* x */}', None)):
        answer = send(body)
        tap.check(problem(answer, (400, 413, 422), field), f"JSON that {sentence} is refused" + (f" and {field} is named" if field else ""), answer)
    answer = send(b'{"items": [' + b'{"statement": "AAAA"},' * 1001 + b'{"statement": "AAAA"}]}')
    tap.check(problem(answer, (400, 413, 422), "items"), "more items than the limit: refused, and the list is named", answer)
    answer = send(b'{"items": [{"statement": "' + b"A" * 1_200_000 + b'"}]}')
    tap.check(problem(answer, 413, limit=1024 * 1024), "a body over the limit: 413 with the limit", answer)
    answer = send(b'{"items": [{"statement": "' + b64(os.urandom(98_400)).encode() + b'"}]}')
    tap.check(problem(answer, (400, 413, 422), "statement"), "a statement over the limit: refused, and named", answer)
    answer = person.request("POST", "/v1/changes", b"{}", {"Content-Type": "text/plain"})
    tap.check(problem(answer, 415), "another media type: 415", answer)
    answer = person.request("POST", "/v1/challenges", b"something", {"Content-Type": "text/plain"})
    tap.check(problem(answer, 400), "a body where none belongs: 400", answer)
    for path, field in (("/v1/patients?limit=0", "limit"), ("/v1/patients?limit=1001", "limit"), ("/v1/patients?since=-1", "since"),
                        ("/v1/patients?since=1&since=2", "query"), ("/v1/patients?evil=1", "evil"), ("/v1/patients?since=%zz", None),
                        ("/v1/log/entries?scope=evil", "scope"), ("/v1/log/entries?scope=own&from=yesterday", "from"),
                        ("/v1/log/entries?scope=own&action=evil", "action")):
        answer = person.request("GET", path)
        tap.check(problem(answer, 400, field), f"{path} is refused with 400" + (f" that names {field}" if field else ""), answer)
    for path in ("/v1/patients/pt-0", "/v1/patients/rc-" + "0" * 26, "/v1/patients/pt-" + "z" * 26, "/v1/records/" + "x" * 3000,
                 "/v1/records/rc-" + "0" * 26 + "/versions/0/content", "/v1/records/rc-" + "0" * 26 + "/versions/-1/content",
                 "/v1/records/rc-" + "0" * 26 + "/versions/99999999999/content"):
        tap.check(problem(person.request("GET", path), 400), f"{path[:60]} is malformed: 400")
    for path in ("/v1/patients/pt-" + "0" * 26, "/v1/records/rc-" + "0" * 26, "/v1/records/rc-" + "0" * 26 + "/versions/1/content"):
        tap.check(problem(person.request("GET", path), 404), f"{path[:60]} is well-formed and not there: 404")


def statements(tap, prepared, person):
    """Statements that lie, each beside one that does not."""
    patient = new_uuid()
    items = person.patient_items(patient)
    send = lambda *some: person.request("POST", "/v1/changes", {"items": list(some)})
    first = send(*items)
    tap.equal(first.status, 200, "an honest patient file is taken")
    tap.equal(send(*items).body, first.body, "sent again, it is answered alike")
    content = os.urandom(30_000)
    good = person.record(patient, new_uuid(), content=content)
    tap.equal(person.put(good, content).status, 200, "an honest record is taken")

    def refused(sentence, answer, wanted=(400, 401, 403, 404, 409, 422)):
        tap.check(problem(answer, wanted), f"{sentence}: refused ({answer.status})", answer)

    record = lambda **more: person.record(patient, new_uuid(), content=content, **more)
    refused("content of another hash", person.put(record(), content[:-1] + b"\0"), (422,))
    refused("content a byte short", person.put(record(), content[:-1]))
    refused("content a byte long", person.put(record(), content + b"\0"))
    text, header, key = record()
    refused("another header", person.put((text, os.urandom(168), key), content), (422,))
    refused("a header over the limit", person.put(person.record(patient, new_uuid(), content=content, header=os.urandom(4097)), content), (400, 413, 422))
    refused("a key of another length", person.put((text, header, key[:-1]), content), (400, 422))
    flipped = bytearray(record()[0])
    flipped[-1] ^= 1
    refused("a signature with a flipped bit", person.put((bytes(flipped), header, key), content))
    text, header, key = record()
    refused("bytes after the signature", person.put((text + b"\0", header, key), content), (400,))
    refused("a statement cut short", person.put((text[:-1], header, key), content), (400,))
    refused("one size field too large", person.put((text[:18] + b"\xff" + text[19:], header, key), content), (400,))
    refused("another signer's key", person.put(record(key=Pair()), content))
    refused("another author", person.put(record(author=prepared.people["owner"].user), content))
    refused("another site", person.put(record(site=os.urandom(32)), content))
    refused("a future it has seen", person.put(record(seen=(10**9, os.urandom(32))), content))
    refused("version 2 of nothing", person.put(record(version=2), content))
    refused("a previous that is not there", person.put(record(version=2, previous=os.urandom(32)), content))
    refused("an unknown kind", person.put(record(kind=9), content), (400,))
    refused("an unknown status", person.put(record(status=9), content), (400,))
    refused("an unknown compartment", person.put(record(compartment=9), content), (400,))
    refused("an epoch that is not there", person.put(record(clinical_epoch=5), content))
    refused("another's patient file", person.put(person.record(prepared_patient(prepared), new_uuid(), content=content, identity_epoch=1,
                                                               clinical_epoch=1), content), (403, 404))
    refused("a sign-in passed for a change", send({"statement": b64(person.proof())}), (400, 403, 422))
    invitation = person.statement("invitation", new_uuid(), b"planted", b"\x01", u32(255), Pair().public, u64(2**62))
    refused("a clinician who invites an administrator", send({"statement": b64(invitation)}), (403,))
    rise = person.statement("user", person.user, b"\x01", u32(255), b"\x01", previous=name_of(person.key_statement))
    refused("a clinician who makes himself administrator", send({"statement": b64(rise)}), (403,))
    planted = prepared.people["owner"]
    grant = person.statement("grant", prepared_patient(prepared), b"\x01", person.user, u32(255), bytes(8))
    refused("a grant by who has no share", send({"statement": b64(grant)}), (403, 404, 409))
    key = person.statement("key", planted.user, Pair().public, Pair().public, bytes(32))
    refused("a key planted for another user", send({"statement": b64(key)}))
    epoch = person.epoch(patient, 1, 1, bytes(32), [(person.user, person.key_hash), (planted.user, planted.key_hash)], bytes(72))
    refused("an epoch with a recipient too many", send(epoch))
    half = [items[0], {"statement": b64(record(clinical_epoch=7)[0])}]
    before = person.request("GET", "/v1/patients").body
    refused("one good and one bad statement", send(*half))
    tap.equal(person.request("GET", "/v1/patients").body, before, "and nothing of them is stored")


def prepared_patient(prepared):
    from lib.wire import id_bytes
    return id_bytes(prepared.patients[0])


def sign_ins(tap, person):
    base = {"login": person.login, "password": person.password, "device": person.device}
    proof = person.proof()
    tap.equal(person.sign_in(proof=proof).status, 201, "a sign-in is taken")
    for sentence, answer in (
            ("the same proof again", person.sign_in(proof=proof)),
            ("another password", person.sign_in(password="wrong-Password-1!")),
            ("an unknown login", person.request("POST", "/v1/sessions", dict(base, login="nobody-here", proof=b64(person.proof())), token="")),
            ("an unknown nonce", person.sign_in(proof=person.proof(os.urandom(32)))),
            ("another key", person.sign_in(proof=person.proof(key=Pair())))):
        tap.check(problem(answer, 401), f"{sentence}: 401", answer)
    tap.check(problem(person.sign_in(password="x" * 1025), (400, 413, 422), "password"), "a password over the limit is refused by name")
    for token in ("x", "A" * 43, person.token[:-1], person.token + "A", "=" * 43):
        answer = person.request("GET", "/v1/session", token=token)
        tap.check(problem(answer, 401), f"a token of {len(token)} characters that is none: 401", answer)
    answer = person.request("GET", "/v1/session", headers={"Authorization": "Basic eDp5"}, token="")
    tap.check(problem(answer, 401), "another scheme: 401", answer)
    reused = person.request("POST", "/v1/enrolments", {"statement": b64(person.key_statement), "password": person.password,
                                                       "device": person.device}, token="")
    tap.check(problem(reused, (409, 410)), "an invitation used again: refused", reused)


def uploads(tap, person):
    begin = person.request("POST", "/v1/uploads")
    path = "/v1/uploads/" + begin.json["id"]
    send = lambda data, at: person.request("PATCH", path, data, {"Upload-Offset": at, "Content-Type": "application/partial-upload"})
    tap.equal(send(os.urandom(20_000), "0").status, 204, "a piece is taken")
    offset = lambda: person.request("HEAD", path).headers.get("upload-offset")
    tap.equal(offset(), "20000", "and its length is the offset")
    for at, wanted in (("0", 409), ("19999", 409), ("20001", 409), ("-1", 400), ("x", 400), ("99999999999999999999", 400)):
        answer = send(b"more", at)
        tap.check(answer.status == wanted or answer.status == 400, f"a piece at offset {at}: {answer.status}", answer)
    tap.equal(offset(), "20000", "and none of them was stored")
    with person.socket() as peer:
        peer.sendall(b"PATCH " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"Authorization: Bearer " + person.token.encode() +
                     b"\r\nContent-Type: application/partial-upload\r\nUpload-Offset: 20000\r\nContent-Length: 100000\r\n\r\n" +
                     os.urandom(40_000))
    tap.check(wait_until(lambda: int(offset()) in (20_000, 60_000)), "a connection lost within a piece leaves a whole offset")
    after = offset()
    tap.equal(send(b"tail", after).status, 204, "and the upload goes on from there")
    tap.equal(person.request("DELETE", path).status, 204, "given up")
    tap.check(problem(send(b"x", "0"), (404, 410)), "it is gone")


GIB, MIB, BESIDE = 1 << 30, 1 << 20, 4096


def head_alone(person, method, path, length, fields=b""):
    """The answer to a head that announces a body of which not a byte is sent."""
    return person.raw(f"{method} {path} HTTP/1.1\r\nAuthorization: Bearer {person.token}\r\nContent-Length: {length}\r\n".encode() + HOST + fields + b"\r\n")


def body_of(raw):
    return json.loads(raw.split(b"\r\n\r\n", 1)[1])


def begin(person, length=None, query=""):
    return person.request("POST", "/v1/uploads" + query, headers={} if length is None else {"Upload-Length": str(length)})


def drop(person, *begun):
    return [person.request("DELETE", "/v1/uploads/" + one.json["id"]).status for one in begun]


def full(answer, name):
    """507 by this quota, with its limit and what is used of it."""
    return problem(answer, 507, name, GIB) and answer.json["type"] == "/problems/quota" and 0 <= answer.json["used"] <= GIB


def together(count, work):
    """The results of so many at once."""
    results = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def filled(tap, site, name, person, other):
    """One quota of 1 GiB, filled by announcements, and what it then refuses."""
    patient, content = new_uuid(), os.urandom(3 * MIB)
    tap.equal(person.request("POST", "/v1/changes", {"items": person.patient_items(patient)}).status, 200, f"{name}: a patient file")
    tap.equal(site.host("set", name, "1", "--data", site.data).code, 0, f"{name} is set to 1 GiB, in force at once")
    used = lambda: begin(person, 2 * GIB).json["used"]
    before = used()
    half = begin(person, 512 * MIB)
    tap.equal((half.status, used() - before), (201, 512 * MIB + BESIDE), f"{name}: what is announced counts at once")
    answers = together(8, lambda: begin(person, 300 * MIB))
    taken = [one for one in answers if one.status == 201]
    tap.check(len(taken) == 1 and all(full(one, name) for one in answers if one.status != 201),
              f"{name}: of 8 at once, each of which fits alone, one is taken", answers)
    small = begin(person)
    room = GIB - used() - BESIDE
    tap.check(full(begin(person, room + 1), name), f"{name}: a byte too many is refused")
    rest = begin(person, room)
    tap.equal((rest.status, used()), (201, GIB), f"{name}: what is left is taken to the byte")
    tap.check(full(begin(person), name), f"{name}: nothing more is begun")
    path, piece = "/v1/uploads/" + small.json["id"], {"Upload-Offset": "0", "Content-Type": "application/partial-upload"}
    fields = b"".join(f"{key}: {value}\r\n".encode() for key, value in piece.items())
    got = head_alone(person, "PATCH", path, MIB, fields)
    tap.check(status_of(got) == 507 and (body_of(got)["limit"], body_of(got)["used"]) == (GIB, GIB), f"{name}: a piece: 507 to its head alone", got[:400])
    chunked = person.request("PATCH", path, iter([b"x" * 5000] * 2), piece)
    tap.check(full(chunked, name), f"{name}: a piece of unknown length: 507", chunked)
    tap.equal(person.request("HEAD", path).headers.get("upload-offset"), "0", f"{name}: nothing of them was kept")
    parts = person.record(patient, new_uuid(), content=content)
    tap.check(full(person.put(parts, content), name), f"{name}: a record: 507")
    if name == "quota.site":
        got = head_alone(person, "POST", "/v1/records", 500 * MIB, b"Content-Type: application/vnd.tacenda.record\r\n")
        tap.check(status_of(got) == 507 and body_of(got)["limit"] == GIB, f"{name}: a record of 500 MiB: 507 to its head alone", got[:400])
        tap.check(full(begin(other, 1), name), f"{name} holds for everybody")
    else:
        tap.equal(drop(other, begin(other, 500 * MIB)), [204], f"{name}: another owner has room of his own")
    tap.equal(drop(person, half, small, rest, *taken), [204] * 4, f"{name}: what is given up")
    tap.equal(used(), before, f"{name}: counts no more")
    first = person.put(parts, content)
    tap.equal((first.status, used() - before), (200, 3 * MIB + BESIDE), f"{name}: the record is taken and counts")
    tap.equal((person.put(parts, content).body, used() - before), (first.body, 3 * MIB + BESIDE), f"{name}: sent again, it is answered alike and counts once")
    tap.equal(site.host("set", name, "0", "--data", site.data).code, 0, f"{name}: the disk is the limit again")


def quotas(tap, site, prepared, person):
    """What would pass a limit is refused before its first byte, with the limit and the present use."""
    told, known = person.request("GET", "/v1/site", token="").json, person.request("GET", "/v1/settings").json
    status = json.loads(site.host("status", "--data", site.data, "--json").text)
    tap.check(known["stored_bytes"] == status["stored_bytes"] > 0 and told["limits"]["site_bytes"] == status["quota_site_gib"] == 0,
              "the settings and tacendad status say what is stored and the site what may be", (told, known, status))
    tap.check("stored_bytes" not in told, "what is stored is not told to strangers", told)
    largest = begin(person, 2 * GIB + 64 * MIB)
    tap.check(problem(largest, 413, "upload-length") and largest.json["limit"] > 2 * GIB, "more than the largest record: 413 with the limit", largest)
    for length in ("0", "-1", "x", "99999999999999999999"):
        tap.check(problem(begin(person, length), 400, "upload-length"), f"an announced length of {length}: 400")
    short = begin(person, 100)
    answer = person.request("PATCH", "/v1/uploads/" + short.json["id"], b"x" * 101, {"Upload-Offset": "0", "Content-Type": "application/partial-upload"})
    tap.check(problem(answer, 413, "upload-length", 100), "more than was announced: 413 with what was", answer)
    drop(person, short)
    file = "?patient=" + prepared.patients[0]
    tap.equal([begin(prepared.people[who], 10, file).status for who in ("owner", "reader", "nobody")], [201, 403, 404],
              "an upload for a file is begun by who may write there")
    for name in ("quota.owner", "quota.site"):
        filled(tap, site, name, person, prepared.people["owner"])


def slow(tap, site, person):
    """Clients that dribble do not keep others waiting."""
    ending = threading.Event()

    def dribble(first, rest):
        try:
            with person.socket() as peer:
                peer.sendall(first)
                while not ending.is_set():
                    peer.sendall(rest)
                    time.sleep(0.3)
        except OSError:
            pass

    kinds = [(b"GET /livez HTTP/1.1\r\nA", b"b"),
             (b"POST /v1/sessions HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n", b" "),
             (b"GET /v1/site HTTP/1.1\r\n" + HOST + b"\r\n", b"")]
    threads = [threading.Thread(target=dribble, args=kinds[i % 3], daemon=True) for i in range(60)]
    for thread in threads:
        thread.start()
    worst = 0
    for _ in range(20):
        with Taken() as took:
            answered = person.request("GET", "/livez").status == 200
        worst = max(worst, took.running if answered else 99)
    ending.set()
    for thread in threads:
        thread.join(120)
    tap.check(worst < 3, f"with 60 slow clients a probe is answered within {worst:.2f} s")


def stored(site):
    """What is on the disk, as far as content goes: objects and finished uploads."""
    return {path.relative_to(site.data): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (site.data / "objects").rglob("*") if path.is_file()}


def flow(tap):
    prepared = Prepared()
    with prepared.site as site:
        site.serve()
        admin = site.people["admin"]
        admin.login_again()
        person = Stranger(site).enrol(admin.json("user", "add", "hostile", "--profile", "clinician")["invitation"], "Correct-horse-9!")
        http(tap, person)
        smuggling(tap, person)
        plain(tap, site)
        before = stored(site)
        bodies(tap, person)
        sign_ins(tap, person)
        uploads(tap, person)
        tap.equal(stored(site), before, "of all that nothing was stored")
        statements(tap, prepared, person)
        tap.check(wait_until(lambda: len(stored(site)) == len(before) + 1), "of the statements one record was stored, the honest one",
                  len(stored(site)) - len(before))
        quotas(tap, site, prepared, person)
        slow(tap, site, person)
        tap.equal(admin.run("log", "verify").code, 0, "the log verifies after all that")
        tap.equal(site.stop(), 0, "and the daemon ends cleanly")


run(flow)
