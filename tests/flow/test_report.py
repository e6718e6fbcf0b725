#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report to a patient: who opened what and when, provable without the server, and for as long as it must be (PROMISES#K10 B2)."""
import base64
import hashlib
import json
import pathlib
import random
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.later import DAY, LaterSite  # noqa: E402
from lib.site import DAMAGE, DONE, REFUSED, USAGE  # noqa: E402
from lib.tap import run  # noqa: E402

SIX_YEARS = 6 * 366 * DAY
EVIL = "Aubrey <script>alert(1)</script> & \"Sons\""


def prepare(site, doctor):
    photo = site.folder / "photo.jpg"
    photo.write_bytes(b"\xff\xd8" + bytes(range(256)) * 8)
    patient = doctor.json("patient", "add", "--family", EVIL, "--given", "Noor")["id"]
    record = doctor.json("record", "put", patient, photo, "--kind", "photo", "--title", "Left knee")["id"]
    doctor.do("share", patient, "reader", "--allow", "identity,read")
    return patient, record


def use(site, reader, other, patient, record):
    """The reader looks twice and lists once; somebody who was given nothing tries."""
    reader.do("record", "list", patient)
    for i in range(2):
        reader.do("record", "get", patient, record, "-o", site.folder / f"got-{i}")
    return other.run("record", "list", patient).code


def root_from(index, size, leaf, hashes):
    """RFC 9162, 2.1.3.2, written anew: nothing of the product is in it."""
    at, last, value = index, size - 1, leaf
    for one in hashes:
        if last == 0:
            return None
        if at & 1 or at == last:
            value = hashlib.sha256(b"\1" + one + value).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\1" + value + one).digest()
        at, last = at >> 1, last >> 1
    return value if last == 0 else None


def by_hand(report, checkpoint):
    """What README.txt says, with common tools: how many entries hold."""
    lines = checkpoint.split("\n")
    size, root = int(lines[1]), base64.b64decode(lines[2])
    assert (size, root.hex()) == (report["tree_size"], report["root"])
    held, before = 0, None
    for one in report["entries"]:
        raw = one["entry"]
        leaf, pieces = base64.b64decode(raw["leaf"]), {}
        for name in ("actor", "subject"):
            nonce, piece = (base64.b64decode(raw[name][part]) for part in ("nonce", "piece"))
            pieces[name] = piece, hashlib.sha256(nonce + piece).digest()
        commitment = hashlib.sha256(b"tacenda/v1/leaf\0" + pieces["actor"][1] + pieces["subject"][1]).digest()
        proven = root_from(raw["index"], size, hashlib.sha256(b"\0" + leaf).digest(), list(map(bytes.fromhex, one["proof"])))
        linked = before is None or hashlib.sha256(leaf).digest() == before
        # The subject piece: kind (sized), id, sequence, then the link to the leaf before, each sized.
        at, fields = 0, []
        while at < len(pieces["subject"][0]):
            length = int.from_bytes(pieces["subject"][0][at:at + 4], "big") if at else None
            if length is None:
                fields.append(pieces["subject"][0][:1])
                at = 1
                continue
            fields.append(pieces["subject"][0][at + 4:at + 4 + length])
            at += 4 + length
        before = fields[3]
        held += leaf[-32:] == commitment and proven == root and linked
    return held, before


def made(tap, site, doctor, patient, record, refused):
    folder = site.folder / "report"
    tap.equal(doctor.run("log", "report", patient).code, USAGE, "say where to")
    said = doctor.json("log", "report", patient, "-o", folder)
    tap.equal(sorted(one.name for one in folder.iterdir()), ["README.txt", "checkpoint.txt", "report.html", "report.json"], "a folder of four files")
    report = json.loads((folder / "report.json").read_text())
    opened = [one for one in report["entries"] if one["class"] == "opened"]
    tap.equal([(one["login"], one["record"]) for one in opened], [("reader", record)] * 2, "who opened what, by name")
    tap.check(all(one["time"].startswith("20") and one["version"] == 1 for one in opened), "when, and which version", opened)
    lists = [one for one in report["entries"] if one["class"] == "delivered"]
    tap.check(lists and all(one["action"] == "list" for one in lists) and "reader" in {one["login"] for one in lists}, "what was delivered in a list is kept apart", lists[:2])
    changes = [one["detail"] for one in report["entries"] if one["class"] == "changed"]
    tap.check({"patient", "epoch", "grant", "record"} <= set(changes), "what was changed, too", changes)
    tap.check(refused != DONE and any(one["class"] == "refused" and one["login"] == "other" for one in report["entries"]), "and who was refused", refused)
    tap.equal((said["opened"], said["delivered"], said["entries"]), (2, len(lists), len(report["entries"])), "the command counts the same")
    html = (folder / "report.html").read_text()
    tap.check("<script" not in html and "Noor Aubrey &#60;script&#62;" in html and not re.search(r"(src|href)=|url\(", html), "the page runs nothing and fetches nothing, whatever a name is")
    section = html[html.index("<h2>Opened</h2>"):html.index("<h2>Delivered in a list</h2>")]
    tap.check(section.count("<td>reader</td>") == 2 and record in section and "other" not in section, "its first part is who opened", section)
    held, first = by_hand(report, (folder / "checkpoint.txt").read_text())
    tap.equal((held, first), (len(report["entries"]), bytes(32)), "every proof holds when it is checked by hand, down to the first entry")
    again = doctor.run("log", "report", patient, "-o", folder)
    tap.check(again.code == REFUSED and not (site.folder / "report.part").exists(), "nothing is written over", again)
    return folder


def who_may(tap, site, people, patient):
    for name in ("reader", "other", "auditor", "admin"):
        result = people[name].run("log", "report", patient, "-o", site.folder / f"no-{name}")
        tap.check(result.code == REFUSED and not list(site.folder.glob(f"no-{name}*")), f"the report is its owner's: not for {name}", result)


def offline(tap, site, reader, folder):
    """The server is gone; who checks has no home, no key of his own."""
    key = site.folder / "log.key"
    key.write_text(site.made["log_key"] + "\n")
    verify = lambda where: reader.run("--json", "log", "verify", "--offline", where, "--key", key)  # noqa: E731
    good = verify(folder)
    tap.check(good.code == DONE and json.loads(good.text)["opened"] == 2, "it is verified without any server", good)
    report = json.loads((folder / "report.json").read_text())
    text = lambda value: (json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n").encode()  # noqa: E731
    tap.equal(text(report), (folder / "report.json").read_bytes(), "its JSON is compact")

    def bent(name, change, say):
        copy = site.folder / "bent"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        change(copy)
        got = verify(copy)
        tap.check(got.code == DAMAGE and name in got.error, f"{say}: exit 3, and the file is named", got)

    def edit(change):
        def apply(copy):
            value = json.loads((copy / "report.json").read_text())
            change(value)
            (copy / "report.json").write_bytes(text(value))
        return apply

    opened = next(i for i, one in enumerate(report["entries"]) if one["class"] == "opened")
    bent("report.json", edit(lambda v: v["entries"].pop(opened)), "an opening left out")
    bent("report.json", edit(lambda v: v["entries"].pop()), "the first entry left out")
    bent("report.json", edit(lambda v: v["entries"][opened].update(login="somebody")), "another name beside an entry")
    bent("report.json", edit(lambda v: v["entries"][opened].update({"class": "delivered"})), "an opening called a delivery")
    bent("report.json", edit(lambda v: v["entries"][opened].update(time="2020-01-01T00:00:00.000Z")), "another time")
    bent("report.json", edit(lambda v: v["entries"][0]["proof"].reverse()), "a proof turned round")
    bent("report.json", edit(lambda v: v["entries"].__setitem__(slice(0, 2), v["entries"][1::-1])), "two entries exchanged")
    bent("report.json", edit(lambda v: v.update(patient="pt-" + "0" * 26)), "another patient")
    bent("report.html", edit(lambda v: v.update(patient_name="Somebody Else")), "another name of the patient in one of the two")
    bent("report.html", lambda copy: (copy / "report.html").write_text((copy / "report.html").read_text().replace("<td>reader</td>", "<td>nobody</td>", 1)), "the page says something else")
    for field, value in (("fingerprint", "0" * 64), ("origin", "https://localhost:1"), ("region", "US"), ("owner", "x"), ("made", "2020-01-01T00:00:00.000Z")):
        bent("report.html", edit(lambda v, field=field, value=value: v.update({field: value})), f"another {field} in one of the two")
    bent("checkpoint.txt", edit(lambda v: v.update(log_key="x")), "another key of the log")
    bent("checkpoint.txt", lambda copy: (copy / "checkpoint.txt").unlink(), "no checkpoint")
    bent("report.html", lambda copy: (copy / "report.html").unlink(), "no page")
    noise, random_places = (folder / "report.json").read_bytes(), random.Random(7)

    def flip(copy):
        at = random_places.randrange(len(noise))
        (copy / "report.json").write_bytes(noise[:at] + bytes([noise[at] ^ 1 << random_places.randrange(7)]) + noise[at + 1:])

    for i in range(12):
        # Two texts stand for nothing but themselves: a flip there shows in the page.
        bent("report.", flip, f"flipped bit {i + 1}")
    other = site.folder / "other.key"
    name, number, public = site.made["log_key"].split("+", 2)
    raw = bytearray(base64.b64decode(public))
    raw[5] ^= 1
    forged = hashlib.sha256(name.encode() + b"\n" + bytes(raw)).digest()[:4].hex()
    other.write_text(f"{name}+{forged}+{base64.b64encode(bytes(raw)).decode()}\n")
    wrong = reader.run("log", "verify", "--offline", folder, "--key", other)
    tap.check(wrong.code == DAMAGE and "checkpoint" in wrong.error, "another log's key does not fit", wrong)


def kept(tap, site, doctor, patient):
    """Nothing prunes: neither six years of nights nor a restart."""
    site.restart(SIX_YEARS, doctor)
    later = site.folder / "later"
    said = doctor.json("log", "report", patient, "-o", later)
    tap.equal(said["opened"], 2, "six years later the openings are still there, proven")
    entries = [one for one in doctor.list("log", "list", "--patient", patient, "--action", "read")]
    tap.equal([one["user"] for one in entries], ["reader", "reader"], "and listed")
    key = site.folder / "log.key"
    site.stop()
    tap.equal(doctor.run("log", "verify", "--offline", later, "--key", key).code, DONE, "and verified without the server")


def flow(tap):
    with LaterSite() as site:
        admin, auditor, doctor, reader, other = site.begin(("auditor", "auditor"), ("doctor", "clinician"), ("reader", "assistant"), ("other", "clinician"))
        patient, record = prepare(site, doctor)
        refused = use(site, reader, other, patient, record)
        folder = made(tap, site, doctor, patient, record, refused)
        who_may(tap, site, site.people, patient)
        site.stop()
        offline(tap, site, reader, folder)
        site.serve()
        kept(tap, site, doctor, patient)


run(flow)
