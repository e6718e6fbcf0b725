#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Second factors through the programs (PROMISES#S5): enrolment, sign-in, no code twice, recovery codes, enforcement, step-up."""
import base64
import concurrent.futures
import os
import pty
import random
import re
import select
import time

from lib.factor import STEP, Phone, add, totp
from lib.later import faketime
from lib.sample import welch
from lib.site import DONE, NOT_NOW, REFUSED, Site, program
from lib.tap import run
from lib.wire import Stranger, b64


def code_file(site, text):
    path = site.folder / "some.code"
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    return path


def sign_in(person, *more):
    return person.run("login", "--password-file", person.password_file, *more, passphrase=True)


def typed(person, words, answers, wait=300):
    """tacenda WORDS at a terminal: `answers`: what is typed at each prompt that comes, or makes it of what was seen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(program("tacenda"), ["tacenda", "--home", str(person.home), *map(str, words)], person.environment())
    seen, left = "", list(answers)
    while select.select([terminal], [], [], wait)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        seen += piece.decode(errors="replace")
        if left and left[0][0] in seen:
            _, say = left.pop(0)
            os.write(terminal, ((say(seen) if callable(say) else say) + "\n").encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def at_a_terminal(tap, site, doctor):
    """The way people go: a QR code, a code typed; the sign-in that follows asks for one."""
    phone = Phone(site, "typed")

    def take(seen):
        phone.secret = base64.b32decode(re.search(r"\n\s+([A-Z2-7]{32})\r", seen).group(1))
        return phone.code()

    code, seen = typed(doctor, ("factor", "add", "totp", "--name", "phone"), [("shows now: ", take)])
    tap.check(code == DONE and seen.count("\u2588") > 50 and "recovery codes" in seen, "a QR code is shown, and the code of its secret is taken", seen[-600:])
    doctor.phone = phone
    password = doctor.password_file.read_text().strip()
    code, seen = typed(doctor, ("login",), [("Password: ", password), ("second factor: ", lambda _: phone.code())])
    tap.check(code == DONE and "typist" in seen, "the sign-in asks for password and code", seen[-600:])
    (doctor.home / "second-factor").unlink()
    code, seen = typed(doctor, ("login",), [("Password: ", password), ("second factor: ", lambda _: phone.code())])
    tap.check(code == DONE, "a home that does not know it yet is told by the server", seen[-600:])
    picture = site.folder / "qr.svg"
    again = Phone(site, "second")
    doctor.do("factor", "add", "totp", "--name", "second", "--secret-file", again.secret_file, "--code-file", again.code_file(), "--svg", picture)
    drawn = picture.read_text()
    tap.check(drawn.startswith("<?xml") and "<script" not in drawn and "href" not in drawn and picture.stat().st_mode & 0o777 == 0o600,
              "the QR code as SVG is a file for nobody else, without script or reference", drawn[:300])
    doctor.do("factor", "remove", "phone", "--yes")
    doctor.phone = again


def enforced(tap, site):
    """On a standard site an administrator reaches nothing before he has a factor; a clinician has a week."""
    admin = site.enrol("admin", None, plain=True)
    got = admin.run("user", "list")
    tap.check(got.code == NOT_NOW and "tacenda factor add totp" in got.error, "an administrator without one is told to add one", got)
    tap.equal(admin.json("whoami")["pending"], ["factor"], "and it is the pending step `factor`")
    wrong = admin.run("factor", "add", "totp", "--secret-file", Phone(site, "other").secret_file, "--code-file", code_file(site, "000000"))
    tap.check(wrong.code == REFUSED and "clock" in wrong.error, "a code that does not fit adds nothing", wrong)
    tap.equal(admin.list("factor", "list"), [], "there is nothing half enrolled")
    add(admin)
    tap.equal((admin.run("user", "list").code, admin.json("whoami")["pending"]), (DONE, []), "one code proves it, and work goes on")
    last = admin.run("factor", "remove", "authenticator", "--yes")
    tap.check(last.code == REFUSED and "add another" in last.error, "the last one cannot be removed where the site wants one", last)
    site.people["admin"] = admin
    doctor = site.enrol("doctor", "clinician", plain=True)
    tap.equal((doctor.json("whoami")["pending"], doctor.run("patient", "list").code), ([], DONE), "a clinician works at once")
    told = [one["kind"] for one in doctor.list("notices")]
    tap.check("factor-due" in told, "a notice says by when he must have one", told)
    said = doctor.run("factor", "list")
    tap.check("by 20" in said.text and "factor add totp" in said.text, "and is told by when", said)
    return admin, doctor


def signing_in(tap, site, admin):
    bare = sign_in(admin)
    tap.check(bare.code == NOT_NOW and "--code-file" in bare.error, "a sign-in without a code names the option", bare)
    wrong_password = site.secret("wrong.password")
    asked = admin.run("login", "--password-file", wrong_password, passphrase=True)
    tap.equal((asked.code, asked.error), (bare.code, bare.error), "with a wrong password too: that answer says nothing about it")
    good = admin.phone.code()
    wrong = sign_in(admin, "--code-file", code_file(site, "000000"))
    both = admin.run("login", "--password-file", wrong_password, "--code-file", code_file(site, good), passphrase=True)
    tap.equal((wrong.code, wrong.error), (REFUSED, both.error), "a wrong code and a wrong password are one answer")
    tap.equal(sign_in(admin, "--code-file", code_file(site, good)).code, DONE, "the code was not used up by the refusal")
    again = sign_in(admin, "--code-file", code_file(site, good))
    tap.check(again.code == REFUSED, "no code twice", again)
    why = [one["detail"] for one in admin.list("log", "list", "--action", "sign-in", "--failed")]
    tap.check({"wrong second factor", "second factor asked for", "wrong password"} <= set(why), "the log says which it was", why)


def equal_answers(tap, site, admin, count=24):
    """Whatever is wrong, the answer is the same byte for byte and takes the same time: no step tells of the one before."""
    # The most that the setting may be: fewer refusals than that are asked for, so that nothing is locked.
    admin.do("site", "set", "failures.before_lock", "100")
    person = Stranger(site).enrol(admin.json("user", "add", "measured", "--profile", "clinician")["invitation"], "Correct-horse-9!")
    phone = Phone(site, "measured")
    used = phone.code()
    made = person.request("POST", "/v1/authenticators", {"name": "phone", "secret": b64(phone.secret), "code": used})
    tap.equal(made.status, 201, "a program adds an authenticator")
    # Of the present half minute, but never the one that was used: the next is taken, too.
    good = lambda: totp(phone.secret, max(int(time.time()) // STEP, phone.last + 1))
    classes = {"both wrong": ("Wrong-horse-9!", lambda: "000000"), "right password": (person.password, lambda: "000000"),
               "right code": ("Wrong-horse-9!", good), "right password, used code": (person.password, lambda: used)}
    times, bodies = {name: [] for name in classes}, set()
    for _ in range(count):
        for name, (password, code) in random.sample(sorted(classes.items()), len(classes)):
            proof = person.proof()
            begun = time.perf_counter()
            answer = person.sign_in(password=password, proof=proof, factor={"code": code()})
            times[name].append(time.perf_counter() - begun)
            bodies.add((answer.status, answer.body, tuple(sorted((key, value) for key, value in answer.headers.items() if key != "date"))))
    tap.check(len(bodies) == 1 and next(iter(bodies))[0] == 401, f"{4 * count} refusals of four kinds are one answer, byte for byte", bodies)
    for name in list(classes)[1:]:
        t = welch(times["both wrong"], times[name])
        tap.check(abs(t) < 4.5, f"{name} against both wrong, {count} each: Welch's t is {t:.2f}", times)
    last = person.sign_in(factor={"code": good()})
    tap.check(last.status == 201, "and none of it used the good code up", (last, admin.list("log", "list", "--action", "sign-in", "--failed")[:3]))
    admin.do("site", "set", "failures.before_lock", "5")


def racing(tap, site, admin):
    """One code, three sign-ins at once: the committer lets one in."""
    file = code_file(site, admin.phone.code())
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        codes = [one.code for one in pool.map(lambda _: sign_in(admin, "--code-file", file), range(3))]
    tap.equal((codes.count(DONE), codes.count(REFUSED)), (1, 2), "of three sign-ins with one code one succeeds")
    used = file.read_text().strip()
    site.stop()
    site.serve()
    got = sign_in(admin, "--code-file", code_file(site, used))
    tap.check(got.code == REFUSED, "a restart does not forget it", got)
    admin.login_again()


def recovering(tap, site, admin):
    page = site.folder / "codes.txt"
    admin.do("factor", "add", "codes", "-o", page)
    codes = [line.split()[1] for line in page.read_text().splitlines() if line.startswith("  ")]
    tap.equal((len(codes), len(set(codes)), page.stat().st_mode & 0o777), (10, 10, 0o600), "ten codes in a file for nobody else")
    tap.equal(sign_in(admin, "--code-file", code_file(site, codes[3].upper().replace("-", " "))).code, DONE, "one of them signs in, however it is typed")
    tap.equal(sign_in(admin, "--code-file", code_file(site, codes[3])).code, REFUSED, "once")
    left = [one["left"] for one in admin.list("factor", "list") if one["kind"] == "codes"]
    tap.equal(left, [9], "nine are left, and that is shown")
    made = admin.json("factor", "add", "codes")
    tap.equal((len(made["codes"]), sign_in(admin, "--code-file", code_file(site, codes[4])).code), (10, REFUSED), "new ones end the old ones")
    for one in made["codes"][:7]:
        tap.equal(sign_in(admin, "--code-file", code_file(site, one)).code, DONE, "a recovery code signs in")
    told = {one["kind"]: one.get("detail") for one in admin.list("notices", "--all")}
    tap.check(told.get("codes-low") == "3 left" and "factor-added" in told, "a notice says that they are nearly used up, and that a factor was added", told)


def stepping_up(tap, site, admin, doctor):
    """The clock of the server five minutes on: reading goes on, administration asks."""
    patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
    site.fresh_for(5)
    site.stop()
    site.serve(prefix=faketime("+6m"))
    skew = 360
    got = admin.run("user", "add", "late", "--profile", "assistant")
    tap.check(got.code == NOT_NOW and "tacenda step-up" in got.error, "administration of users takes a fresh second factor", got)
    tap.equal(admin.run("user", "list").code, DONE, "reading does not")
    wrong = admin.run("step-up", "--code-file", code_file(site, "123456"))
    tap.check(wrong.code == REFUSED, "a wrong code is no step-up", wrong)
    admin.do("step-up", "--code-file", admin.phone.code_file(skew))
    admin.do("user", "add", "late", "--profile", "assistant")
    got = doctor.run("export", patient, "-o", site.folder / "out")
    tap.check(got.code == NOT_NOW and not (site.folder / "out").exists(), "so does export, before anything is read", got)
    got = doctor.run("factor", "add", "totp", "--secret-file", Phone(site, "late").secret_file, "--code-file", code_file(site, "000000"))
    tap.check(got.code == NOT_NOW and "tacenda login" in got.error, "who has none signs in again instead", got)
    doctor.do("login", "--password-file", doctor.password_file, passphrase=True)
    doctor.do("export", patient, "-o", site.folder / "out")
    details = [one["detail"] for one in admin.list("log", "list", "--action", "sign-in")]
    tap.check("step-up, second factor: totp" in details and "factor added: codes" in details, "each of it is in the log", details)


def counting(tap, site, doctor):
    """Wrong codes count as wrong passwords do: on a known device its own lane is locked (PROMISES#K5)."""
    add(doctor, 360)
    for _ in range(5):
        got = sign_in(doctor, "--code-file", code_file(site, "000000"))
        tap.equal(got.code, REFUSED, "a wrong code is refused")
    locked = sign_in(doctor, "--code-file", doctor.phone.code_file(360))
    tap.check(locked.code == NOT_NOW and "locked" in locked.error, "the fifth locks: even a good one opens nothing", locked)


def flow(tap):
    with Site(preset="standard") as site:
        site.init().serve()
        site.fresh_for(15)
        admin, doctor = enforced(tap, site)
        signing_in(tap, site, admin)
        equal_answers(tap, site, admin)
        at_a_terminal(tap, site, site.enrol("typist", "assistant", plain=True))
        racing(tap, site, admin)
        recovering(tap, site, admin)
        stepping_up(tap, site, admin, doctor)
        counting(tap, site, doctor)


run(flow)
