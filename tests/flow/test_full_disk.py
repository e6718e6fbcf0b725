#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A full disk: writes are refused as 'not now', reads and sign-ins go on, nothing is half-stored, room heals it (PROMISES#S2 B2).

SIGN_INS (default 100) is how many sign-ins with their log-offs the reserve has to carry; with MEASURE set the flow goes on until it is
used up and prints how many there were.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DONE, NOT_NOW, Site, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, id_text, new_uuid  # noqa: E402

SIZE = "192m"  # reserves take 64 MiB for the log, as much as a seventh of that for what is derived, 32 MiB for the database
SIGN_INS = int(os.environ.get("SIGN_INS") or 100)
MEASURE = "MEASURE" in os.environ


def mounted(folder):
    folder.mkdir(mode=0o700)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)], capture_output=True)
    return done.returncode == 0


def write_until_full(filler, size):
    try:
        while True:
            filler.write(b"\0" * size)
    except OSError:
        pass


def fill(site):
    """Leave no page of the disk free."""
    path = site.data / "filler"
    with open(path, "ab", buffering=0) as filler:
        for size in (1 << 20, 4096):
            write_until_full(filler, size)
    return path


def ready(stranger):
    return stranger.request("GET", "/readyz", token="")


def status(site):
    return json.loads(site.host("status", "--data", site.data, "--json").text)


def sign_ins(stranger, wanted):
    """How many of so many sign-ins and log-offs were carried, and the first answer that was none."""
    for number in range(wanted):
        entered = stranger.sign_in()
        if entered.status != 201:
            return number, entered
        left = stranger.request("DELETE", "/v1/session", token=entered.json["token"])
        if left.status not in (200, 204):
            return number, left
    return wanted, None


def full(tap, site, doctor, stranger, patient, kept):
    """The disk is full."""
    path = site.folder / "more"
    path.write_bytes(os.urandom(300_000))
    before = {item["id"] for item in doctor.list("record", "list", patient)}
    codes = set()
    for size in (300_000, 60_000, 300_000):
        path.write_bytes(os.urandom(size))
        codes.add(doctor.run("record", "put", patient, path, "--kind", "report").code)
    tap.equal(codes, {NOT_NOW}, "writes of records are refused with exit 4")
    answer = stranger.request("POST", "/v1/uploads")
    if answer.status == 201:
        answer = stranger.request("PATCH", "/v1/uploads/" + answer.json["id"], os.urandom(300_000),
                                  {"Upload-Offset": "0", "Content-Type": "application/partial-upload"})
    tap.check(answer.status == 507 and answer.json["type"] == "/problems/full" and answer.json["detail"], "over HTTP with 507 that says what to do", answer)
    for record, digest in kept.items():
        got = doctor.run("record", "get", patient, record, "-o", "-")
        tap.check(got.code == DONE and hashlib.sha256(got.out).hexdigest() == digest, "reads go on, byte for byte", got)
    carried, refusal = sign_ins(stranger, 1_000_000 if MEASURE else SIGN_INS)
    print(f"# {carried} sign-ins and log-offs carried")
    tap.check(carried >= SIGN_INS, f"the reserve carries {SIGN_INS} sign-ins and log-offs", refusal)
    tap.check(not MEASURE or refusal.status == 507, "and after the last one says that it is full", refusal)
    answer = ready(stranger)
    tap.check(answer.status == 200 and answer.body.startswith(b"degraded: the disk is nearly full: make room"),
              "the daemon stays ready for those who are in, and says what to do", answer)
    said = status(site)
    tap.check(said["ready"] and said["state"] == "degraded" and "make room" in said["reason"], "and so does tacendad status", said)
    tap.check(wait_until(lambda: "event=degraded" in site.log_text(), step=0.5), "and the daemon's log", site.log_text())
    tap.equal({item["id"] for item in doctor.list("record", "list", patient)}, before, "nothing of the refused writes is listed")
    return before


def ends_go_on(tap, site, admin, stranger):
    """What is neither entry nor end waits for room; whoever makes work of entering leaves enough to end it."""
    kept = stranger.sign_in().json["token"]
    other = stranger.sign_in().json["token"]
    change = {"present": stranger.password, "new": "Another-horse-9!"}
    for method, path, body in (("POST", "/v1/notices/read", {"seq": 0}), ("PUT", "/v1/password", change), ("POST", "/v1/recovery-codes", None)):
        tap.equal(stranger.request(method, path, body, token=kept).status, 507, f"{method} {path}, which nobody has to do now, takes nothing of the reserve")
    eaten, answer = 0, None
    while eaten < 100_000:
        answer = stranger.request("DELETE", "/v1/sessions?others=true", token=other)
        if answer.status != 204:
            break
        eaten += 1
    print(f"# {eaten} requests of one who tries to use the reserve up")
    tap.check(answer.status in (401, 507) and eaten > 50, "who would use the reserve up is stopped", answer)
    answer = stranger.sign_in()
    tap.check(answer.status == 507 and "make room" in answer.json["detail"], "sign-ins, too, and the answer says what to do", answer)
    tap.equal(stranger.request("DELETE", "/v1/session", token=other).status, 204, "but he is signed off, with a leaf")
    tap.equal(admin.run("--yes", "user", "disable", stranger.login).code, DONE, "and an administrator still stops him")
    tap.equal(stranger.request("GET", "/v1/session", token=kept).status, 401, "at once")


def flow(tap):
    if os.geteuid() != 0:
        tap.check(True, "skipped: only root may mount a small disk")
        return
    with Site() as site:
        disk = site.folder / "disk"
        if not mounted(disk):
            tap.check(True, "skipped: mounting a small disk is denied here")
            return
        site.data = disk / "data"
        try:
            admin, doctor = site.begin(("doctor", "clinician"))
            greedy = Stranger(site).enrol(admin.json("user", "add", "greedy", "--profile", "clinician")["invitation"], "Correct-horse-9!")
            stranger = Stranger(site).enrol(admin.json("user", "add", "program", "--profile", "clinician")["invitation"], "Correct-horse-9!")
            patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
            path, kept = site.folder / "file", {}
            for size in (100, 5000, 400_000):
                path.write_bytes(os.urandom(size))
                kept[doctor.json("record", "put", patient, path, "--kind", "report")["id"]] = hashlib.sha256(path.read_bytes()).hexdigest()
            objects = lambda: {one for one in (site.data / "objects").rglob("*") if one.is_file()}
            whole = objects()
            filler = fill(site)
            before = full(tap, site, doctor, stranger, patient, kept)
            leaver = stranger.sign_in().json.get("token", "")
            if not MEASURE:
                ends_go_on(tap, site, admin, greedy)
            tap.check(wait_until(lambda: objects() == whole), "no half-stored object is left", objects() - whole)
            site.kill()
            site.serve()
            tap.equal(MEASURE or stranger.request("DELETE", "/v1/session", token=leaver).status, MEASURE or 204, "killed and started on the full disk, it takes a log-off")
            got = doctor.run("record", "get", patient, next(iter(kept)), "-o", "-")
            tap.equal(got.code, DONE, "and serves reads")
            site.kill()
            filler.unlink()
            site.serve()
            tap.equal({item["id"] for item in doctor.list("record", "list", patient)}, before, "after a kill and with room again all is as before")
            path.write_bytes(os.urandom(200_000))
            written = doctor.run("--json", "record", "put", patient, path, "--kind", "report")
            tap.equal(written.code, DONE, "and writing goes on")
            if written.code == DONE:
                tap.equal(doctor.do("record", "get", patient, written.lines()[0]["id"], "-o", "-").out, path.read_bytes(), "and comes back")
            # The same without a restart: room alone must do.
            filler = fill(site)
            tap.equal(doctor.run("record", "put", patient, path, "--kind", "report").code, NOT_NOW, "full again: refused again")
            filler.unlink()
            tap.check(wait_until(lambda: doctor.run("record", "put", patient, path, "--kind", "report").code == DONE, step=0.5),
                      "room again: it goes on without a restart")
            tap.check(wait_until(lambda: ready(stranger).body.startswith(b"ready"), step=0.5), "and is no longer degraded")
            said = status(site)
            tap.check(said["state"] == "writable" and said["reason"] is None, "nor does tacendad status say so", said)
            tap.equal(doctor.run("log", "verify").code, DONE, "the log verifies")
            tap.equal(site.stop(), 0, "and the daemon ends cleanly")
        finally:
            site.stop()
            subprocess.run(["umount", str(disk)], capture_output=True)


run(flow)
