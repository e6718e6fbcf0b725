#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signs that several people use one login, told and never in the way; the sign-in audit as a table (PROMISES#K13 S3 S4)."""
import csv
import http.client
import io
import json
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DONE, USAGE, Person, Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_text, new_uuid  # noqa: E402

PASSWORD = "Correct-horse-9!"
HEAD = "leaf,time,action,result,user,subject,record,address,client,device,session,detail"


def sign_in(person, source, new=False, client="a program"):
    """From a loopback address of one's choice, on his own device or one that nobody knows."""
    device = {"id": id_text("dv", new_uuid()), "label": "another"} if new else person.device
    own, person.device = person.device, device
    body = {"login": person.login, "password": PASSWORD, "proof": b64(person.proof()), "device": device}
    person.device = own
    raw = socket.create_connection(("127.0.0.1", person.site.port), source_address=(source, 0), timeout=300)
    connection = http.client.HTTPSConnection("localhost", person.site.port)
    connection.sock = person.tls.wrap_socket(raw, server_hostname="localhost")
    connection.request("POST", "/v1/sessions", json.dumps(body).encode(), {"Content-Type": "application/json", "User-Agent": client})
    got = connection.getresponse()
    answer = json.loads(got.read())
    connection.close()
    return got.status, answer


def everyday(tap, person):
    answers = [sign_in(person, source) for source in ("127.0.0.1", "127.0.0.9", "127.3.0.1", "127.4.0.1", "127.5.0.1", "127.0.0.1")]
    tap.equal([(status, one["sharing"]["unusual"], one["sharing"]["score"]) for status, one in answers], [(201, False, 0)] * 6,
              "one device on changing networks is one person on the way")
    status, one = sign_in(person, "127.0.0.30", new=True)
    tap.equal((status, one["sharing"]["score"]), (201, 0), "a second device on the same network is nothing")


def shared(tap, site, auditor, person):
    first = sign_in(person, "127.0.20.1", new=True)[1]["sharing"]
    tap.check(not first["unusual"] and 0 < first["score"] < 50 and "1 other network" in first["reasons"], "a new device at work elsewhere is noted", first)
    status, answer = sign_in(person, "127.0.30.1", new=True)
    tap.check(status == 201 and answer["sharing"]["unusual"] and answer["pending"] == [], "many of them are unusual, and nobody is stopped", answer)
    tap.check("other networks with devices at work" in answer["sharing"]["reasons"], "with the reasons", answer["sharing"])
    shown = person.request("GET", "/v1/session", token=answer["token"]).json["sharing"]
    tap.equal(shown["unusual"], True, "the session says so too")
    listed = auditor.list("log", "list", "--unusual")
    tap.check(len(listed) == 1 and listed[0]["user"] == person.login and listed[0]["detail"].startswith("unusual ") and listed[0]["address"] == "127.0.30.1",
              "the auditor lists it: who, from where, why", listed)
    mine = [one["kind"] for one in person.request("GET", "/v1/notices").json["items"]]
    theirs = {one["kind"]: one for one in auditor.list("notices")}
    tap.check("login-shared" in mine and theirs["shared-login-seen"]["detail"] == person.login, "both are told by notice", (mine, theirs))


def devices_of_one(tap, site, auditor, doctor):
    """More computers in a week than a person has, all in one place."""
    homes = []
    for i in range(5):
        person = Person(site, f"doctor-{i}")
        person.login, person.password_file, person.passphrase_file = "doctor", doctor.password_file, doctor.passphrase_file
        doctor.do("key", "copy", "-o", site.folder / f"copy-{i}")
        person.do("connect", site.folder / f"copy-{i}")
        person.do("login", "--password-file", person.password_file, passphrase=True)
        site.people[f"doctor-{i}"] = person
        homes.append(person)
    said = homes[-1].json("whoami")
    tap.check(said["sharing_score"] == 60 and said["sharing_reasons"] == "6 new devices in 7 days", "whoami shows score and reasons", said)
    plain = homes[-1].do("whoami").text
    tap.check("more than one person" in plain and "tacenda session end --others" in plain, "and says what to do", plain)
    told = doctor.do("notices").text
    tap.check("more than one person" in told, "a notice says so, too", told)
    tap.check("doctor" in {one["user"] for one in auditor.list("log", "list", "--unusual")}, "the auditor sees him")
    return homes[-1]


def as_a_step(tap, site, admin, home):
    """Where the site wants it, such a sign-in reminds of the rules first."""
    admin.do("site", "set", "sharing.step", "conduct")
    pending = home.json("login", "--password-file", home.password_file, passphrase=True)["pending"]
    tap.equal(pending, ["conduct"], "a setting makes it a pending step: the code of conduct, accepted again")
    home.do("conduct", "accept", "--yes")
    tap.equal((home.json("whoami")["pending"], home.run("patient", "list").code), ([], DONE), "then work goes on")
    admin.do("site", "set", "sharing.step", "none")
    admin.do("site", "set", "sharing.score", "100")
    tap.equal(home.json("login", "--password-file", home.password_file, passphrase=True)["pending"], [], "none of it is in the way otherwise")
    tap.check("more than one person" not in home.do("whoami").text, "a site chooses from which score on it is told")
    admin.do("site", "set", "sharing.score", "50")


def as_a_table(tap, admin, auditor, person):
    evil = '=HYPERLINK("http://127.0.0.1","x")'
    tap.equal(sign_in(person, "127.0.0.1", client=evil)[0], 201, "somebody calls his program a formula")
    text = auditor.do("log", "list", "--action", "sign-ins", "--csv").out.decode()
    tap.check(text.startswith(HEAD + "\r\n") and text.endswith("\r\n"), "the audit is a table with a head and RFC 4180 line ends", text[:200])
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    tap.check(all(set(row) == set(HEAD.split(",")) for row in rows), "every row has every column")
    tap.check(any(row["client"] == "'" + evil for row in rows) and not [row for row in rows if any(cell[:1] in tuple("=+-@\t\r\n") and cell for cell in row.values())],
              "no cell is a formula", [row["client"] for row in rows if "HYPER" in row["client"]])
    kinds = {row["action"] for row in rows}
    tap.check({"sign-in", "administration"} <= kinds and kinds <= {"sign-in", "log-off", "expiry", "administration"}, "it holds what is about sign-ins", kinds)
    tap.check(any(row["detail"].startswith("set sharing.step") for row in rows), "policy changes among it")
    one = next(row for row in rows if row["detail"].startswith("unusual "))
    tap.check(one["device"].startswith("dv-") and one["session"].startswith("se-") and one["address"] and one["user"], "who, when, where from, with what", one)
    failed = list(csv.DictReader(io.StringIO(auditor.do("log", "list", "--failed", "--csv", "--action", "sign-in").out.decode(), newline="")))
    tap.check(failed and all(row["result"] != "done" for row in failed), "--failed narrows it", failed[:2])
    tap.equal({row["leaf"] for row in rows} - {str(entry["leaf"]) for entry in auditor.list("log", "list")}, set(), "and it is what the log says")
    tap.equal(auditor.run("--json", "log", "list", "--csv").code, USAGE, "one form at a time")
    mine = list(csv.DictReader(io.StringIO(admin.do("log", "list", "--action", "sign-ins", "--csv").out.decode(), newline="")))
    tap.check({row["user"] for row in mine} >= {"admin", "doctor"}, "an administrator gets the same of all users")


def flow(tap):
    with Site(preset="standard") as site:
        admin, auditor, doctor = site.begin(("auditor", "auditor"), ("doctor", "clinician"))
        person = Stranger(site).enrol(admin.json("user", "add", "moreau", "--profile", "clinician")["invitation"], PASSWORD)
        code = person.request("GET", "/v1/conduct").json
        person.request("POST", "/v1/conduct/acceptances", {"statement": b64(person.conduct(code["version"], 1, bytes.fromhex(code["texts"][0]["sha256"])))})
        everyday(tap, person)
        shared(tap, site, auditor, person)
        wrong = person.sign_in(password="Wrong-horse-9!")
        tap.equal(wrong.status, 401, "a failure for the audit")
        home = devices_of_one(tap, site, auditor, doctor)
        as_a_step(tap, site, admin, home)
        as_a_table(tap, admin, auditor, person)


run(flow)
