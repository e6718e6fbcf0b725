#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passkeys by an authenticator of our own (PROMISES#S5): whose challenge it is, races, restarts, whose credential, enforcement."""
import base64
import concurrent.futures
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib import passkey as passkeys  # noqa: E402
from lib.passkey import Passkey, u64  # noqa: E402
from lib.site import Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger  # noqa: E402

PASSWORD = "Correct-horse-9!"


def challenge(person, ceremony, token=None):
    return person.request("POST", "/v1/passkeys/challenges", {"for": ceremony}, token=token).json["publicKey"]["challenge"]


def step_up(person, answer, token=None):
    return person.request("PUT", "/v1/session/factor", {"passkey": answer}, token=token)


def sign_in(person, key, **more):
    """One nonce for the key's proof and the passkey."""
    nonce = base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"])
    return person.sign_in(proof=person.proof(nonce), factor={"passkey": key.answer(u64(nonce))}, **more)


def people(admin, site, *logins):
    return [Stranger(site).enrol(admin.json("user", "add", login, "--profile", "clinician")["invitation"], PASSWORD) for login in logins]


def challenges(tap, person, key):
    """Of this session, for this ceremony, once."""
    other = sign_in(person, key).json["token"]
    got = step_up(person, key.answer(challenge(person, "get", token=other)))
    tap.equal((got.status, "challenge" in got.json["detail"]), (400, True), "a challenge of another session is not known")
    tap.equal(step_up(person, key.answer(challenge(person, "get"))).status, 204, "one of this session is")
    got = step_up(person, key.answer(challenge(person, "create")))
    tap.equal((got.status, "challenge" in got.json["detail"]), (400, True), "nor is one to register with")
    nonce = base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"])
    tap.equal(step_up(person, key.answer(u64(nonce))).status, 400, "nor the nonce of a sign-in")
    tap.equal(step_up(person, key.answer(u64(bytes(32)))).status, 400, "nor one of zeros")
    tap.equal(step_up(person, key.answer(challenge(person, "get"))).status, 204, "and a good one is taken after them")
    fresh = Passkey(person.site.origin, person.user)
    got = person.request("POST", "/v1/passkeys", dict(fresh.register(challenge(person, "get")), name="wrong"))
    tap.equal((got.status, "challenge" in got.json["detail"]), (400, True), "nothing is registered with a challenge to answer")


def races(tap, person, key):
    answer = key.answer(challenge(person, "get"))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        got = sorted(one.status for one in pool.map(lambda _: step_up(person, answer), range(4)))
    tap.equal(got, [204, 400, 400, 400], "of four equal answers at once one counts")
    step_up(person, key.answer(challenge(person, "get")))
    nonce = base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"])
    body = {"proof": person.proof(nonce), "factor": {"passkey": key.answer(u64(nonce))}}
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        got = sorted(one.status for one in pool.map(lambda _: person.sign_in(**body), range(3)))
    tap.equal(got, [201, 401, 401], "of three equal sign-ins at once one opens a session")
    tap.equal(sign_in(person, key).status, 201, "and the next good one does")


def restarts(tap, site, person, key):
    old = challenge(person, "get")
    copied = key.counter
    tap.equal(step_up(person, key.answer(challenge(person, "get"))).status, 204, "the original is used once more")
    site.stop()
    site.serve()
    tap.equal(step_up(person, key.answer(old)).status, 400, "no challenge outlives the daemon")
    key.counter, original = copied, key.counter
    got = step_up(person, key.answer(challenge(person, "get")))
    tap.equal((got.status, "copied" in got.json["detail"]), (400, True), "the counter does: a copy is refused")
    told = [one["kind"] for one in person.request("GET", "/v1/notices").json["items"]]
    tap.check("factor-copied" in told, "and he is told", told)
    key.counter = original
    tap.equal(step_up(person, key.answer(challenge(person, "get"))).status, 204, "the original goes on")


def others(tap, person, other, key):
    stolen = Passkey(person.site.origin, other.user)
    stolen.pair, stolen.id = key.pair, key.id
    got = other.request("POST", "/v1/passkeys", dict(stolen.register(challenge(other, "create")), name="stolen"))
    tap.equal((got.status, "registered already" in got.json["detail"]), (409, True), "a credential of somebody cannot be registered by another")
    own = passkeys.add(other)
    stolen.counter = key.counter
    got = step_up(other, stolen.answer(challenge(other, "get")))
    tap.equal((got.status, "not one of yours" in got.json["detail"]), (400, True), "nor used by him")
    tap.equal(sign_in(other, own).status, 201, "his own is")
    tap.equal(sign_in(other, stolen).status, 401, "another's opens no session")
    tap.equal(sign_in(other, own, password="Wrong-horse-9!").status, 401, "nor does his own without the password")
    tap.equal(sign_in(other, own).status, 201, "with it, it does")


def locks(tap, person, key):
    """A wrong passkey is a failure as a wrong code is."""
    wrong = Passkey(person.site.origin, person.user)
    wrong.id = key.id
    for _ in range(5):
        tap.equal(sign_in(person, wrong).status, 401, "a signature by another key is refused")
    tap.equal(sign_in(person, key).status, 429, "the fifth locks the device: even the right one opens nothing")


def enforced(tap):
    """Where the site wants a second factor, a passkey is one."""
    with Site(preset="standard") as site:
        admin, = site.begin()
        login = Stranger(site).enrol(admin.json("user", "add", "chief", "--profile", "auditor")["invitation"], PASSWORD)
        before = login.request("GET", "/v1/session").json["pending"]
        key = passkeys.add(login)
        after = login.request("GET", "/v1/session").json["pending"]
        tap.equal(("factor" in before, "factor" in after), (True, False), "registering one satisfies the pending step `factor`")
        tap.equal(login.sign_in().json["type"], "/problems/second-factor", "a sign-in is asked for it")
        tap.equal(sign_in(login, key).status, 201, "and opens a session with it")


def flow(tap):
    with Site() as site:
        admin, = site.begin()
        person, other = people(admin, site, "wren", "robin")
        key = passkeys.add(person)
        challenges(tap, person, key)
        races(tap, person, key)
        restarts(tap, site, person, key)
        others(tap, person, other, key)
        locks(tap, person, key)
    enforced(tap)


if __name__ == "__main__":
    run(flow)
