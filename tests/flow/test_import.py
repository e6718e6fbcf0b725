#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Import and export: nothing lost, nothing twice, nobody named in a chart (PROMISES#S2 K7 K9 B1)."""
import collections
import copy
import csv
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.below import all_asleep  # noqa: E402
from lib.clinic import CANARY, LOINC, SYSTEM, clinic  # noqa: E402
from lib.exported import content, resources, canon, attachments, exported, charts, names_of, check_folder  # noqa: E402
from lib.site import DONE, program, REFUSED, SHARED, Site, USAGE, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402


def added(summary):
    return {kind: summary[kind]["added"] + summary[kind]["changed"]
            for kind in ("patients", "sources", "charts", "dictations", "photos", "reports")}


def in_folder(person, folder, *words):
    """tacenda WORDS with ${folder} as the current one: there unmatched.csv is written."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        return person.json(*words)
    finally:
        os.chdir(before)


def first_import(tap, site, doctor):
    """(what was imported, the rows that fit nobody)"""
    folder = clinic(site.folder / "clinic")
    dry = in_folder(doctor, site.folder, "import", "--dry-run", folder)
    tap.check(dry["dry_run"] and not doctor.list("patient", "list"), "a dry run counts and changes nothing")
    first = in_folder(doctor, site.folder, "import", folder)
    tap.equal(first["types"], {"Binary": 3, "Condition": 3, "DocumentReference": 3, "Encounter": 3, "Observation": 12,
                               "Organization": 1, "Patient": 3, "Practitioner": 1}, "every resource type is counted")
    tap.equal(added(first), {"patients": 4, "sources": 20, "charts": 3, "dictations": 4, "photos": 5, "reports": 4},
              "patients, sources, charts, attachments and files are added")
    tap.equal(first["patients"], {"added": 4, "changed": 0, "same": 0, "deleted": 0}, "whom FHIR and a table name counts once, as added")
    tap.equal(first["unmatched"], 4, "what fits nobody is listed")
    rows = list(csv.DictReader((site.folder / "unmatched.csv").read_text().splitlines()))
    tap.equal({pathlib.Path(row["path"]).name for row in rows}, {"cda.xml", "wrong-birth.hl7", "nobody.pdf", "stranger.json"},
              "a document of an unknown number, a wrong birth date, a file without a name, a resource about a stranger")
    again = in_folder(doctor, site.folder, "import", folder)
    tap.equal((set(added(again).values()), again["patients"]["same"]), ({0}, 4), "importing the same again adds nothing, and counts each of the four once")
    return folder, rows


def corrections(tap, site, doctor, folder, rows):
    """Who is who, once the rows are corrected and a resource has changed."""
    people = {item["family"]: item["id"] for item in doctor.list("patient", "list")}
    tap.equal(set(people), {"Aubrey", "Lindqvist", "Okonkwo", "Del Mar, y"}, "patients have their names")
    for row in rows:
        row["patient"] = people["Del Mar, y"] if row["path"].endswith("cda.xml") else \
            f"{SYSTEM}|A-0" if row["path"].endswith("stranger.json") else ""
    with open(site.folder / "unmatched.csv", "w", newline="") as table:
        writer = csv.DictWriter(table, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    corrected = in_folder(doctor, site.folder, "import", "unmatched.csv")
    tap.equal((added(corrected)["reports"], added(corrected)["sources"], corrected["unmatched"]), (1, 1, 2),
              "corrected rows find their patients, the others stay listed")
    bundle = json.loads((folder / "fhir" / "1.json").read_text())
    for entry in bundle["entry"]:
        if entry["resource"]["id"] == "o1":
            entry["resource"]["valueQuantity"]["value"] = 99
    (folder / "fhir" / "1.json").write_text(json.dumps(bundle))
    changed = doctor.json("import", folder / "fhir")
    tap.equal((changed["sources"]["changed"], changed["charts"]["changed"], changed["sources"]["added"]), (1, 1, 0),
              "one changed resource makes one new version, and one of the chart")
    history = [item for item in doctor.list("record", "list", people["Lindqvist"]) if item["title"] == "Observation"]
    tap.equal([item["version"] for item in history], [2], "the version before it stays behind it")
    return people


def whole_export(tap, site, doctor, folder, people):
    out = site.folder / "out"
    doctor.do("export", "--all", "-o", out)
    values, files = exported(out)
    stored = [one for one in resources([folder / "fhir", folder / "other"])]
    tap.equal(set(values), set(map(canon, stored)), "the export holds exactly the resources that were imported")
    wanted = {hashlib.sha256(blob).hexdigest() for one in stored for blob in attachments(one)}
    wanted |= {hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "files").rglob("*.*") if path.suffix != ".csv"}
    wanted |= {hashlib.sha256((folder / "other" / name).read_bytes()).hexdigest() for name in ("cda.xml", "adt.hl7", "scan.dcm")}
    tap.check(wanted <= set(files), "and every attachment and file, byte for byte", wanted - set(files))
    bad = [problem for patient in out.iterdir() for problem in check_folder(tap, patient)]
    tap.equal(bad, [], "hashes, statements and proofs check out with Python alone")
    tap.check((out / people["Lindqvist"] / "versions").is_dir(), "earlier versions are exported too")
    texts = charts(out)
    tap.equal(len(texts), 3, "each patient with resources has a chart")
    tap.check(all(CANARY.lower() not in text.lower() for text in texts), "nothing planted in other elements reaches a chart")
    entries = json.loads(next(text for text in texts if '"number":99' in text))["entries"]
    weight = next(entry for entry in entries if entry.get("value") == {"number": 99, "unit": "kg"})
    tap.equal(weight["code"], [{"system": LOINC, "code": "29463-7"}], "a chart has the code, without its display or local codes")
    span = next(entry for entry in entries if entry["type"] == "Encounter")
    tap.equal(span["end"] - span["time"], 2, "times are days from a secret date, long ago too")
    tap.equal(doctor.run("export", people["Aubrey"], "-o", out).code, REFUSED, "an export overwrites nothing")
    tap.equal(doctor.run("export", "-o", out).code, USAGE, "an export names a patient, or all")


def refused_export(tap, site, doctor, reader, stranger, people):
    doctor.do("share", people["Aubrey"], "reader", "--allow", "identity,read")
    tap.equal(reader.run("export", people["Aubrey"], "-o", site.folder / "no").code, REFUSED, "reading is not exporting")
    tap.check(not (site.folder / "no" / people["Aubrey"]).exists(), "a refused export leaves no folder")
    doctor.do("unshare", people["Aubrey"], "reader")
    tap.equal(stranger.run("export", people["Aubrey"], "-o", site.folder / "no").code, REFUSED, "a stranger exports nothing")


def two_numbers(tap, site, doctor):
    """Somebody whom one file of an import calls by one number, and another one by another."""
    def patient(*numbers):
        return {"resourceType": "Patient", "id": f"two-{numbers[0]}", "name": [{"family": "Two", "given": ["Numbers"]}],
                "identifier": [{"system": SYSTEM, "value": number} for number in numbers]}
    folder = site.folder / "two-numbers"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps(patient("N-1", "N-2")))
    tap.equal(doctor.json("import", folder)["patients"]["added"], 1, "a patient with two numbers is one")
    (folder / "2.json").write_text(json.dumps(patient("N-2")))
    both = doctor.json("import", folder)
    tap.equal((both["patients"]["added"], both["patients"]["same"], both["sources"]["added"]), (0, 1, 1), "and counts once under both of them")


def small_clinic(tap, site, doctor, reader, stranger):
    folder, rows = first_import(tap, site, doctor)
    people = corrections(tap, site, doctor, folder, rows)
    whole_export(tap, site, doctor, folder, people)
    refused_export(tap, site, doctor, reader, stranger, people)
    two_numbers(tap, site, doctor)


def interrupted(tap, site, doctor):
    folder = clinic(site.folder / "killed", [f"Person{number}" for number in range(40)])
    shutil.rmtree(folder / "files")
    shutil.rmtree(folder / "other")
    for file in (folder / "fhir").iterdir():
        if file.suffix == ".json":
            file.write_text(file.read_text().replace(SYSTEM, "urn:clinic:killed").replace("patient-", "killed-"))
        else:
            file.unlink()
    before, killed = len(doctor.list("patient", "list")), []
    leaves = lambda: json.loads(site.host("status", "--data", site.data, "--json").text)["leaves"]  # noqa: E731
    for more in (20, 40, 60):
        begun = leaves()
        import_ = subprocess.Popen([program("tacenda"), "--home", str(doctor.home), "import", str(folder)], env=doctor.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        wait_until(lambda: import_.poll() is not None or leaves() >= begun + more)
        import_.kill()
        killed.append(import_.wait())
    tap.check(-signal.SIGKILL in killed, "an import is killed in the middle", killed)
    doctor.json("import", folder)
    again = doctor.json("import", folder)
    tap.equal(set(added(again).values()), {0}, "an import killed in the middle is completed by the next one")
    tap.equal(len(doctor.list("patient", "list")) - before, 40, "and no patient is there twice")
    out = site.folder / "out-killed"
    doctor.do("export", "--all", "-o", out)
    missing = set(map(canon, resources([folder]))) - set(exported(out)[0])
    tap.equal(missing, set(), "nothing of it is missing")


def export_begun(site, doctor, patient, out, how):
    """An export in the middle of its work: its folder is there, and the server stands still; None when it was quicker."""
    # Who runs this flow in the background may have had it ignore them; an export would go on doing so.
    before = signal.signal(how, signal.SIG_DFL) if how != signal.SIGKILL else None
    export = subprocess.Popen([program("tacenda"), "--home", str(doctor.home), "export", patient, "-o", str(out)], env=doctor.environment(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    if before is not None:
        signal.signal(how, before)
    wait_until(lambda: export.poll() is not None or list(out.glob(".pt-*.part-*")), step=0.001)
    site.daemon.send_signal(signal.SIGSTOP)
    # What was on its way arrives; the rest never does.
    wait_until(lambda: export.poll() is not None or all(asleep_still(export.pid) for _ in range(25)))
    if export.poll() is None:
        return export
    site.daemon.send_signal(signal.SIGCONT)
    return None


def asleep_still(pid):
    """Asleep, and it was for a while; whoever is at each of many looks waits for somebody."""
    time.sleep(0.02)
    return all_asleep(pid)


def ended(site, doctor, patient, out, how):
    """The exit code of an export that was ended by the signal in the middle."""
    for _ in range(10):
        export = export_begun(site, doctor, patient, out, how)
        if export is not None:
            break
        shutil.rmtree(out)
    export.send_signal(how)
    try:
        code = export.wait(180)
    finally:
        site.daemon.send_signal(signal.SIGCONT)
    return code


def interrupted_export(tap, site, doctor):
    patient = doctor.json("patient", "add", "--family", "Interrupted", "--given", "Ina")["id"]
    big = site.folder / "big"
    for _ in range(3):
        big.write_bytes(os.urandom(12_000_000))
        doctor.do("record", "put", patient, big, "--kind", "report")
    out = site.folder / "out-interrupted"
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        tap.equal(ended(site, doctor, patient, out, how), -how, f"an export ends by {how.name}")
        tap.equal(list(out.iterdir()), [], "and nothing of what it had opened is left")
    tap.equal(ended(site, doctor, patient, out, signal.SIGKILL), -signal.SIGKILL, "one that is killed cannot clear up")
    left = list(out.glob(".pt-*.part-*"))
    tap.check(len(left) == 1 and list(left[0].rglob("*")), "and leaves its unfinished folder", left)
    kept = out / f".{patient}.part-1"
    (kept / "files").mkdir(parents=True)
    decoys = [out / name for name in (".pt-nobody.part-1", f".{patient}.part-", f"{patient}.part-3", f".{patient}.part-2x")]
    for decoy in decoys:
        decoy.mkdir()
    lock = os.open(kept, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    doctor.do("export", patient, "-o", out)
    tap.check(not left[0].exists(), "the next export into that folder removes it")
    tap.check((kept / "files").exists(), "but not what a running export holds")
    tap.check(all(decoy.exists() for decoy in decoys), "nor what only looks like one")
    tap.equal(check_folder(tap, out / patient), [], "and is itself complete")
    os.close(lock)


def at_once(tap, site, doctor):
    """Two imports of one source at the same time, from two computers of the owner: each finds what the other added."""
    folder = clinic(site.folder / "twice", [f"Twin{number}" for number in range(120)])
    for part in ("files", "other"):
        shutil.rmtree(folder / part)
    for file in (folder / "fhir").iterdir():
        if file.suffix == ".json":
            file.write_text(file.read_text().replace(SYSTEM, "urn:clinic:twice").replace("patient-", "twice-"))
        else:
            file.unlink()
    before = len(doctor.list("patient", "list"))
    security_file, second = site.folder / "doctor.tacenda", copy.copy(doctor)
    doctor.do("key", "copy", "-o", security_file)
    second.home = site.folder / "home-doctor-2"
    second.home.mkdir(mode=0o700)
    second.do("connect", security_file)
    second.login_again()
    both = [subprocess.Popen([program("tacenda"), "--json", "import", str(folder)], env=one.environment(), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) for one in (doctor, second)]
    ended = [one.communicate(timeout=1800) for one in both]
    tap.check([one.returncode for one in both] == [0, 0], "two imports of one source at once both come to their end", ended)
    tap.equal(len(doctor.list("patient", "list")) - before, 120, "and no patient is there twice")
    tap.equal(set(added(doctor.json("import", folder)).values()), {0}, "and nothing is missing")
    second.do("logout")


def shared_corpus(tap, site, doctor, reader, nurse, registry, third):
    """The public samples, when they are there: imported, shared, fetched back by somebody else."""
    fhir = SHARED / "fhir-r4" if (SHARED / "fhir-r4").is_dir() else SHARED / "data" / "fhir-r4"
    paths = [fhir / "bulk-10p"] + ([fhir / "synthea-100"] if os.environ.get("SAMPLES") == "all" else
                                   sorted((fhir / "synthea-100").iterdir())[:8])
    started = time.monotonic()
    summary = doctor.json("import", *paths)
    print(f"# imported {summary['resources']} resources of {summary['patients']['added']} patients in {time.monotonic() - started:.1f} s")
    stored = list(resources(paths))
    tap.equal(summary["types"], dict(sorted(collections.Counter(one["resourceType"] for one in stored).items())),
              "the summary counts every type of the public samples")
    tap.equal(summary["kinds"].get("text/plain; charset=utf-8"), 1215, "1,215 notes become records")
    tap.equal(set(added(doctor.json("import", *paths)).values()), {0}, "importing them again adds nothing")
    patients = doctor.list("patient", "list")
    for item in patients:
        doctor.do("share", item["id"], "reader", "--allow", "identity,read,export")
    for login, allowed in (("nurse", "identity"), ("registry", "read")):
        doctor.do("share", patients[0]["id"], login, "--allow", allowed)
    out = site.folder / "out-samples"
    started = time.monotonic()
    reader.do("export", "--all", "-o", out, timeout=3000)
    print(f"# exported {len(patients)} patients in {time.monotonic() - started:.1f} s")
    values, files = exported(out)
    tap.equal(set(map(canon, stored)) - set(values), set(), "a second user exports every resource with its value")
    wanted = {hashlib.sha256(blob).hexdigest() for one in stored for blob in attachments(one)}
    tap.check(wanted <= set(files), f"and {len(wanted)} different attachments byte for byte")
    words = names_of(stored)
    found = {word for text in charts(out) for word in re.findall(r"[^\W\d_]{4,}", json.dumps(json.loads(text)["entries"]).lower())}
    own = {"type", "code", "system", "time", "value", "number", "unit", "interpretation", "range", "high", "parts", "comparator", "http",
           "https", "loinc", "snomed", "info", "urn", "terminology", "codesystem", "actcode", "unitsofmeasure", "fhir", "umls", "research",
           "rxnorm", "true", "false"}
    tap.equal((found & words) - own, set(), f"none of {len(words)} words of names is in any of {len(charts(out))} charts")

    first = patients[0]["id"]
    records = doctor.list("record", "list", first)
    identifying = next(item for item in records if item["kind"] == "source")
    chart = next(item for item in records if item["kind"] == "chart")
    get = lambda person, record: person.run("record", "get", first, record["id"], "-o", "-")
    tap.equal(nurse.json("patient", "show", first)["family"], patients[0]["family"], "identity alone opens the name")
    tap.equal([get(nurse, identifying).code, get(nurse, chart).code], [REFUSED, REFUSED], "and no record")
    tap.equal([get(registry, identifying).code, get(registry, chart).code], [REFUSED, DONE], "read alone opens the chart, no source")
    tap.check(patients[0]["family"] not in registry.do("--json", "patient", "list").text, "and no name")
    tap.equal(get(third, chart).code, REFUSED, "a third who was given nothing is refused")


def shared_files(tap, site, doctor, reader, third):
    """Every audio file, photo, PDF, DICOM, CDA and HL7 sample, by a corrected unmatched.csv."""
    data = SHARED if (SHARED / "audio").is_dir() else SHARED / "data"
    folders = [data / name for name in ("audio", "photos", "pdf", "dicom", "ccda", "hl7v2")]
    patient = doctor.json("patient", "add", "--family", "Samples", "--given", "All")["id"]
    folder = site.folder / "samples"
    folder.mkdir()
    in_folder(doctor, folder, "import", *folders)
    rows = list(csv.DictReader((folder / "unmatched.csv").read_text().splitlines()))
    with open(folder / "unmatched.csv", "w", newline="") as table:
        writer = csv.DictWriter(table, rows[0].keys())
        writer.writeheader()
        writer.writerows(dict(row, patient=patient) for row in rows)
    summary = in_folder(doctor, folder, "import", "unmatched.csv")
    wanted = [path for one in folders for path in one.rglob("*") if path.is_file()]
    tap.equal(summary["unmatched"], 0, f"all of {len(wanted)} files find the patient they were given")
    doctor.do("share", patient, "reader", "--allow", "identity,read,export")
    out = folder / "out"
    reader.do("export", patient, "-o", out)
    values, files = exported(out)
    missing = [path for path in wanted if hashlib.sha256(path.read_bytes()).hexdigest() not in files and
               hashlib.sha256(content(path)).hexdigest() not in files and
               (path.suffix != ".json" or canon(json.loads(path.read_bytes())) not in values)]
    tap.equal(missing, [], "a second user gets every one back byte for byte, resources with their value")
    tap.equal(check_folder(tap, out / patient), [], "and their proofs check out")
    record = doctor.list("record", "list", patient)[0]["id"]
    tap.equal(third.run("record", "get", patient, record, "-o", "-").code, REFUSED, "a third is refused")
    tap.equal(set(added(in_folder(doctor, folder, "import", "unmatched.csv")).values()), {0}, "given again, they add nothing")


def flow(tap):
    with Site() as site:
        _, doctor, reader, stranger = site.begin(("doctor", "clinician"), ("reader", "clinician"), ("stranger", "clinician"))
        small_clinic(tap, site, doctor, reader, stranger)
        interrupted(tap, site, doctor)
        at_once(tap, site, doctor)
        interrupted_export(tap, site, doctor)
    if not ((SHARED / "fhir-r4").is_dir() or (SHARED / "data" / "fhir-r4").is_dir()):
        return
    with Site() as site:
        _, doctor, reader, nurse, registry, third = site.begin(
            ("doctor", "clinician"), ("reader", "clinician"), ("nurse", "assistant"), ("registry", "assistant"), ("third", "clinician"))
        shared_corpus(tap, site, doctor, reader, nurse, registry, third)
        shared_files(tap, site, doctor, reader, third)


run(flow)
