#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every state between a sign-in and work, against every route of the interface and against the command line (PROMISES#K4 K5 K6 K13 S5)."""
import datetime
import pathlib
import re
import time

from lib.factor import Phone
from lib.later import faketime
from lib.shape import Interface
from lib.site import DONE, NOT_NOW, Site
from lib.tap import run
from lib.wire import Stranger, b64, id_text, new_uuid, u32

PASSWORD, COMMON = "Correct-horse-9!", "Battery-staple-8?"
DAY = 86400

# Who may come: whoever stands in none of these needs a session without pending steps.
OPEN = {"GET /livez", "GET /readyz", "GET /metrics", "GET /v1/site", "GET /v1/log/checkpoint", "GET /v1/log/proofs",
        "GET /v1/log/tile/{path}", "GET /v1/invitations/{key_hash}", "POST /v1/enrolments", "POST /v1/password-resets", "POST /v1/challenges", "POST /v1/sessions"}
PENDING = {"GET /v1/session", "DELETE /v1/session", "DELETE /v1/sessions", "PUT /v1/password", "GET /v1/conduct", "POST /v1/conduct/acceptances", "GET /v1/factors",
           "POST /v1/authenticators", "PUT /v1/session/factor", "GET /v1/notices", "POST /v1/notices/read"}
# Administration of users and of the site, one's own factors, and what leaves; POST /v1/changes asks by the kind of its statements.
FRESH = {"POST /v1/patients/{patient}/exports", "PUT /v1/settings/{name}", "PUT /v1/conduct", "PUT /v1/notices/contact", "POST /v1/users/{user}/reset",
         "DELETE /v1/users/{user}/sessions", "DELETE /v1/users/{user}/blocks", "DELETE /v1/blocks/{block}", "POST /v1/recovery-codes", "DELETE /v1/factors/{factor}"}
# Ends the session that asks.
LAST = ("DELETE /v1/session", "DELETE /v1/sessions")
COMMANDS = {"password": "tacenda password change", "conduct": "tacenda conduct accept", "factor": "tacenda factor add totp", "step-up": "tacenda step-up"}


class Table:
    def __init__(self, tap, site, interface):
        self.tap, self.site = tap, site
        self.routes = []
        for method, path, operation in interface.operations():
            content = operation.get("requestBody", {}).get("content", {})
            self.routes.append((f"{method} {path}", method, self.address(path), next(iter(content), None)))
        self.routes.sort(key=lambda one: (one[0] in LAST, one[0]))
        names = {one[0] for one in self.routes}
        tap.check(OPEN <= names and len(self.routes) > 40, f"the table has every route: {len(self.routes)}", (OPEN | PENDING) - names)
        self.pending = {one for one in names if one in PENDING} | {one for one in names if "/ceremonies" in one or "/passkeys" in one}
        documented = {f"{method} {path}" for method, path, operation in interface.operations() if operation.get("security") == []}
        tap.equal(documented - {"GET /metrics"}, OPEN - {"GET /metrics"}, "the document says of just these that they need no session")

    @staticmethod
    def address(path):
        kinds = {"patient": "pt", "record": "rc", "upload": "up", "session": "se", "notice": "nt", "device": "dv", "user": "us", "factor": "fa", "approval": "ap"}

        def fill(match):
            name = match.group(1)
            return id_text(kinds[name], new_uuid()) if name in kinds else {"version": "1", "key_hash": "0" * 64, "name": "night.hour"}.get(name, "x")

        return re.sub(r"\{(\w+)\}", fill, path)

    def walk(self, state, person, token, steps=None, refused=None):
        """Ask every route; `refused` is what a route for sessions answers in this state, `steps` those that stand."""
        wrong = []
        for name, method, address, kind in self.routes:
            if name == LAST[1] and refused is None or name == LAST[0] and refused is None and steps is None:
                continue
            headers = {"Content-Type": kind} if kind else {}
            answer = person.request(method, address, b"[]" if kind else None, headers, token=token)
            problem = answer.json if answer.body[:1] == b"{" and answer.status >= 400 else {}
            # What answers HEAD has no body that says why.
            stopped = problem.get("type", "").endswith("pending-step") or bool(steps) and method == "HEAD" and answer.status == 403
            if name in OPEN:
                fits = not stopped and (answer.status != 401 or name in ("POST /v1/sessions", "POST /v1/enrolments", "POST /v1/password-resets"))
            elif refused is not None:
                fits = answer.status == refused
            elif steps and name not in self.pending:
                fits = answer.status == 403 and stopped and (method == "HEAD" or any(COMMANDS[one] in problem["detail"] for one in steps))
            else:
                fits = answer.status != 401 and not (stopped and steps is None)
            # Whatever is refused says what to do next: a sentence behind what it is about.
            if answer.status >= 400 and answer.body and not problem.get("detail", "").endswith("."):
                fits = False
            if not fits:
                wrong.append((name, answer.status, problem.get("type"), problem.get("detail")))
        self.tap.check(not wrong, f"{state}: {len(self.routes)} routes answer as they should", "\n".join(map(str, wrong)))


def stranger(site, login, profile, password=PASSWORD):
    return Stranger(site).enrol(site.people["admin"].json("user", "add", login, "--profile", profile)["invitation"], password)


def accept(person):
    shown = person.request("GET", "/v1/conduct").json
    text = next(one for one in shown["texts"] if one["language"] == "en")
    statement = person.conduct(shown["version"], 1, bytes.fromhex(text["sha256"]))
    answer = person.request("POST", "/v1/conduct/acceptances", {"statement": b64(statement)})
    assert answer.status in (200, 204), answer


def session_of(person, code=None, token=None):
    more = {} if code is None else {"factor": {"code": code}}
    answer = person.sign_in(**more)
    assert answer.status == 201, answer
    return answer.json


def states_of_nobody(tap, table, site):
    someone = stranger(site, "someone", "clinician")
    accept(someone)
    table.walk("nobody signed in", someone, "", refused=401)
    table.walk("a token that nobody was given", someone, "A" * len(someone.token), refused=401)
    ended = session_of(someone)["token"]
    tap.equal(someone.request("DELETE", "/v1/session", token=ended).status, 204, "log-off")
    table.walk("a session that was ended", someone, ended, refused=401)
    table.walk("a session without pending steps", someone, someone.token)
    for _ in range(5):
        someone.request("POST", "/v1/sessions", {"login": someone.login, "password": "Wrong-horse-9!", "proof": "AA==",
                                                 "device": {"id": id_text("dv", new_uuid()), "label": "x"}}, token="")
    table.walk("locked login and blocked address: what is open goes on", someone, someone.token)
    tap.equal(someone.sign_in().status, 201, "and the known device signs in")
    own, someone.device = someone.device, {"id": id_text("dv", new_uuid()), "label": "x"}
    tap.equal(someone.sign_in().status, 401, "a new device does not")
    someone.device = own
    admin = site.people["admin"]
    admin.do("user", "unlock", "someone")
    admin.do("block", "lift", "127.0.0.1")
    tap.equal(someone.sign_in(password="Wrong-horse-9!").status, 401, "a wrong password opens nothing")
    admin.do("user", "disable", "someone", "--yes")
    table.walk("disabled", someone, someone.token, refused=401)
    tap.equal(someone.sign_in().status, 401, "a disabled user signs in nowhere")


def pending_states(tap, table, site):
    doctor = stranger(site, "doctor-c", "clinician")
    tap.equal(doctor.entered.json["pending"], ["conduct"], "a first sign-in")
    table.walk("no conduct", doctor, session_of(doctor)["token"], steps=["conduct"])
    accept(doctor)
    chief = stranger(site, "chief", "administrator")
    tap.equal(sorted(chief.entered.json["pending"]), ["conduct", "factor"], "an administrator's first sign-in")
    table.walk("no conduct and no second factor", chief, session_of(chief)["token"], steps=["conduct", "factor"])
    accept(chief)
    table.walk("second factor pending", chief, session_of(chief)["token"], steps=["factor"])
    phone = Phone(site, "chief")
    answer = chief.request("POST", "/v1/authenticators", {"name": "phone", "secret": b64(phone.secret), "code": phone.code()})
    assert answer.status == 201, answer
    table.walk("second factor given", chief, chief.token)
    bare = chief.sign_in()
    tap.check(bare.status == 401 and bare.json["type"].endswith("second-factor"), "a sign-in without it is told what is missing, and opens nothing", bare)
    return doctor, chief, phone


def restart(site, offset, *words):
    site.stop()
    plain = type(site).serve_command
    site.serve_command = lambda: plain(site) + [str(word) for word in words]
    site.serve(prefix=faketime(offset) if offset else ())


def later_states(tap, table, site, doctor, chief, phone):
    """The clock of the daemon set from outside, by faketime."""
    restart(site, "")
    site.fresh_for(5)
    kept = session_of(chief, phone.code())["token"]
    restart(site, "+6m")
    changed = [name for name, method, address, kind in table.routes if name not in OPEN and name not in table.pending
               and method != "HEAD" and (answer := chief.request(method, address, b"[]" if kind else None, {"Content-Type": kind} if kind else {}, token=kept)).status == 403
               and answer.json["type"].endswith("pending-step") and COMMANDS["step-up"] in answer.json["detail"]]
    tap.equal(set(changed), FRESH, "step-up needed: just these routes ask for it")
    again, doctor_key = chief.request("GET", "/v1/directory", token=kept), chief.statement("key", chief.user, chief.hpke.public, chief.pair.public, bytes(32))
    tap.equal(again.status, 200, "reading does not")
    for kind, statement in (("key", doctor_key), ("user", chief.statement("user", doctor.user, bytes([2]), u32(0), bytes([2]))),
                            ("request", chief.statement("request", new_uuid(), b"\1", doctor.user, bytes(16)))):
        answer = chief.request("POST", "/v1/changes", {"items": [{"statement": b64(statement)}]}, token=kept)
        tap.check(answer.status == 403 and answer.json["type"].endswith("pending-step"), f"a statement `{kind}` does: a new key, administration of users, acts of two persons", answer)
    restart(site, "+13h")
    table.walk("past the absolute limit of a session", chief, kept, refused=401)
    restart(site, "+91d")
    tap.check("password" in session_of(chief, phone.code(skew=91 * DAY))["pending"], "an administrator's password ends after 90 days")
    tap.check("password" not in session_of(doctor)["pending"], "a clinician's does not")
    restart(site, "+170d")
    told = doctor.sign_in().json
    left = datetime.datetime.fromisoformat(told["password_ends"].replace("Z", "+00:00")).timestamp() - (time.time() + 170 * DAY)
    tap.check(9 * DAY < left < 11 * DAY and "password" not in told["pending"], "ten days ahead the session tells the end", told)
    tap.check("password-ends" in [one["kind"] for one in doctor.request("GET", "/v1/notices", token=told["token"]).json["items"]], "and a notice does")
    restart(site, "+181d")
    late = session_of(doctor)
    tap.check("password" in late["pending"], "after 180 days the password has to be changed", late)
    table.walk("password expired", doctor, late["token"], steps=late["pending"])
    restart(site, "")


def common_password(tap, table, site, doctor):
    path = site.folder / "known.txt"
    path.write_text(PASSWORD + "\n")
    restart(site, "", "--password-list", path)
    tap.equal(session_of(doctor)["pending"], ["password"], "a password that others try first")
    table.walk("must change", doctor, session_of(doctor)["token"], steps=["password"])
    entered = session_of(doctor)
    answer = doctor.request("PUT", "/v1/password", {"present": PASSWORD, "new": COMMON}, token=entered["token"])
    tap.equal(answer.status, 204, "it is changed")
    doctor.password = COMMON
    table.walk("changed", doctor, entered["token"])


def command_line(tap, site):
    """What does work meets the step and names its command; what serves to pass it, or to leave, goes on."""
    site.people["admin"].login_again()
    person = site.enrol("clerk", "clinician")
    path = site.folder / "known.txt"
    path.write_text("".join(sorted((PASSWORD + "\n", person.password_file.read_text().strip() + "\n"))))
    restart(site, "", "--password-list", path)
    person.login_again()
    unknown = id_text("pt", new_uuid())
    work = [("patient", "list"), ("patient", "find", "x"), ("patient", "add", "--family", "A", "--given", "B"), ("patient", "show", unknown), ("record", "list", unknown),
            ("record", "put", unknown, path, "--kind", "report"), ("shares", unknown), ("share", unknown, "admin", "--allow", "read"), ("export", "--all", "-o", site.folder / "o"),
            ("user", "list"), ("session", "list"), ("device", "list"), ("log", "list"), ("site", "get"), ("approvals",), ("block", "list"),
            ("user", "show", "admin"), ("log", "report", unknown, "-o", site.folder / "r"), ("review", "list")]
    for words in work:
        result = person.run(*words)
        tap.check(result.code == NOT_NOW and COMMANDS["password"] in result.error and len(result.error.strip().splitlines()) == 1,
                  f"{' '.join(map(str, words[:2]))}: exit 4, one line, the command is named", result)
    for words in (("whoami",), ("status",), ("notices",), ("conduct", "show"), ("factor", "list"), ("key", "status"), ("lock",)):
        tap.equal(person.run(*words).code, DONE, f"{' '.join(words)} goes on")
    tap.equal(person.run("logout").code, DONE, "logout goes on")


def flow(tap):
    interface = Interface(pathlib.Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml")
    with Site(preset="standard") as site:
        site.init().serve()
        site.fresh_for(15)
        site.people["admin"] = site.enrol("admin")
        table = Table(tap, site, interface)
        states_of_nobody(tap, table, site)
        doctor, chief, phone = pending_states(tap, table, site)
        common_password(tap, table, site, doctor)
        command_line(tap, site)
        later_states(tap, table, site, doctor, chief, phone)


run(flow)
