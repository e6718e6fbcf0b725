#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The code of conduct: asked for at the first sign-in and whenever it changes, accepted by a signed statement in the log (PROMISES#K13)."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DONE, NOT_NOW, REFUSED, USAGE, Person, Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, name_of  # noqa: E402

PASSWORD = "Correct-horse-9!"
WORK = (("patient", "list"), ("user", "list"), ("session", "list"), ("log", "list"), ("site", "get"))


def enrol(site, admin, login, profile):
    """As a person does it himself: nobody accepts anything for him."""
    file = site.folder / f"{login}.invitation"
    file.write_text(admin.json("user", "add", login, "--profile", profile)["invitation"] + "\n")
    person = Person(site, login)
    person.entered = person.json("enrol", "--invitation-file", file, "--password-file", person.password_file, "--passphrase-file", person.passphrase_file)
    site.people[login] = person
    return person


def sign_in(person):
    return person.json("login", "--password-file", person.password_file, passphrase=True)["pending"]


def first_sign_in(tap, site, admin, auditor):
    doctor = enrol(site, admin, "doctor", "clinician")
    tap.equal(doctor.entered["pending"], ["conduct"], "on a standard site the first sign-in is good for the code of conduct only")
    for words in WORK:
        result = doctor.run(*words)
        tap.check(result.code == NOT_NOW and "tacenda conduct accept" in result.error and len(result.error.strip().splitlines()) == 1,
                  f"{' '.join(words)}: exit 4, and the line names the command", result)
    shown = {language: doctor.json("conduct", "show", "--language", language) for language in ("en", "fr")}
    tap.check("CODE OF CONDUCT" in shown["en"]["text"] and "CODE DE CONDUITE" in shown["fr"]["text"] and not shown["en"]["accepted"], "it is there to be read, in two languages", shown)
    tap.equal([hashlib.sha256(one["text"].encode()).hexdigest() for one in shown.values()], [one["sha256"] for one in shown.values()], "the hash is that of the text")
    tap.equal(doctor.run("conduct", "show", "--language", "de").code, USAGE, "a language that there is not is wrong usage")
    asked = doctor.run("conduct", "accept")
    tap.check(asked.code == NOT_NOW and "--yes" in asked.error and "CODE OF CONDUCT" in asked.text, "without a terminal accepting shows it and names the option", asked)
    other = doctor.run("conduct", "accept", "--hash", "0" * 64)
    tap.check(other.code == REFUSED and "tacenda conduct show" in other.error, "the hash of another text is not accepted", other)
    tap.equal(doctor.json("whoami")["pending"], ["conduct"], "and nothing has changed by that")
    accepted = doctor.json("conduct", "accept", "--hash", shown["fr"]["sha256"])
    tap.equal((accepted["sha256"], accepted["version"]), (shown["fr"]["sha256"], 1), "who names the hash of what he read accepts that")
    tap.equal((doctor.run("patient", "list").code, doctor.json("whoami")["pending"]), (DONE, []), "then work goes on in the same session")
    tap.equal(doctor.run("patient", "add", "--family", "Aubrey", "--given", "Noor").code, DONE, "writing, too")
    tap.equal(sign_in(doctor), [], "the next sign-in asks for nothing")
    tap.check(doctor.json("conduct", "show")["accepted"], "and the text says that it was accepted")
    entry = [one for one in auditor.list("log", "list", "--login", "doctor", "--action", "sign-in") if one["detail"] == "conduct"]
    tap.check(len(entry) == 1 and entry[0]["leaf"] == accepted["leaf"] and entry[0]["subject"] == "doctor", "the acceptance is one leaf that the auditor reads", entry)
    return doctor


def changed(tap, site, admin, doctor):
    text = site.folder / "conduct.txt"
    text.write_text("House rules.\nKeep silent.\n")
    tap.equal(doctor.run("site", "conduct", "--ask-again", "--yes").code, REFUSED, "nobody but an administrator changes it")
    for words, why in ((("--file", text), "no language"), ((), "nothing to change"), (("--ask-again", "--language", "en", "--file", text), "both")):
        tap.equal(admin.run("site", "conduct", *words, "--yes").code, USAGE, f"wrong usage: {why}")
    for content, why in ((b"", "an empty text"), (b" \n \n", "a blank one"), (b"a\x1b[2Jb", "one that moves the cursor"), (b"\xff\xfe", "what is not UTF-8"), (b"x" * 16385, "a book")):
        bad = site.folder / "bad.txt"
        bad.write_bytes(content)
        tap.equal(admin.run("site", "conduct", "--language", "en", "--file", bad, "--yes").code, REFUSED, f"{why} is refused")
    tap.equal(admin.run("site", "conduct", "--language", "en", "--file", text).code, NOT_NOW, "it asks first")
    tap.equal(admin.json("site", "conduct", "--language", "en", "--file", text, "--yes")["version"], 2, "a new text is a new version")
    tap.equal(doctor.run("patient", "list").code, DONE, "a session under way goes on")
    tap.equal(sign_in(doctor), ["conduct"], "the next sign-in asks")
    tap.equal(doctor.json("conduct", "show", "--language", "en")["text"], text.read_text(), "for the new text")
    tap.check("CODE DE CONDUITE" in doctor.json("conduct", "show", "--language", "fr")["text"], "the other language stays")
    site.stop()
    site.serve()
    doctor.do("conduct", "accept", "--yes")
    tap.equal(sign_in(doctor), [], "accepted after a restart, too")
    tap.equal(admin.json("site", "conduct", "--ask-again", "--yes")["version"], 3, "the same text can be asked again")
    tap.equal(sign_in(doctor), ["conduct"], "and is")
    doctor.do("conduct", "accept", "--yes", "--language", "fr")
    tap.equal(sign_in(doctor), [], "until it is accepted again")
    said = [one["detail"] for one in admin.list("log", "list", "--action", "administration") if one["detail"].startswith("code of conduct")]
    tap.equal(said, ["code of conduct: version 3, asked for again",
                     f"code of conduct: version 2, en, SHA-256 {hashlib.sha256(text.read_bytes()).hexdigest()}"], "each change is a leaf with the hash")


def who_accepted(tap, site, admin, auditor, doctor):
    users = {one["login"]: one for one in auditor.list("conduct", "list")}
    tap.equal({login: (one["version"], one["current"]) for login, one in users.items()},
              {"admin": (1, False), "auditor": (1, False), "doctor": (3, True)}, "an auditor sees who accepted which version, and whether it counts")
    tap.equal((users["doctor"]["language"], users["doctor"]["leaf"]), ("fr", doctor_leaf(auditor)), "in which language, and by which leaf")
    tap.equal(admin.list("conduct", "list"), list(users.values()), "an administrator the same")
    tap.equal(doctor.run("conduct", "list").code, REFUSED, "nobody else")
    site.stop()
    checked = site.host("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase)
    tap.equal(checked.code, DONE, "tacendad check finds nothing wrong with any of it")
    site.serve()


def doctor_leaf(auditor):
    return max(one["leaf"] for one in auditor.list("log", "list", "--login", "doctor", "--action", "sign-in") if one["detail"] == "conduct")


def on_the_wire(tap, site, admin):
    """What a program sees that does not behave."""
    person = Stranger(site).enrol(admin.json("user", "add", "wire", "--profile", "clinician")["invitation"], PASSWORD)
    other = Stranger(site).enrol(admin.json("user", "add", "other", "--profile", "clinician")["invitation"], PASSWORD)
    code = person.request("GET", "/v1/conduct").json
    english = bytes.fromhex(code["texts"][0]["sha256"])
    tap.equal((code["version"], "accepted" in code, person.entered.json["pending"]), (3, False, ["conduct"]), "the interface says what is asked for")
    give = lambda signer, statement, sender=person: sender.request("POST", "/v1/conduct/acceptances", {"statement": b64(statement)})  # noqa: E731
    tap.equal(person.request("GET", "/v1/patients").status, 403, "a pending session works nowhere else")
    tap.equal(give(person, person.conduct(2, 1, english)).status, 409, "an old version is not accepted")
    tap.equal(give(person, person.conduct(3, 1, b"\1" * 32)).status, 409, "nor another text")
    tap.equal(give(person, person.conduct(3, 2, english)).status, 409, "nor one language for the other")
    tap.equal(give(other, other.conduct(3, 1, english)).status, 403, "nor somebody else's word")
    forged = bytearray(person.conduct(3, 1, english))
    forged[-1] ^= 1
    tap.equal(give(person, bytes(forged)).status, 401, "nor a forged one")
    tap.equal(give(person, person.proof()).status, 400, "nor a statement of another kind")
    tap.equal(person.request("GET", "/v1/session").json["pending"], ["conduct"], "the step stands")
    good = person.conduct(3, 1, english)
    first, again = give(person, good), give(person, good)
    tap.equal((first.status, again.status, first.json), (200, 200, again.json), "the right one is taken, and sent again it is answered the same")
    tap.equal((person.request("GET", "/v1/patients").status, other.request("GET", "/v1/patients").status), (200, 403), "he works, the other does not")
    changes = lambda sender, statement: sender.request("POST", "/v1/changes", {"items": [{"statement": b64(statement)}]}).status  # noqa: E731
    tap.equal(changes(other, other.conduct(3, 1, english)), 403, "there is no way round the step")
    tap.equal((changes(person, person.conduct(4, 1, english, previous=name_of(good))), changes(person, good)), (400, 400), "nobody accepts beforehand what he will be asked")
    admin.do("site", "conduct", "--ask-again", "--yes")
    tap.equal(person.sign_in().json["pending"], ["conduct"], "he is asked as everybody is")


def at_once(tap, site):
    """The terminal's language decides; French is one of them."""
    person = site.people["doctor"]
    french = subprocess.run([part for part in person_command(person)] + ["conduct", "show"], env=dict(person.environment(), LANG="fr_FR.UTF-8"), capture_output=True, timeout=300)
    tap.check(french.returncode == DONE and "CODE DE CONDUITE" in french.stdout.decode(), "a French terminal gets the French text", french)


def person_command(person):
    from lib.site import program
    return [program("tacenda"), "--home", str(person.home)]


def flow(tap):
    with Site() as site:
        admin, = site.begin()
        tap.equal((admin.json("whoami")["pending"], admin.json("conduct", "show")["version"]), ([], 1), "on a trial site it is there and nobody is asked")
    with Site(preset="standard") as site:
        admin, auditor = site.begin(("auditor", "auditor"))
        doctor = first_sign_in(tap, site, admin, auditor)
        changed(tap, site, admin, doctor)
        who_accepted(tap, site, admin, auditor, doctor)
        on_the_wire(tap, site, admin)
        at_once(tap, site)


run(flow)
