#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scale: what a page, a record list, a read and a write cost on a small and on a large site, and the client's cache.

Both sites are up at once and asked in turn, so that both have the same minutes of the machine.

Environment: TACENDA_BUILD, SMALL (1000 patients), LARGE (100000), RECORDS (10 a patient), COUNT (requests of each kind),
ROUNDS (5), THREADS (that make patients), REPORT. Patients are made by bench_prepare, whose threads sign and send change sets.
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
from lib.below import children_of  # noqa: E402
from lib.site import BUILD, Site  # noqa: E402
import report  # noqa: E402
from measuring import commit_time, load_of_others, processor_time  # noqa: E402

SMALL, LARGE = int(os.environ.get("SMALL", "1000")), int(os.environ.get("LARGE", "100000"))
RECORDS, COUNT = int(os.environ.get("RECORDS", "10")), int(os.environ.get("COUNT", "1000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
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
        self.pids = [site.daemon.pid] + children_of(site.daemon.pid)

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
        """Processor microseconds of the server for a request, and how many milliseconds each took."""
        times, before = [], processor_time(self.pids)
        for request in requests:
            began = time.perf_counter()
            self.ask(*request)
            times.append((time.perf_counter() - began) * 1000)
        return (processor_time(self.pids) - before) / len(requests) * 1e6, times

    def requests(self):
        """COUNT of each kind, of the same random places on every site; fewer pages, each is a hundred patients."""
        self.walk()
        pick = random.Random(2)
        early = self.starts[:-100] or [0]
        return {"page": [("GET", f"/v1/patients?since={pick.choice(early)}&limit=100") for _ in range(COUNT // 4)],
                "list": [("GET", f"/v1/patients/{pick.choice(self.ids)}/records") for _ in range(COUNT)],
                "read": [("GET", f"/v1/records/{pick.choice(self.records)}/versions/1/content") for _ in range(COUNT)],
                "write": self.writes()}

    def client(self):
        """What the doctor's own computer does with so many: the first list fills its cache, then one is found."""
        result = {"patients": self.patients, "records": self.patients * RECORDS, "fill": self.fill}
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
        own, others, began = resource.getrusage(resource.RUSAGE_CHILDREN), processor_time(pids), time.monotonic()
        result = self.doctor.do("--json", *words, timeout=3600)
        seconds, now = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        return result.lines(), seconds, processor_time(pids) - others + now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime

    def writes(self):
        folder = self.site.folder / "writes"
        folder.mkdir()
        length = int(self.prepare("records", self.ids[len(self.ids) // 2], 1024, COUNT, folder))
        heads, content = (folder / "heads").read_bytes(), (folder / "content").read_bytes()
        return [("POST", "/v1/records", heads[i * length:(i + 1) * length] + content, RECORD_TYPE) for i in range(COUNT)]


def compare(sites):
    """The same kind of request on all sites in turn, ROUNDS times: of each the median, and that of the ratios of a round."""
    requests, results, ratios = [site.requests() for site in sites], [{} for _ in sites], {}
    for kind in requests[0]:
        rounds = []
        for site, asked in zip(sites, requests):
            site.cost(asked[kind][:20])
        for number in range(ROUNDS):
            rounds.append([site.cost(asked[kind][20 + number::ROUNDS]) for site, asked in zip(sites, requests)])
        for place, result in enumerate(results):
            result[kind] = {"cpu": statistics.median(one[place][0] for one in rounds),
                            "p50": statistics.median(took for one in rounds for took in one[place][1])}
        ratios[kind] = statistics.median(one[-1][0] / one[0][0] for one in rounds)
        print(kind, [round(result[kind]["cpu"]) for result in results], f"ratio {ratios[kind]:.2f}", flush=True)
    return results, ratios


def main():
    began = load_of_others()
    with Site() as small, Site() as large:
        of_many = Large(large, LARGE)  # first: it takes longer than the small one's session may be unused
        sites = [Large(small, SMALL), of_many]
        sizes, ratios = compare(sites)
        for site, size in zip(sites, sizes):
            size.update(site.client())
            print(json.dumps(size), flush=True)
        disk = commit_time(small.folder)[0]
    note = "" if LARGE >= 100000 else "Measured at fewer than 100,000 patients: the floor is named for 100,000 and is not shown here."
    report.write_scale(sizes, ratios, note, disk, (began, os.getloadavg()[0]))


main()
