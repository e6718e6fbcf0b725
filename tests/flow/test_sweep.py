#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Content that a crash or a refused change left behind goes a day later, and nothing that anybody could ask for (PROMISES#S1 S2)."""
import os
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.later import DAY, LaterSite  # noqa: E402
from lib.site import DONE, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import id_text, new_uuid  # noqa: E402


def copy_of(site, path, age):
    """The file under a name that no row has, last written so many seconds ago: what is there when a daemon ends between object and row."""
    uuid = new_uuid()
    folder = site.data / "objects" / f"{uuid[2]:02x}" / f"{uuid[3]:02x}"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / id_text("ob", uuid)
    shutil.copyfile(path, made)
    made.chmod(0o600)
    os.utime(made, (time.time() - age, time.time() - age))
    return made


def flow(tap):
    with LaterSite() as site:
        admin, doctor = site.begin(("doctor", "clinician"))
        patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        file, kept = site.folder / "photo", {}
        for size in (300_000, 40_000):
            file.write_bytes(os.urandom(size))
            kept[doctor.json("record", "put", patient, file, "--kind", "report")["id"]] = file.read_bytes()
        objects = lambda: {one for one in (site.data / "objects").rglob("ob-*")}  # noqa: E731
        named = objects()
        site.stop()
        for one in named:
            os.utime(one, (time.time() - 9 * DAY, time.time() - 9 * DAY))
        old, young = copy_of(site, max(named), 2 * DAY), copy_of(site, max(named), 60)
        stray = site.data / "objects" / "notes.txt"
        stray.write_text("not ours")
        os.utime(stray, (1, 1))
        site.serve()
        tap.check(wait_until(lambda: not old.exists(), step=0.2), "what nobody names and is two days old goes at the start", objects())
        tap.equal(objects(), named | {young}, "what is young stays, and whatever a row names, however old")
        tap.check(stray.exists(), "what is no object of ours is not touched")
        said = lambda: [one["detail"] for one in admin.list("log", "list", "--action", "service") if "nobody named" in one["detail"]]  # noqa: E731
        tap.check(wait_until(lambda: len(said()) == 1, step=0.5) and said()[0].startswith("objects that nobody named removed: 1, "), "with a leaf that says how many", said())
        tap.check("event=swept" in site.log_text(), "and a line in the daemon's log", site.log_text())
        stray.unlink()
        site.restart(2 * DAY, admin, doctor)
        tap.check(wait_until(lambda: not young.exists(), step=0.2), "a day later the other one goes", objects())
        for record, content in kept.items():
            tap.equal(doctor.do("record", "get", patient, record, "-o", "-").out, content, "what was stored is read as before")
        site.stop()
        checked = site.host("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase)
        tap.equal(checked.code, DONE, "and tacendad check finds nothing wrong")


run(flow)
