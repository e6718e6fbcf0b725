#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""promises.py: hold code, tests and docs/PROMISES.md together.

Fails when code cites a promise that no test cites, when anything cites an id that docs/PROMISES.md does not list, or when
docs/PROMISES.md names a test that does not exist.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CITED = re.compile(r"PROMISES#([SKB]\d+)")
SOURCES = {".c", ".h", ".py", ".sh", ".ts", ".tsx", ".build"}


def citations(folder):
    found = {}
    listed = subprocess.run(["git", "ls-files", *folder], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\n"):
        path = ROOT / name
        if name and path.suffix in SOURCES and path.is_file():
            for promise in CITED.findall(path.read_text(errors="replace")):
                found.setdefault(promise, set()).add(name)
    return found


def main():
    page = (ROOT / "docs" / "PROMISES.md").read_text()
    known = set(re.findall(r"^\| ([SKB]\d+) \|", page, re.M))
    in_code, in_tests = citations(["src", "scripts"]), citations(["tests"])
    findings = []
    for where, cited in (("code", in_code), ("a test", in_tests)):
        findings += [f"{sorted(files)[0]}: {where} cites {promise}, which docs/PROMISES.md does not list"
                     for promise, files in cited.items() if promise not in known]
    findings += [f"{sorted(files)[0]}: cites {promise}, which no test cites"
                 for promise, files in in_code.items() if promise not in in_tests]
    findings += [f"docs/PROMISES.md: names {name}, which does not exist"
                 for name in re.findall(r"`(tests/[^`*]+)`", page) if not (ROOT / name).exists()]
    threats = (ROOT / "docs" / "THREATS.md").read_text()
    findings += [f"docs/THREATS.md: names {name}, which does not exist"
                 for name in re.findall(r"`((?:tests|scripts)/[^`*]+)`", threats) if not (ROOT / name).exists()]
    findings += [f"docs/CONTROLS.tsv: names {name}, which does not exist"
                 for name in re.findall(r"\b(?:tests|scripts)/[\w./-]*\w", (ROOT / "docs" / "CONTROLS.tsv").read_text())
                 if not (ROOT / name).exists()]
    print("\n".join(sorted(findings)) if findings else f"promises: {len(known)} listed, {len(in_tests)} cited by tests")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
