#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command contract, line by line: words, options, help, exit codes, JSON (PROMISES#K8 K14)."""
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import termios

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DAMAGE, DONE, NOT_NOW, Person, REFUSED, Result, Site, USAGE, program  # noqa: E402
from lib.tap import run  # noqa: E402

# Command: the options that its line names. Scripts and manuals rely on these.
PERSON = {
    "enrol": "--invitation-file --password-file --passphrase-file", "connect": "", "key status": "", "key copy": "-o",
    "key passphrase": "--new-passphrase-file", "login": "--password-file --code-file", "logout": "--all", "whoami": "", "status": "",
    "unlock": "--for", "lock": "", "user add": "--profile --name --rights", "user list": "", "user show": "",
    "user set": "--profile --name --rights", "user invite": "", "user disable": "", "user enable": "", "site status": "",
    "patient add": "--family --given --birth --sex --identifier --from", "patient edit": "--family --given --birth --sex --identifier --from",
    "patient list": "--mine --shared", "patient find": "", "patient show": "", "patient delete": "",
    "record put": "--kind --type --title --taken --status --pseudonymous", "record update": "--status", "record list": "--kind",
    "record get": "--version -o", "record history": "", "record delete": "", "share": "--allow --until", "unshare": "", "shares": "",
    "import": "--dry-run", "export": "--all -o", "log list": "--patient --login --action --failed --unusual --csv --since --until", "log verify": "--offline --key",
    "log checkpoint": "", "log save": "-o", "log report": "-o", "notices": "--all --read", "notices contact": "--mail --kinds --no-mail", "session list": "", "session end": "--others", "device list": "",
    "device forget": "", "user logout": "", "block list": "", "block lift": "", "user unlock": "", "password change": "--password-file --new-password-file", "site get": "", "site set": "",
    "factor list": "", "factor add totp": "--name --svg --secret-file --code-file", "factor add codes": "-o", "factor remove": "", "step-up": "--code-file",
    "site conduct": "--language --file --ask-again", "conduct show": "--language", "conduct accept": "--language --hash", "conduct list": "",
    "review list": "--until", "review status": "--until", "review sign": "--until", "review history": "",
}
HOST = {
    "init": "--data --keys --site --region --admin --origin --listen --preset --root-passphrase-file --root-key-file --tls-cert --tls-key",
    "serve": "--data --keys --root-passphrase-file --root-key-file --password-list", "status": "", "check": "", "reload": "", "get": "", "set": "", "block": "",
}
# Words of the contract whose work is not built yet: nothing pretends to do it.
LATER = {"tacenda": (), "tacendad": ("scrub", "backup", "secrets")}
COMMON = ("--home", "--passphrase-file", "--json", "--yes", "--version")
RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
SNAKE = re.compile(r"^[a-z][a-z0-9_]*$")


def call(name, *words, stdin=None):
    return subprocess.run([program(name), *words], capture_output=True, input=stdin, timeout=300,
                          env=dict(PATH=os.environ["PATH"], HOME="/nonexistent"), **({} if stdin else {"stdin": subprocess.DEVNULL}))


def helps(tap, name, commands):
    overview = call(name, "--help").stdout.decode()
    tap.check("example" in overview, f"{name} --help has an example")
    tap.equal(call(name, "-h").stdout.decode(), overview, f"{name} -h is the same")
    version = call(name, "--version")
    tap.check(version.returncode == DONE and re.match(rf"^{name} \d+\.\d+", version.stdout.decode()), f"{name} --version tells it", version)
    tap.equal(call(name).returncode, USAGE, f"{name} without a command is wrong usage")
    for command, options in commands.items():
        words = command.split()
        text = call(name, *words, "--help")
        said = text.stdout.decode()
        ok = text.returncode == DONE and "example" in said and f"{name} {command}" in said
        missing = [option for option in options.split() if option not in COMMON and not re.search(rf"(^|\s){re.escape(option)}\b", said, re.M)]
        tap.check(ok and not missing, f"{name} {command}: help with an example and every option", f"missing {missing}\n{said}{text.stderr.decode()}")
        tap.check(command in overview or words[0] in overview, f"{name} {command} is in the overview")
        short = call(name, *words, "-h")
        tap.equal((short.returncode, short.stdout), (text.returncode, text.stdout), f"{name} {command} -h is the same")
        tap.equal(call(name, *words, "--version").returncode, DONE, f"{name} {command} --version is answered")
        unknown = call(name, *words, "--no-such-option")
        tap.check(unknown.returncode == USAGE and b"--no-such-option" in unknown.stderr, f"{name} {command} refuses an unknown option by name", unknown)
        tap.equal(len(unknown.stderr.decode().strip().splitlines()), 1, f"{name} {command}: in one line")
    for command in LATER[name]:
        tap.equal(call(name, *command.split()).returncode, USAGE, f"{name} {command} is not there yet, and says so")


def usage(tap, doctor, patient):
    for words in (("patient",), ("patient", "bogus"), ("record", "put", patient), ("record", "put", patient, "a", "b", "c"),
                  ("record", "list"), ("record", "put", patient, "-", "--kind", "nonsense"), ("record", "put", patient, "-"),
                  ("share", patient, "doctor"), ("share", patient, "doctor", "--allow", "nonsense"), ("log", "list", "--since", "yesterday"),
                  ("unlock", "--for", "ever"), ("patient", "add"), ("user", "add", "x")):
        result = doctor.run(*words)
        tap.check(result.code == USAGE and len(result.error.strip().splitlines()) == 1, f"wrong usage: {' '.join(words[:2])} ... exits 2 with one line", result)
    first = doctor.run("--json", "patient", "list")
    last = doctor.run("patient", "list", "--json")
    middle = doctor.run("patient", "--json", "list")
    tap.check(first.code == DONE and first.out == last.out == middle.out, "options stand before, between or after the words")
    tap.equal(doctor.run("patient", "find", "--", "--json").code, DONE, "-- ends the options")
    tap.equal(doctor.run("log", "list", "--since=7d").code, DONE, "--name=value is --name value")


def names_in(value):
    """Every member's name, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names_in(inner)
    if isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def objects(tap, sentence, result, many):
    """JSON as the contract has it; the objects."""
    lines = result.text.splitlines()
    try:
        found = [json.loads(line) for line in lines]
    except ValueError:
        found = None
    tap.check(result.code == DONE and found is not None and (many or len(found) == 1) and all(isinstance(one, dict) for one in found),
              f"{sentence} --json prints {'one object a line' if many else 'one object'}", result)
    bad = [name for name in names_in(found or []) if not SNAKE.match(name)]
    tap.check(not bad, f"{sentence}: names are snake_case", bad)
    times = [one["time"] for one in found or [] if one.get("time")]
    tap.check(all(RFC3339.match(str(time)) for time in times), f"{sentence}: times are RFC 3339 UTC", times[:3])
    return found or [{}]


def no_empty_rows(tap, sentence, text):
    """For people: a name without a value is left out. (JSON has every member.)"""
    tap.check(not re.findall(r"^[a-z_]+: *$", text, re.M) and re.search(r"^[a-z_]+: +\S", text, re.M), f"{sentence}: no row is empty", text)


def shapes(tap, site, admin, doctor, auditor, patient):
    path = site.folder / "letter.txt"
    path.write_text("text")
    made = objects(tap, "record put", doctor.run("--json", "record", "put", patient, path, "--kind", "report"), False)[0]
    record = made.get("id", "")
    tap.check(re.match(r"^rc-[0-9a-v]{26}$", record), "a record's id is rc- and 26 characters", record)
    tap.check(re.match(r"^pt-[0-9a-v]{26}$", patient), "a patient's id is pt- and 26 characters", patient)
    user = objects(tap, "user add", admin.run("--json", "user", "add", "newcomer", "--profile", "auditor"), False)[0]
    tap.check(user.get("id", "").startswith("us-") and "/enrol#" in user.get("invitation", ""), "user add prints id and invitation", user)
    tap.equal(len(user.get("invitation", "").splitlines()), 1, "an invitation is one line")
    objects(tap, "patient show", doctor.run("--json", "patient", "show", patient), False)
    objects(tap, "whoami", doctor.run("--json", "whoami"), False)
    objects(tap, "status", doctor.run("--json", "status"), False)
    objects(tap, "key status", doctor.run("--json", "key", "status"), False)
    objects(tap, "site status", doctor.run("--json", "site", "status"), False)
    for words in (("whoami",), ("status",), ("key", "status"), ("site", "status"), ("patient", "show", patient)):
        no_empty_rows(tap, " ".join(words[:2]), doctor.do(*words).text)
    tap.check(not re.search("^pending", doctor.do("whoami").text, re.M) and doctor.json("whoami")["pending"] == [],
              "what is not pending is no row of whoami, and an empty list in JSON")
    for words in (("patient", "list"), ("patient", "find", "aubrey"), ("record", "list", patient), ("record", "history", patient, record),
                  ("shares", patient), ("log", "list"), ("log", "list", "--patient", patient), ("notices",), ("session", "list"), ("device", "list"),
                  ("site", "get")):
        objects(tap, " ".join(words[:2]), doctor.run("--json", *words), True)
    objects(tap, "user list", admin.run("--json", "user", "list"), True)
    objects(tap, "user show", admin.run("--json", "user", "show", "doctor"), False)
    for age in ("90m", "7d", "2000-01-01T00:00:00Z"):
        tap.equal(doctor.run("log", "list", "--since", age).code, DONE, f"T is an age or RFC 3339: {age}")
    tap.equal(doctor.run("record", "get", patient[-8:], record[-8:], "-o", "-").out, b"text", "a unique end of an id is accepted")
    piped = doctor.run("--json", "record", "put", patient, "-", "--kind", "report", stdin=b"from a pipe")
    tap.equal(doctor.run("record", "get", patient, piped.lines()[0]["id"], "-o", "-").out, b"from a pipe", "- is standard input and output")
    asked = doctor.run("record", "delete", patient, record)
    tap.check(asked.code == NOT_NOW and "--yes" in asked.error, "a destructive command asks; without a terminal it names --yes", asked)
    tap.equal(doctor.run("--yes", "record", "delete", patient, record).code, DONE, "--yes answers")
    spare = doctor.json("patient", "add", "--family", "Berg")["id"]
    asked = doctor.run("patient", "delete", spare)
    tap.check(asked.code == NOT_NOW and "--yes" in asked.error, "so does the deletion of a patient file", asked)
    ended = objects(tap, "patient delete", doctor.run("--json", "--yes", "patient", "delete", spare), False)[0]
    tap.check(set(ended) == {"id", "statement", "ends"} and RFC3339.match(ended["ends"]), "which tells when it counts", ended)
    refused = doctor.run("--json", "record", "get", patient, record, "-o", "-")
    try:
        problem = json.loads(refused.text)
    except ValueError:
        problem = {}
    tap.check(refused.code == REFUSED and {"title", "status"} <= set(problem) and problem["type"] == "/problems/gone" and len(refused.error.strip().splitlines()) == 1,
              "an error is one line on stderr, and with --json the problem too", refused)
    tap.equal(doctor.run("user", "add", "mine", "--profile", "auditor").code, REFUSED, "a clinician who adds a user: exit 1")
    tap.equal(admin.run("user", "add", "doctor", "--profile", "auditor").code, REFUSED, "a login that is taken: exit 1")
    tap.equal(admin.run("patient", "add", "--family", "X").code, REFUSED, "an administrator who adds a patient: exit 1")
    tap.equal(auditor.run("record", "list", patient).code, REFUSED, "an auditor who lists records: exit 1")


def unseen(tap, doctor, stranger, patient):
    """A patient file of somebody else and none at all: one sentence, which says whom to ask."""
    record = doctor.json("record", "put", patient, "-", "--kind", "report", stdin=b"text")["id"]
    none = "0" * 26
    for words in (("record", "list", patient), ("record", "history", patient, record), ("record", "get", patient, record, "-o", "-"),
                  ("record", "put", patient, "/dev/null", "--kind", "report"), ("share", patient, "admin", "--allow", "read"),
                  ("unshare", patient, "doctor"), ("shares", patient), ("patient", "show", patient), ("log", "list", "--patient", patient)):
        there = stranger.run(*words)
        nowhere = stranger.run(*(word.replace(patient, "pt-" + none).replace(record, "rc-" + none) for word in words))
        tap.equal((there.code, there.error.strip(), there.out), (REFUSED, "tacenda: no such patient, or not shared with you; ask its owner", b""),
                  f"{' '.join(word for word in words[:2] if word != patient)} of somebody else's patient: exit 1, one line that says whom to ask")
        tap.equal((nowhere.code, nowhere.error, nowhere.out), (there.code, there.error, there.out), "and of none, the same")
    missing = doctor.run("record", "get", patient, "rc-" + none, "-o", "-")
    tap.check(missing.code == REFUSED and "no such record" in missing.error, "a record that is not there is said to be none", missing)


def on_terminal(person, *words, columns):
    """What a person sees, and the exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(program("tacenda"), ["tacenda", "--home", str(person.home), *words], person.environment())
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(terminal)
    on_terminal.seen = seen.decode()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    # What progress wrote over itself is not to be seen any more.
    return code, [re.sub(r"^.*\r\x1b\[K", "", line) for line in seen.decode().replace("\r\n", "\n").splitlines()]


def people(tap, site, doctor, auditor, patient):
    """Lists as they are read, not parsed."""
    path = site.folder / "a letter whose name is much longer than any line of a terminal has room for, and then some more of it.txt"
    path.write_text("text" * 300_000)
    record = doctor.json("record", "put", patient, path, "--kind", "report")["id"]
    for person, words, whole in ((doctor, ("record", "list", patient), record), (doctor, ("log", "list", "--patient", patient), patient),
                                 (doctor, ("patient", "list"), patient), (auditor, ("log", "list"), patient)):
        code, lines = on_terminal(person, *words, columns=160)
        name = " ".join(words[:2])
        tap.check(code == DONE and len(lines) > 1 and max(map(len, lines)) <= 160, f"{name}: a row is a line of the terminal",
                  max(lines, key=len))
        tap.check(any(whole in line for line in lines), f"{name}: ids stay whole", lines[:3])
        place = lines[0].find("ID" if words[0] != "log" else "SUBJECT")
        tap.check(any(line.find(whole) == place for line in lines[1:]), f"{name}: the heads stand over their columns", lines[:3])
    code, lines = on_terminal(doctor, "record", "list", patient, columns=132)
    tap.check("TAKEN" not in lines[0] and any("…" in line for line in lines), "columns without content are left out, long texts are cut", lines)
    code, _ = on_terminal(doctor, "record", "put", patient, str(path), "--kind", "report", columns=80)
    tap.check(code == DONE and re.search(r"sealing and sending: \d+ %", on_terminal.seen) and "\r\x1b[K" in on_terminal.seen,
              "long work shows progress on a terminal, and takes it away", on_terminal.seen)
    quiet = doctor.do("record", "put", patient, path, "--kind", "report")
    tap.equal(quiet.error, "", "and nowhere else")
    piped = doctor.do("record", "list", patient).text
    tap.check("TAKEN" in piped and path.name in piped, "into a pipe everything goes", piped)
    for words in ("log list", "--json log list", f"record get {patient} {record} -o -"):
        line = f"set -o pipefail; '{program('tacenda')}' --home '{doctor.home}' {words} | head -c 20 > /dev/null"
        ended = subprocess.run(["bash", "-c", line], env=doctor.environment(), capture_output=True, stdin=subprocess.DEVNULL)
        tap.equal((ended.returncode, ended.stderr), (DONE, b""), f"{words.split(' pt-')[0]}: a reader who has enough is no error")
    interrupted(tap, site, doctor, patient, record)


def interrupted(tap, site, doctor, patient, record):
    target = site.folder / "target"
    target.mkdir()
    running = subprocess.Popen([program("tacenda"), "--home", str(doctor.home), "record", "get", patient, record, "-o", str(target / "out")],
                               env=doctor.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    opened = False
    while not opened and running.poll() is None:
        try:
            opened = any(str(target) in os.readlink(one) for one in pathlib.Path(f"/proc/{running.pid}/fd").iterdir())
        except OSError:
            pass
    running.send_signal(signal.SIGINT)
    running.wait(180)
    left = [one.name for one in target.iterdir()]
    tap.check(left in ([], ["out"]) and (not left or running.returncode == DONE), "an interrupted get leaves nothing behind", left)


def enrolling(tap, site, admin):
    """A passphrase that the password gives away is refused, and the invitation stays good."""
    careful, invitation = Person(site, "careful"), site.folder / "careful.invitation"
    invitation.write_text(admin.json("user", "add", "careful", "--profile", "auditor")["invitation"] + "\n")
    password, passphrase = careful.password_file.read_text().strip(), careful.passphrase_file.read_text()
    enrol = lambda: careful.run("enrol", "--invitation-file", invitation, "--password-file", careful.password_file, "--passphrase-file",
                                careful.passphrase_file)
    for like in (password, password.swapcase(), password[:-1] + "x", "the " + password):
        careful.passphrase_file.write_text(like + "\n")
        got = enrol()
        tap.check(got.code == REFUSED and "not like the password" in got.error, "enrol refuses a passphrase that is nearly the password", got)
    careful.passphrase_file.write_text(passphrase)
    got = enrol()
    tap.equal(got.code, DONE, "and takes one that is not")
    no_empty_rows(tap, "enrol", got.text)
    site.people["careful"] = careful
    tap.equal(careful.json("whoami")["login"], "careful", "enrol finishes signed in")


def signing(tap, doctor, typist, patient):
    """What somebody else left as a draft is made final by who may sign; one's own words need no more than write."""
    doctor.do("share", patient, "typist", "--allow", "identity,read,write")
    draft = doctor.json("record", "put", patient, "-", "--kind", "report", "--status", "draft", stdin=b"dictated")["id"]
    refused = typist.run("record", "update", patient, draft, "-", "--status", "final", stdin=b"typed")
    tap.check(refused.code == REFUSED and "sign" in refused.error, "a typist who makes the doctor's draft final: exit 1, and the right is named", refused)
    typist.do("record", "update", patient, draft, "-", stdin=b"typed")
    doctor.do("record", "update", patient, draft, "-", stdin=b"checked")
    for person in (doctor, typist):
        versions = [(one["author"], one["status"]) for one in person.list("record", "history", patient, draft)]
        tap.equal(versions, [("doctor", "draft"), ("typist", "draft"), ("doctor", "final")], f"{person.login}: typed it stays a draft, checked by the doctor it is final")
    own = typist.json("record", "put", patient, "-", "--kind", "report", "--status", "draft", stdin=b"a note")["id"]
    tap.equal(typist.run("record", "update", patient, own, "-", stdin=b"a note").code, DONE, "the typist's own note she makes final herself")
    doctor.do("unshare", patient, "typist")


def full(tap, site, doctor, patient):
    """A record that would pass a quota: refused before it is sent, with the limit and what is used of it."""
    path = site.folder / "large.bin"
    with open(path, "wb") as large:
        large.truncate(3 << 29)
    tap.equal(site.host("set", "quota.owner", "1", "--data", site.data).code, DONE, "a quota of 1 GiB")
    refused = doctor.run("record", "put", patient, path, "--kind", "report")
    tap.check(refused.code == NOT_NOW and all(word in refused.error for word in ("quota.owner", "limit 1073741824", "used ", "raise it")) and
              len(refused.error.strip().splitlines()) == 1, "what does not fit: exit 4, one line with limit and use that says what to do", refused)
    told = doctor.json("site", "status")
    tap.check(told["owner_limit_bytes"] == 1 << 30 and told["stored_bytes"] > 0, "site status shows limit and use", told)
    tap.equal(site.host("set", "quota.owner", "0", "--data", site.data).code, DONE, "and none")
    path.unlink()


def not_now(tap, site, doctor):
    doctor.do("lock")
    locked = doctor.run("patient", "list")
    tap.check(locked.code == NOT_NOW and "unlock" in locked.error, "locked: exit 4, and the line names the command that helps", locked)
    tap.equal(doctor.run("patient", "list", passphrase=True).code, DONE, "with the passphrase given it works without the agent's keys")
    secret = doctor.passphrase_file
    by_name = Result(subprocess.run([program("tacenda"), "patient", "list"], env=dict(doctor.environment(), TACENDA_PASSPHRASE_FILE=str(secret)),
                                    capture_output=True, stdin=subprocess.DEVNULL))
    tap.equal(by_name.code, DONE, "or with its file named by TACENDA_PASSPHRASE_FILE, the home by TACENDA_HOME")
    tap.equal(doctor.run("--passphrase-file", "-", "patient", "list", stdin=secret.read_bytes()).code, DONE, "or from standard input")
    tap.equal(doctor.run("patient", "list").code, NOT_NOW, "which leaves it locked")
    doctor.do("unlock", "--for", "15m", passphrase=True)
    tap.equal(doctor.run("patient", "list").code, DONE, "unlock opens it again")
    doctor.do("logout")
    told = doctor.json("site", "status", passphrase=True)
    tap.check("stored_bytes" not in told and "site_limit_bytes" in told, "signed out: site status shows the limits and not what is stored", told)
    out = doctor.run("patient", "list")
    tap.check(out.code == NOT_NOW and "login" in out.error, "signed out: exit 4, and the line names login", out)
    tap.equal(doctor.login_again().code, DONE, "login signs in again")
    other = site.folder / "other-home"
    other.mkdir(mode=0o700)
    empty = subprocess.run([program("tacenda"), "--home", str(other), "patient", "list"], env=site.environment(), capture_output=True,
                           stdin=subprocess.DEVNULL)
    tap.check(empty.returncode in (REFUSED, NOT_NOW) and empty.stderr.strip(), "an empty home says what to do", empty)


def host_problem(tap, sentence, result, code, kind):
    """A failure on the host with --json: its exit code, one line on stderr, and last on stdout the RFC 9457 problem."""
    lines = result.text.splitlines()
    try:
        problem = json.loads(lines[-1]) if lines else {}
    except ValueError:
        problem = {}
    said = result.error.splitlines()[-1] if result.error else ""
    tap.check(result.code == code and problem.get("type") == kind and problem.get("status", 0) >= 400 and problem.get("title") and
              said == f"tacendad: {problem.get('detail')}", f"{sentence}: exit {code}, a line and the problem {kind}", result)


def host(tap, site):
    status = site.host("status", "--data", site.data, "--json")
    tap.check(status.code == DONE and isinstance(json.loads(status.text), dict), "tacendad status --json prints one object", status)
    tap.equal(sorted(set(site.made) & {"invitation", "ca", "origin", "log_key"}), ["ca", "invitation", "log_key", "origin"],
              "init --json prints invitation, ca, origin, log_key")
    for words in (("status",), ("get",), ("get", "session.cap"), ("set", "session.cap", "30"), ("rewrap",), ("reload",)):
        objects(tap, f"tacendad {' '.join(words)}", site.host(*words, "--data", site.data, "--json"), words == ("get",))
    named = {one["name"]: one["value"] for one in site.host("get", "session.cap", "--data", site.data, "--json").lines()}
    tap.equal(named, {"session.cap": 30}, "a setting's dotted name is a value, never a member")
    host_problem(tap, "an unknown setting", site.host("get", "no.such", "--data", site.data, "--json"), REFUSED, "/problems/not-found")
    host_problem(tap, "a value out of bounds", site.host("set", "session.cap", "0", "--data", site.data, "--json"), REFUSED, "/problems/invalid")
    host_problem(tap, "nothing to lift", site.host("block", "lift", "nobody", "--data", site.data, "--json"), REFUSED, "/problems/not-found")
    plain = site.host("get", "no.such", "--data", site.data)
    tap.check(plain.code == REFUSED and plain.text == "" and plain.error.strip(), "without --json the line on stderr is all", plain)
    tap.equal(site.host("reload", "--data", site.data).code, DONE, "tacendad reload speaks to the running daemon")
    again = site.host(*map(str, site.serve_command()[1:]), "--json", timeout=180)
    host_problem(tap, "a second daemon on the same data", again, NOT_NOW, "/problems/busy")
    taken = site.host("init", "--data", site.data, "--keys", site.keys, "--site", "X", "--region", "EU", "--admin", "x",
                      "--root-passphrase-file", site.passphrase)
    tap.check(taken.code in (REFUSED, NOT_NOW) and taken.error.strip(), "init where a site is: refused", taken)
    for words, sentence in (((), "nothing given"), (("--preset", "evil"), "an unknown preset"),
                            (("--preset", "trial", "--listen", "0.0.0.0:1"), "trial off loopback")):
        made = site.host("init", "--data", site.folder / "d2", "--keys", site.folder / "k2", "--root-passphrase-file", site.passphrase,
                         *(("--site", "X", "--region", "EU", "--admin", "x") if words else ()), *words)
        tap.check(made.code in (REFUSED, USAGE) and made.error.strip(), f"init with {sentence} is refused", made)
    tap.equal(site.stop(), DONE, "SIGTERM ends it with exit 0")
    host_problem(tap, "status without a daemon", site.host("status", "--data", site.data, "--json"), NOT_NOW, "/problems/unreachable")
    check = ("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file")
    tap.equal(site.host(*check, site.passphrase).code, DONE, "check reads the stopped data")
    objects(tap, "tacendad check", site.host(*check, site.passphrase, "--json"), True)
    wrong = site.secret("wrong.passphrase")
    host_problem(tap, "a wrong root passphrase", site.host(*check, wrong, "--json"), REFUSED, "/problems/unproven")
    damaged = next(one for one in sorted((site.data / "objects").rglob("*")) if one.is_file())
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\0")
    found = site.host(*check, site.passphrase, "--json")
    host_problem(tap, "damage that check finds", found, DAMAGE, "/problems/damaged")
    finding = json.loads(found.text.splitlines()[0])
    tap.check(finding["finding"] == "object damaged" and damaged.name == finding["object"], "and what is damaged is named", found)


def flow(tap):
    helps(tap, "tacenda", PERSON)
    helps(tap, "tacendad", HOST)
    overview = call("tacenda", "--help").stdout.decode()
    tap.check(all(option in overview for option in COMMON), "the options of every command are in the overview")
    with Site(os.environ.get("PRESET", "trial")) as site:
        admin, doctor, auditor, stranger, typist = site.begin(("doctor", "clinician"), ("auditor", "auditor"), ("stranger", "clinician"),
                                                              ("typist", "assistant"))
        patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        usage(tap, doctor, patient)
        shapes(tap, site, admin, doctor, auditor, patient)
        people(tap, site, doctor, auditor, patient)
        enrolling(tap, site, admin)
        unseen(tap, doctor, stranger, patient)
        signing(tap, doctor, typist, patient)
        full(tap, site, doctor, patient)
        not_now(tap, site, doctor)
        host(tap, site)


run(flow)
