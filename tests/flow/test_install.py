#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is installed: programs side by side, unit, manual pages that say what --help says (PROMISES#K14)."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import BUILD, ROOT, program  # noqa: E402
from lib.tap import run  # noqa: E402

INSTALLED = ("bin/tacenda", "bin/tacendad", "bin/tacenda-keyd", "bin/tacenda-courier", "lib/systemd/system/tacendad.service",
             "share/man/man1/tacenda.1", "share/man/man8/tacendad.8")


def said(*words):
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300).stdout


def manuals(tap):
    for name, page in (("tacenda", "tacenda.1"), ("tacendad", "tacendad.8")):
        text = (ROOT / "packaging" / page).read_text().replace("\\-", "-")
        overview = said(program(name), "--help")
        words = [found[1] for found in re.finditer(r"^  ([a-z]+(?: [a-z]+)?) {2,}\S", overview, re.M)]
        missing = [word for word in words if f"\n.B {word}\n" not in text]
        tap.check(len(words) > 5 and not missing, f"{page} has every word of --help", missing)
        stated = set(re.findall(r"^\.B ([a-z]+(?: [a-z]+)?)$", text[text.index(".SH COMMANDS" if name == "tacenda" else ".SH VERBS"):
                                                                     text.index(".SH OPTIONS" if name == "tacenda" else ".SH SETTINGS")], re.M))
        tap.equal(sorted(stated - set(words)), [], f"{page} has no other")
        helps = [overview] if name == "tacenda" else [said(program(name), word, "--help") for word in words]
        options = {option for one in helps for option in re.findall(r"^  (--[a-z-]+)", one, re.M)}
        tap.equal(sorted(option for option in options if not re.search(rf"{option}\b", text)), [], f"{page} has every option")
        if shutil.which("groff"):
            shown = subprocess.run(["groff", "-man", "-ww", "-Tutf8", str(ROOT / "packaging" / page)], capture_output=True, timeout=300)
            tap.check(shown.returncode == 0 and not shown.stderr, f"{page} is set without a warning", shown.stderr)


def installed(tap, folder):
    """A copy of the build's plan, configured for another prefix, put below DESTDIR."""
    got = subprocess.run(["meson", "install", "-C", str(BUILD), "--destdir", str(folder), "--no-rebuild", "--quiet"],
                         capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    prefix = next(folder.glob("**/bin/tacendad"), folder / "x" / "x").parent.parent
    there = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()}
    tap.equal(sorted(there), sorted(INSTALLED), "exactly these files are installed") or print("#", got.stdout, got.stderr)
    unit = (prefix / "lib/systemd/system/tacendad.service").read_text()
    place = "/" + str(prefix.relative_to(folder))
    tap.check(f"ExecStart={place}/bin/tacendad serve" in unit, "the unit starts what is installed, without DESTDIR", unit)
    site = folder / "site"
    site.mkdir()
    (site / "root").write_text("a root passphrase!9a\n")
    made = subprocess.run([str(prefix / "bin/tacendad"), "init", "--data", str(site / "d"), "--keys", str(site / "k"), "--site", "S",
                           "--region", "EU", "--admin", "a", "--root-passphrase-file", str(site / "root")],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    tap.check(made.returncode == 0 and "/enrol#" in made.stdout, "the installed programs find each other", made.stderr)
    if shutil.which("systemd-analyze"):
        checked = subprocess.run(["systemd-analyze", "verify", "--man=no", "--root", str(folder), f"{place}/lib/systemd/system/tacendad.service"],
                                 capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
        wrong = [line for line in checked.stderr.splitlines() if "tacendad.service" in line and "not-found" not in line]
        tap.check(not [line for line in wrong if "Unknown" in line or "Invalid" in line], "systemd knows every line of the unit", wrong)


def make_install(tap, folder):
    """`make install PREFIX=DIR` says what it would do; the real one is the packager's."""
    got = subprocess.run(["make", "--dry-run", "install", f"PREFIX={folder}/opt", f"DESTDIR={folder}/stage"], cwd=ROOT,
                         capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    tap.check(f'-Dprefix="{folder}/opt"' in got.stdout and f'--destdir "{folder}/stage"' in got.stdout,
              "make install takes PREFIX and DESTDIR", got.stdout + got.stderr)


def flow(tap):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tacenda-install-"))
    try:
        manuals(tap)
        make_install(tap, folder)
        installed(tap, folder)
    finally:
        if not os.environ.get("TACENDA_KEEP"):
            shutil.rmtree(folder)


if __name__ == "__main__":
    run(flow)
