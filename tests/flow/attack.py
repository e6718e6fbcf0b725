#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks on sign-ins, with the tools of attackers (PROMISES#K5 S4): hydra from three addresses, a flood, a stop-watch.

    python3 tests/flow/attack.py [hydra] [flood] [timing]     # ATTEMPTS=20000 a class of timing

Run by scripts/check-all.sh on a release build; a tool that is not installed is a failure there, not a skip.
"""
import collections
import concurrent.futures
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.sample import welch  # noqa: E402
from lib.site import Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_text, new_uuid  # noqa: E402

PASSWORD, WRONG = "Correct-horse-9!", "Wrong-horse-9!"


def people(site, admin, *logins):
    return [Stranger(site).enrol(admin.json("user", "add", login, "--profile", "clinician")["invitation"], PASSWORD) for login in logins]


def sign_in_body(login, password, proof, device):
    return json.dumps({"login": login, "password": password, "proof": proof, "device": {"id": device, "label": "attacker"}}).encode()


# --- hydra ---
class Gateway(http.server.ThreadingHTTPServer):
    """For hydra, from a loopback address of one's choice: its HTTP/1.0, which the site refuses, becomes HTTP/1.1 over TLS, and every
    answer a 200, since it looks no further at a form that answers 401. What it looks for stands in the body."""
    daemon_threads = True

    def __init__(self, person, source):
        site = person.site

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                raw = socket.create_connection(("127.0.0.1", site.port), source_address=(source, 0))
                connection = http.client.HTTPSConnection("localhost", site.port)
                connection.sock = person.tls.wrap_socket(raw, server_hostname="localhost")
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection.request(self.command, self.path, body or None, {"Content-Type": self.headers.get("Content-Type", "")} if body else {})
                got = connection.getresponse()
                answer = got.read()
                connection.close()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def hydra(tap):
    if not shutil.which("hydra"):
        tap.check(False, "hydra is installed")
        return
    with Site() as site:
        admin, auditor = site.begin(("auditor", "auditor"))
        victims = people(site, admin, "anna", "boris", "clara", "denis", "emma")
        others = people(site, admin, "farid")
        sources = ["127.0.0.21", "127.0.0.22", "127.0.0.23"]
        (site.folder / "logins").write_text("".join(one.login + "\n" for one in victims))
        # The right one is among them: it must not be found.
        (site.folder / "passwords").write_text("".join(f"Winter-horse-{i}!\n" for i in range(12)) + PASSWORD + "\n" + "Winter-horse-99!\n")
        form = "/v1/sessions:" + sign_in_body("^USER^", "^PASS^", "AA==", id_text("dv", new_uuid())).decode().replace(":", "\\:") + \
               ":H=Content-Type\\: application/json:F=Sign in and send"
        running = [subprocess.Popen(["hydra", "-I", "-u", "-t", "4", "-L", site.folder / "logins", "-P", site.folder / "passwords", "-s", str(Gateway(others[0], one).server_address[1]),
                                     "127.0.0.1", "http-post-form", form], cwd=site.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                   for one in sources]
        known = []
        while any(one.poll() is None for one in running):
            known += [one.sign_in().status for one in victims]
            time.sleep(0.2)
        told = [one.communicate()[0] for one in running]
        tap.check(all("0 valid password" in one for one in told), "hydra, from three addresses against five logins, finds no password", told)
        tap.check(len(known) >= 5 and set(known) == {201}, f"meanwhile the devices of all five sign in, {len(known)} times", collections.Counter(known))

        failed = [one for one in auditor.list("log", "list", "--action", "sign-in", "--failed") if one.get("address") in sources]
        verified = [one for one in failed if one["detail"].startswith("wrong")]
        tries = {"login": collections.Counter(one["user"] for one in verified), "address": collections.Counter(one["address"] for one in verified)}
        promised = {(kind, name) for kind, counter in tries.items() for name, count in counter.items() if count == 5}
        tap.check(all(count <= 5 for counter in tries.values() for count in counter.values()), "no login and no address gets a sixth guess", tries)
        listed = {(one["kind"], one["subject"]) for one in admin.list("block", "list")}
        tap.equal(listed, promised, f"locked and blocked are exactly those with five: {len(promised)}")
        tap.equal({name for kind, name in listed if kind == "address"}, set(sources), "all three addresses are blocked")
        tap.check(others[0].sign_in().status == 201, "whoever was not attacked signs in")
        # No lane is left to a stranger: the right password opens nothing where it is locked.
        locked = [one for one in victims if ("login", one.login) in listed]
        stranger = id_text("dv", new_uuid())
        got = {one.request("POST", "/v1/sessions", sign_in_body(one.login, PASSWORD, b64(one.proof()), stranger), {"Content-Type": "application/json"}, token="").status
               for one in locked}
        tap.check(got <= {401}, "a locked login refuses a stranger's device with the right password", got)


# --- A flood ---
def metrics(wire):
    text = wire.request("GET", "/metrics").body.decode()
    return {name: int(value) for name, value in re.findall(r"^(tacenda_\w+) (\d+)$", text, re.M)}


class Reader(threading.Thread):
    """Fetches one record over a kept connection, again and again, at a steady pace; how long each took."""

    def __init__(self, person, path):
        super().__init__(daemon=True)
        self.person, self.path, self.times, self.ending = person, path, [], threading.Event()
        self.start()

    def run(self):
        connection = http.client.HTTPSConnection("localhost", self.person.site.port, context=self.person.tls)
        while not self.ending.wait(0.01):
            begun = time.perf_counter()
            connection.request("GET", self.path, headers={"Authorization": "Bearer " + self.person.token})
            got = connection.getresponse()
            got.read()
            assert got.status == 200, got.status
            self.times.append(time.perf_counter() - begun)
        connection.close()

    def stop(self):
        self.ending.set()
        self.join()
        return statistics.median(self.times)


def flood_with(site, person, record, seconds, *what):
    """2,000 requests a second over 20 kept connections beside a reader: (median of the reader, answers by class, requests a second)."""
    reader = Reader(person, record)
    done = subprocess.run(["taskset", "-c", "1", "h2load", "-c", "20", "-m", "40", "--rps", "100", "-D", str(seconds), *map(str, what)], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    median = reader.stop()
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", done.stdout)
    return median, [int(one) for one in codes.groups()], float(rate.group(1)), done.stdout


def many_sources(site, tls, count, seconds):
    """Attempts on logins of nobody from ever new addresses: each of them is hashed, or told to come later. Answers by status."""
    ending, answers = time.monotonic() + seconds, collections.Counter()

    def attack(number):
        got, device = collections.Counter(), id_text("dv", new_uuid())
        address = 0
        while time.monotonic() < ending:
            address += 1
            raw = socket.create_connection(("127.0.0.1", site.port), source_address=(f"127.1.{number}.{address % 250 + 1}", 0), timeout=30)
            connection = http.client.HTTPSConnection("localhost", site.port)
            connection.sock = tls.wrap_socket(raw, server_hostname="localhost")
            for _ in range(4):
                connection.request("POST", "/v1/sessions", sign_in_body(f"nobody-{random.random()}", WRONG, "AA==", device), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                got[answer.status] += 1
            connection.close()
        return got

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        for one in pool.map(attack, range(count)):
            answers += one
    return answers


def flood(tap):
    for name in ("h2load", "taskset"):
        if not shutil.which(name):
            tap.check(False, f"{name} is installed")
            return
    with Site() as site:
        admin, = site.begin()
        victim, reader = people(site, admin, "victim", "reader")
        patient, record, content = new_uuid(), new_uuid(), os.urandom(3000)
        reader.request("POST", "/v1/changes", {"items": reader.patient_items(patient)})
        assert reader.put(reader.record(patient, record, content=content), content).status == 200
        address = f"/v1/records/{id_text('rc', record)}/versions/1/content"
        # The server on one core, whoever asks it on the other.
        for task in pathlib.Path(f"/proc/{site.daemon.pid}/task").iterdir():
            subprocess.run(["taskset", "-p", "-c", "0", task.name], check=True, capture_output=True)
        os.sched_setaffinity(0, {1})
        body = site.folder / "attempt.json"
        body.write_bytes(sign_in_body(victim.login, WRONG, b64(victim.proof()), id_text("dv", new_uuid())))
        attempts = ["-d", body, "-H", "content-type: application/json", f"https://localhost:{site.port}/v1/sessions"]
        nothing = [f"https://localhost:{site.port}/nothing-here"]
        ratios = []
        # The first hundreds come at once and queue for a hash, until five of them have failed.
        flood_with(site, reader, address, 3, *attempts)
        for _ in range(3):
            other, codes, rate, said = flood_with(site, reader, address, 8, *nothing)
            assert codes[2] > 0 and codes[0] + codes[3] == 0, said
            wrong, codes, attempts_rate, said = flood_with(site, reader, address, 8, *attempts)
            assert codes[2] > 0 and codes[0] + codes[3] == 0, said
            ratios.append(wrong / other)
            print(f"# read p50 {other * 1e3:.2f} ms beside {rate:.0f} 404s a second, {wrong * 1e3:.2f} ms beside {attempts_rate:.0f} wrong attempts", flush=True)
            tap.check(rate > 1800 and attempts_rate > 1800, "2,000 a second are carried", (rate, attempts_rate, said[-800:]))
        tap.check(statistics.median(ratios) <= 1.2, f"reading beside 2,000 wrong attempts a second takes {statistics.median(ratios):.2f} of what it takes beside as many 404s", ratios)
        pool = metrics(reader)
        answers = many_sources(site, reader.tls, 100, 10)
        after = metrics(reader)
        tap.check(after["tacenda_hashes_running_most"] <= 4, f"the hash pool never exceeds its limit of 4: {after['tacenda_hashes_running_most']}", after)
        print(f"# {sum(answers.values())} attempts from ever new addresses: {dict(answers)}; {after['tacenda_hashes_total'] - pool['tacenda_hashes_total']} hashed", flush=True)
        tap.check(set(answers) <= {401, 429} and answers[429] > 0 and answers[401] > 0, "when its queue is full it answers 429", answers)
        tap.equal(after["tacenda_hashes_refused_total"] - pool["tacenda_hashes_refused_total"], answers[429], "and every one of these is counted")
        tap.equal(reader.sign_in().status, 201, "a known device signs in")


# --- A stop-watch ---
def begin_anew(person):
    """A success from a stranger's device begins his count anew: the class is that of a login that is not locked."""
    person.device = {"id": id_text("dv", new_uuid()), "label": "new"}
    entered = person.sign_in()
    assert entered.status == 201, entered
    person.request("DELETE", "/v1/session", token=entered.json["token"])


def close_all(connections):
    for one in connections:
        one.close()


def timing(tap):
    """Known against unknown, open against locked: 20,000 attempts a class, interleaved over kept connections."""
    count, threads, turn = int(os.environ.get("ATTEMPTS", "20000")), 12, 84
    with Site() as site:
        admin, = site.begin()
        known, locked = people(site, admin, "known-one", "locked-up")
        admin.do("site", "set", "failures.exempt", "127.0.0.0/8")
        device = id_text("dv", new_uuid())
        for _ in range(5):
            locked.request("POST", "/v1/sessions", sign_in_body(locked.login, WRONG, b64(locked.proof()), device), {"Content-Type": "application/json"}, token="")
        # This one stays locked for the first quarter of an hour; the limit is raised for the other.
        admin.do("site", "set", "failures.before_lock", "100")
        classes = {"wrong": (known, WRONG), "unknown": (known, WRONG), "locked": (locked, PASSWORD)}
        bodies = {name: sign_in_body("nobody-is" if name == "unknown" else person.login, password, b64(person.proof()), device)
                  for name, (person, password) in classes.items()}
        times, answers = {name: [] for name in classes}, set()
        connections = [http.client.HTTPSConnection("localhost", site.port, context=known.tls) for _ in range(threads)]

        def attempts(connection, number):
            for _ in range(number):
                for name in random.sample(sorted(bodies), 3):
                    begun = time.perf_counter()
                    connection.request("POST", "/v1/sessions", bodies[name], {"Content-Type": "application/json"})
                    got = connection.getresponse()
                    body = got.read()
                    times[name].append(time.perf_counter() - begun)
                    fields = sorted((key.lower(), value) for key, value in got.getheaders() if key.lower() not in ("date", "request-id", "x-request-id"))
                    answers.add((got.status, str(fields), re.sub(rb'"(instance|request)":"[^"]*"', b"", body)))

        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            while len(times["wrong"]) < count:
                list(pool.map(attempts, connections, [turn // threads] * threads))
                begin_anew(known)
                close_all(connections)
        tap.equal(len(answers), 1, "all answers are the same, byte for byte but for ids and date")
        for a, b in (("wrong", "unknown"), ("wrong", "locked"), ("unknown", "locked")):
            t = welch(times[a], times[b])
            tap.check(abs(t) < 4.5, f"{a} against {b}, {len(times[a])} each: Welch's t is {t:.2f}, means {statistics.mean(times[a]) * 1e3:.3f} and "
                      f"{statistics.mean(times[b]) * 1e3:.3f} ms")


def flow(tap):
    chosen = sys.argv[1:] or ["hydra", "flood", "timing"]
    for part in (hydra, flood, timing):
        if part.__name__ in chosen:
            part(tap)


run(flow)
