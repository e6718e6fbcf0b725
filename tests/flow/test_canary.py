#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Planted strings are found nowhere at rest and in no memory that has no business with them (PROMISES#S1 B1 K7).

Every search first finds a control string that was put there on purpose: a search that finds nothing because it looks nowhere fails.
"""
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.below import all_asleep, children_of, program_of  # noqa: E402
from lib.canary import Canaries, processes  # noqa: E402
from lib.site import DONE, ROOT, Site, became_ready, free_port, program, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger  # noqa: E402


def secret_of(path):
    return path.read_text().strip()


def plant(site, doctor):
    """Names, contents, titles in the vault; returns what was planted."""
    planted = {name: "Canary" + secrets.token_hex(9) for name in ("family", "given", "identifier", "title", "content", "edited")}
    patient = doctor.json("patient", "add", "--family", planted["family"], "--given", planted["given"], "--birth", "1951-03-14",
                          "--identifier", "urn:canary|" + planted["identifier"])["id"]
    small, large = site.folder / "small.txt", site.folder / "large.txt"
    small.write_text(planted["content"])
    large.write_text(planted["content"] * 4000)
    for path, kind in ((small, "report"), (large, "dictation")):
        record = doctor.json("record", "put", patient, path, "--kind", kind, "--title", planted["title"])["id"]
        doctor.do("record", "get", patient, record, "-o", "-")
    doctor.do("patient", "edit", patient, "--family", planted["edited"])
    doctor.do("patient", "find", planted["edited"][:10])
    doctor.do("record", "list", patient)
    small.unlink()
    large.unlink()
    return planted, patient


def at_rest(tap, site, canaries, people):
    """Data directory, key store, write-ahead log, logs, temporary files, homes, runtime directory."""
    given = [path for person in people for path in (person.password_file, person.passphrase_file)] + [site.passphrase]
    control = site.data / "control.tmp"
    control.write_text("x" + canaries.control + "y")
    found = canaries.in_files(site.folder, but=given)
    control.unlink()
    tap.check(any("control" in line for line in found), "a control string in the data directory is found")
    found = [line for line in found if "control.tmp" not in line]
    tap.check(not found, "no planted string is in data, key store, WAL, logs, temporary files, homes or runtime directory",
              "\n".join(found[:20]))
    tap.check((site.data / "tacenda.db-wal").exists(), "the write-ahead log was among the files")


def in_memory(tap, site, stored, agents):
    """The memory of both daemons and of the agents, one second after the last request; whoever still wants the processor then is let finish."""
    time.sleep(1)
    wait_until(lambda: all_asleep(site.daemon.pid, *children_of(site.daemon.pid), *agents))
    daemons = {"tacendad": site.daemon.pid, **{"keyd": child for child in children_of(site.daemon.pid)}}
    tap.equal(sorted(daemons), ["keyd", "tacendad"], "both daemons run")
    for what, pid in daemons.items():
        found, read = stored.in_memory(pid, what)
        tap.check(read > 1 << 20, f"the memory of {what} was read ({read >> 20} MiB)")
        tap.check(not found, f"no planted string is in the memory of {what}", "\n".join(found[:20]))
    # What a process does hold is found: its own environment.
    marked = Canaries(home=str(site.folder))
    tap.check(marked.in_memory(site.daemon.pid, "tacendad")[0], "a string that tacendad does hold is found in its memory")
    tap.check(agents, "agents run")
    for pid in agents:
        found, read = stored.in_memory(pid, "an agent")
        tap.check(read > 1 << 16 and not found, f"no planted string is in the memory of an agent ({read >> 20} MiB read)", "\n".join(found[:20]))


def undumpable(tap, site, agents):
    """Another process of the same unprivileged user reads nothing of an agent, and no core is written."""
    if shutil.which("setpriv") is None:
        tap.check(True, "undumpability: skipped, setpriv is missing")
        return
    for what, pid in [("tacendad", site.daemon.pid), *[("keyd", child) for child in children_of(site.daemon.pid)],
                      *[("an agent", pid) for pid in agents[:1]]]:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        user = status.split("Uid:")[1].split()[0]
        # Capabilities gone, same user: only the process's own undumpability stands in the way.
        reading = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", f"--reuid={user}",
                                  "sh", "-c", f"head -c 1 /proc/{pid}/mem || exit 7; head -c 1 /proc/{pid}/environ"]
                                 if user != "0" else
                                 ["setpriv", "--reuid", "nobody", "--clear-groups", "cat", f"/proc/{pid}/environ"],
                                 capture_output=True, stdin=subprocess.DEVNULL)
        tap.check(reading.returncode != 0 and not reading.stdout, f"another user's process may not read {what}", reading)
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if "core file" in line).split()
        tap.equal(core[4], "0", f"{what} writes no core")
        # /proc/PID belongs to root when, and only when, the process is undumpable; for root's own it is told by coredump_filter.
    same_user(tap)


def same_user(tap):
    """An unprivileged user starts an agent; his own other processes may not read it."""
    if os.geteuid() != 0:
        tap.check(True, "the same user's processes: skipped, only root can become another user")
        return
    with Site() as site:
        doctor = site.begin(("doctor", "clinician"))[1]
        copy = site.folder / "file.json"
        doctor.do("key", "copy", "-o", copy)
        os.system(f"chown -R nobody {copy} {doctor.password_file} {doctor.passphrase_file}")
        home, runtime = site.folder / "home-nobody", site.folder / "runtime-nobody"
        for folder in (home, runtime):
            folder.mkdir(mode=0o700)
            shutil.chown(folder, "nobody")
        site.folder.chmod(0o711)
        environment = dict(site.environment(), XDG_RUNTIME_DIR=str(runtime), HOME=str(home))
        as_nobody = ["setpriv", "--reuid", "nobody", "--clear-groups"]
        act = lambda *words: subprocess.run([*as_nobody, program("tacenda"), "--home", str(home), *map(str, words)], env=environment,
                                            capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
        connected = act("connect", copy)
        if "Permission denied" in connected.stderr.decode() and connected.returncode == 126:
            tap.check(True, "the same user's processes: skipped, nobody cannot reach the build directory")
            return
        login = act("--passphrase-file", doctor.passphrase_file, "login", "--password-file", doctor.password_file)
        tap.equal(login.returncode, DONE, "an unprivileged user signs in from another home")
        mine = [pid for pid in processes("tacenda", str(home))]
        tap.check(mine, "his agent runs")
        for pid in mine:
            plain = subprocess.Popen([*as_nobody, "sleep", "600"])
            wait_until(lambda: program_of(plain.pid) == "sleep")
            control = subprocess.run([*as_nobody, "cat", f"/proc/{plain.pid}/environ"], capture_output=True)
            plain.kill()
            plain.wait()
            tap.check(control.returncode == 0 and control.stdout, "a process of his may read another that is dumpable")
            for file in ("environ", "mem", "maps"):
                got = subprocess.run([*as_nobody, "cat", f"/proc/{pid}/{file}"], capture_output=True)
                tap.check(got.returncode != 0 and not got.stdout, f"but not /proc/PID/{file} of the agent", got.stdout[:100])
        act("logout")


def without_keys(tap, site):
    """The data alone open nothing; an old key-store copy opens with its night file and not without."""
    older = site.folder / "older"
    shutil.copytree(site.keys, older)
    port = free_port()

    def serves(keys):
        daemon = subprocess.Popen([program("tacendad"), "serve", "--data", str(site.data), "--keys", str(keys), "--listen",
                                   f"127.0.0.1:{port}", "--root-passphrase-file", str(site.passphrase)], env=site.environment(),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ready = became_ready(daemon, site.data, site.environment())
        daemon.terminate()
        said = daemon.communicate(timeout=180)[0].decode(errors="replace")
        return ready, daemon.returncode, said

    empty = site.folder / "no-keys"
    empty.mkdir(mode=0o700)
    ready, code, said = serves(empty)
    tap.check(not ready and code != 0 and said.strip(), "the data directory without the key store opens nothing, and says so", (code, said))
    nights = sorted((older / "nights").iterdir())
    kept = {path: path.read_bytes() for path in nights}
    for path in nights:
        path.unlink()
    ready, code, said = serves(older)
    tap.check(not ready and code != 0 and said.strip(), "a key-store copy and the root passphrase without its night file open nothing",
              (code, said))
    for path, data in kept.items():
        path.write_bytes(data)
        path.chmod(0o600)
    ready, code, said = serves(older)
    tap.check(ready and code == 0, "and with it they do", (code, said))
    wrong = site.secret("wrong.passphrase")
    refused = site.host("serve", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", wrong)
    tap.check(refused.code == 1 and "root passphrase" in refused.error, "a wrong root passphrase is refused at start", refused)


def documented(section):
    """What may stand in a directory, by docs/FORMATS.md: patterns."""
    text = (ROOT / "docs" / "FORMATS.md").read_text().split(f"\n## {section}", 1)[1].split("```\n")[1]
    names = [name for line in text.splitlines() if line[:1].strip() for name in re.split(r" {2,}", line)[0].split(", ")]
    out = []
    for name in map(re.escape, names):
        for word, stands_for in (("NNNNNNNN", r"\d{8}"), ("XX", "[0-9a-f]{2}"), ("YY", "[0-9a-f]{2}"), ("ID", "[0-9a-v]{26}"), ("tiles/L", r"tiles/\d+")):
            name = name.replace(word, stands_for)
        out.append(name)
    return out


def closed_list(tap, site):
    """No file in data directory and key store that docs/FORMATS.md does not describe."""
    for section, folder, least in (("4. Data directory", site.data, 8), ("5. Key store", site.keys, 7)):
        patterns = documented(section)
        found = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if not path.is_dir()]
        strange = [name for name in found if not any(re.fullmatch(pattern, name) for pattern in patterns)]
        tap.check(len(found) >= least and not strange, f"every file is one that docs/FORMATS.md describes ({section})", (strange, len(found)))


def flow(tap):
    with Site() as site:
        admin, doctor, assistant = site.begin(("doctor", "clinician"), ("assistant", "assistant"))
        planted, patient = plant(site, doctor)
        doctor.do("share", patient, "assistant", "--allow", "identity,read")
        assistant.do("patient", "list")
        password = "Canary-" + secrets.token_hex(9) + "!1"
        invitation = admin.json("user", "add", "program", "--profile", "auditor")["invitation"]
        stranger = Stranger(site).enrol(invitation, password)
        tap.equal(stranger.sign_in().status, 201, "a program of one's own signs in with the planted password")
        stranger.request("GET", "/v1/session")
        people = [admin, doctor, assistant]
        secret = dict(planted, token=stranger.token, password=password, root=secret_of(site.passphrase))
        for person in people:
            secret[person.login + " password"] = secret_of(person.password_file)
            secret[person.login + " passphrase"] = secret_of(person.passphrase_file)
        control = "Control" + secrets.token_hex(9)
        canaries = Canaries(**secret, control=control)
        canaries.control = control
        at_rest(tap, site, canaries, people)
        if os.geteuid() == 0:
            agents = [pid for pid in processes("tacenda", str(site.folder))]
            in_memory(tap, site, Canaries(**secret), agents)
            undumpable(tap, site, agents)
        else:
            tap.check(True, "memory of the processes: skipped, only root may read it")
        site.stop()
        closed_list(tap, site)
        found = [line for line in canaries.in_files(site.data, site.keys) if "control" not in line]
        tap.check(not found, "nor after the daemon ended", "\n".join(found[:20]))
        without_keys(tap, site)


run(flow)
