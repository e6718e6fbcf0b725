#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who can write the data directory puts other paths of a certificate there: clients refuse, or go on as before; what they know decides
whom they trust, never what the server reads (PROMISES#S10).  Neither these nor an address open a folder of keys to the daemon."""
import http.client
import pathlib
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.flavour import sanitized  # noqa: E402
from lib.receivers import Certificates, openssl  # noqa: E402
from lib.site import DAMAGE, DONE, Person, Site  # noqa: E402
from lib.tap import run  # noqa: E402


def of_another_host(certificates):
    """What the same authority made for somebody else."""
    folder = certificates.folder
    cert, key, request, names = (folder / f"other.{end}" for end in ("pem", "key", "request", "names"))
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other.example", "-keyout", key, "-out", request)
    names.write_text("subjectAltName=DNS:other.example\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", request, "-CA", certificates.ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", 2,
            "-extfile", names, "-out", cert)
    return cert, key


def planted(site, *paths):
    """Start with these paths in the data directory."""
    site.stop()
    (site.data / "certificate").write_text("".join(f"{path}\n" for path in paths))
    site.serve()


def with_an_authority_of_its_own(tap, impostor):
    """`tacenda` knows the authority from the invitation; the server's files change nothing about it."""
    with Site() as site:
        [admin] = site.begin()
        site.stop()
        (site.data / "ca.pem").write_bytes(impostor.ca.read_bytes())
        planted(site, impostor.cert, impostor.key)
        tap.check("event=certificate_kept status=conflict" in site.log_text(), "a site with a CA of its own takes no other certificate, and says so",
                  site.log_text())
        tap.equal(admin.run("whoami").code, DONE, "who knows the site goes on")
        late = site.enrol("late", "auditor")
        tap.equal(late.run("whoami").code, DONE, "and who is new trusts the authority that the invitation names")


def refused_files(tap, site, answer):
    """What is no certificate is not taken, and what is no list of paths stops the start."""
    planted(site, site.data / "listen", site.data / "listen")
    tap.check("event=certificate_kept" in site.log_text() and answer() == 200, "files that are none leave the certificate that is in use",
              site.log_text())
    tap.check("127.0.0.1" not in site.log_text().rpartition("event=certificate_kept")[2].partition("\n")[0], "and none of their text is told")
    site.stop()
    for sentence, text in (("one path", "/x\n"), ("a relative path", "a\nb\n"), ("no path", "\n\n"), ("too long a path", f"/{'x' * 5000}\n/y\n")):
        (site.data / "certificate").write_text(text)
        got = site.host(*site.serve_command()[1:], timeout=60)
        tap.check(got.code != DONE and "certificate" in got.error, f"{sentence}: the start is refused, nobody is answered", got)


def folders_apart(tap, site, folder):
    """Whose paths lead to the key store or a file of secrets opens no such folder to the daemon that serves; one that is apart is opened."""
    said = lambda: site.log_text().rpartition("event=certificate_kept")[2]
    for sentence, path in (("in the key store", site.keys / "slots"), ("around it", site.keys.parent / "x"), ("around everything", "/x"),
                           ("by a link", link_to(folder / "there", site.keys) / "x")):
        planted(site, path, path)
        tap.check("event=certificate_folder" in said() or sanitized(), f"a folder {sentence} is not opened to the daemon, and it says so", said())
    planted(site, folder / "x", folder / "x")
    tap.check("event=certificate_folder" not in said(), "one that is apart is", said())


def answers(path):
    """Whether the site is ready, asked over a socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(path))
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return client.recv(64).startswith(b"HTTP/1.1 200")


def served_at(site, path):
    """Start with this socket beside the address in the data directory; what the log then says."""
    site.stop()
    (site.data / "listen").write_text(f"127.0.0.1:{site.port}\nunix:{path}\n")
    log = site.folder / "tacendad.log"
    before = log.stat().st_size
    site.serve()
    return log.read_bytes()[before:].decode(errors="replace")


def sockets_apart(tap, site, folder):
    """An address there opens no folder of keys, in which files could be removed; a socket that is left goes with the next start."""
    for sentence, path in (("in the key store", site.keys / "s"), ("around it", site.keys.parent / "s")):
        for start in ("once", "once more, over what was left"):
            said = served_at(site, path)
            tap.check(answers(path), f"a socket {sentence} is served, {start}")
            tap.check("event=socket_folder" in said or sanitized(), "its folder is not opened to the daemon, and it says so", said)
            site.stop()
            tap.check(path.is_socket() or sanitized(), "which cannot remove it at the end")
        path.unlink(missing_ok=True)
    said = served_at(site, folder / "s")
    tap.check(answers(folder / "s") and "event=socket_folder" not in said, "one that is apart is served", said)
    site.stop()
    tap.check(not (folder / "s").exists(), "and is removed at the end")


def link_to(path, target):
    path.symlink_to(target)
    return path


def with_one_of_another_authority(tap, known, impostor):
    """Clients know the authority; the paths are changed while the site is down."""
    with Site() as site:
        def answer():
            connection = http.client.HTTPSConnection("localhost", site.port, context=ssl.create_default_context(cafile=known.ca), timeout=30)
            try:
                connection.request("GET", "/livez")
                return connection.getresponse().status
            except ssl.SSLCertVerificationError as refusal:
                return refusal.verify_message
            finally:
                connection.close()

        site.init("--tls-cert", known.cert, "--tls-key", known.key).serve()
        tap.equal(answer(), 200, "a client that knows the authority is answered")
        admin, invitation = Person(site, "admin"), site.folder / "admin.invitation"
        invitation.write_text(site.made["invitation"] + "\n")
        enrol = ("enrol", "--invitation-file", invitation, "--password-file", admin.password_file, "--passphrase-file", admin.passphrase_file)
        got = admin.run(*enrol)
        tap.check(got.code == DAMAGE and "certificate" in got.error, "one that does not know it refuses, exit 3", got)
        refused_files(tap, site, answer)
        folders_apart(tap, site, known.folder)
        planted(site, impostor.cert, impostor.key)
        tap.check(answer() not in (200, None), "a certificate that an unknown authority made: clients refuse", answer())
        got = admin.run(*enrol)
        tap.check(got.code == DAMAGE and "certificate" in got.error, "tacenda too, exit 3", got)
        planted(site, *of_another_host(known))
        tap.check("ostname" in str(answer()), "one that their authority made for another host: clients refuse", answer())
        planted(site, known.cert, known.key)
        tap.equal(answer(), 200, "with the operator's paths again they are answered")
        (site.data / "certificate").unlink()
        site.stop()
        site.serve()
        tap.equal(answer(), 200, "without any the site serves what it has")
        tap.equal(site.host("reload", "--data", site.data).code, DONE, "and a reload finds nothing to read")
        sockets_apart(tap, site, known.folder)


def flow(tap):
    with Site() as folder:
        known, impostor = Certificates(folder.folder / "known"), Certificates(folder.folder / "impostor")
        with_an_authority_of_its_own(tap, impostor)
        with_one_of_another_authority(tap, known, impostor)


run(flow)
