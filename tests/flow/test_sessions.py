#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions from sign-in to log-off, and what the security team sees of them (PROMISES#S3 S4 K4 K13 S1)."""
import base64
import pathlib
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import Site, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Pair, Stranger, b64, id_bytes, id_text, new_uuid  # noqa: E402

PASSWORD = "Correct-horse-9!"


def passwords(tap, site, admin):
    """The rule is the server's, whatever the client thinks of it."""
    for password in ("short-1", "no-figures-here", "1234-5678", "onlyletters9", "weak-1234", "x" * 1025):
        login = "weak"
        if not hasattr(site, "weak_code"):
            site.weak_code = admin.json("user", "add", login, "--profile", "clinician")["invitation"]
        try:
            Stranger(site).enrol(site.weak_code, password)
            refused = False
        except RuntimeError as error:
            refused = "password" in str(error) and "enrolment: 4" in str(error)
        tap.check(refused, f"the password {password[:16]!r} is refused and the invitation stays good")
    person = Stranger(site).enrol(site.weak_code, PASSWORD)
    tap.equal(person.entered.status, 201, "then one that keeps the rule is taken")


def unknown_and_wrong(tap, person):
    """Nobody learns from answer or time whether a login exists."""
    bodies, times = {}, {}
    for name, login, password in (("wrong", person.login, "Wrong-horse-9!"), ("unknown", "nobody-at-all", PASSWORD)):
        taken = []
        for _ in range(5):
            body = {"login": login, "password": password, "proof": b64(person.proof()), "device": person.device}
            begun = time.monotonic()
            answer = person.request("POST", "/v1/sessions", body, token="")
            taken.append(time.monotonic() - begun)
        bodies[name], times[name] = (answer.status, answer.body), min(taken)
    tap.equal(bodies["wrong"], bodies["unknown"], "a wrong password and an unknown login get the same answer")
    tap.equal(bodies["wrong"][0], 401, "which is a refusal")
    tap.check(0.4 < times["wrong"] / times["unknown"] < 2.5, "after about the same time", times)


def devices(tap, person, other):
    theirs = person.sign_in(device=other.device, proof=person.statement(
        "sign-in", base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"]),
        id_bytes(other.device["id"])))
    tap.equal(theirs.status, 403, "a device of another user is refused")
    tokens = []
    for _ in range(40):
        answer = person.sign_in()
        if answer.status != 201:
            break
        tokens.append(answer.json["token"])
    tap.equal((len(set(tokens)) <= 32, answer.status), (True, 429), "open sessions of one user are bounded")
    tap.equal(len(set(tokens)), len(tokens), "and no two have the same token")
    kept = person.token
    ended = person.request("DELETE", "/v1/sessions")
    tap.equal(ended.status, 204, "all of them end at once")
    alive = [one for one in tokens + [kept] if person.request("GET", "/v1/session", token=one).status != 401]
    tap.equal(alive, [], "and none of their tokens opens anything")
    tap.equal(person.sign_in().status, 201, "then there is room again")


def running_work(tap, person):
    """Ending a session cuts what runs under it within a second."""
    token = person.sign_in().json["token"]
    with person.socket() as peer:
        peer.sendall(b"POST /v1/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token.encode() +
                     b"\r\nContent-Type: application/vnd.tacenda.record\r\nContent-Length: 1000000\r\n\r\n" + bytes(1000))
        time.sleep(0.2)
        begun = time.monotonic()
        tap.equal(person.request("DELETE", "/v1/session", token=token).status, 204, "a session ends while an upload runs under it")
        peer.settimeout(10)
        try:
            rest = peer.recv(65536)
        except (OSError, socket.timeout) as error:
            rest = b"" if not isinstance(error, TimeoutError) else None
        tap.check(rest is not None and time.monotonic() - begun < 1.5, f"and the upload is cut after {time.monotonic() - begun:.2f} s")


def hurried(tap, person):
    """A client that does not wait for the answer to its log-off is logged off all the same."""
    def ended(token):
        try:
            return person.request("GET", "/v1/session", token=token).status == 401
        except ConnectionError:
            return False  # cut with the session: ask again

    left = 0
    for attempt in range(16):
        token = person.sign_in().json["token"]
        for _ in range(6):
            person.request("GET", "/v1/session", token=token)
        with person.socket() as peer:
            # What is unread when a socket closes makes a reset of it: read the tickets and one answer first.
            peer.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while b"alive" not in peer.recv(65536):
                pass
            # Every other one resets the connection all the same, and what it sent may be lost with it.
            resets = attempt % 2
            if resets:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.sendall(b"DELETE /v1/session HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n")
        gone = wait_until(lambda: ended(token), 1 if resets else 5)
        left += not gone and not resets
        if not gone:
            person.request("DELETE", "/v1/session", token=token)
    tap.equal(person.request("GET", "/livez").status, 200, "clients that hang up at once do the server no harm")
    tap.equal(left, 0, "whoever hangs up at once after his log-off is logged off all the same")


def cookies(tap, person, site):
    answer = person.sign_in(cookie=True)
    cookie = answer.headers.get("set-cookie", "")
    tap.check(cookie.startswith("__Host-") and all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/")),
              "a browser's session is a __Host- cookie that scripts cannot read", cookie)
    tap.check("token" not in answer.json, "and its token is in no body")
    send = {"Cookie": cookie.split(";")[0]}
    ask = lambda method, path, **fields: person.request(method, path, headers=dict(send, **fields), token="").status
    tap.equal(ask("GET", "/v1/session"), 200, "the cookie opens the session")
    own = {"Origin": site.origin, "Sec-Fetch-Site": "same-origin"}
    for name, fields in (("without an origin", {}), ("from another origin", {"Origin": "https://evil.example"}),
                         ("from another site", {"Sec-Fetch-Site": "cross-site"}), ("from a sibling", dict(own, **{"Sec-Fetch-Site": "same-site"})),
                         ("with origins that disagree", dict(own, Origin="https://evil.example")), ("from nowhere", {"Origin": "null"})):
        tap.equal(ask("POST", "/v1/uploads", **fields), 403, f"a change {name} is refused")
    tap.equal(ask("POST", "/v1/uploads", **own), 201, "from our own pages it is taken")
    tap.equal(ask("DELETE", "/v1/session", **own), 204, "log-off")
    tap.equal(ask("GET", "/v1/session"), 401, "ends it")


def audited(tap, person, auditor, admin):
    """Everything above was written down: who, when, from where, with which client."""
    entries = auditor.list("log", "list", "--action", "sign-in")
    done = [one for one in entries if one["result"] == "done" and one["user"] == person.login]
    refused = [one for one in entries if one["result"] == "refused"]
    tap.check(len(done) >= 30 and all(one["address"] == "127.0.0.1" and one["time"] for one in done),
              "every sign-in is in the log with user, time and address", done[:2])
    tap.check(len(refused) >= 10, "so is every refused one", len(refused))
    tap.check(auditor.list("log", "list", "--action", "log-off"), "and log-offs")
    tap.check(admin.list("log", "list", "--action", "sign-in"), "an administrator may review them too")
    since = auditor.list("log", "list", "--action", "sign-in", "--since", "2099-01-01")
    tap.equal(since, [], "and they can be narrowed by time")
    own = [one for one in auditor.list("log", "list", "--action", "sign-in", "--login", person.login)]
    tap.check(own and {one["user"] for one in own} == {person.login}, "and by user")


def restart(tap, site, person):
    token = person.sign_in().json["token"]
    nonce = base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"])
    tap.equal(site.stop(), 0, "the daemon ends cleanly")
    site.serve()
    tap.equal(person.request("GET", "/v1/session", token=token).status, 200, "a session outlives a restart")
    tap.equal(person.sign_in(proof=person.proof(nonce)).status, 401, "a nonce does not")
    stolen = Pair()
    tap.equal(person.sign_in(proof=person.proof(key=stolen)).status, 401, "password without the key: refused")
    device = person.device
    person.device = {"id": id_text("dv", new_uuid()), "label": "new"}
    tap.equal(person.sign_in(device=device).status, 401, "a proof for one device does not open another")


def flow(tap):
    with Site() as site:
        admin, auditor = site.begin(("auditor", "auditor"))
        person, other = (Stranger(site).enrol(admin.json("user", "add", login, "--profile", "clinician")["invitation"], PASSWORD)
                         for login in ("someone", "other"))
        passwords(tap, site, admin)
        unknown_and_wrong(tap, person)
        devices(tap, person, other)
        running_work(tap, person)
        hurried(tap, person)
        cookies(tap, person, site)
        audited(tap, person, auditor, admin)
        restart(tap, site, person)


run(flow)
