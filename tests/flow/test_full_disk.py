#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A full disk: writes are refused as 'not now', reads go on, nothing is half-stored, room heals it (PROMISES#S2 B2)."""
import hashlib
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DONE, NOT_NOW, Site, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, id_text, new_uuid  # noqa: E402

SIZE = "112m"  # the reserve of the log takes 64 MiB of it


def mounted(folder):
    folder.mkdir(mode=0o700)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)], capture_output=True)
    return done.returncode == 0


def fill(site):
    """Leave no page of the disk free."""
    path = site.data / "filler"
    with open(path, "ab", buffering=0) as filler:
        for size in (1 << 20, 4096):
            try:
                while True:
                    filler.write(b"\0" * size)
            except OSError:
                pass
    return path


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
    entered = stranger.sign_in().status
    # The reserve carries leaves; the row of a session needs room in the database, which it has only while its log has some left.
    tap.check(entered in (201, 507), f"a sign-in is taken or refused as full, never half ({entered})")
    ready = stranger.request("GET", "/readyz", token="")
    tap.check(ready.status == 200, f"the daemon stays ready for those who are in ({ready.body.decode().strip()})", ready)
    tap.equal({item["id"] for item in doctor.list("record", "list", patient)}, before, "nothing of the refused writes is listed")
    return before


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
            tap.check(wait_until(lambda: objects() == whole, 10), "no half-stored object is left", objects() - whole)
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
            tap.check(wait_until(lambda: doctor.run("record", "put", patient, path, "--kind", "report").code == DONE, 20, 0.5),
                      "room again: it goes on without a restart")
            tap.check(wait_until(lambda: stranger.request("GET", "/readyz", token="").body.startswith(b"ready"), 20, 0.5),
                      "and is no longer degraded")
            tap.equal(doctor.run("log", "verify").code, DONE, "the log verifies")
            tap.equal(site.stop(), 0, "and the daemon ends cleanly")
        finally:
            site.stop()
            subprocess.run(["umount", str(disk)], capture_output=True)


run(flow)
