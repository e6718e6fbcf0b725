#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Deleting a patient file: signed by its owner, counted days later, withdrawn or final, for server and clients alike
(PROMISES#K10 B3 B7 K9)."""
import base64
import datetime
import json
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.later import DAY, LaterSite  # noqa: E402
from lib.site import DONE, NOT_NOW, REFUSED  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_bytes, id_text, name_of, new_uuid, u32, u64  # noqa: E402

WEEK = 7 * DAY
RECORD = {"Content-Type": "application/vnd.tacenda.record"}


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def listed(person, patient):
    return [item for item in person.list("patient", "list") if item["id"] == patient]


class WireOwner:
    """A clinician whose client signs whatever it likes, with a file of his own."""

    def __init__(self, site):
        code = site.people["admin"].json("user", "add", "wire", "--profile", "clinician")["invitation"]
        self.who = Stranger(site).enrol(code, "Correct-horse-9!")
        self.patient = new_uuid()
        items = self.who.patient_items(self.patient)
        self.head = name_of(self.statement_of(items[0]))
        self.epochs = [name_of(self.statement_of(one)) for one in items[1:]]
        self.place = "/v1/patients/" + id_text("pt", self.patient)
        assert self.send(*items) == 200

    @staticmethod
    def statement_of(item):
        return base64.b64decode(item["statement"])

    def send(self, *items):
        return self.who.request("POST", "/v1/changes", {"items": list(items)}).status

    def sign(self, kind, *fields, previous=None):
        text = self.who.statement(kind, self.patient, *fields, previous=previous or self.head)
        return text, {"statement": b64(text)}

    def taken(self, kind, *fields):
        text, item = self.sign(kind, *fields)
        status = self.send(item)
        if status == 200:
            self.head = name_of(text)
        return status


def refused_before(tap, site, doctor, others, patient):
    for person in others:
        got = person.run("--yes", "patient", "delete", patient)
        tap.check(got.code == REFUSED and got.error.strip(), f"{person.login} does not delete it", got)
    asked = doctor.run("patient", "delete", patient)
    tap.check(asked.code == NOT_NOW and "--yes" in asked.error, "the owner is asked first", asked)
    tap.check("ends" not in listed(doctor, patient)[0], "and nothing has happened yet")


def pending(tap, site, doctor, partner, reader, patient, record):
    made = doctor.json("--yes", "patient", "delete", patient)
    tap.equal(sorted(made), ["ends", "id", "statement"], "the deletion prints id, statement and ends")
    tap.check(made["id"] == patient and re.match("^[0-9a-f]{64}$", made["statement"]), "of this file, by name", made)
    tap.check(abs(seconds(made["ends"]) - time.time() - WEEK) < 120, "it ends 7 days from now", made)
    tap.equal(doctor.run("--yes", "patient", "delete", patient).code, REFUSED, "it is not deleted twice")
    for person in (doctor, partner, reader):
        tap.equal(listed(person, patient)[0].get("ends"), made["ends"], f"{person.login} sees in the list when it ends")
    tap.equal(reader.json("patient", "show", patient).get("ends"), made["ends"], "and on the file itself")
    shown = reader.run("record", "list", patient)
    tap.check(shown.code == DONE and made["ends"][:10] in shown.error, "whoever opens it is told", shown)
    tap.equal(reader.do("record", "get", patient, record, "-o", "-").out, b"first", "it is read as before")
    note = site.folder / "second.txt"
    note.write_text("second")
    partner.do("record", "put", patient, note, "--kind", "report")
    tap.equal(len(doctor.list("record", "list", patient)), 2, "and written as before")
    return made


def withdrawn(tap, doctor, partner, patient):
    tap.equal(partner.run("patient", "delete", patient, "--withdraw").code, REFUSED, "who is not its owner does not withdraw it")
    kept = doctor.json("patient", "delete", patient, "--withdraw")
    tap.equal(sorted(kept), ["id", "statement"], "the owner withdraws it")
    tap.check("ends" not in listed(doctor, patient)[0] and "ends" not in listed(partner, patient)[0], "nobody sees an end any more")
    tap.equal(doctor.run("patient", "delete", patient, "--withdraw").code, REFUSED, "there is nothing more to withdraw")


def clocks(tap, site, doctor, patient, record):
    """The server has not got there yet, the reader's clock has: he refuses by himself."""
    site.ahead = WEEK + DAY
    got = doctor.run("record", "get", patient, record, "-o", "-")
    tap.check(got.code == REFUSED and "was deleted by doctor on" in got.error and got.out == b"",
              "a client whose clock is past the end opens nothing, though the server gives it", got)
    tap.equal(listed(doctor, patient), [], "nor lists it")
    site.ahead = 0
    tap.equal(len(listed(doctor, patient)), 1, "with the clock set right it is there again")
    tap.equal(doctor.json("patient", "find", "aubrey")["id"], patient, "and found by name")


def wire_rules(tap, wire):
    day = u64(DAY * 1000)
    week = u64(WEEK * 1000)
    tap.equal([wire.taken("patient-end", delay) for delay in (u64(0), day, u64(WEEK * 1000 - 1), u64(2**64 - 1))], [400] * 4,
              "no statement shortens the delay, or makes it overflow")
    other = wire.who.statement("patient-end", new_uuid(), week, previous=wire.head)
    tap.equal(wire.send({"statement": b64(other)}), 404, "a file that is not there is not deleted")
    old = wire.sign("patient-end", week, previous=bytes(32))[1]
    tap.equal(wire.send(old), 409, "nor on another chain")
    tap.equal(wire.taken("patient-keep", bytes(32)), 409, "what was not deleted is not kept")
    tap.equal(wire.taken("patient-end", week), 200, "the owner deletes it")
    end = wire.head
    tap.equal(wire.taken("patient-keep", b"\x01" * 32), 409, "a withdrawal names the deletion")
    tap.equal(wire.taken("patient-keep", end), 200, "the owner withdraws it")
    tap.equal(wire.taken("patient-end", week), 200, "and deletes it again")
    tap.equal(wire.send(wire.sign("patient-keep", end)[1]), 409, "the withdrawal of the first is none of the second")
    return wire.head


def wire_after(tap, wire, doctor_patient, end):
    """No client in between: the server itself."""
    who = wire.who
    tap.equal(who.sign_in().status, 201, "the owner signs in")
    who.token = who.sign_in().json["token"]
    answer = who.request("GET", wire.place)
    tap.check(answer.status == 200 and answer.json["statements"] and answer.json["wrapped"] == [],
              "the file's statements prove its end, and no key is given", answer)
    tap.equal(who.request("GET", wire.place + "/records").status, 410, "its records are gone")
    tap.equal(who.request("GET", f"/v1/records/{wire.record}").status, 410, "the history of one is")
    tap.equal(who.request("GET", f"/v1/records/{wire.record}/versions/1/content").status, 410, "and its content")
    parts = who.record(wire.patient, new_uuid(), kind=4, content=b"late")
    tap.equal(who.put(parts, b"late").status, 410, "nothing is written")
    nowhere = bytes(32)
    me = [(who.user, who.key_hash)]
    items = {"grant": wire.sign("grant", b"\x01", new_uuid(), u32(3), u64(0))[1],
             "revocation": wire.sign("revocation", b"\x01", new_uuid())[1],
             "epoch": who.epoch(wire.patient, 1, 1, wire.epochs[0], me, bytes(72)),
             "record-end": wire.sign("record-end", id_bytes(wire.record), u32(1), b"\x01", previous=nowhere)[1],
             "withdrawal": wire.sign("patient-keep", end)[1],
             "second deletion": wire.sign("patient-end", u64(WEEK * 1000))[1]}
    for name, item in items.items():
        tap.equal(wire.send(item), 410, f"no {name} comes after the end")
    listing = who.request("GET", "/v1/patients?limit=1000").json["items"]
    mine = [{name for name, value in one.items() if value} for one in listing if wire.place.endswith(one["patient"])]
    tap.equal(mine, [{"seq", "patient", "ended"}], "a list says that it ended, and nothing more")
    tap.equal(who.request("GET", f"/v1/log/entries?scope=patient&patient={wire.place[13:]}").status, 200, "its owner reads its log")
    for path in ("", "/records"):
        tap.equal(who.request("GET", f"/v1/patients/{doctor_patient}{path}").status, 404, f"a stranger learns nothing of an end: file{path}")


def ended(tap, site, doctor, partner, reader, patient, record, other):
    note = site.folder / "late.txt"
    note.write_text("late")
    for person in (doctor, partner, reader):
        tap.equal(listed(person, patient), [], f"{person.login} does not find it in the list any more")
        tap.equal(len(listed(person, other)), 1, "and finds the other one")
    for person, words in ((reader, ("record", "get", patient, record, "-o", "-")), (doctor, ("record", "get", patient, record, "-o", "-")),
                          (doctor, ("record", "list", patient)), (doctor, ("record", "history", patient, record)),
                          (partner, ("record", "put", patient, note, "--kind", "report")), (doctor, ("patient", "show", patient)),
                          (doctor, ("patient", "edit", patient, "--family", "Back")), (doctor, ("shares", patient)),
                          (doctor, ("share", patient, "reader", "--allow", "read")), (doctor, ("unshare", patient, "reader")),
                          (doctor, ("--yes", "record", "delete", patient, record)), (doctor, ("--yes", "patient", "delete", patient)),
                          (doctor, ("patient", "delete", patient, "--withdraw")), (doctor, ("export", patient, "-o", site.folder / "out"))):
        got = person.run(*words)
        named = [word for word in words if word != patient and not str(word).startswith("-")][:2]
        tap.check(got.code == REFUSED and "this patient file was deleted by doctor on 20" in got.error and (got.out == b"" or words[0] == "export"),
                  f"{' '.join(map(str, named))} by {person.login}: refused, and says by whom and when", got)
    problem = json.loads(doctor.run("--json", "record", "list", patient).text)
    tap.equal(problem["status"], 410, "with --json the problem is 410")
    entries = doctor.list("log", "list", "--patient", patient)
    tap.check([one for one in entries if one["action"] == "delete" and one["detail"] == "patient-end" and one["user"] == "doctor"],
              "its owner still reads its log, the deletion in it", entries[:5])
    tap.equal(partner.run("log", "list", "--patient", patient).code, REFUSED, "and nobody else")
    tap.equal(doctor.run("log", "verify").code, DONE, "the log verifies")


def flow(tap):
    with LaterSite() as site:
        admin, doctor, partner, reader, stranger = site.begin(
            ("doctor", "clinician"), ("partner", "clinician"), ("reader", "assistant"), ("stranger", "clinician"))
        patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        other = doctor.json("patient", "add", "--family", "Berg", "--given", "Ida")["id"]
        note = site.folder / "first.txt"
        note.write_text("first")
        record = doctor.json("record", "put", patient, note, "--kind", "report")["id"]
        for one in (patient, other):
            doctor.do("share", one, "partner", "--allow", "identity,read,write,share,export,sign,delete")
            doctor.do("share", one, "reader", "--allow", "identity,read")
        wire = WireOwner(site)
        parts = wire.who.record(wire.patient, new_uuid(), kind=4, content=b"wire")
        tap.equal(wire.who.put(parts, b"wire").status, 200, "a record of the other owner's")
        wire.record = id_text("rc", parts[0][parts[0].index(wire.patient) + 20:][:16])

        refused_before(tap, site, doctor, (admin, partner, reader, stranger), patient)
        pending(tap, site, doctor, partner, reader, patient, record)
        withdrawn(tap, doctor, partner, patient)
        doctor.do("--yes", "patient", "delete", patient)
        end = wire_rules(tap, wire)
        clocks(tap, site, doctor, patient, record)

        people = (doctor, partner, reader)
        site.restart(WEEK - 3600, *people)
        tap.equal(reader.do("record", "get", patient, record, "-o", "-").out, b"first", "an hour before its end it is read")
        tap.equal(len(listed(reader, patient)), 1, "and listed")
        site.restart(WEEK + 3600, *people)
        ended(tap, site, doctor, partner, reader, patient, record, other)
        wire_after(tap, wire, patient, end)
        tap.equal(site.stop(), DONE, "the daemon ends cleanly")
        checked = site.host("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase)
        tap.equal(checked.code, DONE, "check finds everything in order")
        site.serve()


run(flow)
