#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The main job: put records in, get them back byte for byte, share them, prove it (PROMISES#K7 K9 K10 B1 B3 B5)."""
import hashlib
import pathlib
import secrets
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DONE, NOT_NOW, REFUSED, Site, USAGE  # noqa: E402
from lib.tap import run  # noqa: E402


def files_of(folder):
    """One of each kind, small and large, at the borders of inline objects and chunks."""
    made = []
    for kind, size in (("dictation", 0), ("dictation", 1), ("photo", 4096), ("photo", 16384), ("report", 16385),
                       ("chart", 65536), ("dictation", 300_000), ("report", 5_000_000)):
        path = folder / f"{kind}-{size}.bin"
        path.write_bytes(secrets.token_bytes(size))
        made.append((kind, path))
    return made


def put_and_found(tap, site, doctor):
    """A patient file and its records, {id: path}, each fetched back."""
    tap.equal(doctor.json("whoami")["login"], "doctor", "enrolment ends signed in")
    patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor", "--birth", "1951-03-14",
                          "--sex", "female", "--identifier", "urn:demo|A-1")["id"]
    tap.check(patient.startswith("pt-"), "a new patient file has an id")
    records = {}
    for kind, path in files_of(site.folder):
        made = doctor.json("record", "put", patient, path, "--kind", kind, "--title", f"Title of {path.name}")
        records[made["id"]] = path
    for record, path in records.items():
        out = site.folder / "out.bin"
        doctor.do("record", "get", patient, record, "-o", out)
        tap.check(out.read_bytes() == path.read_bytes(), f"{path.name} comes back byte for byte")
        out.unlink()
    tap.equal(doctor.do("record", "get", patient, next(iter(records)), "-o", "-").out, b"", "an empty record goes to stdout")
    listed = doctor.list("record", "list", patient)
    tap.equal({item["id"] for item in listed}, set(records), "the list names every record once")
    tap.equal(len(doctor.list("record", "list", patient, "--kind", "photo")), 2, "the list can be narrowed to a kind")
    found = doctor.list("patient", "find", "aubrey")
    tap.equal([item["id"] for item in found], [patient], "a patient is found by name, whatever its case")
    tap.equal([item["id"] for item in doctor.list("patient", "find", "A-1")], [patient], "and by identifier")
    return patient, records


def shared(tap, site, people, patient, record, path):
    """Nobody without a share, and exactly who was given one."""
    admin, doctor, assistant, stranger, auditor = people
    for person in (assistant, stranger, auditor, admin):
        tap.equal(person.run("record", "get", patient, record, "-o", site.folder / "no").code, REFUSED,
                  f"{person.login} without a share is refused")
    tap.check(not (site.folder / "no").exists(), "a refused fetch leaves no file behind")
    doctor.do("share", patient, "assistant", "--allow", "identity,read,write")
    out = site.folder / "shared.bin"
    assistant.do("record", "get", patient, record, "-o", out)
    tap.check(out.read_bytes() == path.read_bytes(), "a second user who was given access gets the same bytes")
    tap.equal(stranger.run("record", "get", patient, record, "-o", site.folder / "no").code, REFUSED, "a third is refused")
    tap.equal(assistant.list("patient", "find", "aubrey")[0]["family"], "Aubrey", "identity opens the name")


def versions(tap, site, doctor, assistant, patient):
    """A record is written anew, ended, and keeps its history."""
    note = site.folder / "note.txt"
    note.write_text("first")
    by_assistant = assistant.json("record", "put", patient, note, "--kind", "report", "--status", "draft")["id"]
    note.write_text("second")
    assistant.do("record", "update", patient, by_assistant, note, "--status", "final")
    tap.equal(doctor.do("record", "get", patient, by_assistant, "-o", "-").out, b"second", "an update is the newest version")
    tap.equal(doctor.do("record", "get", patient, by_assistant, "--version", "1", "-o", "-").out, b"first",
              "the version before it stays")
    history = doctor.list("record", "history", patient, by_assistant)
    tap.equal([item["author"] for item in history], ["assistant", "assistant"], "the history names the author")
    doctor.do("--yes", "record", "delete", patient, by_assistant)
    tap.check(by_assistant not in {item["id"] for item in doctor.list("record", "list", patient)}, "a deleted record is not listed")
    for version in ("1", "2"):
        tap.equal(doctor.run("record", "get", patient, by_assistant, "--version", version, "-o", "-").code, REFUSED, f"nor version {version} served")
    tap.equal(assistant.run("record", "update", patient, by_assistant, note).code, REFUSED, "nor updated")
    tombs = doctor.list("record", "list", patient, "--deleted")
    tap.equal([(one["id"], one["status"], one["author"], one["version"]) for one in tombs], [(by_assistant, "deleted", "doctor", 2)],
              "the list of deleted ones says who deleted it")
    history = assistant.list("record", "history", patient, by_assistant)
    tap.equal([(one["version"], one["status"], one["author"]) for one in history],
              [(1, "draft", "assistant"), (2, "final", "assistant"), (2, "deleted", "doctor")], "the history ends with the deletion")
    tap.check(history[2]["time"] == tombs[0]["time"] > history[1]["time"], "at its own time", history)


def shut_out(tap, site, doctor, assistant, patient, record, path):
    """Revocation re-keys; a file that was written afterwards."""
    doctor.do("unshare", patient, "assistant")
    tap.equal(assistant.run("record", "get", patient, record, "-o", site.folder / "no").code, REFUSED, "unshare takes access away")
    after = site.folder / "after.txt"
    after.write_text("written after the revocation")
    later = doctor.json("record", "put", patient, after, "--kind", "report")["id"]
    tap.equal(doctor.do("record", "get", patient, later, "-o", "-").out, after.read_bytes(), "the owner goes on under the new keys")
    tap.equal(assistant.run("record", "get", patient, later, "-o", "-").code, REFUSED, "the one who was shut out reads nothing written afterwards")
    tap.equal(doctor.do("record", "get", patient, record, "-o", "-").out, path.read_bytes(), "and still reads what was before")
    return after


def one_permission_alone(tap, doctor, assistant, after):
    """A second patient: what the name opens, and what a record."""
    cache = doctor.home / "cache" / "patients"
    earlier = cache.read_bytes()
    second = doctor.json("patient", "add", "--family", "Lindqvist", "--given", "Tage")["id"]
    tap.equal([item["id"] for item in doctor.list("patient", "find", "lindqvist")], [second], "a new patient is found")
    # "TCF2" and the id of an earlier save, the blocks of this one.
    mixed = earlier[:20] + cache.read_bytes()[20:]
    cache.write_bytes(mixed)
    tap.equal(len(doctor.list("patient", "list")), 2, "a cache mixed of two saves is not believed")
    tap.check(cache.read_bytes() != mixed, "and filled anew")
    chart = doctor.json("record", "put", second, after, "--kind", "chart", "--pseudonymous")["id"]
    letter = doctor.json("record", "put", second, after, "--kind", "report")["id"]
    doctor.do("share", second, "assistant", "--allow", "identity")
    tap.equal(assistant.json("patient", "show", second)["family"], "Lindqvist", "with identity alone the name opens")
    for one in (chart, letter):
        tap.equal(assistant.run("record", "get", second, one, "-o", "-").code, REFUSED, "with identity alone no record opens")
    doctor.do("share", second, "assistant", "--allow", "read")
    tap.equal(assistant.do("record", "get", second, chart, "-o", "-").out, after.read_bytes(), "with read alone a pseudonymous chart opens")
    tap.equal(assistant.run("record", "get", second, letter, "-o", "-").code, REFUSED, "with read alone no identifying record opens")
    tap.check("Lindqvist" not in assistant.do("--json", "patient", "list").text, "with read alone no name opens")


def proven(tap, site, doctor, assistant, auditor, patient, record, path):
    """The log, saved and verified, and a restart."""
    tap.equal(doctor.run("log", "verify").code, DONE, "the log verifies")
    entries = doctor.list("log", "list", "--patient", patient)
    tap.check(any(item["action"] == "read" and item["user"] == "assistant" for item in entries),
              "the owner sees who read what", entries[:5])
    tap.equal(assistant.run("log", "list", "--patient", patient).code, REFUSED, "others do not see a patient's log")
    tap.check(auditor.list("log", "list", "--action", "sign-in"), "the auditor sees sign-ins")
    saved = site.folder / "saved"
    doctor.do("log", "save", "-o", saved)
    key = site.folder / "log.key"
    key.write_text(site.made["log_key"] + "\n")
    site.stop()
    tap.equal(doctor.run("log", "verify", "--offline", saved, "--key", key).code, DONE, "a saved log verifies without a server")
    tap.equal(doctor.run("patient", "list").code, NOT_NOW, "an unreachable server is 'not now'")
    tap.equal(doctor.run("patient", "bogus").code, USAGE, "wrong words are a wrong usage")
    site.serve()
    doctor.login_again()
    tap.equal(hashlib.sha256(doctor.do("record", "get", patient, record, "-o", "-").out).digest(),
              hashlib.sha256(path.read_bytes()).digest(), "a restart keeps everything")


def job(tap, preset):
    """The same commands on both: on a standard site people did the steps that stand before work (Site.enrol)."""
    with Site(preset=preset) as site:
        people = _, doctor, assistant, _, auditor = site.begin(
            ("doctor", "clinician"), ("assistant", "assistant"), ("stranger", "clinician"), ("auditor", "auditor"))
        patient, records = put_and_found(tap, site, doctor)
        record, path = list(records.items())[2]
        shared(tap, site, people, patient, record, path)
        versions(tap, site, doctor, assistant, patient)
        after = shut_out(tap, site, doctor, assistant, patient, record, path)
        one_permission_alone(tap, doctor, assistant, after)
        proven(tap, site, doctor, assistant, auditor, patient, record, path)


def flow(tap):
    for preset in ("trial", "standard"):
        job(tap, preset)


run(flow)
