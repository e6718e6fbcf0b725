#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kernel fails from outside: strace makes system calls of the daemon answer EIO or ENOSPC, or kills it inside one
(PROMISES#K10 B2 S2).

After each fault the daemon is started again without strace: every acknowledged record comes back byte for byte, the log verifies,
`tacendad check` finds nothing. Run by scripts/check-all.sh. FAULTS limits how many of the rows are tried; SEED chooses the places.
"""
import hashlib
import os
import pathlib
import random
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DAMAGE, DONE, Site  # noqa: E402
from lib.tap import run  # noqa: E402

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
# What fails, from which of its calls on (the start itself makes some), how often.
CALLS = ("fsync", "fdatasync", "pwrite64", "write", "openat", "renameat", "linkat", "ftruncate", "mkdirat", "unlinkat")
KINDS = ("error=EIO", "error=ENOSPC", "signal=KILL")
WRITES = 12


def rows(chance):
    every = [(call, kind) for call in CALLS for kind in KINDS]
    chance.shuffle(every)
    return every[:int(os.environ.get("FAULTS") or len(every))]


def inject(pid, call, kind, first):
    """strace on every thread of the running daemon; returns when it is attached."""
    tracer = subprocess.Popen(["strace", "-f", "-p", str(pid), "-o", "/dev/null", "-e", f"trace={call}",
                               "-e", f"inject={call}:{kind}:when={first}+3"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    for line in tracer.stderr:
        if "attached" in line:
            return tracer
    raise RuntimeError(f"strace does not attach: {call}")


def write_under(doctor, patient, folder, number):
    """Records until one is acknowledged no more; (what was acknowledged, exit codes)."""
    acknowledged, codes = {}, []
    path = folder / "fault.bin"
    for i in range(WRITES):
        path.write_bytes(random.Random(number * 1000 + i).randbytes((0, 900, 5000, 70_000)[i % 4]))
        got = doctor.run("--json", "record", "put", patient, path, "--kind", "report", timeout=300)
        codes.append(got.code)
        if got.code == DONE:
            acknowledged[got.lines()[0]["id"]] = hashlib.sha256(path.read_bytes()).hexdigest()
    return acknowledged, codes


def compare(doctor, patient, kept):
    """What of the acknowledged is not as it was."""
    listed = {item["id"] for item in doctor.list("record", "list", patient)}
    lost = [record for record in kept if record not in listed]
    for record, digest in kept.items():
        if record in listed:
            got = doctor.run("record", "get", patient, record, "-o", "-")
            if got.code != DONE or hashlib.sha256(got.out).hexdigest() != digest:
                lost.append(f"{record}: {got.error}")
    return lost


def one(tap, site, doctor, patient, row, chance):
    number, (call, kind) = row
    tracer = inject(site.daemon.pid, call, kind, chance.randrange(1, 12))
    acknowledged, codes = write_under(doctor, patient, site.folder, number)
    tracer.send_signal(signal.SIGINT)
    tracer.communicate(timeout=300)
    site.kill()
    site.serve()
    lost = compare(doctor, patient, acknowledged)
    verified = doctor.run("log", "verify")
    site.stop()
    checked = site.host("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase)
    site.serve()
    tap.check(not lost and DAMAGE not in codes and checked.code == DONE and verified.code == DONE,
              f"{call} {kind}: {len(acknowledged)} of {WRITES} acknowledged, none lost, the log verifies", f"{lost}\n{codes}\n{checked!r}\n{verified!r}")
    return any(code != DONE for code in codes)


def flow(tap):
    print(f"# seed {SEED}")
    chance = random.Random(SEED)
    with Site() as site:
        _, doctor = site.begin(("doctor", "clinician"))
        patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        felt = [one(tap, site, doctor, patient, row, chance) for row in enumerate(rows(chance))]
        tap.check(sum(felt) >= len(felt) // 3, f"{sum(felt)} of {len(felt)} faults were felt by the client")


run(flow)
