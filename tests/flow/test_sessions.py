#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions from sign-in to log-off, and what the security team sees of them (PROMISES#S3 S4 K4 K13 S1)."""
import base64
import concurrent.futures
import pathlib
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.running import until_cut  # noqa: E402
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
    bodies, steps = {}, {"wrong": [], "unknown": []}
    for _ in range(4):
        for name, login, password in (("wrong", person.login, "Wrong-horse-9!"), ("unknown", "nobody-at-all", PASSWORD)):
            body = {"login": login, "password": password, "proof": b64(person.proof()), "device": person.device}
            begun = time.monotonic()
            answer = person.request("POST", "/v1/sessions", body, token="")
            # Refusals leave after whole steps of 100 ms. What a busy machine adds to some of them is no matter of the login.
            steps[name].append(int((time.monotonic() - begun) / 0.1))
            bodies[name] = (answer.status, answer.body)
    tap.equal(bodies["wrong"], bodies["unknown"], "a wrong password and an unknown login get the same answer")
    tap.equal(bodies["wrong"][0], 401, "which is a refusal")
    tap.equal(person.sign_in().status, 201, "four failures lock nobody")
    apart = max(min(steps["wrong"]) - max(steps["unknown"]), min(steps["unknown"]) - max(steps["wrong"]))
    tap.check(min(steps["unknown"]) >= 1 and apart <= 0, "after the same time: no step tells one from the other", steps)


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


def end_all(person):
    person.request("DELETE", "/v1/sessions", token=person.sign_in().json["token"])


def at_once(tap, admin, site, person):
    """The cap holds when many sign in at the same time; a session that is over takes no room."""
    admin.do("site", "set", "session.cap", "5")
    end_all(person)
    proofs = [person.proof() for _ in range(12)]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda proof: person.sign_in(proof=proof), proofs))
    opened = [one for one in answers if one.status == 201]
    tap.equal((len(opened), {one.status for one in answers if one.status != 201}), (5, {429}),
              "of twelve at once five come in, the others are told that there are too many")
    listed = person.request("GET", "/v1/sessions", token=opened[0].json["token"]).json["items"]
    tap.equal(({one["id"] for one in listed}, [one["current"] for one in listed].count(True)),
              ({one.json["session"] for one in opened}, 1), "the list of sessions has exactly those")
    one = opened[1].json
    tap.equal(person.request("DELETE", "/v1/sessions/" + one["session"], token=opened[0].json["token"]).status, 204, "one of them is ended by another")
    tap.equal(person.request("GET", "/v1/session", token=one["token"]).status, 401, "and opens nothing any more")
    tap.equal(person.request("DELETE", "/v1/sessions?others=true", token=opened[0].json["token"]).status, 204, "all others are ended")
    tap.equal([person.request("GET", "/v1/session", token=each.json["token"]).status for each in opened], [200] + 4 * [401], "and this one goes on")
    person.token = opened[0].json["token"]
    admin.do("site", "set", "session.cap", "32")


def idle(tap, site, admin, person):
    """Sessions idle for too long make room by themselves, and their end is a leaf. The limit is lowered for one profile only."""
    admin.do("site", "set", "session.cap", "3")
    admin.do("site", "set", "session.idle_minutes.clinician", "1")
    end_all(person)
    tokens = [person.sign_in().json["token"] for _ in range(3)]
    tap.equal(person.sign_in().status, 429, "three are open, a fourth is refused")
    tap.equal(person.request("GET", "/v1/session", token=tokens[0]).json["idle_seconds"], 60, "the session knows the limit that was set meanwhile")
    answers = []
    tap.check(wait_until(lambda: answers.append(person.sign_in()) or answers[-1].status == 201, 180, 2), "idle for a minute, they take no room any more", answers[-1])
    person.token = answers[-1].json["token"]
    tap.check(wait_until(lambda: len(person.request("GET", "/v1/sessions").json["items"]) == 1, step=1), "nor stand in the list")
    tap.equal([person.request("GET", "/v1/session", token=token).status for token in tokens], 3 * [401], "and open nothing")

    def expired():
        return [one for one in admin.list("log", "list", "--action", "expiry") if one["user"] == person.login]

    tap.check(wait_until(lambda: len(expired()) >= 3, step=1), "the end of each is in the log", expired())
    for name, value in (("session.cap", "32"), ("session.idle_minutes.clinician", "0")):
        admin.do("site", "set", name, value)


def by_command(tap, site, admin):
    """The same by commands, and an administrator who ends everything of somebody, downloads included."""
    nurse = site.enrol("nurse", "assistant")
    mine = nurse.list("session", "list")
    tap.check(len(mine) == 1 and mine[0]["current"] and mine[0]["address"] == "127.0.0.1", "session list shows this session", mine)
    nurse.do("login", "--password-file", nurse.password_file)
    tap.equal(len(nurse.list("session", "list")), 2, "a second sign-in is a second session")
    tap.equal((nurse.run("session", "end").code, nurse.run("session", "end", "x", "--others").code), (2, 2), "session end wants one of ID and --others")
    tap.equal(nurse.run("session", "end", "zzzzzz").code, 1, "an unknown one is not found")
    nurse.do("session", "end", "--others")
    left = nurse.list("session", "list")
    tap.check(len(left) == 1 and left[0]["current"] and left[0]["id"] != mine[0]["id"], "session end --others leaves this one", left)
    devices = nurse.list("device", "list")
    tap.check(len(devices) == 1 and devices[0]["current"], "device list shows this computer", devices)
    admin.do("--yes", "user", "logout", "nurse")
    gone = nurse.run("session", "list")
    tap.check(gone.code == 1 and "Sign in" in gone.error, "user logout ends everything, and the line says to sign in again", gone)
    nurse.do("login", "--password-file", nurse.password_file)
    nurse.do("--yes", "device", "forget", devices[0]["id"][-8:])
    tap.equal(nurse.run("whoami").code, 1, "forgetting a device ends its sessions")
    tap.equal(nurse.run("login", "--password-file", nurse.password_file).code, 0, "after which it may sign in as a new one")
    set_by = [one for one in admin.list("log", "list", "--action", "administration") if "session.cap" in one["detail"]]
    tap.check(set_by and set_by[0]["user"] == "admin" and "(was " in set_by[0]["detail"], "a setting that was changed is a leaf: who, what, from what", set_by)
    tap.equal((nurse.run("site", "set", "session.cap", "9").code, nurse.run("site", "get", "session.cap").code), (1, 0),
              "everybody may see the settings, an administrator alone may change them")
    tap.equal((admin.run("site", "set", "session.cap", "0").code, admin.run("site", "set", "evil", "1").code), (1, 1), "out of bounds or unknown: refused")


def downloads(tap, admin, person):
    """What an administrator ends stops within a second, a running download included."""
    person.token = person.sign_in().json["token"]
    patient, record = new_uuid(), new_uuid()
    content = bytes(24_000_000)
    person.request("POST", "/v1/changes", {"items": person.patient_items(patient)})
    tap.equal(person.put(person.record(patient, record, content=content), content).status, 200, "a large record is there")
    with person.socket() as peer:
        peer.sendall(f"GET /v1/records/{id_text('rc', record)}/versions/1/content HTTP/1.1\r\nHost: localhost\r\n"
                     f"Authorization: Bearer {person.token}\r\n\r\n".encode())
        got = len(peer.recv(65536))
        tap.check(got > 0, "its download has begun")
        admin.do("--yes", "user", "logout", person.login)
        more, took = until_cut(peer)
        tap.check(got + more < len(content) and took < 1, f"and is cut {took:.2f} s after the command", got + more)


def running_work(tap, person):
    """Ending a session cuts what runs under it within a second."""
    token = person.sign_in().json["token"]
    with person.socket() as peer:
        peer.sendall(b"POST /v1/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token.encode() +
                     b"\r\nContent-Type: application/vnd.tacenda.record\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
        tap.check(b" 100 " in peer.recv(65536), "an upload is let in")
        peer.sendall(bytes(1000))
        tap.equal(person.request("DELETE", "/v1/session", token=token).status, 204, "its session ends while it runs")
        _, took = until_cut(peer)
        tap.check(took < 1, f"and the upload is cut after {took:.2f} s")


def hurried(tap, person):
    """A client that does not wait for the answer to its log-off is logged off all the same."""
    def ended(token):
        try:
            return person.request("GET", "/v1/session", token=token).status == 401
        except ConnectionError:
            return False  # cut with the session: ask again
        except ssl.SSLError:
            return False  # in the middle of a record of TLS

    left = 0
    for attempt in range(16):
        token = person.sign_in().json["token"]
        for _ in range(6):
            person.request("GET", "/v1/session", token=token)
        with person.socket() as peer:
            # What is unread when a socket closes makes a reset of it: read the tickets and one answer first.
            peer.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while b"alive" not in (piece := peer.recv(65536)):
                assert piece
            # Every other one resets the connection all the same, and what it sent may be lost with it.
            resets = attempt % 2
            if resets:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.sendall(b"DELETE /v1/session HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n")
        gone = wait_until(lambda: ended(token), *([1] if resets else []))
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
    tap.check(len(refused) >= 8, "so is every refused one", len(refused))
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
        at_once(tap, admin, site, person)
        running_work(tap, person)
        downloads(tap, admin, person)
        hurried(tap, person)
        cookies(tap, person, site)
        audited(tap, person, auditor, admin)
        by_command(tap, site, admin)
        idle(tap, site, admin, person)
        restart(tap, site, person)


run(flow)
