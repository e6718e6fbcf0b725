#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a security team sees of sign-ins that failed: who was tried and why; and that whoever tries sees nothing (PROMISES#S3 PROMISES#S4)."""
import base64
import pathlib
import random
import secrets
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.sample import welch  # noqa: E402
from lib.site import Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Pair, Stranger, b64  # noqa: E402

PASSWORD, WRONG = "Correct-horse-9!", "Wrong-horse-9!"


def attempt(person, login=None, **more):
    body = {"login": login or person.login, "password": PASSWORD, "proof": b64(person.proof()), "device": person.device}
    return person.request("POST", "/v1/sessions", {**body, **more}, token="")


def reasons(tap, site, admin, auditor, people):
    """Each way to fail has its reason in the log and the same answer."""
    person, other, gone = people
    secret = "Typed-into-the-wrong-field-" + secrets.token_hex(8)
    admin.do("--yes", "user", "disable", gone.login)
    nonce = base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"])
    tap.equal(attempt(person, proof=b64(person.proof(nonce))).status, 201, "a nonce is good once")
    answers = {
        "wrong password": attempt(person, password=WRONG),
        "wrong proof of the key": attempt(person, proof=b64(person.proof(key=Pair()))),
        "disabled user": attempt(gone),
        "proof used before, or too old": attempt(person, proof=b64(person.proof(nonce))),
        "unknown login, token ": attempt(person, login=secret[:60]),
    }
    attempt(person, login=secret[:60])
    attempt(person, login="another-" + secret[:40])
    first = answers["wrong password"]
    for why in ("wrong proof of the key", "disabled user", "unknown login, token "):
        tap.equal((answers[why].status, answers[why].body), (first.status, first.body), f"{why.strip()}: the same answer as a wrong password")
    tap.equal(answers["proof used before, or too old"].status, 401, "a nonce that was used is refused")
    strange = Stranger(site).enrol(admin.json("user", "add", "strange", "--profile", "auditor")["invitation"], PASSWORD)
    strange.device = other.device
    tap.equal(strange.sign_in().status, 403, "another user's device is refused")
    again = strange.request("POST", "/v1/enrolments", {"statement": b64(strange.key_statement), "password": PASSWORD, "device": strange.device}, token="")
    tap.equal(again.status, 410, "an invitation is good once")

    failed = auditor.list("log", "list", "--action", "sign-in", "--failed")
    tap.check(failed and all(one["result"] != "done" for one in failed), "log list --action sign-in --failed shows what failed", failed)
    for why, login in (("wrong password", person.login), ("wrong proof of the key", person.login), ("disabled user", gone.login),
                       ("proof used before, or too old", person.login), ("device of another user", "strange"), ("invitation used before", "strange")):
        found = [one for one in failed if one["detail"] == why]
        tap.check(len(found) == 1 and found[0]["user"] == login and found[0]["address"] == "127.0.0.1", f"{why}: with who was tried, and from where", failed)
    tokens = [one["detail"] for one in failed if one["detail"].startswith("unknown login, token ")]
    tap.check(len(tokens) == 3 and len(set(tokens)) == 2, "an unknown login is a token: the same for the same text", tokens)
    tap.check(secret[:20] not in repr(failed), "what was typed is not there")
    mine = auditor.list("log", "list", "--action", "sign-in", "--failed", "--login", person.login)
    tap.equal({one["user"] for one in mine}, {person.login}, "and can be narrowed to one login")
    tap.check(admin.list("log", "list", "--action", "sign-in", "--failed"), "administrators review them too")
    own = person.request("GET", "/v1/log/entries?scope=own&action=sign-in")
    tap.check(own.status == 200 and any(base64.b64decode(one["leaf"])[2] == 2 for one in own.json["items"]), "a user sees in his own log that somebody tried his login", own)


def timing(tap, admin, person, count=90):
    """A smoke test: known and unknown logins, interleaved, take the same time."""
    admin.do("site", "set", "failures.before_lock", "100")
    times = {person.login: [], "nobody-at-all": []}
    for _ in range(count):
        # In either order, so that the one does not always follow the other.
        for login, taken in random.sample(sorted(times.items()), 2):
            proof = b64(person.proof())
            begun = time.perf_counter()
            answer = attempt(person, login=login, password=WRONG, proof=proof)
            taken.append(time.perf_counter() - begun)
            assert answer.status == 401, answer
    t = welch(*times.values())
    tap.check(abs(t) < 4.5, f"known against unknown login, {count} each: Welch's t is {t:.2f}, mean {statistics.mean(times[person.login]) * 1000:.1f} ms")


def flow(tap):
    with Site() as site:
        admin, auditor = site.begin(("auditor", "auditor"))
        people = [Stranger(site).enrol(admin.json("user", "add", login, "--profile", "clinician")["invitation"], PASSWORD)
                  for login in ("someone", "other", "gone")]
        reasons(tap, site, admin, auditor, people)
        timing(tap, admin, people[1])


run(flow)
