#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the person at the host meets: refusals at start, host verbs, transport, drain (PROMISES#K8 PROMISES#K14 PROMISES#S10)."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.below import children_of, program_of  # noqa: E402
from lib.site import DONE, NOT_NOW, REFUSED, Site, USAGE, free_port, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402


def starting(site, *more, passphrase=None, data=None, keys=None):
    """tacendad serve that is expected to end by itself."""
    return site.host("serve", "--data", data or site.data, "--keys", keys or site.keys,
                     "--root-passphrase-file", passphrase or site.passphrase, *more, timeout=180)


def one_line(result):
    return re.fullmatch(r"tacendad: [^\n]+\n", result.error.replace("\r", "")) is not None


def refused_at_init(tap, site):
    common = ["init", "--keys", site.folder / "k", "--site", "S", "--region", "EU", "--admin", "a", "--root-passphrase-file",
              site.passphrase]
    for address in ("0.0.0.0:8443", "[::]:8443", "192.0.2.1:8443"):
        got = site.host(*common, "--data", site.folder / "d", "--preset", "trial", "--listen", address)
        tap.check(got.code == REFUSED and "preset trial" in got.error and one_line(got), f"trial on {address} is refused", got)
    tap.check(not (site.folder / "d").exists() and not (site.folder / "k").exists(), "and nothing was made")
    tap.equal(site.host(*common, "--data", site.folder / "d", "--preset", "fast").code, USAGE, "an unknown preset is wrong usage")
    got = site.host(*common, "--data", site.folder / "d", "--origin", "http://clinic.example")
    tap.check(got.code == REFUSED and "https://" in got.error, "an origin without TLS is refused", got)


def refused_at_start(tap, site):
    got = starting(site, "--listen", f"127.0.0.1:{free_port()}")
    tap.check(got.code == NOT_NOW and "stop it first" in got.error, "a second daemon on the same data is refused", got)
    other = site.folder / "other-keys"
    shutil.copytree(site.keys, other)
    got = starting(site, "--listen", f"127.0.0.1:{free_port()}", keys=other)
    tap.check(got.code == NOT_NOW and "stop it first" in got.error, "and so it is with a copy of the key store", got)
    tap.equal(site.host("status", "--data", site.data).code, DONE, "the first one goes on")
    tap.equal(site.stop(), DONE, "SIGTERM drains and ends with 0")

    wrong = site.folder / "wrong"
    wrong.write_text("not the passphrase of this site\n")
    got = starting(site, passphrase=wrong)
    tap.check(got.code == REFUSED and "root passphrase" in got.error, "a wrong root passphrase is refused", got)
    got = starting(site, keys=site.folder / "nowhere")
    tap.check(got.code == REFUSED and "key store" in got.error, "a missing key store is refused", got)
    got = starting(site, data=site.folder / "nowhere")
    tap.check(got.code == REFUSED and "data directory" in got.error, "a missing data directory is refused", got)
    without = site.folder / "without-night"
    shutil.copytree(site.keys, without)
    for night in (without / "nights").iterdir():
        night.unlink()
    got = starting(site, keys=without)
    tap.check(got.code == REFUSED and "night file is missing" in got.error, "a missing night file is refused by its name", got)
    got = starting(site, "--listen", "0.0.0.0:0")
    tap.check(got.code == REFUSED and "preset trial" in got.error, "a trial site does not serve the network", got)
    got = site.host("serve", "--data", site.data, "--keys", site.keys)
    tap.check(got.code == NOT_NOW and "--root-passphrase-file" in got.error, "without a root key and without a terminal it says so", got)
    for what in ("data", "keys"):
        tap.check(not list((site.folder / what).rglob("core*")), f"no core file in {what}")


def host_verbs(tap, site):
    got = site.host("status", "--data", site.data, "--json")
    said = json.loads(got.text)
    tap.check(said["ready"] is True and said["log"] == "writable" and said["preset"] == "trial", "status says how it is", got)
    tap.equal(site.host("status", "--data", site.folder / "nowhere").code, NOT_NOW, "status without a daemon is 'not now'")
    tap.equal(site.host("reload", "--data", site.data).code, DONE, "certificates are read again")
    holder = site.folder / "holder"
    nights = {night.name for night in holder.iterdir()}
    tap.check(nights, "the night file is at its holder from the start", nights)
    tap.equal(site.host("rewrap", "--data", site.data).code, DONE, "a new night key")
    added = {night.name for night in holder.iterdir()} - nights
    tap.check(len(added) == 1, "has its file at the holder before it is acknowledged", added)
    after = json.loads(site.host("status", "--data", site.data, "--json").text)
    tap.check(after["night"] == said["night"] + 1 and after["night_holders"] == 1, "and status counts it", after)
    tap.check(after["leaves"] > said["leaves"], "and the log has it", after)
    mode = os.stat(site.data / "run" / "control").st_mode & 0o777
    tap.check(mode & 0o007 == 0, "the control socket is for owner and group only", oct(mode))


def settings(tap, site):
    def leaves():
        return json.loads(site.host("status", "--data", site.data, "--json").text)["leaves"]

    got = site.host("get", "--data", site.data, "--json")
    known = {one["name"]: one for one in got.lines()}
    tap.check(got.code == DONE and known["night.hour"]["value"] == 24 and known["session.idle_minutes"]["value"] == 15 and
              all({"name", "value", "default", "meaning"} <= set(one) for one in known.values()),
              "get lists every setting with value, default, bounds and meaning", got)
    plain = site.host("get", "--data", site.data)
    tap.check(plain.code == DONE and all(name in plain.text for name in known), "for people as one line each", plain)
    before = leaves()
    tap.equal(site.host("set", "night.hour", "3", "--data", site.data).code, DONE, "set changes one")
    tap.equal(leaves(), before + 1, "which is a leaf of the log")
    for words in (("night.hour", "25"), ("night.hour", "-1"), ("night.hour", "three"), ("night.minute", "3")):
        got = site.host("set", "--data", site.data, "--", *words)
        tap.check(got.code == REFUSED and one_line(got), f"set {' '.join(words)} is refused", got)
    tap.equal(site.host("set", "night.hour", "--data", site.data).code, USAGE, "set without a value is wrong usage")
    tap.equal(site.host("get", "night.minute", "--data", site.data).code, REFUSED, "an unknown one is refused")
    tap.equal(leaves(), before + 1, "what was refused changed nothing")
    site.stop()
    site.serve()
    tap.equal(json.loads(site.host("get", "night.hour", "--data", site.data, "--json").text)["value"], 3, "a restart keeps it")


def checking(tap, site):
    got = site.host("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase)
    tap.check(got.code == NOT_NOW, "check of data in use is 'not now'", got)
    site.stop()
    got = site.host("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase)
    tap.check(got.code == DONE and ": 0 damaged" in got.text, "check of stopped data reads everything", got)
    tap.equal(site.host("status", "--data", site.data).code, NOT_NOW, "status of stopped data is 'not now'")


def curl(site, *words, path="/v1/site"):
    """(exit, head, body); the head is that of the last answer."""
    got = subprocess.run(["curl", "-sS", "-i", "--max-time", "120", "--cacert", str(site.data / "ca.pem"), *words, site.origin + path],
                         capture_output=True, stdin=subprocess.DEVNULL, timeout=180)
    head, _, body = got.stdout.decode(errors="replace").partition("\r\n\r\n")
    return got.returncode, head, body


SECURITY_FIELDS = {"strict-transport-security": r"max-age=\d{8,}", "x-content-type-options": r"nosniff",
                   "content-security-policy": r"default-src 'none'.*", "referrer-policy": r"no-referrer", "cache-control": r".*no-store.*"}


def transport(tap, site):
    for version in ("1.0", "1.1"):
        code, _, _ = curl(site, f"--tlsv{version}", "--tls-max", version, "--ciphers", "ALL:@SECLEVEL=0")
        tap.check(code == 35, f"TLS {version} is refused", code)
    for version in ("1.2", "1.3"):
        for http, status in (("--http1.1", "HTTP/1.1 200"), ("--http2", "HTTP/2 200")):
            code, head, body = curl(site, f"--tlsv{version}", "--tls-max", version, http)
            tap.check(code == 0 and head.startswith(status), f"TLS {version} with {status}", head)
            fields = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
            missing = [name for name, value in SECURITY_FIELDS.items() if not re.fullmatch(value, fields.get(name, ""))]
            tap.check(not missing and json.loads(body)["preset"] == "trial", f"with its security fields ({version}, {http})", (missing, head))
    _, head, _ = curl(site, path="/v1/nothing-of-this-name")
    tap.check("strict-transport-security" in head.lower() and re.match(r"HTTP/\S+ 4\d\d", head), "refusals carry them too", head)
    got = subprocess.run(["curl", "-sS", "-i", f"http://127.0.0.1:{site.port}/"], capture_output=True, timeout=180)
    said = got.stdout.decode(errors="replace")
    tap.check(said.startswith("HTTP/1.1 400") and site.origin in said, "plain HTTP on the TLS port is answered 400 with the https address", said)
    got = subprocess.run(["curl", "-sS", "--max-time", "120", site.origin + "/"], capture_output=True, timeout=180)
    tap.equal(got.returncode, 60, "who does not know the site's CA is not connected")


def children(pid):
    return [one for one in children_of(pid) if program_of(one) == "tacenda-keyd"]


def certificate(folder, name, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
    """A certificate of another authority and its key: paths."""
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-keyout", paths[1], "-out", paths[0], "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return paths


def openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout


def der(path):
    return ssl.PEM_cert_to_DER_cert(path.read_text())


def unfit_certificates(tap, site):
    """What could not be served is refused at init, before anything is made."""
    good, key = certificate(site.folder / "made", "good")
    other, other_key = certificate(site.folder / "made", "other")
    nothing, pipe = site.folder / "nothing.pem", site.folder / "pipe.pem"
    os.mkfifo(pipe)
    hidden = site.folder / "hidden.key"  # what reads the first key of a kind it knows finds another one than what takes the first of all
    hidden.write_text("-----BEGIN OTHER PRIVATE KEY-----\nMAMCAQE=\n-----END OTHER PRIVATE KEY-----\n" + key.read_text())
    common = ["init", "--keys", site.folder / "k", "--data", site.folder / "d", "--site", "S", "--region", "EU", "--admin", "a",
              "--root-passphrase-file", site.passphrase]
    for words, why in ((certificate(site.folder / "made", "weak", ("rsa:1024",)), "RSA key shorter than 2048 bits"),
                       ((good, other_key), "key does not belong to the certificate"),
                       (certificate(site.folder / "made", "edwards", ("ed25519",)), "key is neither ECDSA nor RSA"),
                       ((key, key), "certificate"), ((good, good), "private key"), ((nothing, key), "no such file"), ((pipe, key), "certificate"),
                       ((good, hidden), "private key"),
                       ((site.folder / "no" / "x.pem", key), "no such file")):
        got = site.host(*common, "--tls-cert", words[0], "--tls-key", words[1])
        tap.check(got.code == REFUSED and why in got.error and one_line(got), f"init refuses {words[0].name} with {words[1].name}: {why}", got)
    got = site.host(*common, "--tls-cert", good)
    tap.check(got.code == REFUSED and "both" in got.error, "and a certificate without its key", got)
    tap.check(not (site.folder / "d").exists() and not (site.folder / "k").exists(), "and nothing was made")


def certificates(tap):
    """A certificate of another authority, from files that are links, renewed while connections go on."""
    with Site() as site:
        # Apart from the key store: its folder is not opened to the daemon for a successor's sake.
        (site.folder / "made").mkdir()
        unfit_certificates(tap, site)
        good, good_key = site.folder / "made" / "good.pem", site.folder / "made" / "good.key"
        live = site.folder / "live"
        live.mkdir()
        use, use_key = live / "fullchain.pem", live / "privkey.pem"
        # As `openssl ecparam -genkey` writes it: parameters first, then the key.
        first_key = site.folder / "made" / "first.key"
        first_key.write_bytes(openssl("ecparam", "-name", "prime256v1") + openssl("ec", "-in", good_key))

        def install(cert, key):
            for path, target in ((use, cert), (use_key, key)):
                path.unlink(missing_ok=True)
                path.symlink_to(os.path.relpath(target, live))

        def served():
            return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", site.port)))

        def ask(connection):
            connection.request("GET", "/livez")
            answer = connection.getresponse()
            answer.read()
            return answer.status

        install(good, first_key)
        site.init("--tls-cert", use, "--tls-key", use_key).serve()
        tap.check(site.made["ca"] is None and not (site.data / "ca.pem").exists(), "a site with a certificate of its own has no CA", site.made)
        tap.equal(served(), der(good), "it serves the certificate that it was given")
        kept = http.client.HTTPSConnection("localhost", site.port, context=ssl.create_default_context(cafile=good), timeout=180)
        tap.equal(ask(kept), 200, "and proves it has the key")

        second, second_key = certificate(site.folder / "made", "second", ("rsa:2048",))
        middle, middle_key = certificate(site.folder / "made", "middle")
        openssl("rsa", "-in", second_key, "-traditional", "-out", second_key)
        chain = site.folder / "made" / "chain.pem"
        chain.write_bytes(second.read_bytes() + middle.read_bytes())
        install(chain, second_key)
        leaves = json.loads(site.host("status", "--data", site.data, "--json").text)["leaves"]
        site.daemon.send_signal(signal.SIGHUP)
        tap.check(wait_until(lambda: served() == der(second)), "SIGHUP reads the files again: the new one (RSA, with a chain) is served",
                  site.log_text())
        tap.equal(ask(kept), 200, "a connection from before goes on")
        fresh = http.client.HTTPSConnection("localhost", site.port, context=ssl.create_default_context(cafile=second), timeout=180)
        tap.equal(ask(fresh), 200, "who trusts the new one connects")
        sent = openssl("s_client", "-connect", f"127.0.0.1:{site.port}", "-showcerts").decode()
        blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", sent, re.S)
        tap.equal({ssl.PEM_cert_to_DER_cert(one) for one in blocks}, {der(second), der(middle)}, "and is sent the chain")
        after = lambda: json.loads(site.host("status", "--data", site.data, "--json").text)["leaves"]
        tap.check(after() == leaves + 1, "the change is a leaf of the log", (leaves, after()))
        tap.equal(site.host("reload", "--data", site.data).code, DONE, "reload without a change is fine")
        tap.equal(after(), leaves + 1, "and none")

        unfit_renewals(tap, site, install, served, lambda: ask(kept))


def unfit_renewals(tap, site, install, served, kept):
    """Files that are half renewed, or gone, leave the certificate that is in use."""
    good, good_key = site.folder / "made" / "good.pem", site.folder / "made" / "good.key"
    second, second_key = site.folder / "made" / "second.pem", site.folder / "made" / "second.key"
    use_key = site.folder / "live" / "privkey.pem"
    install(good, second_key)
    got = site.host("reload", "--data", site.data)
    tap.check(got.code == REFUSED and "does not belong" in got.error, "half renewed files are refused by name", got)
    tap.equal((served(), kept()), (der(second), 200), "and what is in use stays")
    site.stop()
    use_key.unlink()
    site.serve()
    tap.check(served() == der(second) and "event=certificate_kept" in site.log_text(), "files that are gone do not stop a start, and it says so",
              site.log_text())
    install(good, good_key)
    tap.equal(site.host("reload", "--data", site.data).code, DONE, "reload takes them when they are back")
    tap.equal(served(), der(good), "and serves them")
    site.stop()
    site.serve()
    tap.equal(served(), der(good), "a restart too")


def keyd_gone(tap, site):
    daemon = site.daemon
    keyd = children(daemon.pid)
    if not tap.check(len(keyd) == 1, "one tacenda-keyd belongs to the daemon", keyd):
        return
    os.kill(keyd[0], signal.SIGKILL)
    code = site.daemon.wait(180)
    site.daemon = None
    tap.equal(code, NOT_NOW, "without its keyd the daemon drains and ends, exit 4")
    last = site.log_text().strip().splitlines()[-1]
    tap.check("tacenda-keyd has ended" in last, "its last line says why", site.log_text())
    site.serve()
    tap.equal(site.host("status", "--data", site.data).code, DONE, "and it starts again")


def over_unix(path, host="localhost"):
    got = subprocess.run(["curl", "-sS", "--max-time", "120", "--unix-socket", str(path), f"http://{host}/v1/site"], capture_output=True,
                         timeout=180)
    return got.stdout.decode(errors="replace")


def listeners(tap, site):
    """Sockets of its own choosing, and those of a supervisor."""
    path, others = site.folder / "proxy" / "socket", [site.port, free_port()]
    path.parent.mkdir()
    plain = site.serve_command
    site.serve_command = lambda: plain() + ["--listen", f"unix:{path}"] + [word for port in others for word in ("--listen", f"127.0.0.1:{port}")]
    site.serve()
    tap.check('"preset":"trial"' in over_unix(path), "a unix socket is served in clear, for a proxy")
    tap.equal(path.stat().st_mode & 0o777, 0o660, "for owner and group only")
    for port in others:
        got = subprocess.run(["curl", "-sS", "--cacert", str(site.data / "ca.pem"), f"https://localhost:{port}/livez"], capture_output=True,
                             timeout=180)
        tap.equal(got.returncode, 0, "each of several addresses is served")
    tap.equal(site.stop(), DONE, "they end together")
    tap.check(not path.exists(), "and the unix socket is gone from its folder")

    def handed(address):
        bound = socket.socket()
        bound.bind((address, 0))
        bound.listen(16)

        def at_three():
            os.dup2(bound.fileno(), 3)

        daemon = subprocess.Popen(["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *plain()], env=site.environment(),
                                  stdout=site.log, stderr=site.log, stdin=subprocess.DEVNULL, preexec_fn=at_three, pass_fds=(3,))
        return bound, daemon

    listen = (site.data / "listen").read_text()
    (site.data / "listen").write_text("unix:/nowhere/socket\n")
    bound, site.daemon = handed("127.0.0.1")
    tap.equal(site.host("status", "--data", site.data, "--wait", 60).code, DONE, "with a socket of a supervisor it becomes ready")
    got = subprocess.run(["curl", "-sS", "--cacert", str(site.data / "ca.pem"), f"https://localhost:{bound.getsockname()[1]}/livez"],
                         capture_output=True, timeout=180)
    tap.equal(got.returncode, 0, "and serves on it")
    with socket.socket() as probe:
        tap.check(probe.connect_ex(("127.0.0.1", site.port)) != 0, "and on nothing else, nor is the folder of another address needed")
    tap.equal(site.stop(), DONE, "and drains")
    (site.data / "listen").write_text(listen)
    bound.close()
    bound, daemon = handed("0.0.0.0")
    tap.equal(daemon.wait(180), REFUSED, "a trial site refuses a supervisor's socket that others can reach")
    bound.close()
    site.serve_command = plain


def flow(tap):
    certificates(tap)
    with Site() as site:
        refused_at_init(tap, site)
        holder = site.folder / "holder"
        holder.mkdir(mode=0o700)
        plain = site.serve_command
        site.serve_command = lambda: plain() + ["--night-holder", str(holder)]
        site.init().serve()
        host_verbs(tap, site)
        settings(tap, site)
        transport(tap, site)
        keyd_gone(tap, site)
        refused_at_start(tap, site)
        listeners(tap, site)
        site.serve()
        checking(tap, site)


if __name__ == "__main__":
    run(flow)
