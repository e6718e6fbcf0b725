#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attackers of docs/THREATS.md whom no other flow plays: a site rolled back, a member who exports, a flood, a clock set wrong
(PROMISES#B2 K10 S3)."""
import datetime
import email.utils
import os
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.later import faketime  # noqa: E402
from lib.site import DAMAGE, DONE, REFUSED, Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Wire  # noqa: E402

REFUSALS = 60  # of one stranger
LOGGED = 20  # of them in a minute, by docs/FORMATS.md; the rest is one leaf with a count


def put(person, patient, text, folder):
    path = folder / "note.txt"
    path.write_text(text)
    return person.json("record", "put", patient, path, "--kind", "report")["id"]


def rolled_back(tap, site, doctor, patient):
    """Root with a snapshot: data and keys of yesterday, started again as if nothing had been."""
    site.stop()
    for folder in (site.data, site.keys):
        shutil.copytree(folder, str(folder) + ".old", symlinks=True)
    site.serve()
    record = put(doctor, patient, "written after the snapshot", site.folder)
    site.stop()
    for folder in (site.data, site.keys):
        os.rename(folder, str(folder) + ".new")
        os.rename(str(folder) + ".old", folder)
    site.serve()
    for words in (("record", "list", patient), ("record", "get", patient, record, "-o", "-"), ("log", "verify"), ("patient", "show", patient)):
        got = doctor.run(*words)
        tap.check(got.code == DAMAGE and "rollback" in got.error, f"a whole site rolled back: {' '.join(words[:2])} is refused, exit 3", got)
    tap.check(b"written after" not in doctor.run("record", "get", patient, record, "-o", "-").out, "and nothing is shown")
    site.stop()
    for folder in (site.data, site.keys):
        shutil.rmtree(folder)
        os.rename(str(folder) + ".new", folder)
    site.serve()
    tap.equal(doctor.do("record", "get", patient, record, "-o", "-").out, b"written after the snapshot", "the right site is taken again")


def exported(tap, site, doctor, member, patient):
    doctor.do("share", patient, member.login, "--allow", "identity,read,export")
    names = {item["id"] for item in doctor.list("record", "list", patient)}
    out = site.folder / "taken"
    member.do("export", patient, "-o", out)
    tap.check(any(out.rglob("*")), "a member with the right exports")
    read = [entry for entry in doctor.list("log", "list", "--patient", patient) if entry.get("login") == member.login or entry.get("user") == member.login]
    shown = {entry.get("record") for entry in read} - {None}
    tap.check(names and names <= shown, "each record that he took is in the log with his name, for the owner to read", f"{names}\n{read[:3]}")
    doctor.do("share", patient, member.login, "--allow", "identity,read")
    got = member.run("export", patient, "-o", site.folder / "again")
    tap.check(got.code == REFUSED and not (site.folder / "again").exists(), "without the right, export is refused and leaves no folder", got)


def flood(tap, site, auditor):
    size = lambda: int(auditor.json("log", "checkpoint")["size"])
    before, wire = size(), Wire(site)
    begun = time.monotonic()
    codes = {wire.request("GET", "/v1/session").status for _ in range(REFUSALS)}
    minutes = 1 + int((time.monotonic() - begun) / 60)
    tap.check(codes <= {401, 429}, f"{REFUSALS} requests of a stranger are refused", codes)
    grown = size() - before
    tap.check(0 < grown < LOGGED * minutes + 15, f"and left {grown} leaves, not {REFUSALS}")
    tap.equal(auditor.run("whoami").code, DONE, "others from the same address are served meanwhile")


def clock(tap, site, doctor, patient):
    """The host's clock a year back: times lie, the order of the log does not."""
    first = put(doctor, patient, "before", site.folder)
    site.stop()
    site.serve(prefix=faketime("-1y"))
    said = email.utils.parsedate_to_datetime(Wire(site).request("GET", "/v1/site").headers["date"])
    tap.check(datetime.datetime.now(datetime.timezone.utc) - said > datetime.timedelta(days=360), "the daemon's clock is a year back", said)
    doctor.login_again()
    second = put(doctor, patient, "after", site.folder)
    tap.equal(doctor.do("log", "verify").code, DONE, "with the clock a year back the log still verifies")
    entries = [entry for entry in doctor.list("log", "list", "--patient", patient) if entry.get("record") in (first, second)]
    order = sorted(entries, key=lambda entry: entry["leaf"])
    tap.check(order and order[0]["record"] == first and order[-1]["record"] == second, "and what came later stands later in it", entries)
    times = [datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00")) for entry in order]
    tap.check(times == sorted(times), "and no leaf is dated before the one it follows", times)
    site.stop()
    site.serve()


def flow(tap):
    with Site() as site:
        _, doctor, member, auditor = site.begin(("doctor", "clinician"), ("member", "clinician"), ("auditor", "auditor"))
        patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        put(doctor, patient, "first", site.folder)
        rolled_back(tap, site, doctor, patient)
        exported(tap, site, doctor, member, patient)
        flood(tap, site, auditor)
        clock(tap, site, doctor, patient)


run(flow)
