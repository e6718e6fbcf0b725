# SPDX-License-Identifier: Apache-2.0
"""net_support: the server of the net flows, and clients that say exactly what they are told to."""
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("TACENDA_BUILD", "build/check"))
SERVER = BUILD / "tests" / "unit" / "net" / "net_server"
_work = tempfile.TemporaryDirectory(prefix="net-flow-")
WORK = pathlib.Path(_work.name)
_failures = 0


def check(name, passed, why=""):
    """One line of TAP."""
    global _failures
    if passed:
        print(f"ok {name}")
    else:
        _failures += 1
        print(f"not ok {name}")
        print(f"# {why!r}"[:2000])
    sys.stdout.flush()


def done():
    sys.exit(1 if _failures else 0)


def is_sanitized():
    return b"__asan_init" in SERVER.read_bytes() or b"__tsan_init" in SERVER.read_bytes()


def certificate(name="cert", key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), subject="/CN=localhost"):
    """A self-signed certificate; returns (certificate, key) as paths."""
    paths = WORK / f"{name}.pem", WORK / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-keyout", paths[1], "-out", paths[0], "-days", "2",
                    "-subj", subject, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"],
                   check=True, capture_output=True)
    return paths


class Server:
    """net_server with options; a context manager that ends it and looks at how it ended."""

    def __init__(self, *options, listen=("127.0.0.1:0",), tls=True, expect_clean=True, **settings):
        self.cert, self.key = certificate() if tls else (None, None)
        command = [str(SERVER)]
        for where in listen:
            command += ["--listen", where]
        if tls:
            command += ["--cert", str(self.cert), "--key", str(self.key)]
        self.expect_clean = expect_clean
        self.process = subprocess.Popen(command + list(options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        **settings)
        first = self.process.stdout.readline().split()
        if not first or first[0] != "ready":
            raise RuntimeError(self.process.communicate()[1])
        self.ports = [int(p) for p in first[1:]]
        self.port = self.ports[0] if self.ports else 0
        self.output = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        out, errors = self.process.communicate(timeout=180)
        self.output += out
        if self.expect_clean:
            check("the server ends cleanly, every exchange finished once", self.process.returncode == 0 and not errors.strip(),
                  (self.process.returncode, out, errors))

    def url(self, path="/", port=None):
        return f"https://localhost:{port or self.port}{path}"

    def curl(self, *arguments, **settings):
        return subprocess.run(["curl", "-sS", "--cacert", str(self.cert), "--max-time", "120", *arguments],
                              capture_output=True, **settings)

    def get(self, path, *arguments):
        return self.curl(*arguments, self.url(path)).stdout

    def metrics(self):
        return json.loads(self.get("/metrics"))

    def connect(self, alpn=("http/1.1",), port=None, source=None, timeout=120):
        """A TLS connection."""
        context = ssl.create_default_context(cafile=str(self.cert))
        if alpn:
            context.set_alpn_protocols(list(alpn))
        raw = socket.create_connection(("127.0.0.1", port or self.port), timeout=timeout,
                                       source_address=(source, 0) if source else None)
        return context.wrap_socket(raw, server_hostname="localhost")

    def say(self, data, timeout=120):
        """Send bytes on a connection of its own and return all that comes until it is closed."""
        with self.connect(timeout=timeout) as connection:
            try:
                connection.sendall(data)
            except OSError:
                pass  # it has answered before it had read all of it
            return read_all(connection)


def read_all(connection):
    got = b""
    try:
        while piece := connection.recv(65536):
            got += piece
    except (ConnectionResetError, ssl.SSLError, BrokenPipeError):
        pass
    return got


class Ended(Exception):
    """The connection ended in the middle of something."""


def receive(connection):
    piece = connection.recv(65536)
    if not piece:
        raise Ended
    return piece


def read_chunks(connection, rest):
    """A chunked body and what follows it."""
    body = b""
    while True:
        while b"\r\n" not in rest:
            rest += receive(connection)
        size, rest = rest.split(b"\r\n", 1)
        length = int(size, 16)
        while len(rest) < length + 2:
            rest += receive(connection)
        body, rest = body + rest[:length], rest[length + 2:]
        if length == 0:
            return body, rest


def read_response(connection, buffered=b"", head_only=False):
    """One HTTP/1.1 response: (status, headers, body, what follows); the status is None when the connection ends within it."""
    headers = {}
    try:
        while b"\r\n\r\n" not in buffered:
            buffered += receive(connection)
        return read_after_head(connection, buffered, head_only, headers)
    except Ended:
        return None, headers, b"", b""


def read_after_head(connection, buffered, head_only, headers):
    head, rest = buffered.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    headers.update((name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines[1:]))
    status = int(lines[0].split()[1])
    if head_only or status in (100, 204, 304):
        return status, headers, b"", rest
    if headers.get("transfer-encoding") == "chunked":
        return status, headers, *read_chunks(connection, rest)
    length = int(headers.get("content-length", "0"))
    while len(rest) < length:
        rest += receive(connection)
    return status, headers, rest[:length], rest[length:]


def statuses(data):
    """The status of every response in ${data}."""
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", data)]


def pattern(length):
    """What the server's streams consist of."""
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def until(condition, seconds=120):
    """Whether ${condition} comes true in time; looks again and again. How long it may take is no sentence about the product."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
