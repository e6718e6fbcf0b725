#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scanners and load tools against a running site: testssl, sslscan, slowhttptest, curl, h2load, wrk (PROMISES#S10 K3).

Run by scripts/check-all.sh; a tool that is not installed is a failure there, not a skip.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.running import Taken  # noqa: E402
from lib.site import Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Wire  # noqa: E402

# What testssl says about a certificate of one's own, and nothing else: finding: why it is accepted.
ACCEPTED = {
    "cert_revocation": "the site's own CA has no revocation service; `tacendad` replaces the certificate by itself",
    "DNS_CAArecord": "localhost has no DNS",
    "engine_problem": "it speaks of the openssl that testssl itself uses, which knows no GOST",
}


def tool(tap, name, *command, timeout=600):
    if shutil.which(command[0]) is None:
        tap.check(False, f"{name} is installed")
        return None
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=timeout)


def testssl(tap, site):
    report = site.folder / "testssl.json"
    name = "testssl" if shutil.which("testssl") else "testssl.sh"
    done = tool(tap, "testssl", name, "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1", "--jsonfile", report, "--add-ca", site.made["ca"],
                site.origin)
    if done is None:
        return
    found = json.loads(report.read_text() or "[]") if report.exists() else []
    tap.check(len(found) > 50, f"testssl looked at {len(found)} things", done.stdout[-1500:])
    bad = [f"{one['id']}: {one['severity']}: {one['finding']}" for one in found
           if one["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL") and one["id"].split(" ")[0] not in ACCEPTED]
    tap.check(not bad, "testssl finds nothing beyond the self-made CA", "\n".join(bad))


def sslscan(tap, site):
    done = tool(tap, "sslscan", "sslscan", "--no-colour", f"127.0.0.1:{site.port}")
    if done is None:
        return
    bad = [line for line in done.stdout.splitlines()
           if re.search(r"(SSLv[23]|TLSv1\.[01]) +enabled|CBC|RC4|3DES|NULL|EXPORT|Insecure|Compression enabled", line) or
           ("vulnerable to heartbleed" in line and "not vulnerable" not in line)]
    tap.check(not bad and "TLSv1.3   enabled" in done.stdout, "sslscan finds nothing old or weak", bad or done.stdout)


class Probe(threading.Thread):
    """Asks /livez over and over; the longest answer, and how many there were."""

    def __init__(self, site):
        super().__init__(daemon=True)
        self.wire, self.ending, self.worst, self.failed, self.count = Wire(site), threading.Event(), 0, 0, 0

    def run(self):
        while not self.ending.is_set():
            with Taken() as took:
                try:
                    self.failed += self.wire.request("GET", "/livez").status != 200
                except OSError:
                    self.failed += 1
            self.worst, self.count = max(self.worst, took.running), self.count + 1
            time.sleep(0.1)


def slow(tap, site):
    for mode, sentence in (("-H", "slow headers"), ("-B", "slow body"), ("-R", "ranges"), ("-X", "slow read")):
        probe = Probe(site)
        probe.start()
        done = tool(tap, "slowhttptest", "slowhttptest", "-c", "400", mode, "-i", "5", "-r", "200", "-l", "30", "-p", "5", "-v", "1",
                    "-u", site.origin + "/v1/site", timeout=600)
        probe.ending.set()
        probe.join(300)
        if done is None:
            return
        tap.check(probe.count > 20 and probe.failed == 0 and probe.worst < 3,
                  f"slowhttptest, {sentence}: {probe.count} probes answered, the slowest after {probe.worst:.2f} s", f"{probe.failed} failed\n{done.stdout[-800:]}")


def clients(tap, site):
    for version in ("--http1.1", "--http2"):
        done = tool(tap, "curl", "curl", "-sS", version, "--cacert", site.made["ca"], "-o", "/dev/null", "-w", "%{http_code} %{http_version}", site.origin + "/v1/site")
        wanted = "200 2" if version == "--http2" else "200 1.1"
        tap.check(done and done.stdout == wanted, f"curl {version} works", done)
    done = tool(tap, "h2load", "h2load", "-n", "5000", "-c", "32", "-m", "10", site.origin + "/livez")
    tap.check(done and "5000 succeeded, 0 failed, 0 errored" in done.stdout, "h2load works: 5000 of 5000", done)
    done = tool(tap, "wrk", "wrk", "-t", "2", "-c", "32", "-d", "3", site.origin + "/livez")
    tap.check(done and "Requests/sec" in done.stdout and "Socket errors" not in done.stdout and "Non-2xx" not in done.stdout, "wrk works", done)


def flow(tap):
    with Site() as site:
        site.init().serve()
        clients(tap, site)
        sslscan(tap, site)
        slow(tap, site)
        testssl(tap, site)
        tap.equal(site.stop(), 0, "the daemon ends cleanly after all of it")


run(flow)
