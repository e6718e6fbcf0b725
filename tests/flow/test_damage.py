#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damage at rest: never wrong data, never a right changed (PROMISES#S2 K9 B1 B2 B3 B5).

DAMAGES (default 200, 16 under sanitizers) random bit flips over objects, database, key store and log, each in a fresh copy of one stopped site, which is then started and
read whole as its owner, a reader with a share and a stranger. Every answer is the one from before or a refusal. Then each plain column
is changed by SQL, objects are swapped, cut, rolled back, and rows are replayed. SEED is printed.
"""
import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import socket
import sqlite3
import sys
import time
from copy import copy as twin_of

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.factor import Phone  # noqa: E402
from lib.flavour import often  # noqa: E402
from lib.prepared import Prepared, deed, judge  # noqa: E402
from lib.site import DAMAGE, DONE, Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import b64, id_bytes, new_uuid  # noqa: E402

DAMAGES = int(os.environ.get("DAMAGES") or often(200, 16))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
WORKERS = 2
# Tables that hold nothing while nothing is on its way.
TRANSIENT = {"outbox"}
# Who looks for one of these rows under its key finds none, as if it had been removed, which whoever writes the database can do
# (docs/THREATS.md); what is to be delivered is read when it is due. The walk over everything names them.
BY_THE_WALK = {("contact", "user"), ("failure", "token"), ("reset", "user"), ("delivery", "notice"), ("delivery", "way"), ("delivery", "user"),
               ("delivery", "due"), ("delivery", "sealed"), ("idempotency", "token")}
# Sockets and locks are made anew at every start.
PASSED_OVER = ("run",)


class Full(Prepared):
    """A row in every table."""

    def fill(self):
        owner, reader = self.people["owner"], self.people["reader"]
        admin, phone = self.site.people["admin"], Phone(self.site, "reader")

        def expect(status, answer):
            if answer.status != status:
                raise RuntimeError(f"{answer!r}")
        expect(201, reader.request("POST", "/v1/authenticators", {"name": "phone", "secret": b64(phone.secret), "code": phone.code()}))
        expect(204, owner.request("PUT", "/v1/notices/contact", {"mail": "owner@clinic.example", "kinds": ""}))
        expect(401, owner.sign_in(password="not the password 1!"))
        self.code = admin.json("user", "reset", "nobody")["code"]
        for name, value in (("session.cap", "31"), ("patient.delete", "second-person"), ("syslog.kinds", "information,warning,urgent")):
            admin.do("site", "set", name, value)
        self.change([{"statement": b64(owner.statement("request", new_uuid(), b"\x02", bytes(16), id_bytes(self.patients[0])))}])
        # A delivery is a row before it is tried, and stays one when it failed.
        with socket.create_server(("127.0.0.1", 0)) as receiver:
            receiver.settimeout(300)
            admin.do("site", "set", "syslog.server", f"localhost:{receiver.getsockname()[1]}")
            receiver.accept()[0].close()

    def questions(self):
        yield from super().questions()
        for who in self.people:
            for address in ("/v1/factors", "/v1/settings", "/v1/approvals", "/v1/notices/contact"):
                yield who, address

    def acts(self, here):
        nobody = twin_of(self.people["nobody"])
        nobody.site = here
        body = lambda: {"login": nobody.login, "code": self.code, "new": "Purple-giraffe-8#", "device": nobody.device, "proof": b64(nobody.proof())}
        return {("nobody", "password-reset"): deed(lambda: nobody.request("POST", "/v1/password-resets", body(), token=""))}


def files_of(copy):
    """{kind: [file]} of what is on the two disks."""
    kinds = collections.defaultdict(list)
    for path in sorted(copy.data.rglob("*")) + sorted(copy.keys.rglob("*")):
        if not path.is_file() or path.stat().st_size == 0 or any(part in PASSED_OVER for part in path.parts):
            continue
        # A write-ahead log that was emptied is room, not content.
        with open(path, "rb") as file:
            if path.name == "tacenda.db-wal" and not any(file.read(32)):
                continue
        place = path.relative_to(copy.folder).parts
        kind = "key store" if place[0] == "keys" else {"objects": "object", "uploads": "upload", "log": "log"}.get(
            place[1], "database" if place[1].startswith("tacenda.db") else "other")
        kinds[kind].append(path)
    return kinds


def flip(path, chance):
    data = bytearray(path.read_bytes())
    # Room that is only reserved is zero to the end of the file; a flip there would prove little.
    at = chance.randrange(len(data.rstrip(b"\0")) or 1)
    data[at] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return at


def outcome(copy, baseline):
    """What came of a damage: a word, and the details."""
    started, said = copy.start()
    if not started:
        return ("refused at start" if said.split(":", 2)[1].strip() else "silent"), said
    got = copy.read()
    code = copy.stop()
    equal, refused, vanished, wrong = judge(baseline, got)
    detail = f"daemon exit {code}; {len(refused)} refused, {len(vanished)} vanished, {len(wrong)} wrong of {len(baseline)}: " + \
        "; ".join(f"{question} -> {str(got[question])[:200]}" for question in (wrong + vanished + refused)[:3])
    if code not in (0, DAMAGE):
        return "crash", detail + copy.said()
    if wrong:
        return "wrong", detail
    if refused:
        return "refused by name", detail
    checked = copy.check()
    if vanished:
        # Out of an index's sight; the whole walk has to name it.
        return ("found by check" if checked.returncode == DAMAGE else "unnoticed"), detail + checked.stderr.decode()[:300]
    return ("found by check" if checked.returncode == DAMAGE else "without effect"), checked.stderr.decode()[:300]


def flips(tap, prepared, baseline):
    def one(number):
        chance = random.Random(f"{SEED}/{number}")
        copy = prepared.copy(f"flip-{number}")
        kinds = files_of(copy)
        kind = chance.choice(sorted(kinds))
        path = chance.choice(kinds[kind])
        at = flip(path, chance)
        word, detail = outcome(copy, baseline)
        name = path.relative_to(copy.folder)
        shutil.rmtree(copy.folder)
        return kind, word, f"{name} at {at}: {detail}"

    tally, bad = collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for number, (kind, word, detail) in enumerate(pool.map(one, range(DAMAGES))):
            tally[kind, word] += 1
            if word in ("wrong", "unnoticed", "crash", "silent"):
                bad.append(f"{number}: {word}: {detail}")
    for (kind, word), count in sorted(tally.items()):
        print(f"# {kind}: {word}: {count}")
    tap.check(not bad, f"each of {DAMAGES} bit flips is refused and named, or without effect", "\n".join(bad))
    noticed = sum(count for (_, word), count in tally.items() if word != "without effect")
    tap.check(DAMAGES < 20 or noticed > DAMAGES // 4, "the flips do hit what matters", tally)


def plain_columns(data):
    base = sqlite3.connect(data / "tacenda.db")
    try:
        for (table,) in base.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall():
            for _, column, *_ in base.execute(f"PRAGMA table_info({table})").fetchall():
                yield table, column
    finally:
        base.close()


def changed(value):
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"\0"
    return value + 1 if isinstance(value, int) else str(value or "") + "x"


def change_column(copy, table, column):
    """Change the column in the last row; False when the table is empty."""
    base = sqlite3.connect(copy.data / "tacenda.db")
    try:
        rows = base.execute(f"SELECT * FROM {table}").fetchall()
        names = [name for _, name, *_ in base.execute(f"PRAGMA table_info({table})").fetchall()]
        if not rows:
            return False
        where = " AND ".join(f"{name} IS ?" for name in names)
        base.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", [changed(rows[-1][names.index(column)]), *rows[-1]])
        base.commit()
        return True
    finally:
        base.close()


def columns(tap, prepared, baseline):
    def one(place):
        copy = prepared.copy("column-" + "-".join(place))
        if not change_column(copy, *place):
            shutil.rmtree(copy.folder)
            return place, "empty", ""
        if place in BY_THE_WALK:
            checked = copy.check()
            word, detail = "named by the walk" if checked.returncode == DAMAGE else "unnoticed", checked.stderr.decode()[:300]
        else:
            word, detail = outcome(copy, baseline)
        shutil.rmtree(copy.folder)
        return place, word, detail

    tally, bad, empty, late = collections.Counter(), [], set(), []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        # All of them, or under sanitizers one in eight, another choice with each seed.
        every = [place for place in plain_columns(prepared.copy("schema").data) if often(True, random.random() < 0.125)]
        for (table, column), word, detail in pool.map(one, every):
            tally[word] += 1
            if word == "empty":
                empty.add(table)
            elif word in ("wrong", "unnoticed", "crash", "silent", "without effect"):
                bad.append(f"{table}.{column}: {word}: {detail}")
            elif word == "found by check":
                late.append(f"{table}.{column}")
    print(f"# columns: {dict(tally)}")
    tap.check(empty <= TRANSIENT, "every table that is to have a row has one", sorted(empty))
    tap.check(not bad, f"each of {len(every)} columns changed by SQL is noticed", "\n".join(bad))
    tap.check(not late, "each of them at the start or by who reads its row, not only by tacendad check", late)


def replace_objects(tap, prepared, baseline):
    objects = lambda copy: sorted(path for path in (copy.data / "objects").rglob("*") if path.is_file())

    def swapped(copy):
        one, other = objects(copy)[:2]
        kept = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(kept)

    def cut(copy):
        path = objects(copy)[0]
        path.write_bytes(path.read_bytes()[:-1])

    def emptied(copy):
        objects(copy)[0].write_bytes(b"")

    def longer(copy):
        path = objects(copy)[0]
        path.write_bytes(path.read_bytes() + b"\0")

    def removed(copy):
        objects(copy)[0].unlink()

    def log_cut(copy):
        path = copy.data / "log" / "batches"
        path.write_bytes(path.read_bytes().rstrip(b"\0")[:-200])

    def log_emptied(copy):
        (copy.data / "log" / "batches").write_bytes(b"")

    def database_cut(copy):
        path = copy.data / "tacenda.db"
        path.write_bytes(path.read_bytes()[:-4096])

    for act, sentence in ((swapped, "two objects swapped"), (cut, "an object a byte shorter"), (emptied, "an object emptied"),
                          (longer, "an object a byte longer"), (removed, "an object removed"), (log_cut, "the log cut"),
                          (log_emptied, "the log emptied"), (database_cut, "the database cut")):
        copy = prepared.copy("replaced")
        act(copy)
        word, detail = outcome(copy, baseline)
        tap.check(word in ("refused by name", "refused at start", "found by check"), f"{sentence}: refused and named ({word})", detail)


def by_client(tap):
    """What a person sees: exit 3 with the record named; an old object and an old row put back; a right taken away stays away."""
    with Site() as site:
        admin, doctor, assistant = site.begin(("doctor", "clinician"), ("assistant", "assistant"))
        patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        path = site.folder / "letter"
        path.write_bytes(os.urandom(50_000))
        record = doctor.json("record", "put", patient, path, "--kind", "report")["id"]
        doctor.do("share", patient, "assistant", "--allow", "identity,read")
        assistant.do("record", "get", patient, record, "-o", "-")
        site.stop()
        old = site.folder / "old"
        shutil.copytree(site.data, old, ignore=shutil.ignore_patterns("run", "reserve"))
        first = next(one for one in (site.data / "objects").rglob("*") if one.is_file())
        site.serve()
        path.write_bytes(os.urandom(50_000))
        doctor.do("record", "update", patient, record, path)
        doctor.do("unshare", patient, "assistant")
        tap.equal(assistant.run("record", "get", patient, record, "-o", "-").code, 1, "after unshare the assistant is refused")
        site.stop()
        newer = next(one for one in (site.data / "objects").rglob("*") if one.is_file() and one != first)
        kept = newer.read_bytes()

        newer.write_bytes(first.read_bytes())
        site.serve()
        got = doctor.run("record", "get", patient, record, "-o", site.folder / "no")
        tap.equal(got.code, DAMAGE, "an old object put back in place of the new one: exit 3")
        tap.check(record in got.error + got.text, "and the record is named", got)
        tap.check(not (site.folder / "no").exists(), "and no file is left behind")
        site.stop()
        newer.write_bytes(kept)
        flipped = bytearray(kept)
        flipped[20_000] ^= 4
        newer.write_bytes(flipped)
        site.serve()
        got = doctor.run("record", "get", patient, record, "-o", "-")
        tap.equal((got.code, got.out), (DAMAGE, b""), "a flipped bit: exit 3 before the first byte")
        tap.equal(doctor.run("record", "get", patient, record, "--version", "1", "-o", "-").code, DONE, "other versions are served")
        site.stop()
        newer.write_bytes(kept)

        for table in ("access", "record", "patient", "version", "wrapped_key"):
            saved = (site.data / "tacenda.db").read_bytes()
            replay(old / "tacenda.db", site.data / "tacenda.db", table)
            word = replayed(site, doctor, assistant, patient, record, path)
            tap.check(word is None, f"rows of {table} put back as they were before: noticed, or without effect", word)
            (site.data / "tacenda.db").write_bytes(saved)
            for more in site.data.glob("tacenda.db-*"):
                more.unlink()


def replay(old, new, table):
    base = sqlite3.connect(new)
    base.execute("ATTACH ? AS old", (str(old),))
    base.execute(f"DELETE FROM main.{table}")
    base.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table}")
    base.commit()
    base.close()


def replayed(site, doctor, assistant, patient, record, path):
    """None when nothing wrong came of it."""
    try:
        site.serve()
    except RuntimeError:
        site.stop()
        return None
    newest = doctor.run("record", "get", patient, record, "-o", "-")
    by_revoked = assistant.run("record", "get", patient, record, "-o", "-")
    site.stop()
    if newest.code == DONE and newest.out != path.read_bytes():
        return f"an old version was served as the newest: {newest!r}"
    if by_revoked.code == DONE and by_revoked.out == path.read_bytes():
        return "a revoked user read what was written after the revocation"
    return None


def flow(tap):
    print(f"# SEED={SEED} DAMAGES={DAMAGES}")
    prepared = Full()
    with prepared.site:
        first = prepared.copy("first")
        if not tap.check(first.start()[0], "an undamaged copy serves", first.said()):
            return
        baseline = first.read()
        first.stop()
        content = [answer for (who, address), answer in baseline.items() if who == "owner" and address.endswith("/content")]
        tap.check(sorted(body for status, body in content) == sorted(prepared.contents.values()), "the owner reads back every content")
        refusals = [answer for (who, address), answer in baseline.items()
                    if who == "nobody" and ("/records" in address or "/patients/" in address)]
        tap.check(refusals and all(answer[0] in (403, 404) for answer in refusals), "the stranger is refused everything", refusals[:3])
        started = time.monotonic()
        tap.equal(outcome(prepared.copy("second"), baseline)[0], "without effect", "two undamaged copies read alike")
        print(f"# one reading of {len(baseline)} answers took {time.monotonic() - started:.1f} s")
        flips(tap, prepared, baseline)
        columns(tap, prepared, baseline)
        replace_objects(tap, prepared, baseline)
    by_client(tap)


run(flow)
