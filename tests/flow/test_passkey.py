#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passkeys (PROMISES#S5): a real browser with a virtual authenticator on the daemon's own origin, and what it makes judged by
the daemon and by @simplewebauthn/server alike: whatever one takes or refuses, the other does.

The daemon serves no page yet, so the browser is given an empty document on its origin; all else is real: TLS, routes, policy.
"""
import base64
import hashlib
import json
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.browser import Browser, missing  # noqa: E402
from lib.site import Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_bytes  # noqa: E402

PASSWORD = "Correct-horse-9!"
VERIFIED, PRESENT, ELIGIBLE = 4, 1, 8


def u64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def un64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Ceremonies:
    """One person in one browser; both verifiers, each with what it remembers."""

    def __init__(self, tap, site, person, browser):
        self.tap, self.site, self.person, self.browser = tap, site, person, browser
        self.used, self.credential = set(), None

    def ask(self, method, path, body=None):
        """From inside of the page."""
        got = self.browser.ask("fetch", method=method, path=path, token=self.person.token, **({} if body is None else {"body": body}))
        return got["status"], got["body"]

    def options(self, ceremony):
        status, body = self.ask("POST", "/v1/passkeys/challenges", {"for": ceremony})
        if status != 201:
            raise RuntimeError(f"challenge: {status} {body}")
        return body["publicKey"]

    def make(self, verb, options):
        got = self.browser.ask(verb, options=options)
        if "error" in got:
            raise RuntimeError(f"{verb}: {got}")
        return got["response"]

    def theirs(self, verb, response, challenge, **more):
        """A challenge is good once: that is for its caller to keep, as it is for ours."""
        got = self.browser.ask(verb, response=response, challenge=challenge, origin=self.site.origin, host="localhost", **more)
        fresh = challenge not in self.used
        if got["taken"]:
            self.used.add(challenge)
        return dict(got, taken=got["taken"] and fresh)

    def agree(self, name, wanted, ours, theirs):
        """Both take it, or both refuse it."""
        status, body = ours
        taken = status in (201, 204)
        self.tap.equal((taken, theirs["taken"]), (wanted, wanted), f"{name}: both {'take' if wanted else 'refuse'} it")
        if taken != wanted or theirs["taken"] != wanted:
            print("#", status, body, theirs, flush=True)
        return body

    # --- Registration ---
    def register(self, name, wanted, response, challenge):
        theirs = self.theirs("register", response, challenge)
        ours = self.ask("POST", "/v1/passkeys", {"name": name, "client_data": response["response"]["clientDataJSON"],
                                                 "attestation": response["response"]["attestationObject"]})
        body = self.agree("registration, " + name, wanted, ours, theirs)
        if theirs["taken"]:
            self.credential = theirs["credential"]
        return body

    def created(self, **more):
        options = self.options("create")
        challenge = options["challenge"]
        return self.make("create", dict(options, excludeCredentials=[], **more)), challenge

    # --- Assertion, as a step-up ---
    def assertion(self, **more):
        options = self.options("get")
        challenge = options["challenge"]
        return self.make("get", dict(options, **more)), challenge

    def step_up(self, response):
        inside = response["response"]
        field = {"id": response["id"], "client_data": inside["clientDataJSON"], "data": inside["authenticatorData"],
                 "signature": inside["signature"]}
        if inside.get("userHandle"):
            field["user_handle"] = inside["userHandle"]
        return self.ask("PUT", "/v1/session/factor", {"passkey": field})

    def authenticate(self, name, wanted, response, challenge):
        theirs = self.theirs("authenticate", response, challenge, credential=self.credential)
        body = self.agree("assertion, " + name, wanted, self.step_up(response), theirs)
        if theirs["taken"]:
            self.credential["counter"] = theirs["counter"]
        return body

    def signed(self, data=None, client=None):
        """An assertion that whoever has the key could make, with any data and any client data."""
        response, challenge = self.assertion()
        inside = response["response"]
        if data is not None:
            inside["authenticatorData"] = u64(data(bytearray(un64(inside["authenticatorData"]))))
        if client is not None:
            inside["clientDataJSON"] = u64(client(un64(inside["clientDataJSON"])))
        inside["signature"] = self.browser.ask("sign", id=response["id"], data=inside["authenticatorData"],
                                               client=inside["clientDataJSON"])["signature"]
        return response, challenge

    def good(self):
        """One that is taken: whatever was refused before changed nothing, and no five failures come in a row."""
        response, challenge = self.assertion()
        return self.authenticate("then a good one", True, response, challenge)


def with_client(response, change):
    said = json.loads(un64(response["response"]["clientDataJSON"]))
    change(said)
    response["response"]["clientDataJSON"] = u64(json.dumps(said, separators=(",", ":")).encode())
    return response


def with_attestation(response, change):
    made = bytearray(un64(response["response"]["attestationObject"]))
    response["response"]["attestationObject"] = u64(bytes(change(made, made.index(b"hauthData") + 11)))
    return response


def registrations(c):
    """Where attestation is not asked for nothing of it is signed: so anything can be altered."""
    def altered(name, change):
        response, challenge = c.created()
        c.register(name, False, change(response), challenge)

    def at(made, place, bits):
        made[place] ^= bits
        return made

    altered("wrong origin", lambda r: with_client(r, lambda s: s.update(origin="https://localhost:1")))
    altered("wrong challenge", lambda r: with_client(r, lambda s: s.update(challenge=u64(bytes(32)))))
    altered("wrong type", lambda r: with_client(r, lambda s: s.update(type="webauthn.get")))
    altered("wrong site", lambda r: with_attestation(r, lambda made, data: at(made, data, 1)))
    altered("nobody present", lambda r: with_attestation(r, lambda made, data: at(made, data + 32, PRESENT)))
    def longer(made, data):
        made[data - 1] += 1  # the length of the authenticator data
        return made + b"\0"
    altered("a byte behind the authenticator data", lambda r: with_attestation(r, longer))
    c.browser.ask("verified", value=False)
    response, challenge = c.created(authenticatorSelection={"userVerification": "preferred", "residentKey": "required"})
    c.register("no user verification", False, response, challenge)
    c.browser.ask("verified", value=True)
    response, challenge = c.created()
    made = c.register("key ring", True, response, challenge)
    c.register("replay", False, response, challenge)
    return made


def twice(c):
    """The same credential under a fresh challenge: @simplewebauthn/server leaves that to its caller, too."""
    first, _ = c.created()
    options = c.options("create")
    said = with_client(first, lambda s: s.update(challenge=options["challenge"]))["response"]
    sent = {"name": "one", "client_data": said["clientDataJSON"], "attestation": said["attestationObject"]}
    c.tap.equal(c.ask("POST", "/v1/passkeys", sent)[0], 201, "without attestation a registration can be repeated under another challenge")
    again = with_client({"response": said}, lambda s: s.update(challenge=c.options("create")["challenge"]))["response"]
    status, body = c.ask("POST", "/v1/passkeys", dict(sent, name="two", client_data=again["clientDataJSON"]))
    c.tap.equal((status, "registered already" in body["detail"]), (409, True), "but a credential is registered once on the site")
    items = c.ask("GET", "/v1/factors")[1]["items"]
    one = [item["id"] for item in items if item["name"] == "one"][0]
    c.tap.equal(c.ask("DELETE", "/v1/factors/" + one)[0], 204, "and removed like any factor")


def assertions(c):
    response, challenge = c.assertion()
    c.authenticate("as it should be", True, response, challenge)
    c.authenticate("replay", False, response, challenge)
    c.good()
    # A page of another origin on the same host: the browser itself says so, the signature is right.
    c.browser.ask("open", origin="https://localhost:1")
    other = c.person.request("POST", "/v1/passkeys/challenges", {"for": "get"}).json["publicKey"]
    response = c.make("get", other)
    c.browser.ask("open", origin=c.site.origin)
    c.authenticate("wrong origin", False, response, other["challenge"])
    c.good()
    options = c.options("get")
    response = c.make("get", dict(options, challenge=u64(bytes(32))))
    c.authenticate("wrong challenge", False, response, options["challenge"])
    c.good()
    c.browser.ask("verified", value=False)
    response, challenge = c.assertion(userVerification="preferred")
    c.authenticate("no user verification", False, response, challenge)
    c.browser.ask("verified", value=True)
    c.good()
    altered_assertions(c)
    counters(c)


def altered_assertions(c):
    def flipped(data, place, bits=1):
        data[place] ^= bits
        return bytes(data)

    def one(name, response, challenge):
        c.authenticate(name, False, response, challenge)
        c.good()

    for name, field, place in (("altered signature", "signature", -1), ("altered authenticator data", "authenticatorData", 36)):
        response, challenge = c.assertion()
        response["response"][field] = u64(flipped(bytearray(un64(response["response"][field])), place))
        one(name, response, challenge)
    response, challenge = c.assertion()
    one("altered client data", with_client(response, lambda s: s.update(more="x")), challenge)
    # What whoever stole the key could sign.
    host = hashlib.sha256(b"other.test").digest()
    one("wrong site, well signed", *c.signed(data=lambda d: host + bytes(d[32:])))
    one("a byte more, well signed", *c.signed(data=lambda d: bytes(d) + b"\0"))
    one("nobody present, well signed", *c.signed(data=lambda d: flipped(d, 32, PRESENT)))
    one("another type, well signed", *c.signed(client=lambda s: s.replace(b"webauthn.get", b"webauthn.create")))
    response, challenge = c.signed(data=lambda d: bytes(d[:33]) + struct.pack(">I", struct.unpack(">I", d[33:37])[0] + 1000))
    c.authenticate("another counter, higher, well signed", True, response, challenge)
    c.browser.ask("count", id=c.credential["id"], to=c.credential["counter"])


def counters(c):
    high = c.credential["counter"]
    c.browser.ask("count", id=c.credential["id"], to=high - 5)
    response, challenge = c.assertion()
    body = c.authenticate("counter going back", False, response, challenge)
    c.tap.check("copied" in json.dumps(body), "and the sentence says that it was copied", body)
    c.browser.ask("count", id=c.credential["id"], to=high - 1)
    response, challenge = c.assertion()
    c.authenticate("counter standing still", False, response, challenge)
    c.browser.ask("count", id=c.credential["id"], to=high)
    c.good()


def stricter_registrations(c):
    """What we refuse and @simplewebauthn/server takes, or leaves to its caller."""
    for name, change in (("a byte behind the object", lambda made: made + b"\0"), ("cut by a byte", lambda made: made[:-1]),
                         ("a key off its curve", lambda made: made[:-1] + bytes([made[-1] ^ 1]))):
        response = with_attestation(c.created()[0], lambda made, _, change=change: change(made))["response"]
        status, body = c.ask("POST", "/v1/passkeys", {"name": name, "client_data": response["clientDataJSON"],
                                                      "attestation": response["attestationObject"]})
        c.tap.equal((status, body["type"]), (400, "/problems/invalid"), f"registration, {name}: refused")


def stricter_assertions(c):
    for name, change in (("crossOrigin", lambda s: s.replace(b'"crossOrigin":false', b'"crossOrigin":true')),
                         ("topOrigin", lambda s: s[:-1] + b',"topOrigin":"https://localhost:1"}')):
        response, _ = c.signed(client=change)
        status, body = c.step_up(response)
        c.tap.equal((status, "inside a page" in json.dumps(body)), (400, True), f"assertion, {name}: refused")
        c.good()
    response, _ = c.assertion()
    response["response"]["userHandle"] = u64(bytes(16))
    status, body = c.step_up(response)
    c.tap.equal((status, "not one of yours" in json.dumps(body)), (400, True), "assertion, another's user handle: refused")
    c.good()


def sign_ins(c):
    """The key's proof and the passkey are over one and the same nonce."""
    person, browser = c.person, c.browser

    def body(nonce, sign=None, **more):
        sent = {"login": person.login, "password": person.password, "proof": b64(person.proof(nonce)), "device": person.device, **more}
        if sign is not None:
            made = c.make("get", {"challenge": u64(sign), "rpId": "localhost", "userVerification": "required"})
            inside = made["response"]
            sent["factor"] = {"passkey": {"id": made["id"], "client_data": inside["clientDataJSON"], "data": inside["authenticatorData"],
                                          "signature": inside["signature"], "user_handle": inside["userHandle"]}}
        return sent

    def nonce():
        return base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"])

    first = nonce()
    asked = person.request("POST", "/v1/sessions", body(first), token="")
    c.tap.equal((asked.status, asked.json["type"]), (401, "/problems/second-factor"), "a sign-in without the passkey is asked for it")
    sent = body(first, first)
    entered = browser.ask("fetch", method="POST", path="/v1/sessions", token="", body=sent)
    c.tap.equal(entered["status"], 201, "the same nonce, proven by key and passkey, opens a session")
    person.token = entered["body"]["token"]
    c.tap.equal(person.request("POST", "/v1/sessions", sent, token="").status, 401, "once")
    person.sign_in()
    good = nonce()
    c.tap.equal(person.request("POST", "/v1/sessions", body(good, nonce()), token="").status, 401, "a passkey over another nonce opens none")
    good = nonce()
    c.tap.equal(person.request("POST", "/v1/sessions", body(good, good), token="").status, 201, "and the next good one does")
    wrong = dict(body(*[nonce()] * 2), password="Wrong-horse-9!")
    c.tap.equal(person.request("POST", "/v1/sessions", wrong, token="").status, 401, "nor does a passkey without the password")
    good = nonce()
    person.token = person.request("POST", "/v1/sessions", body(good, good), token="").json["token"]


def leaves(c, admin):
    listed = admin.list("log", "list", "--action", "sign-in", "--login", c.person.login)
    text = json.dumps(listed)
    for word in ("factor added: passkey", "second factor: passkey", "step-up", "made on another site", "did not verify you", "copied",
                 "signature does not fit"):
        c.tap.check(word in text, f"the log says: {word}", text[-1500:])


def remove(c, made):
    c.tap.equal(c.ask("DELETE", "/v1/factors/" + made["id"])[0], 204, "a passkey is removed")
    c.tap.equal(c.ask("POST", "/v1/passkeys/challenges", {"for": "get"})[0], 409, "then there is none to be asked for")
    c.tap.equal(c.person.sign_in().status, 201, "and a sign-in needs none")


def flow(tap):
    why = missing()
    if why is not None:
        print(f"ok 1 a browser agrees with us # SKIP {why}")
        return
    with Site() as site:
        admin, = site.begin()
        person = Stranger(site).enrol(admin.json("user", "add", "wren", "--profile", "clinician")["invitation"], PASSWORD)
        with Browser(site) as browser:
            page = browser.ask("open", origin=site.origin)
            tap.equal(page, {"secure": True, "origin": site.origin}, f"Chromium {browser.version} stands on the site's origin")
            c = Ceremonies(tap, site, person, browser)
            made = registrations(c)
            assertions(c)
            stricter_assertions(c)
            sign_ins(c)
            leaves(c, admin)
            remove(c, made)
            # The authenticator keeps one credential of a person: from here on the last one.
            stricter_registrations(c)
            twice(c)


if __name__ == "__main__":
    run(flow)
