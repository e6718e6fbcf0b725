#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""server: the whole server against nginx static TLS: same bodies, client, certificate type, machine and run.

For every row: ROUNDS rounds (nearly twice as many where the floor is near 1), ours and nginx in turn, the median of each
side and of the ratios. Writes its section of docs/BENCHMARKS.md. Environment: TACENDA_BUILD, ROUNDS (5), SECONDS_PER_ROUND
(3), ONLY (names of rows), REPORT (file).
"""
import http.client
import json
import os
import pathlib
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
os.environ.setdefault("TACENDA_BUILD", str(ROOT / "build" / "release"))
sys.path.insert(0, str(ROOT / "tests" / "flow"))
sys.path.insert(0, str(ROOT / "bench"))
from lib.below import children_of  # noqa: E402
from lib.site import BUILD, Site, free_port  # noqa: E402
import report  # noqa: E402
from measuring import commit_time, load_of_others, processor_time  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "5")), int(os.environ.get("SECONDS_PER_ROUND", "3"))
LOOPS = min(os.cpu_count() or 1, 8)
RECORDS = 16
NEAR = 0.9
RECORD_TYPE = "application/vnd.tacenda.record"

# Writes come last: what the disk still owes to them no other row shall pay.
# name, what it is, floor, kind of load, connections, what is asked for
ROWS = [
    ("small", "small JSON without a leaf (`GET /v1/site`)", 0.95, "get", 64, "site"),
    ("leaf", "small JSON with a durable leaf (`GET /v1/session`)", 0.55, "get", 64, "session"),
    ("leaf256", "the same, 256 connections", 0.62, "get", 256, "session"),
    ("read4k", "sealed object of 4 KiB, full path", 0.42, "get", 64, "4096"),
    ("read64k", "sealed object of 64 KiB", 0.45, "get", 64, "65536"),
    ("read1m", "sealed object of 1 MiB", 0.47, "get", 64, "1048576"),
    ("h2", "HTTP/2, small JSON with a durable leaf, 64 connections of 8 streams", 0.90, "h2", 64, "session"),
    ("handshakes", "full TLS 1.3 handshakes, each with one small request", 0.95, "handshakes", 64, "site"),
    ("write64k", "durable sealed 64 KiB write, against nginx's PUT into tmpfs", 0.20, "put", 64, "write"),
    ("write64k256", "the same, 256 connections", None, "put", 256, "write"),
]


class Nginx:
    """Debian's nginx with static files in one folder and PUT into tmpfs."""

    def __init__(self, folder):
        self.folder, self.port = folder / "nginx", free_port()
        self.tmpfs = pathlib.Path(tempfile.mkdtemp(prefix="tacenda-bench-", dir="/dev/shm"))
        self.root = self.folder / "www"
        self.root.mkdir(parents=True)
        (self.tmpfs / "put").mkdir()
        self.make_certificate()
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(f"""
daemon off; {user} worker_processes {LOOPS}; pid {self.folder}/pid; error_log {self.folder}/error.log;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log off; default_type application/json; sendfile on; tcp_nopush on; open_file_cache max=1000;
    keepalive_requests 1000000000; client_max_body_size 8m; client_body_buffer_size 16k;
    client_body_temp_path {self.tmpfs}/body; proxy_temp_path {self.folder}/proxy; fastcgi_temp_path {self.folder}/fastcgi;
    uwsgi_temp_path {self.folder}/uwsgi; scgi_temp_path {self.folder}/scgi;
    ssl_certificate {self.folder}/cert.pem; ssl_certificate_key {self.folder}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen 127.0.0.1:{self.port} ssl http2 backlog=1024;
        root {self.root};
        location /put/ {{ root {self.tmpfs}; dav_methods PUT; }}
    }}
}}
""")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", self.folder / "nginx.conf", "-p", self.folder],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (self.folder / "pid").exists() or len(children_of(self.process.pid)) < LOOPS:
            if self.process.poll() is not None:
                sys.exit((self.folder / "error.log").read_text())
            time.sleep(0.02)

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.tmpfs, ignore_errors=True)

    def make_certificate(self):
        """As a site's own: P-256, of a CA that is not sent, with the names in an extension."""
        make = lambda *words: subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",  # noqa: E731
                                              "-nodes", "-days", "2", *words], check=True, capture_output=True, cwd=self.folder)
        make("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/O=Bench clinic/CN=Bench CA")
        make("-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost", "-CA", "ca.pem", "-CAkey", "ca.key",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE")

    def pids(self):
        return [self.process.pid] + children_of(self.process.pid)

    def put_file(self, path, body):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


class Bench:
    def __init__(self, site):
        self.site, self.folder = site, site.folder
        _, self.doctor = site.begin(("doctor", "clinician"))
        self.nginx = Nginx(site.folder)

    def begin(self):
        self.patient = self.doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        self.token_file = self.folder / "token"
        self.token_file.write_text(self.prepare("token"))
        self.token = self.token_file.read_text().strip()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.context = context
        self.used = 0
        self.make_things()

    def prepare(self, *words):
        command = [BUILD / "bench" / "bench_prepare", self.doctor.home, self.doctor.passphrase_file]
        return subprocess.run([str(word) for word in command + list(words)], env=self.doctor.environment(), check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def ask(self, method, path, body=None, kind=None):
        connection = http.client.HTTPSConnection("127.0.0.1", self.site.port, context=self.context)
        headers = {"Authorization": f"Bearer {self.token}"}
        if kind:
            headers["Content-Type"] = kind
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {body[:300]!r}")
        return body

    def make_things(self):
        """What is asked for: the same paths and bodies on both sides."""
        self.paths = {"site": ["/v1/site"], "session": ["/v1/session"]}
        for size in (4096, 65536, 1048576):
            folder = self.folder / f"records-{size}"
            folder.mkdir()
            length = int(self.prepare("records", self.patient, size, RECORDS, folder))
            heads, content = (folder / "heads").read_bytes(), (folder / "content").read_bytes()
            for i in range(RECORDS):
                self.ask("POST", "/v1/records", heads[i * length:(i + 1) * length] + content, RECORD_TYPE)
            self.paths[str(size)] = [f"/v1/records/{name}/versions/1/content"
                                     for name in (folder / "names").read_text().split()]
        for name, paths in self.paths.items():
            for path in paths:
                self.nginx.put_file(path, self.ask("GET", path))
            (self.folder / f"paths-{name}").write_text("\n".join(paths) + "\n")

    def make_writes(self, count):
        folder = self.folder / "writes"
        folder.mkdir()
        self.head_bytes = int(self.prepare("records", self.patient, 65536, count, folder))
        self.writes = count

    # --- one measurement: (requests, seconds, extra) ---

    def wrk(self, port, connections, seconds, words):
        command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-s", str(ROOT / "bench" / "load.lua"),
                   f"https://127.0.0.1:{port}/", "--"] + [str(word) for word in words]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        result = json.loads(out.splitlines()[-1])
        if result["refused"] or result["broken"]:
            print(f"  {result['refused']} refused, {result['broken']} broken", file=sys.stderr)
        return result

    def load(self, ours, kind, connections, thing, seconds):
        port = self.site.port if ours else self.nginx.port
        token = self.token_file if ours else "-"
        if kind == "get":
            return self.wrk(port, connections, seconds, ["get", token, self.folder / f"paths-{thing}"])
        if kind == "put":
            return self.write(ours, port, token, connections, seconds)
        if kind == "h2":
            headers = ["-H", f"authorization: Bearer {self.token}"] if ours else []
            out = subprocess.run(["h2load", "-t2", f"-c{connections}", "-m8", f"-D{seconds}"] + headers +
                                 [f"https://127.0.0.1:{port}{self.paths[thing][0]}"], capture_output=True, text=True).stdout
            words = next(line for line in out.splitlines() if line.startswith("requests:")).replace(",", "").split()
            done, failed = int(words[words.index("succeeded") - 1]), int(words[words.index("failed") - 1])
            return {"requests": done, "seconds": seconds, "refused": failed, "broken": 0}
        rate = float(subprocess.run([str(BUILD / "tests/unit/net/net_handshake"), "127.0.0.1", str(port), str(connections),
                                     str(seconds), self.paths[thing][0]], capture_output=True, text=True, check=True).stdout)
        return {"requests": rate * seconds, "seconds": seconds, "refused": 0, "broken": 0}

    def write(self, ours, port, token, connections, seconds):
        writes = self.folder / "writes"
        if not ours:
            return self.wrk(port, connections, seconds, ["put", token, writes / "heads", self.head_bytes, writes / "content", 0,
                                                         2000, "PUT", "/put/%d", RECORD_TYPE, "again"])
        left = self.writes - self.used
        result = self.wrk(port, connections, seconds, ["put", token, writes / "heads", self.head_bytes, writes / "content",
                                                       self.used, left, "POST", "/v1/records", RECORD_TYPE, "once"])
        # Each statement counts once; threads take even and odd ones, one of them may be ahead.
        self.used = min(self.writes, self.used + int(result["requests"] * 1.3) + 4 * connections)
        return result

    def measure(self, ours, kind, connections, thing):
        pids = [self.site.daemon.pid] + children_of(self.site.daemon.pid) if ours else self.nginx.pids()
        before, began = processor_time(pids), time.monotonic()
        result = self.load(ours, kind, connections, thing, SECONDS)
        result["rate"] = result["requests"] / result["seconds"]
        result["cpu"] = (processor_time(pids) - before) / max(result["requests"], 1) * 1e6
        result["wall"] = time.monotonic() - began
        return result

    def row(self, name, what, floor, kind, connections, thing):
        ours, theirs = [], []
        os.sync()
        # Rounds lie some 10 % apart: a floor near 1 needs more of them to be told from that.
        for number in range(ROUNDS if floor is None or floor < NEAR else 2 * ROUNDS - 1):
            # Each is first as often as the other: what one leaves behind, closed connections for one, the next one meets.
            for side in (True, False) if number % 2 == 0 else (False, True):
                (ours if side else theirs).append(self.measure(side, kind, connections, thing))
        middle = lambda rounds, field: statistics.median(one[field] for one in rounds)  # noqa: E731
        row = {"name": name, "what": what, "floor": floor, "rate": middle(ours, "rate"), "nginx": middle(theirs, "rate"),
               "cpu": middle(ours, "cpu"), "nginx_cpu": middle(theirs, "cpu"),
               "p50": middle(ours, "p50") / 1000 if "p50" in ours[0] else None,
               "p99": middle(ours, "p99") / 1000 if "p99" in ours[0] else None,
               "refused": sum(one["refused"] + one["broken"] for one in ours + theirs),
               "ratio": statistics.median(a["rate"] / b["rate"] for a, b in zip(ours, theirs))}
        verdict = "" if floor is None or row["ratio"] >= floor else "  MISSED"
        print(f"{name:12} {row['rate']:9.0f}/s  nginx {row['nginx']:9.0f}/s  ratio {row['ratio']:.2f} (floor {floor})"
              f"  {row['cpu']:.1f} us, nginx {row['nginx_cpu']:.1f} us{verdict}"
              f"  rounds {' '.join(format(a['rate'] / b['rate'], '.2f') for a, b in zip(ours, theirs))}", flush=True)
        return row

    # --- memory, verification ---

    def memory(self):
        """Highest resident memory of tacendad under 256 connections of each kind, in MB."""
        pid = self.site.daemon.pid
        peaks = {}
        for kind, thing in (("get", "session"), ("get", "4096"), ("get", "65536"), ("get", "1048576"), ("put", "write"),
                            ("h2", "session")):
            try:
                pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
            except OSError:
                pass
            self.load(True, kind, 256, thing, 2)
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            peaks[thing + (" h2" if kind == "h2" else "")] = int(status.split("VmHWM:")[1].split()[0]) / 1024
        return peaks

    def verification(self):
        """Leaves a second that one core verifies from a saved log, without a server."""
        saved, key = self.folder / "saved", self.folder / "log.key"
        self.doctor.do("log", "save", "-o", saved)
        key.write_text(self.site.made["log_key"] + "\n")
        before, began = os.times(), time.monotonic()
        verified = self.doctor.json("log", "verify", "--offline", saved, "--key", key)
        seconds, after = time.monotonic() - began, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return verified, seconds, cpu


def main():
    only = os.environ.get("ONLY", "").split()
    load = load_of_others()  # what is prepared below loads the machine, too, and is over then
    with Site() as site:
        bench = Bench(site)
        try:
            bench.begin()
            rows = [row for row in ROWS if not only or row[0] in only]
            if not only or any(row[3] == "put" for row in rows):
                bench.make_writes(int(os.environ.get("WRITES", 9000 * SECONDS * ROUNDS)))
            machine = report.machine()
            disk = commit_time(site.folder)
            print(f"fdatasync of a page: p50 {disk[0]:.2f} ms, p99 {disk[1]:.2f} ms", flush=True)
            result = {"machine": machine, "disk": disk, "rows": [bench.row(*row) for row in rows]}
            if not only:
                result["memory"] = bench.memory()
                print("memory", result["memory"], flush=True)
                result["verification"] = bench.verification()
                print("verification", result["verification"], flush=True)
            result["disk_after"] = commit_time(site.folder)
            result["load"] = (load, os.getloadavg()[0])
        finally:
            bench.nginx.close()
    if not only:
        report.write_server(result, ROUNDS, SECONDS)
    if os.environ.get("RESULTS"):
        pathlib.Path(os.environ["RESULTS"]).write_text(json.dumps(result, indent=1))


main()
