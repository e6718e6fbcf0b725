#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS: what is spoken, what is refused, tickets, and a change of certificate (PROMISES#S10 PROMISES#K3)."""
import re
import shutil
import signal
import socket
import ssl
import subprocess

from lib.running import Taken
from net_support import SERVER, Server, WORK, certificate, check, done, read_all, read_response, until


def s_client(server, *arguments, say="Q\n", seconds=120):
    """Output of openssl s_client."""
    try:
        result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "localhost",
                                 "-CAfile", str(server.cert), *arguments], input=say, capture_output=True, text=True,
                                timeout=seconds)
        return result.stdout + result.stderr
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode(errors="replace")


def versions(server):
    for version, cipher, wanted in (("-tls1_3", (), "TLSv1.3"), ("-tls1_2", (), "TLSv1.2")):
        out = s_client(server, version, *cipher)
        check(f"{wanted} is spoken", f"New, {wanted}, Cipher is" in out and "(NONE)" not in out and "Verify return code: 0" in out, out)
    for version in ("-tls1_1", "-tls1"):
        out = s_client(server, version, "-cipher", "ALL:@SECLEVEL=0")
        check(f"{version} is refused", "Cipher is (NONE)" in out, out)
    for suite in ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"):
        out = s_client(server, "-tls1_2", "-cipher", suite)
        check(f"{suite} is spoken", f"Cipher is {suite}" in out, out)
    for suite in ("ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-CCM", "NULL", "aNULL"):
        out = s_client(server, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
        check(f"{suite} is refused", "Cipher is (NONE)" in out or "no ciphers available" in out or "cipher list" in out.lower(), out)
    for suite in ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"):
        check(f"{suite} is spoken", f"Cipher is {suite}" in s_client(server, "-tls1_3", "-ciphersuites", suite))
    check("a CCM suite of TLS 1.3 is refused", "(NONE)" in s_client(server, "-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"))
    for group, fine in (("X25519", True), ("P-256", True), ("P-384", False), ("X448", False), ("P-521", False)):
        for version in ("-tls1_2", "-tls1_3"):
            # In TLS 1.2 the groups also say which curve a certificate may be on.
            out = s_client(server, version, "-groups", "X25519:P-256" if group == "X25519" else group)
            check(f"{version} group {group} is {'spoken' if fine else 'refused'}", ("(NONE)" in out) != fine, out)
    out = s_client(server, "-tls1_2", say="R\nQ\n")
    check("renegotiation is refused", "no renegotiation" in out.lower() or "handshake failure" in out.lower(), out[-1500:])
    check("there is no compression", "Compression: NONE" in s_client(server, "-tls1_2", "-comp"))


def protocols(server):
    for offered, got in (("h2,http/1.1", "h2"), ("http/1.1,h2", "h2"), ("http/1.1", "http/1.1"), ("spdy/3,http/1.1", "http/1.1")):
        out = s_client(server, "-alpn", offered)
        check(f"of {offered} {got} is agreed on", f"ALPN protocol: {got}" in out, out)
    out = s_client(server, "-alpn", "http/1.0,spdy/3")
    check("without a common protocol there is no connection", "no application protocol" in out.lower() and "(NONE)" in out, out)
    with server.connect(alpn=()) as one:
        one.sendall(b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
        check("a client that offers none speaks HTTP/1.1", read_response(one)[0] == 200 and one.selected_alpn_protocol() is None)


def tickets(server):
    for version in ("-tls1_2", "-tls1_3"):
        saved = WORK / f"session{version}"
        ask = "GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        out = s_client(server, version, "-sess_out", str(saved), "-ign_eof", say=ask)
        hint = re.search(r"ticket lifetime hint: (\d+)", out)
        check(f"{version} tickets live a day at most", hint is not None and 0 < int(hint.group(1)) <= 86400, out[-2500:])
        check(f"{version} no early data is taken", "Max Early Data: 0" in out or version == "-tls1_2", out[-1500:])
        before = server.metrics()["resumed"]
        out = s_client(server, version, "-sess_in", str(saved), "-ign_eof", say=ask)
        check(f"{version} a session is resumed", "Reused, TLS" in out and server.metrics()["resumed"] == before + 1, out[-1500:])
    with Server() as other:
        out = s_client(other, "-tls1_3", "-sess_in", str(WORK / "session-tls1_3"))
        check("a ticket of another process means a full handshake", "New, TLSv1.3" in out, out[-1500:])


def identities():
    def refused(cert, key, why, *more):
        result = subprocess.run([str(SERVER), "--listen", "127.0.0.1:0", "--cert", str(cert), "--key", str(key), *more],
                                capture_output=True, text=True, timeout=180)
        check(f"refused at start: {why}", result.returncode == 1 and why in result.stderr, result)

    good, good_key = certificate("good")
    other, other_key = certificate("other")
    refused(*certificate("weak", ("rsa:1024",)), "RSA key shorter than 2048 bits")
    refused(good, other_key, "key does not belong to the certificate")
    refused(*certificate("curve", ("ec", "-pkeyopt", "ec_paramgen_curve:secp256k1")), "key is on a curve other than P-256 and P-384")
    refused(*certificate("edwards", ("ed25519",)), "key is neither ECDSA nor RSA")
    refused(WORK / "nothing.pem", good_key, "certificate file")
    refused(good_key, good_key, "certificate")
    refused(good, good, "private key")
    subprocess.run(["openssl", "ec", "-in", good_key, "-aes256", "-passout", "pass:secret", "-out", WORK / "locked.key"], check=True,
                   capture_output=True)
    refused(good, WORK / "locked.key", "private key")
    (WORK / "broken.pem").write_bytes(good.read_bytes() + b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    refused(WORK / "broken.pem", good_key, "certificate chain")
    for name, key in (("rsa2048", ("rsa:2048",)), ("p384", ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"))):
        cert, private = certificate(name, key)
        with Server("--cert", str(cert), "--key", str(private)) as server:
            server.cert = cert
            check(f"{name} is served", server.get("/small") == b"a" * 200)
            if name == "rsa2048":
                out = s_client(server, "-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384")
                check("with its suites of TLS 1.2", "Cipher is ECDHE-RSA-AES256-GCM-SHA384" in out, out)
    # a chain: root signs an intermediate, which signs the leaf
    run = lambda *a: subprocess.run(["openssl", *[str(x) for x in a]], check=True, capture_output=True)
    (WORK / "ca.cnf").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n")
    (WORK / "leaf.cnf").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name, signer, extensions in (("middle", "good", "ca.cnf"), ("leaf", "middle", "leaf.cnf")):
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", WORK / f"{name}.key", "-out",
            WORK / f"{name}.csr", "-subj", f"/CN={name}")
        run("x509", "-req", "-in", WORK / f"{name}.csr", "-CA", WORK / f"{signer}.pem", "-CAkey", WORK / f"{signer}.key", "-CAcreateserial",
            "-days", "2", "-extfile", WORK / extensions, "-out", WORK / f"{name}.pem")
    for how in ("one file", "chain file"):
        if how == "one file":
            (WORK / "full.pem").write_bytes((WORK / "leaf.pem").read_bytes() + (WORK / "middle.pem").read_bytes())
            options = ["--cert", str(WORK / "full.pem")]
        else:
            options = ["--cert", str(WORK / "leaf.pem"), "--chain", str(WORK / "middle.pem")]
        with Server(*options, "--key", str(WORK / "leaf.key")) as server:
            server.cert = good
            check(f"a chain in {how} is sent", server.get("/small") == b"a" * 200)


def reload():
    first, first_key = certificate("first")
    second, second_key = certificate("second")
    use, use_key = WORK / "use.pem", WORK / "use.key"

    def install(cert, key):
        use.write_bytes(cert.read_bytes())
        use_key.write_bytes(key.read_bytes())

    def served():
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port)))

    der = lambda path: ssl.PEM_cert_to_DER_cert(path.read_text())
    install(first, first_key)
    with Server("--cert", str(use), "--key", str(use_key), "--loops", "2") as server:
        server.cert = first
        kept = server.connect()
        streaming = server.connect()
        streaming.sendall(b"GET /slow?ms=500 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        check("the first certificate is served", served() == der(first))
        install(second, second_key)
        server.process.send_signal(signal.SIGHUP)
        check("after a reload the second one is", until(lambda: served() == der(second)))
        kept.sendall(b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
        check("a connection from before goes on", read_response(kept)[0] == 200)
        check("and so does a request from before", read_response(streaming)[0] == 200)
        install(first, second_key)
        server.process.send_signal(signal.SIGHUP)
        install_failed = until(lambda: "does not belong" in server.process.stdout.readline())
        check("a reload that fails says why", install_failed)
        check("and leaves the certificate in use", served() == der(second))
        kept.close()
        streaming.close()


def handshake_limit():
    # Whoever asks for the figures has to be quicker than that, on a busy machine, too.
    with Server("--limit", "handshake_ms=3000") as server:
        for sentence, begun in (("who says nothing is cut off", b""), ("and who stops in the middle of a handshake", b"\x16\x03\x01\x02\x00\x01")):
            with Taken() as took, socket.create_connection(("127.0.0.1", server.port), timeout=120) as raw:
                raw.sendall(begun)
                got = read_all(raw)
            check(f"{sentence} in time", got == b"" and took.between(2, 15), (got, took))
        check("both were counted", until(lambda: server.metrics()["timeouts"] == 2), server.metrics())


def scanners(server):
    if shutil.which("sslscan"):
        out = subprocess.run(["sslscan", "--no-colour", f"127.0.0.1:{server.port}"], capture_output=True, text=True).stdout
        bad = [line for line in out.split("\n") if re.search(r"TLSv1\.[01] +enabled|SSLv[23] +enabled|heartbleed.*vulnerable to|CBC|RC4|3DES|Insecure", line)
               and "not vulnerable" not in line]
        check("sslscan finds nothing old or weak", not bad and "TLSv1.3   enabled" in out, bad or out)


def main():
    with Server() as server:
        versions(server)
        protocols(server)
        tickets(server)
        scanners(server)
    identities()
    reload()
    handshake_limit()
    done()


if __name__ == "__main__":
    main()
