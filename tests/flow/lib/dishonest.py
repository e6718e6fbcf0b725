# SPDX-License-Identifier: Apache-2.0
"""dishonest: a server that the client has every reason to trust, and that lies.

A proxy stands at the site's origin with a certificate authority of its own, which the invitation codes name; behind it is a real
daemon. So TLS is in order, sessions and signatures are real, and whatever `alter` changes is what a taken-over server would say.
"""
import base64
import hashlib
import http.client
import http.server
import json
import pathlib
import re
import socket
import ssl
import subprocess
import threading

from .site import Site, free_port
from .wire import Stranger

HOP = {"connection", "content-length", "transfer-encoding", "keep-alive", "host"}


def authority(folder, name):
    """A CA and a certificate for localhost under it: (CA as PEM, chain, key)."""
    paths = {part: folder / f"{name}.{part}" for part in ("ca.pem", "ca.key", "pem", "key", "csr", "ext")}
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run = lambda *words: subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    run("req", "-x509", *curve, "-keyout", paths["ca.key"], "-out", paths["ca.pem"], "-days", 2, "-subj", f"/CN={name} authority",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    run("req", *curve, "-keyout", paths["key"], "-out", paths["csr"], "-subj", "/CN=localhost")
    paths["ext"].write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    run("x509", "-req", "-in", paths["csr"], "-CA", paths["ca.pem"], "-CAkey", paths["ca.key"], "-CAcreateserial", "-days", 2,
        "-extfile", paths["ext"], "-out", paths["pem"])
    return paths["ca.pem"], paths["pem"], paths["key"]


class Proxy:
    """Everything passes through; alter(method, path, body) may change the body of a 2xx answer; None leaves it.

    fields(path, headers) may change its header fields, a list of pairs. cut(method, path, headers) is asked once the site has
    answered: True ends the connection in place of the answer.
    """

    def __init__(self, site, port, chain, key):
        self.site, self.alter, self.fields, self.cut = site, None, None, None
        proxy = self
        upstream = ssl.create_default_context(cafile=site.made["ca"])

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                fields = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                behind = http.client.HTTPSConnection("localhost", proxy.site.port, context=upstream, timeout=300)
                try:
                    behind.request(self.command, self.path, body=body or None, headers=fields)
                    got = behind.getresponse()
                    status, headers, data = got.status, got.getheaders(), got.read()
                finally:
                    behind.close()
                if proxy.cut is not None and proxy.cut(self.command, self.path, fields):
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if proxy.alter is not None and 200 <= status < 300:
                    changed = proxy.alter(self.command, self.path, data)
                    data = data if changed is None else changed
                if proxy.fields is not None and 200 <= status < 300:
                    headers = proxy.fields(self.path, headers)
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                if status != 204 and self.command != "HEAD":
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = forward

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, allow_reuse_address = True, True

            def handle_error(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class DishonestSite(Site):
    """A site whose origin is the proxy."""

    def __init__(self):
        super().__init__()
        self.front = free_port()
        self.ca, self.chain, self.key = authority(self.folder, "front")
        self.der = ssl.PEM_cert_to_DER_cert(self.ca.read_text())
        self.proxy, self.lied = None, []

    @property
    def origin(self):
        return f"https://localhost:{self.front}"

    def named(self, invitation, der=None):
        """The code, naming the proxy's authority, or this one, in place of what it names."""
        place, code = invitation.strip().split("#", 1)
        payload = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
        payload = payload[:89] + hashlib.sha256(der or self.der).digest()
        return place + "#" + base64.urlsafe_b64encode(payload).decode().rstrip("=")

    def claims_ca(self, method, path, body):
        if path != "/v1/site":
            return None
        answer = json.loads(body)
        answer["ca"] = base64.b64encode(self.der).decode()
        return json.dumps(answer).encode()

    def serve(self, *words, **more):
        super().serve(*words, **more)
        if self.proxy is None:
            self.proxy = Proxy(self, self.front, self.chain, self.key)
            self.honest()
        return self

    def honest(self):
        self.proxy.alter, self.proxy.fields = self.claims_ca, None

    def lie(self, alter):
        """From now on; what alter() leaves alone stays true."""
        def both(method, path, body):
            said = self.claims_ca(method, path, body) or body
            changed = alter(method, path, said)
            if changed is None or changed == said:
                return said
            self.lied.append(path)
            return changed
        self.proxy.alter, self.lied = both, []

    def lie_about_leaves(self, pattern, change):
        """Answers to addresses that match name the leaf change(N), or none, in place of the leaf N."""
        def fields(path, headers):
            if not re.search(pattern, path):
                return headers
            self.lied.append(path)
            named = [(name, change(int(value)) if name.lower() == "tacenda-leaf" else value) for name, value in headers]
            return [(name, str(value)) for name, value in named if value is not None]
        self.lied, self.proxy.fields = [], fields

    def enrol(self, login, profile=None, *more):
        code = self.made["invitation"] if profile is None else \
            self.people["admin"].json("user", "add", login, "--profile", profile, *more)["invitation"]
        kept, self.made["invitation"] = self.made["invitation"], self.named(code)
        try:
            return super().enrol(login)
        finally:
            self.made["invitation"] = kept

    def stranger(self, login, profile):
        """A genuine user whose client is lib/wire.py, at the daemon's own address."""
        code = self.people["admin"].json("user", "add", login, "--profile", profile)["invitation"]
        der = ssl.PEM_cert_to_DER_cert(pathlib.Path(self.made["ca"]).read_text())
        return Stranger(self).enrol(self.named(code, der), "Correct-horse-9!")

    def __exit__(self, *_):
        if self.proxy is not None:
            self.honest()
        super().__exit__(*_)
        if self.proxy is not None:
            self.proxy.stop()
