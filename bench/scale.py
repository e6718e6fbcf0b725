#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scale: what a page, a record list, a read and a write cost on a small and on a large site, and the client's cache.

Environment: TACENDA_BUILD, SMALL (1000 patients), LARGE (100000), RECORDS (10 a patient), COUNT (requests of each kind),
THREADS (that make patients), REPORT. Patients are made by bench_prepare, whose threads sign and send change sets.
"""
import http.client
import json
import os
import pathlib
import random
import resource
import ssl
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
os.environ.setdefault("TACENDA_BUILD", str(ROOT / "build" / "release"))
sys.path.insert(0, str(ROOT / "tests" / "flow"))
sys.path.insert(0, str(ROOT / "bench"))
from lib.site import BUILD, Site  # noqa: E402
import report  # noqa: E402
from measuring import children, commit_time, ticks  # noqa: E402

SMALL, LARGE = int(os.environ.get("SMALL", "1000")), int(os.environ.get("LARGE", "100000"))
RECORDS, COUNT = int(os.environ.get("RECORDS", "10")), int(os.environ.get("COUNT", "1000"))
# Two a core: one waits for the disk while the other signs.
THREADS = int(os.environ.get("THREADS", 2 * (os.cpu_count() or 1)))
RECORD_TYPE = "application/vnd.tacenda.record"


class Large:
    """A site of so many patients, and one connection to it."""

    def __init__(self, site, patients):
        self.site, self.patients = site, patients
        # Sessions of their own, as on two machines: a scheduler that divides by sessions gives neither the other's share.
        site.init().serve(prefix=["setsid"])
        site.enrol("admin")
        self.doctor = site.enrol("doctor", "clinician")
        # Longer than an agent waits for its next command.
        self.doctor.do("unlock", "--for", "6h", passphrase=True)
        self.fill = float(self.prepare("fill", patients, RECORDS, THREADS))
        self.token = self.prepare("token").strip()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.connection = http.client.HTTPSConnection("127.0.0.1", site.port, context=context)
        self.pids = [site.daemon.pid] + children(site.daemon.pid)

    def prepare(self, *words):
        command = [BUILD / "bench" / "bench_prepare", self.doctor.home, self.doctor.passphrase_file]
        return subprocess.run([str(word) for word in command + list(words)], env=self.doctor.environment(), check=True,
                              stdout=subprocess.PIPE, text=True, start_new_session=True).stdout

    def ask(self, method, path, body=None, kind=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        if kind:
            headers["Content-Type"] = kind
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {body[:300]!r}")
        return body

    def walk(self):
        """Every patient's id and sequence number, and the records of some of them."""
        since, self.ids, self.starts = 0, [], []
        while True:
            page = json.loads(self.ask("GET", f"/v1/patients?since={since}&limit=1000"))
            items = page["items"]
            if not items:
                break
            self.ids += [item["patient"] for item in items]
            self.starts += [item["seq"] for item in items]
            since = items[-1]["seq"]
        chosen = random.Random(1).sample(self.ids, min(COUNT, len(self.ids)))
        self.records = []
        for patient in chosen:
            listed = json.loads(self.ask("GET", f"/v1/patients/{patient}/records"))["items"]
            self.records += [item["record"] for item in listed if item["size"] > 0][:1]
        self.chosen = chosen

    def cost(self, requests):
        """Processor microseconds of the server and median milliseconds of a request."""
        for request in requests[:20]:
            self.ask(*request)
        requests, times, before = requests[20:], [], ticks(self.pids)
        for request in requests:
            began = time.perf_counter()
            self.ask(*request)
            times.append((time.perf_counter() - began) * 1000)
        return {"cpu": (ticks(self.pids) - before) / len(requests) * 1e6, "p50": statistics.median(times)}

    def measure(self):
        self.walk()
        pick = random.Random(2)
        early = self.starts[:-100] or [0]
        result = {"patients": self.patients, "records": self.patients * RECORDS, "fill": self.fill}
        result["page"] = self.cost([("GET", f"/v1/patients?since={pick.choice(early)}&limit=100") for _ in range(COUNT // 4)])
        result["list"] = self.cost([("GET", f"/v1/patients/{pick.choice(self.ids)}/records") for _ in range(COUNT)])
        result["read"] = self.cost([("GET", f"/v1/records/{pick.choice(self.records)}/versions/1/content")
                                    for _ in range(COUNT)])
        result["write"] = self.cost(self.writes())
        listed, result["cache"], result["cache_cpu"] = self.timed("patient", "list")
        ids = [item["id"] for item in listed]
        if sorted(set(ids)) != ids or len(ids) < self.patients:
            sys.exit(f"list: {len(ids)} files, {len(set(ids))} different")
        found, result["find"], result["find_cpu"] = self.timed("patient", "find", f"Family{self.patients // 2:06d}")
        if len(found) != 1:
            sys.exit(f"find: {found}")
        return result

    def timed(self, *words):
        """What a command lists, its seconds, and those of processor of client, agent and server together."""
        home = self.doctor.home
        agent = subprocess.run(["pgrep", "-f", f"agent.*{home}|{home}.*agent"], capture_output=True, text=True).stdout.split()
        pids = self.pids + [int(pid) for pid in agent]
        own, others, began = resource.getrusage(resource.RUSAGE_CHILDREN), ticks(pids), time.monotonic()
        result = self.doctor.do("--json", *words, timeout=3600)
        seconds, now = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        return result.lines(), seconds, ticks(pids) - others + now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime

    def writes(self):
        folder = self.site.folder / "writes"
        folder.mkdir()
        length = int(self.prepare("records", self.ids[len(self.ids) // 2], 1024, COUNT, folder))
        heads, content = (folder / "heads").read_bytes(), (folder / "content").read_bytes()
        return [("POST", "/v1/records", heads[i * length:(i + 1) * length] + content, RECORD_TYPE) for i in range(COUNT)]


def main():
    sizes, began = [], os.getloadavg()[0]
    for patients in (SMALL, LARGE):
        with Site() as site:
            sizes.append(Large(site, patients).measure())
            disk = commit_time(site.folder)[0]
        print(json.dumps(sizes[-1]), flush=True)
    ratios = {name: sizes[1][name]["cpu"] / sizes[0][name]["cpu"] for name in ("page", "list", "read", "write")}
    note = "" if LARGE >= 100000 else "Measured at fewer than 100,000 patients: the floor is named for 100,000 and is not shown here."
    report.write_scale(sizes, ratios, note, disk, (began, os.getloadavg()[0]))


main()
