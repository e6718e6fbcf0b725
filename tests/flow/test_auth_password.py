#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passwords from the first to the last: policies, lists, history, the pending step, what a change ends (PROMISES#K4 K6 S4 S3)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DONE, NOT_NOW, REFUSED, Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger  # noqa: E402

FIRST, SECOND = "Correct-horse-9!", "Battery-staple-8?"


def put(person, present, new, token=None):
    return person.request("PUT", "/v1/password", {"present": present, "new": new}, token=token)


def changing(tap, site, admin, auditor):
    person = Stranger(site).enrol(admin.json("user", "add", "moreau", "--profile", "clinician")["invitation"], FIRST)
    tap.check(person.entered.json["password_ends"] > person.entered.json["expires"], "a session tells until when the password is good")
    other = person.sign_in().json["token"]
    for new, says in (("short-1", "8 characters"), ("onlyletters", "figures"), ("Moreau-4711-x", "login"), ("71-M0R3AU-xyz", "login"),
                      ("uaerom-4711-x", "login"), ("P@ssw0rd-2026", "common"), ("Flow-Clinic-7", "site"), (FIRST, "before")):
        answer = put(person, FIRST, new)
        tap.check(answer.status == 400 and says in answer.json["detail"], f"the password {new!r} is refused, and the answer says why", answer)
    wrong = put(person, SECOND, "Purple-giraffe-7#")
    tap.check(wrong.status == 400 and "present" in wrong.json["detail"], "nobody changes it without the present one", wrong)
    tap.equal(person.request("GET", "/v1/session", token=other).status, 200, "what is refused ends nothing")
    tap.equal(put(person, FIRST, SECOND).status, 204, "a good one is taken")
    tap.equal((person.request("GET", "/v1/session", token=other).status, person.request("GET", "/v1/session").status), (401, 200),
              "every other session has ended, this one goes on")
    tap.equal((person.sign_in(password=FIRST).status, person.sign_in(password=SECOND).status), (401, 201), "the old one signs nobody in, the new one does")
    tap.check("before" in put(person, SECOND, FIRST).json["detail"], "the one before may not come again")
    present = SECOND
    for i in range(11):
        tap.equal(put(person, present, f"Giraffe-{i}-purple!").status, 204, f"change {i + 2} is taken") if i == 10 else put(person, present, f"Giraffe-{i}-purple!")
        present = f"Giraffe-{i}-purple!"
    tap.equal(put(person, present, FIRST).status, 204, "after twelve others it may")
    entries = auditor.list("log", "list", "--action", "sign-in", "--login", "moreau")
    tap.check(sum(one["detail"] == "password changed" for one in entries) == 13, "each change is a leaf", entries)
    refused = [one["detail"] for one in entries if one["result"] == "refused"]
    tap.check("password change: the present password is wrong" in refused and "password change: the policy refuses the new one" in refused,
              "so is each that was refused, with why", refused)


def written_otherwise(tap, site, admin):
    """The same characters by other code points are the same password (NIST SP 800-63B-4, 3.1.1.2)."""
    composed, decomposed, ligature = "Caf\u00e9-fin-2041!", "Cafe\u0301-fin-2041!", "Cafe\u0301-\ufb01n-2041!"
    person = Stranger(site).enrol(admin.json("user", "add", "unicode", "--profile", "clinician")["invitation"], decomposed)
    tap.equal([person.sign_in(password=one).status for one in (composed, decomposed, ligature)], [201, 201, 201],
              "a password is the same with an accent in one code point or in two, and with a ligature")
    tap.equal(person.sign_in(password="Cafe-fin-2041!").status, 401, "without its accent it is another")
    tap.equal(put(person, composed, ligature).status, 400, "and written otherwise it is no new one")
    tap.equal(put(person, ligature, "Th\u00e9-vert-1999?").status, 204, "nor does it have to be typed as it was to change it")
    tap.equal(person.sign_in(password="The\u0301-vert-1999?").status, 201, "what is new is taken in the same form")


def policies(tap, site, admin):
    admin.do("site", "set", "password.policy", "nist-800-63b-4")
    invitation = admin.json("user", "add", "second", "--profile", "assistant")["invitation"]
    try:
        Stranger(site).enrol(invitation, FIRST[:14])
        refused = ""
    except RuntimeError as error:
        refused = str(error)
    tap.check("15 characters" in refused, "the second policy wants fifteen characters", refused)
    person = Stranger(site).enrol(invitation, "horses eat batteries")
    tap.check(person.entered.status == 201 and "password_ends" not in person.entered.json, "and takes letters alone, for as long as one likes", person.entered)
    admin.do("site", "set", "password.policy", "composition-180d")
    admin.do("site", "set", "password.passes", "3")
    tap.equal((person.sign_in().status, person.sign_in().status), (201, 201), "a higher price of hashes is taken over at the next sign-in")
    admin.do("site", "set", "password.passes", "2")
    return person


def pending(tap, site, doctor):
    """A password that the site's list has by now stands between sign-in and work, until it is changed."""
    path = site.folder / "known.txt"
    path.write_text("".join(sorted(line + "\n" for line in ("aaa", doctor.password_file.read_text().strip(), "zzz"))))
    site.stop()
    plain = site.serve_command
    site.serve_command = lambda: plain() + ["--password-list", str(path)]
    site.serve()
    entered = doctor.json("login", "--password-file", doctor.password_file, passphrase=True)
    tap.equal(entered["pending"], ["password"], "a sign-in with a password that the list has is good for one step only")
    for words in (("patient", "list"), ("user", "list"), ("session", "list"), ("log", "list"), ("site", "get")):
        result = doctor.run(*words)
        tap.check(result.code == NOT_NOW and "tacenda password change" in result.error and len(result.error.strip().splitlines()) == 1,
                  f"{' '.join(words)}: exit 4, and the line names the command", result)
    tap.equal(doctor.run("whoami").code, DONE, "whoami answers")
    asked = doctor.run("password", "change")
    tap.check(asked.code == NOT_NOW and "--password-file" in asked.error, "without a terminal it names the option", asked)
    same = doctor.run("password", "change", "--password-file", doctor.password_file, "--new-password-file", doctor.password_file)
    tap.check(same.code == REFUSED and "breach" in same.error, "the same again is refused", same)
    new = site.secret("doctor.new-password")
    doctor.do("password", "change", "--password-file", doctor.password_file, "--new-password-file", new)
    tap.equal((doctor.run("patient", "list").code, doctor.json("whoami")["pending"]), (DONE, []), "then work goes on in the same session")
    doctor.password_file = new
    tap.equal(doctor.json("login", "--password-file", new, passphrase=True)["pending"], [], "and nothing stands before it at the next sign-in")
    path.write_text("zzz\naaa\n")
    bad = site.host("serve", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase, "--password-list", path)
    tap.check(bad.code == REFUSED and "LC_ALL=C sort" in bad.error, "a list that is not sorted is refused with what to do", bad)


def flow(tap):
    with Site(preset="standard") as site:
        admin, auditor, doctor = site.begin(("auditor", "auditor"), ("doctor", "clinician"))
        changing(tap, site, admin, auditor)
        policies(tap, site, admin)
        written_otherwise(tap, site, admin)
        pending(tap, site, doctor)


run(flow)
