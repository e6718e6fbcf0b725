# SPDX-License-Identifier: Apache-2.0
"""site: a real site in a folder of its own: real tacendad, real tacenda, real files, loopback only.

    with Site() as site:
        site.init().serve()
        doctor = site.enrol("doctor", "clinician")
        patient = doctor.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
"""
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from lib import factor

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("TACENDA_BUILD", ROOT / "build" / "check"))
SHARED = pathlib.Path(os.environ.get("TACENDA_SHARED", ROOT.parent / "shared"))
DONE, REFUSED, USAGE, DAMAGE, NOT_NOW = 0, 1, 2, 3, 4


def program(name):
    """The built executable."""
    found = sorted(BUILD.glob(f"bin/{name}")) + sorted(BUILD.glob(f"src/*/{name}"))
    if not found:
        sys.exit(f"{name} is not built in {BUILD}")
    return str(found[0])


def claimed_port():
    """(port, claim): one that stays ours until the claim is closed, while no daemon listens, too.  Below the ports that the system gives to
    connections, and claimed by a name that every flow on this machine tries to have."""
    while True:
        port = 20000 + secrets.randbelow(12000)
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0tacenda-flow-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
            return port, claim
        except OSError:
            claim.close()


CLAIMS = []


def free_port():
    """One that stays ours as long as this program runs."""
    port, claim = claimed_port()
    CLAIMS.append(claim)
    return port


def became_ready(daemon, data, environment):
    """Whether it says that it serves; False as soon as it has ended instead."""
    waiting = subprocess.Popen([program("tacendad"), "status", "--data", str(data), "--wait", "180"], env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            return waiting.wait(0.02) == DONE and daemon.poll() is None
        except subprocess.TimeoutExpired:
            if daemon.poll() is not None:
                waiting.kill()
                waiting.wait()
                return False


class Result:
    """What a command did."""

    def __init__(self, finished):
        self.code, self.out, self.err = finished.returncode, finished.stdout, finished.stderr

    @property
    def text(self):
        return self.out.decode(errors="replace")

    @property
    def error(self):
        return self.err.decode(errors="replace")

    def lines(self):
        return [json.loads(line) for line in self.text.splitlines() if line.strip()]

    def __repr__(self):
        return f"exit {self.code}\n{self.text[-1500:]}\n{self.error[-1500:]}"


class Person:
    """One person with a home of his own."""

    def __init__(self, site, login):
        self.site, self.login, self.phone = site, login, None
        self.home = site.folder / f"home-{login}"
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.password_file, self.passphrase_file = site.secret(f"{login}.password"), site.secret(f"{login}.passphrase")

    def environment(self):
        return dict(self.site.environment(), TACENDA_HOME=str(self.home))

    def run(self, *words, passphrase=False, stdin=None, timeout=600):
        """tacenda WORDS; the passphrase is offered only when asked for, otherwise the agent has the keys."""
        command = [program("tacenda"), "--home", str(self.home)]
        if passphrase:
            command += ["--passphrase-file", str(self.passphrase_file)]
        return Result(subprocess.run(command + [str(word) for word in words], input=stdin, env=self.environment(),
                                     capture_output=True, timeout=timeout,
                                     stdin=None if stdin is not None else subprocess.DEVNULL))

    def do(self, *words, **more):
        """The same; anything but success ends the flow."""
        result = self.run(*words, **more)
        if result.code != DONE:
            raise RuntimeError(f"tacenda {' '.join(map(str, words))}: {result!r}")
        return result

    def json(self, *words, **more):
        return json.loads(self.do("--json", *words, **more).text)

    def list(self, *words, **more):
        return self.do("--json", *words, **more).lines()

    def login_again(self):
        code = ("--code-file", self.phone.code_file()) if self.phone else ()
        return self.do("login", "--password-file", self.password_file, *code, passphrase=True)


class Site:
    def __init__(self, preset="trial"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tacenda-flow-"))
        self.folder.chmod(0o700)
        self.data, self.keys = self.folder / "data", self.folder / "keys"
        self.runtime = self.folder / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.preset, self.daemon, self.people = preset, None, {}
        self.port, self.claim = claimed_port()
        self.log = open(self.folder / "tacendad.log", "ab")
        self.passphrase = self.secret("root.passphrase")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for person in self.people.values():
            person.run("lock")
            person.run("logout")
        self.stop()
        self.claim.close()
        self.log.close()
        if not os.environ.get("TACENDA_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "TACENDA_DEBUG")
                if name in os.environ}
        return dict(kept, HOME=str(self.folder), XDG_RUNTIME_DIR=str(self.runtime), TMPDIR=str(self.folder))

    def secret(self, name):
        """A file with a fresh secret that satisfies every password policy."""
        path = self.folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(15) + "!9a\n")
        return path

    @property
    def origin(self):
        return f"https://localhost:{self.port}"

    def host(self, *words, stdin=None, timeout=600):
        """tacendad WORDS on this site's data."""
        return Result(subprocess.run([program("tacendad")] + [str(word) for word in words], input=stdin, capture_output=True,
                                     env=self.environment(), timeout=timeout,
                                     stdin=None if stdin is not None else subprocess.DEVNULL))

    def init(self, *more):
        result = self.host("init", "--data", self.data, "--keys", self.keys, "--site", "Flow clinic", "--region", "EU",
                           "--admin", "admin", "--origin", self.origin, "--listen", f"127.0.0.1:{self.port}",
                           "--preset", self.preset, "--root-passphrase-file", self.passphrase, "--json", *more)
        if result.code != DONE:
            raise RuntimeError(f"init: {result!r}")
        self.made = json.loads(result.text)
        return self

    def serve_command(self):
        return [program("tacendad"), "serve", "--data", str(self.data), "--keys", str(self.keys),
                "--root-passphrase-file", str(self.passphrase)]

    def serve(self, prefix=()):
        """Start the daemon and wait until its own readiness says so."""
        self.daemon = subprocess.Popen(list(prefix) + self.serve_command(), env=self.environment(), stdout=self.log,
                                       stderr=self.log, stdin=subprocess.DEVNULL)
        if not became_ready(self.daemon, self.data, self.environment()):
            raise RuntimeError(f"the daemon is not ready, exit {self.daemon.poll()}\n{self.log_text()}")
        return self

    def log_text(self):
        return (self.folder / "tacendad.log").read_text(errors="replace")[-4000:]

    def stop(self, how=signal.SIGTERM):
        if self.daemon is None:
            return None
        if self.daemon.poll() is None:
            self.daemon.send_signal(how)
        code = self.daemon.wait(180)
        self.daemon = None
        return code

    def kill(self):
        """kill -9, as a power cut would."""
        return self.stop(signal.SIGKILL)

    def enrol(self, login, profile=None, *more, plain=False):
        """Enrol one person; the first administrator without a profile.  On a standard site the steps that
        stand before work are done too, the second factor not with `plain`."""
        invitation = self.made["invitation"] if profile is None else \
            self.people["admin"].json("user", "add", login, "--profile", profile, *more)["invitation"]
        file = self.folder / f"{login}.invitation"
        file.write_text(invitation + "\n")
        person = Person(self, login)
        person.do("enrol", "--invitation-file", file, "--password-file", person.password_file, "--passphrase-file",
                  person.passphrase_file)
        self.people[login] = person
        if self.preset == "standard":
            person.do("conduct", "accept", "--yes")
        if not plain and self.preset == "standard" and "factor" in person.json("whoami")["pending"]:
            factor.add(person)
        return person

    def fresh_for(self, minutes):
        """How long a second factor is fresh. Long, what is done all along a flow does not depend on how fast the machine is."""
        assert self.host("set", "factor.fresh_minutes", minutes, "--data", self.data).code == DONE

    def begin(self, *people):
        """init, serve, enrol admin and each (login, profile)."""
        self.init().serve()
        if self.preset == "standard":
            self.fresh_for(15)
        return [self.enrol("admin")] + [self.enrol(login, profile) for login, profile in people]


def wait_until(holds, seconds=120, step=0.02):
    """Poll for what no event tells; True when it held in time. How long it may take is no sentence about the product: a check of that
    measures (lib/running.py)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(step)
    return holds()
