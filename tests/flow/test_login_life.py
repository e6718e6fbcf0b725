#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a login: invited, changed, disabled, reset, left; never somebody else's (docs/AUTHENTICATION.md, PROMISES#S3 K4 K8 K10 B5)."""
import concurrent.futures
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.later import DAY, LaterSite  # noqa: E402
from lib.running import until_cut  # noqa: E402
from lib.site import DONE, REFUSED, USAGE, Person, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_bytes, id_text, new_uuid, u32, u64  # noqa: E402

PASSWORD, FRESH = "Correct-horse-9!", "Another-horse-8?"


def file_of(site, name, text):
    path = site.folder / name
    path.write_text(text + "\n")
    return path


def enrol(site, login, code):
    person = Person(site, login)
    got = person.run("enrol", "--invitation-file", file_of(site, f"{login}.code", code), "--password-file", person.password_file,
                     "--passphrase-file", person.passphrase_file)
    if got.code == DONE:
        site.people[login] = person
    return person, got


def details(person, action):
    return [entry["detail"] for entry in person.list("log", "list", "--action", action)]


def invitations(tap, site, admin):
    """Good for seven days and one key; a newer one ends the older; the login is nobody else's."""
    first = admin.json("user", "add", "nora", "--profile", "assistant", "--name", "Nora One")["invitation"]
    second = admin.json("user", "invite", "nora")["invitation"]
    tap.equal(enrol(site, "nora", first)[1].code, REFUSED, "a newer invitation ends the older")
    nora, got = enrol(site, "nora", second)
    tap.equal(got.code, DONE, "the newer one is good")
    tap.equal(enrol(site, "nora2", second)[1].code, REFUSED, "once")
    tap.equal(admin.run("user", "invite", "nora").code, REFUSED, "who has enrolled is not invited again: a new key for him takes more than one administrator")
    tap.equal(nora.json("whoami")["login"], "nora", "and the login is hers")
    tap.equal(admin.run("user", "add", "nora", "--profile", "clinician").code, REFUSED, "a login that is in use is not given again")
    return nora


def never_again(tap, site, admin):
    """Not in another case, not after it was disabled, not by a client of its own making."""
    wire = Stranger(site).enrol(admin.json("user", "add", "wire", "--profile", "administrator")["invitation"], PASSWORD)
    admin.do("user", "add", "gone", "--profile", "clinician")
    admin.do("--yes", "user", "disable", "gone")
    for login in ("gone", "wire", "admin"):
        tap.equal(admin.run("user", "add", login, "--profile", "clinician").code, REFUSED, f"{login} is not given to somebody else")
        made = wire.statement("invitation", new_uuid(), login.encode(), b"\2", u32(3), wire.pair.public, u64(int(time.time() * 1000) + 6 * DAY * 1000))
        answer = wire.request("POST", "/v1/changes", {"items": [{"statement": b64(made)}]})
        tap.equal(answer.status, 409, f"nor by a signed invitation for another person: {login}")
    made = wire.statement("invitation", new_uuid(), b"GONE", b"\2", u32(3), wire.pair.public, u64(int(time.time() * 1000) + 6 * DAY * 1000))
    tap.equal(wire.request("POST", "/v1/changes", {"items": [{"statement": b64(made)}]}).status, 400, "nor in capitals")
    return wire


def changes(tap, admin, nora):
    admin.do("user", "set", "nora", "--name", "Nora Two")
    tap.equal(nora.run("whoami").code, REFUSED, "a change of name ends the user's sessions")
    nora.login_again()
    tap.equal(nora.json("whoami").get("name"), "Nora Two", "and is seen")
    admin.do("user", "set", "nora", "--rights", "identity,read")
    tap.equal(nora.run("whoami").code, REFUSED, "so does a change of rights")
    nora.login_again()
    admin.do("user", "set", "nora", "--profile", "clinician")
    tap.equal(nora.run("whoami").code, REFUSED, "and of the profile")
    nora.login_again()
    tap.equal((admin.json("user", "show", "nora")["profile"], admin.json("user", "show", "nora")["login"]), ("clinician", "nora"), "all of it is as it was signed")


def disabled(tap, site, admin):
    """Everything stops within a second, a running download included."""
    person = Stranger(site).enrol(admin.json("user", "add", "loader", "--profile", "clinician")["invitation"], PASSWORD)
    patient, record, content = new_uuid(), new_uuid(), bytes(24_000_000)
    person.request("POST", "/v1/changes", {"items": person.patient_items(patient)})
    tap.equal(person.put(person.record(patient, record, content=content), content).status, 200, "a large record is there")
    with person.socket() as peer:
        peer.sendall(f"GET /v1/records/{id_text('rc', record)}/versions/1/content HTTP/1.1\r\nHost: localhost\r\n"
                     f"Authorization: Bearer {person.token}\r\n\r\n".encode())
        got = len(peer.recv(65536))
        admin.do("--yes", "user", "disable", "loader")
        more, took = until_cut(peer)
        tap.check(0 < got + more < len(content) and took < 1, f"its download is cut {took:.2f} s after its reader was disabled", got + more)
    tap.equal(person.request("GET", "/v1/session").status, 401, "his session opens nothing")
    tap.equal(person.sign_in().status, 401, "and he signs in no more")
    admin.do("user", "enable", "loader")
    tap.equal(person.sign_in().status, 201, "until he is enabled")


def forgotten(tap, site, admin, nora):
    """A code of one administrator and the security file; neither alone."""
    tap.equal(nora.run("user", "reset", "admin").code, REFUSED, "who is no administrator makes no code")
    tap.equal(admin.run("user", "reset", "admin").code, REFUSED, "nobody makes one for himself")
    tap.equal(admin.run("user", "reset", "nobody").code, REFUSED, "nor for nobody")
    older = admin.json("user", "reset", "nora")["code"]
    made = admin.json("user", "reset", "nora")
    tap.check(len(made["code"]) == 22 and made["code"] != older, "a code is printed once", made)
    told = [one for one in nora.list("notices") if one["kind"] == "password-reset"]
    tap.check(told, "the user is told by a notice", told)
    tap.equal(nora.run("whoami").code, DONE, "until it is used nothing has changed for her")
    new = file_of(site, "nora.new", FRESH)
    for what, code in (("an older code", older), ("a wrong one", "x" * 22)):
        got = nora.run("password", "reset", "--code-file", file_of(site, "code", code), "--new-password-file", new)
        tap.check(got.code == REFUSED and "tacenda user reset" in got.error, f"{what} is refused, and the line says what to do", got)
    weak = nora.run("password", "reset", "--code-file", file_of(site, "code", made["code"]), "--new-password-file", file_of(site, "weak", "short-1"))
    tap.check(weak.code == REFUSED, "the policy holds for the new one, too", weak)
    again = nora.run("password", "reset", "--code-file", file_of(site, "code", made["code"]), "--new-password-file", nora.password_file)
    tap.check(again.code == REFUSED and "before" in again.error, "and it is not one she had", again)
    tap.equal(nora.run("password", "reset", "--new-password-file", new).code, USAGE, "without a code it asks for one")
    tap.equal(nora.run("password", "reset", "--code-file", file_of(site, "code", made["code"] + " "), "--new-password-file", new).code, DONE, "with the code and the security file the password is new")
    tap.equal(nora.run("whoami").code, REFUSED, "all sessions have ended")
    tap.equal(nora.run("login", "--password-file", nora.password_file).code, REFUSED, "the old one opens nothing")
    nora.password_file = new
    nora.login_again()
    tap.equal(nora.run("password", "reset", "--code-file", file_of(site, "code", made["code"]), "--new-password-file", file_of(site, "third", "Third-horse-7!")).code, REFUSED, "a code is good once")
    said = details(admin, "administration")
    tap.check("password reset: a code was made" in said and "password reset: a code was made, which ends an older one" in said, "making a code is a leaf", said[:5])
    tap.check("password reset: used" in details(admin, "sign-in"), "using one is a leaf")
    failed = {entry["detail"] for entry in admin.list("log", "list", "--action", "sign-in", "--failed")}
    tap.check({"password reset: wrong code"} <= failed, "so is each failure, with its reason", failed)


def reset_body(person, code, **more):
    return {"login": person.login, "code": code, "new": FRESH, "proof": b64(person.proof()), "device": person.device, **more}


def reset_at_the_wire(tap, site, admin, wire):
    """One answer for whatever is wrong; it counts; of many uses at once one counts."""
    person = Stranger(site).enrol(admin.json("user", "add", "rosa", "--profile", "clinician")["invitation"], PASSWORD)
    strange = {"id": id_text("dv", new_uuid()), "label": "strange"}
    code = admin.json("user", "reset", "rosa")["code"]
    other = Stranger(site).enrol(admin.json("user", "add", "olaf", "--profile", "clinician")["invitation"], PASSWORD)
    answers = {what: person.request("POST", "/v1/password-resets", body, token="") for what, body in (
        ("a wrong code", reset_body(person, "y" * 22)), ("a code for somebody else", reset_body(other, code)),
        ("another's key", reset_body(person, code, proof=b64(other.proof()))), ("no such login", reset_body(person, code, login="nobody-at-all")))}
    tap.equal({(one.status, one.body) for one in answers.values()}, {(401, answers["a wrong code"].body)}, "whatever is wrong, the answer is one and the same")
    owner = {"Authorization": "Bearer " + wire.token}
    tap.equal(wire.request("POST", f"/v1/users/{id_text('us', wire.user)}/reset", headers=owner).status, 403, "an administrator makes no code for himself")
    bodies = [reset_body(person, code) for _ in range(6)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        raced = list(pool.map(lambda body: person.request("POST", "/v1/password-resets", body, token="").status, bodies))
    tap.equal((raced.count(204), set(raced) - {204, 429}), (1, {401}), "of six uses at once one counts")
    tap.equal((person.sign_in().status in (401, 429), person.sign_in(password=FRESH).status in (201, 429)), (True, True), "and the password is the new one")
    admin.run("user", "unlock", "rosa")
    for _ in range(5):
        person.device, kept = strange, person.device
        person.request("POST", "/v1/password-resets", reset_body(person, "z" * 22), token="")
        person.device = kept
    code = admin.json("user", "reset", "rosa")["code"]
    person.device, kept = strange, person.device
    tap.equal(person.request("POST", "/v1/password-resets", reset_body(person, code, new="Third-horse-7!"), token="").status, 401, "after five failures the right code opens nothing from a strange device")
    person.device = kept
    tap.check("address" in {one["kind"] for one in admin.list("block", "list")}, "for the address is blocked: each wrong one was counted")
    tap.equal(person.request("POST", "/v1/password-resets", reset_body(person, code, new="Third-horse-7!"), token="").status, 204, "her own device sets it")
    for one in admin.list("block", "list"):
        admin.do("block", "lift", one["subject"])
    admin.do("user", "reset", "olaf")
    admin.do("--yes", "user", "disable", "olaf")
    tap.equal(admin.run("user", "reset", "olaf").code, REFUSED, "no code is made for who is disabled")


def overtaken(tap, site, admin):
    """A code that nobody used ends with what answers the same worry: a changed password, a disabled login, factors that go."""
    def used(person, code):
        return person.request("POST", "/v1/password-resets", reset_body(person, code), token="").status

    people = {login: Stranger(site).enrol(admin.json("user", "add", login, "--profile", "clinician")["invitation"], PASSWORD) for login in ("paul", "dina", "fred", "rita")}
    codes = {login: admin.json("user", "reset", login)["code"] for login in people}
    tap.equal(people["paul"].request("PUT", "/v1/password", {"present": PASSWORD, "new": "Purple-giraffe-7#"}).status, 204, "a user who has a code changes the password himself")
    admin.do("--yes", "user", "disable", "dina")
    admin.do("user", "enable", "dina")
    asked = admin.json("user", "reset-factor", "fred")["id"]
    tap.equal(site.host("approve", asked, "--data", site.data).code, DONE, "another one's factors are removed")
    admin.do("user", "set", "rita", "--name", "Rita")
    tap.equal({login: used(person, codes[login]) for login, person in people.items()}, {"paul": 401, "dina": 401, "fred": 401, "rita": 204},
              "the codes have ended; that of who was given another name is good")
    for one in admin.list("block", "list"):
        admin.do("block", "lift", one["subject"])


def rekeyed(tap, site, admin, nora):
    """Keys that a disabled user holds are marked, their owner is told, and the next epoch leaves him out."""
    reader, _ = enrol(site, "reader", admin.json("user", "add", "reader", "--profile", "clinician")["invitation"])
    admin.do("user", "set", "nora", "--rights", "identity,read,write,share,export,sign,delete")
    nora.login_again()
    patient = nora.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
    nora.do("share", patient, "reader", "--allow", "identity,read")
    tap.check("Re-keying is due" not in nora.do("shares", patient).text, "nothing is due while everybody may read")
    admin.do("--yes", "user", "disable", "reader")
    shown = nora.do("shares", patient)
    tap.check("Re-keying is due" in shown.text, "shares says that re-keying is due", shown)
    tap.equal({one["login"]: one["state"] for one in nora.list("shares", patient)}, {"nora": "active", "reader": "disabled"}, "and who is disabled")
    told = [one for one in nora.list("notices") if one["kind"] == "keys-wanted"]
    tap.check(told and "reader" in told[0].get("detail", ""), "the owner is told by a notice, with the login", told)
    nora.do("record", "put", patient, file_of(site, "note.txt", "after"), "--kind", "report")
    tap.check("Re-keying is due" not in nora.do("shares", patient).text, "the next record renewed the keys without him")
    admin.do("user", "enable", "reader")
    reader.login_again()
    nora.do("record", "put", patient, file_of(site, "more.txt", "again"), "--kind", "report")
    tap.equal(len(reader.list("record", "list", patient)), 2, "enabled, his share counts again and he has the new keys")
    admin.do("--yes", "user", "disable", "reader")


def left(tap, site, admin):
    """Who leaves hands over what he can; an administrator sees what was not, and hands over nothing himself."""
    amelie, _ = enrol(site, "amelie", admin.json("user", "add", "amelie", "--profile", "clinician")["invitation"])
    marie, _ = enrol(site, "marie", admin.json("user", "add", "marie", "--profile", "clinician")["invitation"])
    files = [amelie.json("patient", "add", "--family", f"File{i}", "--given", "Noor")["id"] for i in range(3)]
    first = amelie.json("record", "put", files[0], file_of(site, "first.txt", "hers"), "--kind", "report")["id"]
    tap.equal(amelie.run("hand-over", "admin").code, USAGE, "files are handed over to who may have some")
    tap.equal(amelie.run("hand-over", "amelie").code, USAGE, "not to oneself")
    tap.check(amelie.run("hand-over", "marie").code not in (DONE, USAGE), "handing over asks first")
    handed = amelie.list("--yes", "hand-over", "marie")
    tap.equal(({one["id"] for one in handed}, {one["state"] for one in handed}), (set(files), {"shared"}), "who leaves shares every file of hers")
    tap.equal({one["state"] for one in amelie.list("--yes", "hand-over", "marie")}, {"shared before"}, "once")
    late = amelie.json("patient", "add", "--family", "Late", "--given", "Noor")["id"]
    tap.equal(marie.run("user", "leave", "amelie").code, REFUSED, "who is no administrator lets nobody leave")
    asked = admin.run("user", "leave", "amelie", "--hand-over-to", "marie")
    tap.check(asked.code not in (DONE, REFUSED) and late in asked.text, "an administrator sees what was not handed over, and is asked", asked)
    tap.equal(amelie.run("whoami").code, DONE, "nothing has happened yet")
    listed = {one["id"]: (one["handed_over"], one["holders"]) for one in admin.list("--yes", "user", "leave", "amelie", "--hand-over-to", "marie")}
    tap.equal(listed, {**{one: (True, 1) for one in files}, late: (False, 0)}, "each file by its random id: handed over or not, and how many hold its keys")
    tap.equal((amelie.run("whoami").code, amelie.run("login", "--password-file", amelie.password_file).code), (REFUSED, REFUSED), "then she is disabled")
    tap.equal(marie.do("record", "get", files[0], first, "-o", "-").out, b"hers\n", "her successor reads what she wrote")
    marie.do("record", "put", files[0], file_of(site, "second.txt", "mine"), "--kind", "report")
    marie.do("patient", "edit", files[1], "--family", "Renamed")
    tap.equal(marie.json("patient", "show", files[1])["family"], "Renamed", "and goes on with the file")
    tap.equal(marie.run("patient", "delete", files[0], "--withdraw").code, REFUSED, "what takes the owner she does not have")
    tap.equal(marie.run("patient", "show", late).code, REFUSED, "what was not handed over nobody else opens")
    tap.equal(admin.run("user", "add", "amelie", "--profile", "clinician").code, REFUSED, "and the login is nobody else's")


def ended(tap, site, admin, nora):
    """A day later a code is good for nothing; seven days later an invitation."""
    code = admin.json("user", "reset", "nora")["code"]
    late = admin.json("user", "add", "late", "--profile", "assistant")["invitation"]
    site.restart(DAY + 60, admin, nora)
    got = nora.run("password", "reset", "--code-file", file_of(site, "code", code), "--new-password-file", file_of(site, "fourth", "Fourth-horse-6!"))
    tap.equal(got.code, REFUSED, "a code ends after a day")
    tap.check(wait_until(lambda: "password reset: the code has ended" in details(admin, "expiry"), step=1), "its end is a leaf")
    site.restart(7 * DAY + 60, admin, nora)
    tap.equal(enrol(site, "late", late)[1].code, REFUSED, "an invitation ends after seven days")
    again = admin.json("user", "invite", "late")["invitation"]
    tap.equal(enrol(site, "late", again)[1].code, DONE, "and is made again at will")


def flow(tap):
    with LaterSite() as site:
        [admin] = site.begin()
        nora = invitations(tap, site, admin)
        wire = never_again(tap, site, admin)
        changes(tap, admin, nora)
        disabled(tap, site, admin)
        forgotten(tap, site, admin, nora)
        reset_at_the_wire(tap, site, admin, wire)
        overtaken(tap, site, admin)
        rekeyed(tap, site, admin, nora)
        left(tap, site, admin)
        ended(tap, site, admin, nora)


run(flow)
