#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of tacendad and of keyd under load: nothing that was acknowledged is lost (PROMISES#B2 K10 S2).

KILLS (default 20, 8 under sanitizers) and SEED come from the environment; the seed is printed, so that a failing run can be repeated.

Serving again takes two seconds at most, by the clock on the wall. So that it is our work that is measured and not that of other programs,
the new daemons go before all others (SCHED_FIFO) until they are ready, where the system allows it; where it does not, the stalls of the
machine are not counted (lib/running.py) and the limit is the same.
"""
import hashlib
import os
import pathlib
import random
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.below import children_of, program_of  # noqa: E402
from lib.flavour import often  # noqa: E402
from lib.running import Taken  # noqa: E402
from lib.site import DAMAGE, DONE, Site, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402

KILLS = int(os.environ.get("KILLS") or often(20, 8))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
SIZES = (0, 1, 700, 4096, 4097, 20_000, 70_000, 400_000)
WRITERS = 3
SERVING_AGAIN = 2.0  # seconds


class Writer(threading.Thread):
    """One clinician who puts records, adds patients and shares, and remembers only what was acknowledged."""

    def __init__(self, person, seed, folder, serving):
        super().__init__(daemon=True)
        self.person, self.random, self.folder = person, random.Random(seed), folder
        self.records, self.patients, self.shares = {}, {}, {}
        self.stopping, self.serving = threading.Event(), serving
        self.wrong, self.acknowledged, self.interrupted = [], 0, 0

    def acted(self, *words):
        """One command; its answer when it was acknowledged. Anything but 'done' or 'not now, refused' is wrong."""
        result = self.person.run("--json", *words, timeout=300)
        if result.code == DONE:
            self.acknowledged += 1
            return result.lines() or [{}]
        self.interrupted += 1
        if result.code == DAMAGE or result.code < 0:
            self.wrong.append(f"{words}: {result!r}")
        self.serving.wait(600)
        return None

    def run(self):
        count = 0
        while not self.stopping.is_set():
            count += 1
            choice = self.random.random()
            if choice < 0.2 or not self.patients:
                family = f"Family{self.random.randrange(10**9)}"
                made = self.acted("patient", "add", "--family", family, "--given", "Test")
                if made:
                    self.patients[made[0]["id"]] = family
            elif choice < 0.35:
                patient = self.random.choice(sorted(self.patients))
                allow = self.random.choice(["identity", "identity,read", "identity,read,write"])
                if self.acted("share", patient, "reader", "--allow", allow) is not None:
                    self.shares[patient] = allow
                else:
                    self.shares.pop(patient, None)  # it may or may not have come to pass
            else:
                patient = self.random.choice(sorted(self.patients))
                path = self.folder / f"{self.person.login}-{count}"
                path.write_bytes(self.random.randbytes(self.random.choice(SIZES)))
                made = self.acted("record", "put", patient, path, "--kind", "report")
                if made:
                    self.records[made[0]["id"]] = (patient, hashlib.sha256(path.read_bytes()).hexdigest())
                path.unlink()


class Ahead:
    """What this thread starts goes before all other programs, until settle() says who no longer does."""

    def __enter__(self):
        self.allowed = True
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            self.allowed = False
        return self

    def __exit__(self, *_):
        settle(0)


def settle(thread):
    try:
        os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
    except (PermissionError, ProcessLookupError):
        pass


def settle_all(*processes):
    for process in processes:
        for task in pathlib.Path(f"/proc/{process}/task").iterdir():
            settle(int(task.name))


def keyd_of(pid):
    """The key daemon that this daemon started."""
    return next((child for child in children_of(pid) if program_of(child) == "tacenda-keyd"), None)


def has_ended(process):
    """Gone, which it may be between two looks, or waited for by nobody."""
    try:
        return "Z" in pathlib.Path(f"/proc/{process}/stat").read_text().split(")")[1][:3]
    except OSError:
        return True


def kill_and_restart(site, chance, waits, how, serving):
    """One kill, then the time from the start of the new process to its readiness."""
    serving.clear()
    keyd = keyd_of(site.daemon.pid)
    victim = chance.choice(["tacendad"] * 3 + ["keyd"]) if keyd else "tacendad"
    if victim == "keyd":
        os.kill(keyd, signal.SIGKILL)
        # Without its keys the daemon cannot go on for long; a power cut ends it too.
        time.sleep(chance.random() * 0.2)
    site.kill()
    how[victim] = how.get(victim, 0) + 1
    if keyd:
        wait_until(lambda: has_ended(keyd))
    with Ahead() as ahead:
        with Taken() as took:
            site.serve()
        waits.append(took.wall if ahead.allowed else took.running)
    settle_all(site.daemon.pid, keyd_of(site.daemon.pid))
    serving.set()


def verify(tap, site, writers):
    lost, wrong, wrong_shares = [], [], []
    for writer in writers:
        listed = {item["id"]: item["family"] for item in writer.person.list("patient", "list")}
        lost += [patient for patient, family in writer.patients.items() if listed.get(patient) != family]
        of_patient = {}
        for record, (patient, digest) in writer.records.items():
            if patient not in of_patient:
                of_patient[patient] = {item["id"] for item in writer.person.list("record", "list", patient)}
            if record not in of_patient[patient]:
                lost.append(record)
                continue
            got = writer.person.run("record", "get", patient, record, "-o", "-")
            if got.code != DONE or hashlib.sha256(got.out).hexdigest() != digest:
                wrong.append(f"{record}: {got.code} {got.error}")
        for patient, allow in writer.shares.items():
            held = {item["login"]: item["allow"] for item in writer.person.list("shares", patient)}
            got = held.get("reader", [])
            got = got if isinstance(got, list) else got.split(",")
            if sorted(got) != sorted(allow.split(",")):
                wrong_shares.append(f"{patient}: {held} instead of {allow}")
    records = sum(len(writer.records) for writer in writers)
    patients = sum(len(writer.patients) for writer in writers)
    print(f"# {records} records and {patients} patients acknowledged, {sum(w.interrupted for w in writers)} commands interrupted")
    tap.check(records > 0 and patients > 0, "writes were acknowledged between the kills")
    tap.check(not lost, "no acknowledged patient or record is missing", lost)
    tap.check(not wrong, "every acknowledged record comes back byte for byte", wrong)
    tap.check(not wrong_shares, "every acknowledged share is in force", wrong_shares)
    for writer in writers:
        result = writer.person.run("log", "verify")
        tap.check(result.code == DONE, f"the log verifies for {writer.person.login}, against what it had pinned before the kills", result)
        leaves = 0
        for patient in list(writer.patients)[:5]:
            leaves += len(writer.person.list("log", "list", "--patient", patient))
        tap.check(leaves > 0, f"{writer.person.login}'s patients have their leaves")


def flow(tap):
    print(f"# SEED={SEED} KILLS={KILLS}")
    chance = random.Random(SEED)
    with Site() as site:
        people = site.begin(*[(f"writer{i}", "clinician") for i in range(WRITERS)], ("reader", "assistant"))
        serving = threading.Event()
        serving.set()
        writers = [Writer(person, SEED + i, site.folder, serving) for i, person in enumerate(people[1:1 + WRITERS])]
        for writer in writers:
            writer.start()
        waits, how = [], {}
        for _ in range(KILLS):
            before = sum(w.acknowledged for w in writers)
            # Progress first, so that every kill hits work; then a moment of chance within it.
            wait_until(lambda: sum(w.acknowledged for w in writers) > before)
            time.sleep(chance.random() * 0.5)
            kill_and_restart(site, chance, waits, how, serving)
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join(600)
        worst, middle = max(waits), sorted(waits)[len(waits) // 2]
        print(f"# {how}; serving again after {middle:.2f} s (median), {worst:.2f} s (worst)")
        print(f"# load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        tap.check(worst <= SERVING_AGAIN, f"serving again within {SERVING_AGAIN:.0f} s after each of {KILLS} kills", waits)
        tap.check(not [line for w in writers for line in w.wrong], "no interrupted command speaks of damage or crashes",
                  [line for w in writers for line in w.wrong])
        verify(tap, site, writers)
        tap.equal(site.stop(), 0, "and the daemon ends cleanly")
        check = site.host("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase)
        tap.equal(check.code, DONE, "tacendad check finds nothing wrong")


run(flow)
