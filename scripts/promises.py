#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""promises.py [ROOT]: hold code, tests and docs/PROMISES.md together.

Fails when code cites a promise that no test cites, when anything cites an id that docs/PROMISES.md does not list, when a page
names a test or script that does not exist, when a test that keeps a promise does not cite it, and when a promise is called kept
and no test keeps it, or when docs/DEPENDENCIES.md lacks a library. `PROMISES#S1 K7` cites both.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
CITED = re.compile(r"PROMISES#([SKB]\d+(?:[ ,]+[SKB]\d+)*)\b")
ROW = re.compile(r"^\| ([SKB]\d+) \|[^|]*\| *([^|]*?) *\|([^|]*)\|", re.M)
NAMED = re.compile(r"`((?:tests|scripts)/[^`*]+)`")
SOURCES = {".c", ".h", ".py", ".sh", ".mjs", ".ts", ".tsx", ".build"}


def citations(folder):
    """{promise: files under these folders that cite it}"""
    found = {}
    listed = subprocess.run(["git", "ls-files", *folder], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\n"):
        path = ROOT / name
        if name and path.suffix in SOURCES and path.is_file():
            for cited in CITED.findall(path.read_text(errors="replace")):
                for promise in re.findall(r"[SKB]\d+", cited):
                    found.setdefault(promise, set()).add(name)
    return found


def cited_wrongly(known, in_code, in_tests):
    for where, cited in (("code", in_code), ("a test", in_tests)):
        for promise, files in cited.items():
            if promise not in known:
                yield f"{min(files)}: {where} cites {promise}, which docs/PROMISES.md does not list"
    for promise, files in in_code.items():
        if promise not in in_tests:
            yield f"{min(files)}: cites {promise}, which no test cites"


def kept_wrongly(rows, in_tests):
    for promise, state, kept_by in rows:
        tests = [name for name in NAMED.findall(kept_by) if name.startswith("tests/")]
        for name in tests:
            if name not in in_tests.get(promise, ()):
                yield f"docs/PROMISES.md: {promise} is kept by {name}, which does not cite it"
        if state.startswith("kept") and not tests:
            yield f"docs/PROMISES.md: {promise} is called kept, and no test keeps it"


def missing():
    """What a page names must be there."""
    for page, names in (("PROMISES.md", NAMED), ("THREATS.md", NAMED), ("CONTROLS.tsv", re.compile(r"\b((?:tests|scripts)/[\w./-]*\w)"))):
        path = ROOT / "docs" / page
        for name in names.findall(path.read_text()) if path.exists() else ():
            if not (ROOT / name).exists():
                yield f"docs/{page}: names {name}, which does not exist"


def unlisted():
    """A library that meson links has its line in docs/DEPENDENCIES.md."""
    page = ROOT / "docs" / "DEPENDENCIES.md"
    listed = str(re.findall(r"^(?:\| (\S+) |To build: (.*))", page.read_text(), re.M)) if page.exists() else None
    for folder in (".", "tests") if listed else ():
        for name in re.findall(r"dependency\('(?:lib)?(\w+)'", (ROOT / folder / "meson.build").read_text()):
            if name not in ("threads", "crypto") and name not in listed:
                yield f"docs/DEPENDENCIES.md: lacks {name}, which meson links"


def main():
    rows = ROW.findall((ROOT / "docs" / "PROMISES.md").read_text())
    known = {promise for promise, _, _ in rows}
    in_code, in_tests = citations(["src", "scripts"]), citations(["tests"])
    findings = [*cited_wrongly(known, in_code, in_tests), *kept_wrongly(rows, in_tests), *missing(), *unlisted()]
    without = [f"{promise} ({state.split(':')[0]})" for promise, state, _ in rows if promise not in in_tests]
    print("\n".join(sorted(findings)) if findings else
          f"promises: {len(known)} listed, {len(in_tests)} cited by tests; by none: {', '.join(without) or 'none'}")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
