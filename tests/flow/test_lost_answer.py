#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An answer that got lost: the same request under the same Idempotency-Key finds what it made, whatever happened between."""
import base64
import concurrent.futures
import json
import os
import pathlib
import socket
import sqlite3
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.dishonest import DishonestSite  # noqa: E402
from lib.site import Site, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, id_text, new_uuid  # noqa: E402

PIECE = {"Content-Type": "application/partial-upload", "Upload-Offset": "0"}


def begin(person, key=None, length=None, query="", **more):
    fields = {} if length is None else {"Upload-Length": str(length)}
    if key is not None:
        fields["Idempotency-Key"] = key
    return person.request("POST", "/v1/uploads" + query, headers=fields, **more)


def begun(person):
    """How many uploads this person began, and how many answers were given again, as the log has it."""
    said, before = [], ""
    while True:
        page = person.request("GET", "/v1/log/entries?scope=own" + before).json
        said += [base64.b64decode(entry["subject"]["piece"]) for entry in page["items"] if "subject" in entry]
        if not page["more"]:
            break
        before = f"&before={page['items'][-1]['index']}"
    again = sum(piece.endswith(b"upload begun again") for piece in said)
    return sum(piece.endswith(b"upload begun") for piece in said), again


def refused(answer, status, kind):
    return answer.status == status and answer.json["type"] == kind and answer.json.get("field") == "idempotency-key"


def programs(tap, site, person, other):
    # Nobody reads the answer. Until the request has its effect the connection stays, for its end might overtake it.
    with person.socket() as peer:
        peer.sendall((f"POST /v1/uploads HTTP/1.1\r\nHost: localhost:{site.port}\r\nAuthorization: Bearer {person.token}\r\n"
                      "Upload-Length: 5000\r\nIdempotency-Key: \"lost\"\r\nContent-Length: 0\r\n\r\n").encode())
        tap.check(wait_until(lambda: begun(person) == (1, 0)), "a request begins an upload, and its connection ends", begun(person))
    first = begin(person, '"lost"', 5000)
    again = begin(person, '"lost"', 5000)
    tap.check(first.status == 201 and again.status == 201, "sent again it is answered", first)
    same = lambda one, two: (one.json, one.headers["location"], one.headers["upload-offset"]) == \
        (two.json, two.headers["location"], two.headers["upload-offset"])
    tap.check(same(first, again), "each time alike", (first, again))
    tap.equal(begun(person), (1, 2), "there is one upload; every answer is a leaf")
    path = "/v1/uploads/" + first.json["id"]
    tap.equal(person.request("HEAD", path).status, 204, "the upload that is named is there")

    tap.check(refused(begin(person, '"lost"', 5001), 422, "/problems/key-reused"), "another length under the key: 422")
    tap.check(refused(begin(person, '"lost"'), 422, "/problems/key-reused"), "no length under the key: 422")
    tap.check(refused(begin(person, '"lost"', 5000, "?patient=" + id_text("pt", new_uuid())), 422, "/problems/key-reused"),
              "another file under the key: 422")
    tap.check(begin(other, '"lost"', 5000).json != first.json, "the same key of another user is another key")
    tap.check(begin(person, length=5000).json != first.json, "without a key every request begins an upload")
    for bad in ("lost", '""', '"', '"a', '"a";b=1', '"' + "k" * 129 + '"'):
        tap.check(refused(begin(person, bad, 5000), 400, "/problems/invalid"), f"Idempotency-Key {bad[:12]}: 400")
    return first


def more_programs(tap, person):
    key = '"of eight at once"'
    before = begun(person)[0]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: begin(person, key, 900), range(8)))
    tap.check({one.status for one in answers} == {201} and len({one.json["id"] for one in answers}) == 1, "eight at once begin one upload",
              answers)
    tap.equal(begun(person)[0], before + 1, "and the log has one")

    nowhere = "?patient=" + id_text("pt", new_uuid())
    tap.equal(begin(person, '"refused"', 900, nowhere).status, 404, "what was refused keeps no key")
    tap.equal(begin(person, '"refused"', 900).status, 201, "and the key may be used")

    dropped = begin(person, '"dropped"', 900)
    path = "/v1/uploads/" + dropped.json["id"]
    tap.equal(person.request("DELETE", path).status, 204, "an upload is dropped")
    tap.equal(begin(person, '"dropped"', 900).json, dropped.json, "a late repetition is answered alike and begins none")
    tap.equal(person.request("PATCH", path, b"x", PIECE).status, 404, "the upload stays dropped")


def crash(tap, site, person, first):
    answers = [begin(person, f'"before the crash {i}"', 700) for i in range(5)]
    site.kill()
    site.serve()
    again = [begin(person, f'"before the crash {i}"', 700) for i in range(5)]
    tap.check([one.json for one in again] == [one.json for one in answers], "after a crash every answer is the same", (answers, again))
    tap.equal(begin(person, '"lost"', 5000).json, first.json, "that of the lost one, too")
    site.stop()
    found = [str(path) for folder in (site.data, site.keys) for path in folder.rglob("*") if path.is_file() and b"before the crash" in path.read_bytes()]
    tap.equal(found, [], "no file of the site has a key in it")
    site.serve()


def records(tap, site, person):
    """Whoever leaves while his record is on its way to the disk finds it whole, or nothing of it is left."""
    patient = new_uuid()
    tap.equal(person.request("POST", "/v1/changes", {"items": person.patient_items(patient)}).status, 200, "a patient file is made")
    content = os.urandom(70_000)
    sent = [person.record(patient, new_uuid(), content=content) for _ in range(40)]
    context = ssl.create_default_context(cafile=site.made["ca"])
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # nothing comes unasked, so that the end does not overtake what was sent
    for parts in sent:
        body = person.put_body(*parts, content)
        head = (f"POST /v1/records HTTP/1.1\r\nHost: localhost:{site.port}\r\nAuthorization: Bearer {person.token}\r\n"
                f"Content-Type: application/vnd.tacenda.record\r\nContent-Length: {len(body)}\r\n\r\n").encode()
        with context.wrap_socket(socket.create_connection(("127.0.0.1", site.port)), server_hostname="localhost") as peer:
            peer.sendall(head + body)
    answers = [person.put(parts, content) for parts in sent[::2]]
    tap.check({one.status for one in answers} == {200}, "sent again each of them is answered", answers)
    tap.check([person.put(parts, content).body for parts in sent[::2]] == [one.body for one in answers], "each time alike")
    site.stop()
    base = sqlite3.connect(site.data / "tacenda.db")
    named = {id_text("ob", row[0]) for row in base.execute("SELECT object FROM version WHERE size > 4096")}
    base.close()
    files = {path.name for path in (site.data / "objects").rglob("ob-*")}
    tap.check(len(named) >= 20 and files == named, f"each of {len(files)} objects has its row, none is left of the others",
              f"{len(named)} rows\n{sorted(files - named)}\n{sorted(named - files)}")
    site.serve()


def the_client(tap):
    with DishonestSite() as site:
        _, doctor = site.begin(("doctor", "clinician"))
        patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        photo = site.folder / "photo.jpg"
        photo.write_bytes(b"\xff\xd8\xff\xe0" + os.urandom(700_000))
        keys = []

        def cut(method, path, headers):
            if method != "POST" or not path.startswith("/v1/uploads"):
                return False
            keys.append({name.lower(): value for name, value in headers.items()}.get("idempotency-key"))
            return len(keys) < 3

        site.proxy.cut = cut
        added = doctor.run("record", "put", patient, "--kind", "photo", photo)
        site.proxy.cut = None
        tap.check(added.code == 0, "a record is added although the first two answers to its upload were lost", added)
        tap.check(len(keys) == 3 and len(set(keys)) == 1 and keys[0], "three requests went out under one key", keys)
        said = [one["detail"] for one in doctor.list("log", "list")]
        tap.equal((said.count("upload begun"), said.count("upload begun again")), (1, 2), "they began one upload")
        left = [path.name for path in (site.data / "uploads").iterdir()]
        tap.equal(left, [], "none is left behind")
        goes_on(tap, site, doctor, patient, photo)
        only_what_changed(tap, site, doctor)


def goes_on(tap, site, doctor, patient, photo):
    """The answer to a piece is lost: the client asks how far it came and goes on from there."""
    asked = []

    def cut(method, path, _headers):
        if path.startswith("/v1/uploads"):
            asked.append(method)
        return method == "PATCH" and asked.count("PATCH") == 1

    site.proxy.cut = cut
    record = doctor.json("record", "put", patient, "--kind", "photo", photo)["id"]
    site.proxy.cut = None
    tap.check(asked.count("POST") == 1 and "HEAD" in asked[asked.index("PATCH"):], "a lost answer to a piece: one upload, whose offset is asked for", asked)
    tap.equal(doctor.do("record", "get", patient, record, "-o", "-").out, photo.read_bytes(), "what is stored is whole")


def only_what_changed(tap, site, doctor):
    """Lists and searches ask for what is new, and get no more (the local cache has the rest)."""
    for family in ("Berg", "Costa", "Dahl"):
        doctor.do("patient", "add", "--family", family)
    got = []

    def watch(method, path, body):
        if method == "GET" and path.split("?")[0] == "/v1/patients":
            got.extend(json.loads(body)["items"])

    def delivered(*words):
        listed = sorted(one["family"] for one in doctor.list("patient", *words))
        fetched = len(got)
        got.clear()
        return fetched, listed
    site.lie(watch)
    everybody = ["Aubrey", "Berg", "Costa", "Dahl"]
    delivered("list")
    tap.equal(delivered("list"), (0, everybody), "a list of what is known fetches nothing")
    tap.equal(delivered("find", "costa"), (0, ["Costa"]), "nor does a search")
    costa = doctor.list("patient", "find", "costa")[0]["id"]
    doctor.do("patient", "edit", costa, "--family", "Coste")
    tap.equal(delivered("list"), (1, ["Aubrey", "Berg", "Coste", "Dahl"]), "one that changed is fetched alone")
    (doctor.home / "cache" / "patients").unlink()
    tap.equal(delivered("list"), (4, ["Aubrey", "Berg", "Coste", "Dahl"]), "without the cache all are")
    site.honest()


def flow(tap):
    with Site() as site:
        admin, = site.begin()
        person, other = (Stranger(site).enrol(admin.json("user", "add", login, "--profile", "clinician")["invitation"], "Correct-horse-9!")
                         for login in ("owner", "other"))
        first = programs(tap, site, person, other)
        more_programs(tap, person)
        crash(tap, site, person, first)
        records(tap, site, person)
    the_client(tap)


run(flow)
