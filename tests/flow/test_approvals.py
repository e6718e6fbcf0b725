#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Acts of two persons: asked, approved, refused, ended, carried out; once, by another one, and seen in the log (PROMISES#S5 B7)."""
import base64
import concurrent.futures
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.dishonest import DishonestSite  # noqa: E402
from lib.factor import add  # noqa: E402
from lib.later import DAY, LaterSite  # noqa: E402
from lib.site import DAMAGE, DONE, NOT_NOW, REFUSED, USAGE, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_bytes, name_of, new_uuid  # noqa: E402

PASSWORD = "Correct-horse-9!"
FACTOR_RESET, PATIENT_DELETE = 1, 2
NONE = bytes(16)


def ask(person, user):
    return person.json("user", "reset-factor", user)["id"]


def listed(person, *words):
    return {one["id"]: one for one in person.list("approvals", *words)}


def one_of_two(tap, site, admin, second, auditor, amelie, ben):
    """Who may approve, and who may not."""
    asked = ask(admin, "amelie")
    for person in (admin, second, auditor):
        one = listed(person).get(asked, {})
        tap.equal((one.get("act"), one.get("about"), one.get("by"), one.get("state")), ("factor-reset", "amelie", "admin", "asked"), f"{person.login} sees what was asked, of whom, by whom")
    tap.check(asked in listed(amelie), "so does whom it is about")
    tap.equal(listed(ben), {}, "a colleague sees nothing of it")
    tap.equal(admin.run("user", "reset-factor", "amelie").code, REFUSED, "what waits is not asked for twice")
    tap.equal(admin.run("user", "reset-factor", "admin").code, REFUSED, "nobody asks for himself")
    tap.equal(amelie.run("user", "reset-factor", "ben").code, REFUSED, "who is no administrator asks for nothing")
    question = second.run("approve", asked)
    tap.check(question.code == NOT_NOW and "--yes" in question.error, "approving asks first", question)
    for person, why in ((admin, "who asked"), (amelie, "whom it is about"), (auditor, "an auditor"), (ben, "who does not see it")):
        got = person.run("--yes", "approve", asked)
        tap.check(got.code == REFUSED and len(got.error.strip().splitlines()) == 1, f"{why} does not approve it", got)
    tap.equal(amelie.run("whoami").code, DONE, "until then nothing has happened")
    second.do("--yes", "approve", asked[-8:])
    tap.equal(amelie.run("whoami").code, REFUSED, "approved by another administrator it is done: the user's sessions have ended")
    one = listed(admin, "--all")[asked]
    tap.equal((one["state"], one["decided_by"]), ("done", "second"), "the list says by whom")
    tap.equal(listed(admin), {}, "and nothing waits any more")
    tap.equal(second.run("--yes", "approve", asked).code, REFUSED, "it is not approved twice")
    tap.equal(second.run("refuse", asked, "--reason", "too late").code, REFUSED, "nor refused afterwards")
    said = [(entry["user"], entry["detail"]) for entry in admin.list("log", "list", "--action", "statement") if "factor-reset" in entry["detail"]]
    tap.check(("admin", "request: factor-reset") in said and ("second", "approve: factor-reset") in said, "request and approval are leaves", said)
    done = [entry["detail"] for entry in admin.list("log", "list", "--action", "administration")]
    tap.check(f"carried out: factor-reset {asked}" in done, "and that it was carried out", done[:5])
    amelie.login_again()


def lost_phone(tap, site, admin, second):
    """What an approved request carries out: the factors are gone, and a sign-in asks for none."""
    paula = site.enrol("paula", "clinician")
    add(paula)
    without = lambda: paula.run("login", "--password-file", paula.password_file, passphrase=True)  # noqa: E731
    tap.check(without().code != DONE, "with a second factor the password alone does not sign in")
    asked = ask(admin, "paula")
    second.do("--yes", "approve", asked)
    tap.equal(without().code, DONE, "after two persons agreed it does")
    tap.equal(paula.list("factor", "list"), [], "for the factors are gone")
    told = {one["kind"] for one in paula.list("notices")}
    tap.check("factor-removed" in told, "of which the user is told", told)
    tap.check("approval-decided" in {one["kind"] for one in admin.list("notices")}, "and who asked, that it was decided")
    tap.check("approval-wanted" in {one["kind"] for one in second.list("notices")}, "as administrators were, that it was asked")


def refused(tap, admin, second, amelie):
    asked = ask(admin, "amelie")
    tap.equal(second.run("refuse", asked).code, USAGE, "a refusal says why")
    second.do("refuse", asked, "--reason", "she has found her key")
    one = listed(admin, "--all")[asked]
    tap.equal((one["state"], one["decided_by"], one["reason"]), ("refused", "second", "she has found her key"), "who asked reads who refused, and why")
    tap.equal(second.run("--yes", "approve", asked).code, REFUSED, "what was refused is not approved")
    tap.equal(amelie.run("whoami").code, DONE, "and nothing has happened")
    again = ask(admin, "amelie")
    admin.do("refuse", again, "--reason", "asked for the wrong one")
    tap.equal(listed(admin, "--all")[again]["state"], "refused", "who asked may withdraw")


def at_the_host(tap, site, admin, amelie):
    asked = ask(admin, "amelie")
    shown = site.host("approvals", "--data", site.data, "--json").lines()
    tap.equal([(one["id"], one["by"], one["user"], one["host_may"]) for one in shown], [(asked, "admin", "amelie", True)], "tacendad approvals shows what waits")
    tap.equal(site.host("approve", "--data", site.data).code, USAGE, "approve wants an id")
    tap.equal(site.host("refuse", asked, "--data", site.data).code, USAGE, "refuse wants a reason")
    tap.equal(site.host("approve", "zzzz", "--data", site.data).code, REFUSED, "an unknown one is not found")
    tap.equal(site.host("approve", asked[-6:], "--data", site.data).code, DONE, "the host is the second party")
    tap.equal(amelie.run("whoami").code, REFUSED, "and it is done")
    one = listed(admin, "--all")[asked]
    tap.equal((one["state"], one["decided_by"]), ("done", "host"), "everybody sees that it was the host")
    tap.equal(site.host("approve", asked, "--data", site.data).code, REFUSED, "once")
    tap.check(any(entry["detail"] == f"approved by the host: factor-reset {asked}" for entry in admin.list("log", "list", "--action", "administration")), "with a leaf of its own")
    amelie.login_again()
    asked = ask(admin, "amelie")
    tap.equal(site.host("refuse", asked, "--reason", "nobody called me", "--data", site.data).code, DONE, "the host refuses")
    tap.equal(listed(admin, "--all")[asked]["state"], "refused", "and that counts")


def disabled_meanwhile(tap, admin, second, third, amelie):
    """An administrator who is none any more asked for nothing."""
    asked = ask(third, "amelie")
    admin.do("--yes", "user", "disable", "third")
    got = second.run("--yes", "approve", asked)
    tap.check(got.code == REFUSED and amelie.run("whoami").code == DONE, "a request of who was disabled since is not approved", got)
    second.do("refuse", asked, "--reason", "asked by somebody who has left")
    admin.do("user", "enable", "third")


def raced(tap, site, admin, amelie):
    """Two who decide at the same time: one counts."""
    people = [Stranger(site).enrol(admin.json("user", "add", f"wire{i}", "--profile", "administrator")["invitation"], PASSWORD) for i in range(6)]
    target = people[0].json_user = id_bytes(next(one["id"] for one in admin.list("user", "list") if one["login"] == "amelie"))
    outcomes = []
    for _ in range(3):
        approval = new_uuid()
        request = people[0].statement("request", approval, bytes([FACTOR_RESET]), target, NONE)
        tap.equal(people[0].request("POST", "/v1/changes", {"items": [{"statement": b64(request)}]}).status, 200, "a request by a stranger's program")
        decisions = [person.statement("decision", approval, bytes([1 + i % 2]), b"because" if i % 2 else b"", previous=name_of(request)) for i, person in enumerate(people[1:])]
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda pair: pair[0].request("POST", "/v1/changes", {"items": [{"statement": b64(pair[1])}]}), zip(people[1:], decisions)))
        outcomes.append(sorted(one.status for one in answers))
        winner = next(i for i, one in enumerate(answers) if one.status == 200)
        again = people[1 + winner].request("POST", "/v1/changes", {"items": [{"statement": b64(decisions[winner])}]})
        tap.equal((again.status, again.body), (200, answers[winner].body), "the one that counted is answered as before when it is sent again")
    tap.equal(outcomes, [[200, 409, 409, 409, 409]] * 3, "of five decisions at once one counts, the others are told that it is decided")
    forged = people[1].statement("request", new_uuid(), bytes([FACTOR_RESET]), target, NONE, author=people[2].user)
    tap.equal(people[1].request("POST", "/v1/changes", {"items": [{"statement": b64(forged)}]}).status, 403, "nobody asks in another's name")
    wrong = [("an act that there is none of", people[1].statement("request", new_uuid(), bytes([9]), target, NONE), 400),
             ("about nobody", people[1].statement("request", new_uuid(), bytes([FACTOR_RESET]), NONE, NONE), 400),
             ("about a stranger", people[1].statement("request", new_uuid(), bytes([FACTOR_RESET]), new_uuid(), NONE), 404),
             ("of an approval that there is none of", people[1].statement("decision", new_uuid(), b"\1", b"", previous=bytes(32)), 404)]
    for what, statement, status in wrong:
        tap.equal(people[1].request("POST", "/v1/changes", {"items": [{"statement": b64(statement)}]}).status, status, f"{what}: {status}")
    amelie.login_again()


def patient_delete(tap, site, admin, second, amelie, ben, carl):
    """Where the site wants a second person for the end of a patient file."""
    patient = amelie.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
    for person in (ben, carl):
        amelie.do("share", patient, person.login, "--allow", "identity,read,delete" if person is ben else "identity,read")
    admin.do("site", "set", "patient.delete", "second-person")
    first = amelie.run("--yes", "--json", "patient", "delete", patient)
    tap.check(first.code == NOT_NOW and "approve" in first.error, "the owner is told that it takes a second person, exit 4", first)
    asked = json.loads(first.text.splitlines()[0])["id"]
    again = amelie.run("--yes", "patient", "delete", patient)
    tap.check(again.code == NOT_NOW and "asked already" in again.error, "and it is asked once", again)
    one = listed(ben)[asked]
    tap.equal((one["act"], one["about"], one["by"]), ("patient-delete", patient, "amelie"), "a colleague who may delete in the file sees it")
    tap.equal(listed(carl), {}, "one who may only read does not")
    tap.equal(site.host("approve", asked, "--data", site.data).code, REFUSED, "the host is no second person here")
    for person in (amelie, carl):
        tap.equal(person.run("--yes", "approve", asked).code, REFUSED, f"{person.login} does not approve it")
    ben.do("--yes", "approve", asked)
    tap.equal(listed(amelie)[asked]["state"], "approved", "the colleague does")
    ends = amelie.json("--yes", "patient", "delete", patient)["ends"]
    tap.check(ends, "then the owner deletes it")
    tap.equal(listed(amelie, "--all")[asked]["state"], "done", "which uses the approval up")
    amelie.do("patient", "delete", patient, "--withdraw")
    tap.equal(amelie.run("--yes", "patient", "delete", patient).code, NOT_NOW, "so the next one takes another approval")
    asked = next(id for id, one in listed(amelie).items() if one["state"] == "asked")
    second.do("--yes", "approve", asked)
    tap.check(amelie.json("--yes", "patient", "delete", patient)["ends"], "which an administrator may give")
    amelie.do("patient", "delete", patient, "--withdraw")
    got = admin.run("site", "set", "patient.delete", "delay")
    tap.check(got.code == REFUSED and "tacendad set" in got.error, "no administrator relaxes that alone, and he is told who does", got)
    tap.equal(site.host("set", "patient.delete", "delay", "--data", site.data).code, DONE, "the host does")
    tap.check(amelie.json("--yes", "patient", "delete", patient)["ends"], "with the setting back its owner alone deletes it, seven days ahead")


def ended(tap, site, admin, second, amelie):
    """Nobody answers for a day; nobody uses an approval for a day."""
    asked = ask(admin, "amelie")
    patient = amelie.json("patient", "add", "--family", "Lind", "--given", "Ida")["id"]
    admin.do("site", "set", "patient.delete", "second-person")
    amelie.run("--yes", "patient", "delete", patient)
    unused = next(id for id, one in listed(amelie).items() if one["act"] == "patient-delete" and one["state"] == "asked")
    second.do("--yes", "approve", unused)
    site.restart(DAY + 60, admin, second, amelie)
    got = second.run("--yes", "approve", asked)
    tap.check(got.code == REFUSED, "a day later it is not approved any more", got)
    tap.equal(amelie.run("--yes", "patient", "delete", patient).code, NOT_NOW, "and an approval that nobody used is good for nothing")
    tap.equal({listed(admin, "--all")[one]["state"] for one in (asked, unused)}, {"ended"}, "both have ended")
    leaves = lambda: {entry["detail"] for entry in admin.list("log", "list", "--action", "expiry")}  # noqa: E731
    wanted = {f"ended: factor-reset {asked}", f"ended: patient-delete {unused}"}
    tap.check(wait_until(lambda: wanted <= leaves(), step=1), "each end is a leaf", leaves())
    tap.check(ask(admin, "amelie"), "it can be asked for again")
    tap.equal(site.host("set", "patient.delete", "delay", "--data", site.data).code, DONE, "the host relaxes the rule again")


def office_days(tap, site, admin):
    """How long an administrator waits is raised by any of them, lowered by the host alone."""
    admin.do("site", "set", "approval.office_days", "9")
    for days in ("8", "0"):
        got = admin.run("site", "set", "approval.office_days", days)
        tap.check(got.code == REFUSED and "tacendad set" in got.error, f"an administrator does not lower it to {days}", got)
    tap.equal(site.host("set", "approval.office_days", "7", "--data", site.data).code, DONE, "the host does")
    value = next(one["value"] for one in admin.list("site", "get") if one["name"] == "approval.office_days")
    tap.equal(str(value), "7", "and that counts")


def made_up(tap):
    """A server that makes up a request, or an approval, is found out before anybody signs."""
    with DishonestSite() as site:
        admin, second, amelie = site.begin(("second", "administrator"), ("amelie", "clinician"))
        asked, victim = ask(admin, "amelie"), admin.json("user", "show", "second")["id"]

        def another_user(method, path, body):
            if not path.startswith("/v1/approvals"):
                return None
            answer = json.loads(body)
            for one in answer["items"]:
                text = base64.b64decode(one["request"]["statement"])
                amelie_id = id_bytes(admin_knows["amelie"])
                one["request"]["statement"] = b64(text.replace(amelie_id, id_bytes(victim)))
            return json.dumps(answer).encode()

        def approved(method, path, body):
            return body.replace(b'"state":"asked"', b'"state":"approved"') if path.startswith("/v1/approvals") else None

        admin_knows = {one["login"]: one["id"] for one in admin.list("user", "list")}
        for what, lie in (("a request about somebody else", another_user), ("an approval by nobody", approved)):
            site.lie(lie)
            got = second.run("--yes", "approve", asked)
            tap.check(got.code == DAMAGE and site.lied, f"{what} is refused, exit 3", got)
            site.honest()
        second.do("--yes", "approve", asked)
        tap.equal(listed(second, "--all")[asked]["state"], "done", "what is true is approved")
        amelie.login_again()
        patient = amelie.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        tap.equal(site.host("set", "patient.delete", "second-person", "--data", site.data).code, DONE, "the site wants a second person")
        tap.equal(amelie.run("--yes", "patient", "delete", patient).code, NOT_NOW, "the end of a patient file is asked for")

        def by_host(method, path, body):
            return body.replace(b'"state":"asked","host":false', b'"state":"approved","host":true') if path.startswith("/v1/approvals") else None

        site.lie(by_host)
        got = amelie.run("--yes", "patient", "delete", patient)
        tap.check(got.code == DAMAGE and site.lied, "one that the host, who may not, is said to have approved is not signed: exit 3", got)
        site.honest()
        second.do("--yes", "approve", next(id for id, one in listed(second).items() if one["about"] == patient))
        tap.check(amelie.json("--yes", "patient", "delete", patient)["ends"], "one that an administrator approved is")


def flow(tap):
    with LaterSite() as site:
        admin, second, third, auditor, amelie, ben, carl = site.begin(("second", "administrator"), ("third", "administrator"), ("auditor", "auditor"),
                                                                      ("amelie", "clinician"), ("ben", "clinician"), ("carl", "clinician"))
        one_of_two(tap, site, admin, second, auditor, amelie, ben)
        lost_phone(tap, site, admin, second)
        refused(tap, admin, second, amelie)
        at_the_host(tap, site, admin, amelie)
        disabled_meanwhile(tap, admin, second, third, amelie)
        raced(tap, site, admin, amelie)
        office_days(tap, site, admin)
        patient_delete(tap, site, admin, second, amelie, ben, carl)
        ended(tap, site, admin, second, amelie)
    made_up(tap)


run(flow)
