#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The access review: what an auditor sees, signs, and is reminded of (PROMISES#S3)."""
import base64
import hashlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.dishonest import DishonestSite  # noqa: E402
from lib.later import DAY, LaterSite  # noqa: E402
from lib.site import DAMAGE, NOT_NOW, REFUSED, USAGE, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, name_of, u32, u64  # noqa: E402

PASSWORD = "Correct-horse-9!"
PAGE = 1000  # LIMIT_PAGE


def first(tap, site, admin, auditor, person):
    """Of one user: an enrolment, a sign-in, two failures; of nobody: one."""
    person.sign_in()
    person.sign_in(password="Wrong-horse-9!")
    person.sign_in(password="Wrong-horse-9!")
    own, person.login = person.login, "nobody-at-all"
    person.sign_in(password="Wrong-horse-9!")
    person.login = own
    users = {one["login"]: one for one in auditor.list("review", "list")}
    tap.equal(set(users), {"admin", "auditor", "doctor", "moreau", "invited"}, "everybody is there to be reviewed")
    moreau = users["moreau"]
    tap.equal((moreau["sign_ins"], moreau["failures"], moreau["locks"], moreau["dormant"]), (2, 2, 0, False), "with what he did")
    tap.check(moreau["last_sign_in"] is not None and "write" in moreau["rights"] and moreau["profile"] == "clinician", "when he was here last, and what he may", moreau)
    tap.equal((users["invited"]["state"], users["invited"]["dormant"]), ("invited", False), "who has not enrolled is no user yet")
    said = auditor.json("review", "status")
    tap.equal((said["reviews"], said["from"], said["failures"], said["strangers"], said["users"], said["dormant"], said["overdue"]), (0, 0, 3, 1, 4, 0, False),
              "the totals, strangers among them")
    tap.equal(said["sign_ins"], sum(one["sign_ins"] for one in users.values()), "add up")
    return said


def signing(tap, site, admin, auditor, person, said):
    tap.equal(auditor.run("review", "sign").code, NOT_NOW, "signing asks first")
    tap.equal(admin.run("review", "sign", "--yes").code, REFUSED, "an administrator, whom it is about, does not sign")
    doctor = site.people["doctor"]
    tap.equal((doctor.run("review", "list").code, doctor.run("review", "history").code), (REFUSED, REFUSED), "who is neither sees nothing of it")
    tap.equal(auditor.run("review", "sign", "--until", "x", "--yes").code, USAGE, "a size is a number")
    tap.equal(auditor.run("review", "sign", "--until", "99999999", "--yes").code, REFUSED, "nobody signs what has not happened")
    signed = auditor.json("review", "sign", "--until", said["until"], "--yes")
    tap.equal((signed["from"], signed["until"]), (0, said["until"]), "an auditor signs what he has seen, up to where he has seen it")
    past = auditor.list("review", "history")
    tap.check(len(past) == 1 and past[0]["auditor"] == "auditor" and past[0]["leaf"] == signed["leaf"] and
              all(past[0][name] == said[name] for name in ("sign_ins", "failures", "locks", "unusual", "users", "dormant", "until")),
              "the statement holds the counts and its place in the log", past)
    tap.equal(admin.list("review", "history"), past, "an administrator reads that it was done")
    entry = next(one for one in auditor.list("log", "list", "--action", "statement") if one["detail"] == "review")
    tap.check(entry["leaf"] == signed["leaf"] and entry["user"] == "auditor", "it is a leaf", entry)
    again = auditor.json("review", "status")
    tap.equal((again["reviews"], again["from"], again["failures"]), (1, said["until"], 0), "the next one begins where it ended")
    tap.equal(auditor.run("review", "sign", "--until", said["until"] - 1, "--yes").code, REFUSED, "and never before")


def on_the_wire(tap, site, admin, auditor):
    """What somebody sends who is not our client."""
    other = Stranger(site).enrol(admin.json("user", "add", "second", "--profile", "auditor")["invitation"], PASSWORD)
    clinician = Stranger(site).enrol(admin.json("user", "add", "third", "--profile", "clinician")["invitation"], PASSWORD)
    reviews = other.request("GET", "/v1/reviews").json
    tap.equal((len(reviews["items"]), reviews["interval_days"]), (1, 30), "the interface gives what was signed")
    tap.equal(clinician.request("GET", "/v1/reviews").status, 403, "to auditors and administrators")
    head = base64.b64decode(reviews["items"][0]["statement"])
    previous = hashlib.sha256(head[:-64]).digest()
    lines = other.request("GET", "/v1/log/checkpoint", token="").body.decode().split("\n")
    seen = (int(lines[1]), base64.b64decode(lines[2]))
    review = lambda who, start, end, **more: who.statement("review", u64(start), u64(end), *[u32(0)] * 6, **dict(dict(previous=previous, seen=seen), **more))  # noqa: E731
    send = lambda who, statement: who.request("POST", "/v1/changes", {"items": [{"statement": b64(statement)}]}).status  # noqa: E731
    tap.equal(send(clinician, review(clinician, 0, 1)), 403, "a clinician signs none")
    tap.equal(send(other, review(other, 5, 4)), 400, "none runs backwards")
    tap.equal(send(other, review(other, 0, seen[0] + 1)), 400, "none is about what its author has not seen")
    tap.equal(send(other, review(other, 0, 1, previous=bytes(32))), 409, "none leaves out the one before")
    ended = auditor.list("review", "history")[0]["until"]
    for start, why in ((ended + 1, "skips a leaf"), (ended - 1, "counts one twice"), (0, "begins anew")):
        tap.equal(send(other, review(other, start, seen[0])), 409, f"none {why}")
    tap.equal(send(other, review(other, ended, ended)), 400, "none is about nothing")
    tap.equal(send(other, review(other, ended, seen[0])), 200, "another auditor goes on")
    tap.equal(len(auditor.list("review", "history")), 2, "and both are shown, proven")


def many(tap, site, admin, auditor):
    """More than an answer holds: one who signs without end hides no review and stops none."""
    other = Stranger(site).enrol(admin.json("user", "add", "prolific", "--profile", "auditor")["invitation"], PASSWORD)
    answer = other.request("GET", "/v1/reviews").json
    last = base64.b64decode(answer["items"][-1]["statement"])
    before, at = len(answer["items"]), auditor.list("review", "history")[-1]["until"]
    wanted, items = PAGE + 5, []
    lines = other.request("GET", "/v1/log/checkpoint", token="").body.decode().split("\n")
    seen = (int(lines[1]), base64.b64decode(lines[2]))
    tap.check(seen[0] >= at, "the log goes on", (seen, at))
    while len(items) < wanted:
        if at >= seen[0]:
            lines = other.request("GET", "/v1/log/checkpoint", token="").body.decode().split("\n")
            seen = (int(lines[1]), base64.b64decode(lines[2]))
            if at >= seen[0]:
                other.request("GET", "/v1/session")
                continue
        last = other.statement("review", u64(at), u64(at + 1), *[u32(0)] * 6, previous=name_of(last), seen=seen)
        sent = other.request("POST", "/v1/changes", {"items": [{"statement": b64(last)}]})
        if sent.status != 200:
            break
        items.append(sent.json["items"][0]["leaf"])
        at += 1
    tap.equal(len(items), wanted, "an auditor's program signs one review after the other")
    first = other.request("GET", "/v1/reviews").json
    tap.equal((len(first["items"]), first["more"]), (PAGE, True), "the interface gives them by the page")
    past = auditor.list("review", "history")
    tap.equal(([one["leaf"] for one in past[before:]], len(past)), (items, before + wanted), "and all of them are shown, proven")


def overdue(tap, site, admin, auditor, doctor):
    kinds = lambda: [one["kind"] for one in auditor.list("notices")]  # noqa: E731
    tap.check("review-overdue" not in kinds(), "nobody is reminded of a review that is not due")
    site.restart(31 * DAY, auditor, admin)
    tap.check(wait_until(lambda: "review-overdue" in kinds()), "after the interval auditors are told by notice", kinds())
    tap.check("review-overdue" not in [one["kind"] for one in doctor_notices(doctor)], "nobody else is")
    said = auditor.json("review", "status")
    users = {one["login"]: one for one in auditor.list("review", "list")}
    tap.check(said["overdue"] and users["moreau"]["dormant"] and not users["auditor"]["dormant"] and said["dormant"] >= 2, "who has not been here is dormant", (said, users))
    auditor.do("review", "sign", "--yes")
    tap.equal(auditor.json("review", "status")["overdue"], False, "a review signed ends it")
    admin.do("site", "set", "review.interval_days", "1")
    tap.equal(auditor.json("review", "status")["interval_days"], 1, "the interval is a setting")


def doctor_notices(doctor):
    doctor.login_again()
    return doctor.list("notices")


def withheld(tap):
    """A server that would rather not show a failure to the auditor."""
    with DishonestSite() as site:
        admin, auditor = site.begin(("auditor", "auditor"))
        site.stranger("mallory", "clinician").sign_in(password="Wrong-horse-9!")

        def hide(_method, path, body):
            if "scope=sign-ins" not in path:
                return None
            page = json.loads(body)
            page["items"] = [one for one in page["items"] if b"wrong password" not in base64.b64decode(one["actor"]["piece"])]
            return json.dumps(page).encode()

        tap.equal(auditor.json("review", "status")["failures"], 1, "an honest server shows one failure")
        site.lie(hide)
        for words in (("review", "list"), ("review", "status"), ("review", "sign", "--yes")):
            got = auditor.run(*words)
            tap.check(got.code == DAMAGE and "withheld" in got.error and site.lied, f"{' '.join(words)}: one that keeps it back is refused", got)
        site.honest()
        tap.equal(auditor.list("review", "history"), [], "and nothing was signed")


def flow(tap):
    withheld(tap)
    with LaterSite() as site:
        admin, auditor, doctor = site.begin(("auditor", "auditor"), ("doctor", "clinician"))
        person = Stranger(site).enrol(admin.json("user", "add", "moreau", "--profile", "clinician")["invitation"], PASSWORD)
        admin.do("user", "add", "invited", "--profile", "assistant")
        said = first(tap, site, admin, auditor, person)
        signing(tap, site, admin, auditor, person, said)
        on_the_wire(tap, site, admin, auditor)
        many(tap, site, admin, auditor)
        overdue(tap, site, admin, auditor, doctor)


run(flow)
