#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Failures in a row: who is locked, who is not, for how long, who is told, and how it ends (PROMISES#K5 S3 S4)."""
import concurrent.futures
import copy
import http.client
import json
import pathlib
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DONE, NOT_NOW, REFUSED, USAGE, Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_text, new_uuid  # noqa: E402

PASSWORD, WRONG = "Correct-horse-9!", "Wrong-horse-9!"


def attempt(person, password=WRONG, source="127.0.0.1", stranger=True, login=None, forwarded=None):
    """A sign-in from a loopback address of one's choice, from a device that nobody knows or from the person's own."""
    device = {"id": id_text("dv", new_uuid()), "label": "new"} if stranger else person.device
    # Many do this at once: nobody changes the person for another.
    there = copy.copy(person)
    there.device = device
    body = {"login": login or person.login, "password": password, "proof": b64(there.proof()), "device": device}
    raw = socket.create_connection(("127.0.0.1", person.site.port), source_address=(source, 0), timeout=300)
    connection = http.client.HTTPSConnection("localhost", person.site.port)
    connection.sock = person.tls.wrap_socket(raw, server_hostname="localhost")
    begun = time.perf_counter()
    fields = {"Content-Type": "application/json"} | ({"Forwarded": forwarded} if forwarded is not None else {})
    connection.request("POST", "/v1/sessions", json.dumps(body).encode(), fields)
    got = connection.getresponse()
    answer = (got.status, got.read())
    connection.close()
    return (*answer, time.perf_counter() - begun)


def hammered(tap, site, admin, auditor, victim, other):
    """Somebody tries one login from elsewhere. He is stopped, and nobody else."""
    first = attempt(victim, source="127.0.0.2")
    for _ in range(3):
        attempt(victim, source="127.0.0.2")
    fifth = attempt(victim, source="127.0.0.2")
    sixth = attempt(victim, source="127.0.0.2")
    right = attempt(victim, password=PASSWORD, source="127.0.0.2")
    elsewhere = attempt(victim, password=PASSWORD, source="127.0.0.3")
    unknown = attempt(victim, login="nobody-at-all", source="127.0.0.4")
    blocked = attempt(other, password=PASSWORD, source="127.0.0.2")
    tap.equal({one[:2] for one in (first, fifth, sixth, right, elsewhere, unknown, blocked)}, {first[:2]},
              "after five failures login and address are locked: the right password reads the same sentence as a wrong one")
    tap.equal(attempt(other, password=PASSWORD, source="127.0.0.3")[0], 201, "another login from another address signs in, on a new device")
    tap.equal((attempt(victim, password=PASSWORD, stranger=False)[0], attempt(victim, password=PASSWORD, stranger=False, source="127.0.0.2")[0]), (201, 201),
              "a device that signed in before still does, from the blocked address too")
    entries = auditor.list("log", "list", "--action", "sign-in", "--failed")
    said = [one["detail"] for one in entries]
    tap.equal((said.count("lock: login for 15 minutes"), said.count("lock: address for 15 minutes")), (1, 1), "lock and block are leaves")
    locks = [one for one in entries if one["detail"].startswith("lock: ")]
    tap.check(all(one["address"] == "127.0.0.2" and one["user"] == victim.login for one in locks), "with who, and from where", locks)
    tap.check("locked login" in said and "blocked address" in said, "attempts while it is locked are told apart in the log", said[:10])


def seen_and_lifted(tap, site, admin, victim):
    listed = {one["kind"]: one for one in admin.list("block", "list")}
    tap.check(set(listed) == {"login", "address"} and listed["login"]["subject"] == listed["login"]["user"] == victim.login and
              listed["address"]["subject"] == "127.0.0.2", "block list shows both", listed)
    until = listed["login"]["until"]
    attempt(victim, source="127.0.0.5")
    tap.equal({one["kind"]: one for one in admin.list("block", "list")}["login"]["until"], until, "an attempt does not make a lock longer")
    site.stop()
    site.serve()
    tap.equal({one["until"] for one in admin.list("block", "list") if one["kind"] == "login"}, {until}, "a restart keeps it")
    tap.equal(attempt(victim, password=PASSWORD, source="127.0.0.5")[0], 401, "and it holds")
    admin.do("user", "unlock", victim.login)
    tap.equal(admin.run("user", "unlock", victim.login).code, REFUSED, "user unlock ends it, once")
    tap.equal(attempt(victim, password=PASSWORD, source="127.0.0.5")[0], 201, "then the login is open")
    tap.equal(attempt(victim, password=PASSWORD, source="127.0.0.2")[0], 401, "and the address still blocked")
    admin.do("block", "lift", "127.0.0.2")
    tap.equal(attempt(victim, password=PASSWORD, source="127.0.0.2")[0], 201, "until that is lifted")
    lifted = [one["detail"] for one in admin.list("log", "list", "--action", "administration")]
    tap.check(f"lift: login {victim.login}" in lifted and "lift: address 127.0.0.2" in lifted, "each lift is a leaf", lifted[:5])


def own_device(tap, site, admin, victim):
    """A known device has a counter of its own, and is told."""
    answers = [attempt(victim, stranger=False) for _ in range(5)]
    tap.equal({one[0] for one in answers}, {401}, "five wrong passwords on a known device")
    told = attempt(victim, password=PASSWORD, stranger=False)
    tap.check(told[0] == 429 and b"administrator" in told[1], "lock it, and it is told what to do", told)
    tap.equal(attempt(victim, password=PASSWORD, source="127.0.0.6")[0], 201, "the login itself is not locked")
    tap.equal([one["kind"] for one in admin.list("block", "list")], ["device"], "nor the address")
    admin.do("user", "unlock", victim.login)
    tap.equal(attempt(victim, password=PASSWORD, stranger=False)[0], 201, "user unlock ends that, too")


def raced(tap, admin, victim):
    """Many at once win no guess: of forty, five are counted and the right one among the rest opens nothing."""
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda i: attempt(victim, password=PASSWORD if i == 39 else f"{WRONG}{i}", source=f"127.0.1.{i % 20 + 1}"), range(40)))
    tap.equal({one[0] for one in answers} - {429}, {401}, "of forty guesses at once none is answered but with the one sentence")
    login = [one for one in admin.list("block", "list") if one["kind"] == "login"]
    tap.equal(len(login), 1, "and the login is locked, once")
    admin.do("user", "unlock", victim.login)


def at_the_host(tap, site, admin):
    """The last administrator locked himself out."""
    for _ in range(5):
        wrong = site.folder / "wrong.password"
        wrong.write_text(WRONG + "\n")
        admin.run("login", "--password-file", wrong)
    told = admin.run("login", "--password-file", admin.password_file)
    tap.check(told.code == NOT_NOW and len(told.error.strip().splitlines()) == 1, "he is told to wait, exit 4", told)
    listed = site.host("block", "list", "--data", site.data, "--json").lines()
    device = [one for one in listed if one["kind"] == "device"]
    tap.check(len(device) == 1 and device[0]["subject"].startswith("dv-"), "tacendad block list shows it", listed)
    tap.equal(site.host("block", "lift", "nobody", "--data", site.data).code, REFUSED, "what is not locked cannot be lifted")
    tap.equal((site.host("block", "--data", site.data).code, site.host("block", "lift", "--data", site.data).code), (USAGE, USAGE), "block wants list, or lift SUBJECT")
    tap.equal(site.host("block", "lift", device[0]["subject"], "--data", site.data).code, DONE, "tacendad block lift ends it")
    tap.equal(admin.run("login", "--password-file", admin.password_file).code, DONE, "and he signs in")


def blocked_addresses(admin):
    return {one["subject"] for one in admin.list("block", "list") if one["kind"] == "address"}


def exempt(tap, admin, victim, other):
    """An address that the site exempts is never blocked; the logins tried from it are locked all the same."""
    admin.do("site", "set", "failures.exempt", "127.0.3.0/24, 2001:db8::/32")
    for _ in range(6):
        attempt(victim, source="127.0.3.1")
    tap.equal(blocked_addresses(admin), set(), "an exempt address is not blocked")
    tap.equal(attempt(victim, password=PASSWORD, source="127.0.3.2")[0], 401, "the login that was tried from it is locked")
    tap.equal(attempt(other, password=PASSWORD, source="127.0.3.1")[0], 201, "another signs in from there")
    admin.do("user", "unlock", victim.login)
    refused = admin.run("site", "set", "failures.exempt", "127.0.3.1/24")
    tap.check(refused.code == REFUSED and "192.0.2.0/24" in refused.error, "a network with bits behind its prefix is refused, with what to write", refused)
    tap.equal(admin.run("site", "set", "failures.exempt", "0.0.0.0/0").code, REFUSED, "nobody exempts everybody")
    admin.do("site", "set", "failures.exempt", "")
    for _ in range(6):
        attempt(victim, source="127.0.3.1")
    tap.equal(blocked_addresses(admin), {"127.0.3.1"}, "exempt no more: blocked")
    admin.do("block", "lift", "127.0.3.1")
    admin.do("user", "unlock", victim.login)


def behind_a_proxy(tap, admin, auditor, victim, other):
    """Only a proxy that the site names is believed when it says for whom it asks."""
    for _ in range(6):
        attempt(victim, source="127.0.4.1", forwarded="for=203.0.113.5")
    tap.equal(blocked_addresses(admin), {"127.0.4.1"}, "who is no trusted proxy is blocked himself, whatever he says")
    admin.do("block", "lift", "127.0.4.1")
    admin.do("user", "unlock", victim.login)
    admin.do("site", "set", "net.trusted_proxies", "127.0.4.0/28")
    for _ in range(6):
        attempt(victim, source="127.0.4.1", forwarded='for=198.51.100.1, for="203.0.113.5:4711";proto=https, for=127.0.4.2')
    tap.equal(blocked_addresses(admin), {"203.0.113.5"}, "through trusted ones the last client that none of them is: what he wrote himself is not believed")
    failed = auditor.list("log", "list", "--action", "sign-in", "--failed")
    tap.equal(failed[0]["address"], "203.0.113.5", "the log has his address")
    tap.equal(attempt(other, password=PASSWORD, source="127.0.4.1", forwarded="for=203.0.113.6")[0], 201, "another behind the same proxy signs in")
    tap.equal(attempt(other, password=PASSWORD, source="127.0.4.1", forwarded="for=203.0.113.5")[0], 401, "who is blocked does not")
    admin.do("block", "lift", "203.0.113.5")
    admin.do("user", "unlock", victim.login)
    spoilt = [attempt(victim, source="127.0.4.1", forwarded=field)[0] for field in ('for="203.0.113.7, for=203.0.113.5', "=", "for=203.0.113.7 x, for=203.0.113.5")] * 2
    tap.equal((set(spoilt), blocked_addresses(admin)), ({400}, set()), "what cannot be read is refused, and counts for nobody")
    tap.equal(victim.request("GET", "/metrics").status, 200, "figures are told to this machine")
    admin.do("site", "set", "net.trusted_proxies", "127.0.4.0/28, 127.0.0.1")
    tap.equal([victim.request("GET", "/metrics", headers={"Forwarded": field}).status for field in ("for=127.0.0.1", "for=unknown", "for=203.0.113.9")], [403] * 3,
              "but to nobody through a proxy")
    admin.do("site", "set", "net.trusted_proxies", "127.0.4.0/28")
    for field in ("for=unknown", "for=_hidden", "by=203.0.113.7", "", "for=unknown", "for=_hidden"):
        attempt(victim, source="127.0.4.1", forwarded=field)
    tap.equal(blocked_addresses(admin), {"127.0.4.1"}, "who names nobody counts for the proxy itself")
    admin.do("block", "lift", "127.0.4.1")
    admin.do("user", "unlock", victim.login)
    admin.do("site", "set", "net.trusted_proxies", "")


def same_time(tap, admin, victim):
    """Locked or not, known or not: a refusal leaves after as many steps of 100 ms (a smoke test; attack.py timing counts 20,000).

    Whole steps are compared, not times: to each the machine adds what it likes, more to whom it has just hashed for.
    """
    admin.do("site", "set", "failures.before_lock", "3")
    for _ in range(3):
        attempt(victim, source="127.0.2.1")
    admin.do("site", "set", "failures.before_lock", "100")
    steps = {"locked": [], "wrong": []}
    for _ in range(25):
        for name, source, login in (("wrong", "127.0.2.3", "nobody-at-all"), ("locked", "127.0.2.2", None)):
            steps[name].append(int(attempt(victim, source=source, login=login)[2] / 0.1))
    tap.check(min(steps["locked"]) >= 1 and min(steps["wrong"]) <= statistics.median_low(steps["locked"]) <= max(steps["wrong"]),
              "a locked login answers no faster than one that is verified", steps)
    admin.do("user", "unlock", victim.login)
    admin.do("site", "set", "failures.before_lock", "5")


def flow(tap):
    with Site() as site:
        admin, auditor = site.begin(("auditor", "auditor"))
        victim, other = (Stranger(site).enrol(admin.json("user", "add", login, "--profile", "clinician")["invitation"], PASSWORD)
                         for login in ("victim", "other"))
        hammered(tap, site, admin, auditor, victim, other)
        seen_and_lifted(tap, site, admin, victim)
        own_device(tap, site, admin, victim)
        raced(tap, admin, victim)
        exempt(tap, admin, victim, other)
        behind_a_proxy(tap, admin, auditor, victim, other)
        same_time(tap, admin, victim)
        at_the_host(tap, site, admin)


run(flow)
