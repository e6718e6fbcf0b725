#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 and what both versions share, by curl and by exact bytes (PROMISES#S10)."""
import json
import os
import socket
import subprocess

from net_support import (SERVER, Server, WORK, certificate, check, done, pattern, read_all, read_response, statuses, until)

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
SECURITY = {
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def bodies(server, version):
    for path in ("bytes", "chunks", "whole", "large"):
        for length in (0, 1, 16383, 16384, 16385, 1000003):
            got = server.get(f"/{path}?n={length}", version)
            wanted = b"a" * length if path == "large" else pattern(length)
            check(f"{version} /{path} of {length} bytes arrives whole", got == wanted, (len(got), length))
    got = server.get("/dribble?n=20000", version)
    check(f"{version} an answer that pauses arrives whole", got == pattern(20000), len(got))
    data = os.urandom(90000)
    (WORK / "data").write_bytes(data)
    for path in ("echo", "echo-late"):
        got = server.get(f"/{path}", version, "--data-binary", f"@{WORK}/data")
        check(f"{version} /{path} gives the body back", got == data, len(got))
        got = server.get(f"/{path}", version, "-T", f"{WORK}/data", "-H", "Transfer-Encoding: chunked", "-X", "POST")
        check(f"{version} /{path} gives a body of unknown length back", got == data, len(got))
    large = os.urandom(1 << 20) * 4
    (WORK / "large").write_bytes(large)
    for path in ("count", "count-slowly"):
        got = json.loads(server.get(f"/{path}", version, "--data-binary", f"@{WORK}/large") or b"{}")
        check(f"{version} /{path} sees every byte of 4 MiB", got == {"bytes": len(large), "sum": sum(large)}, got)
    result = server.curl(version, "-o", "/dev/null", "-w", "%{http_code}", "--data-binary", f"@{WORK}/large",
                         server.url("/echo"))
    check(f"{version} a body past the maximum is answered 413", result.stdout == b"413", result)
    result = server.curl(version, "-o", "/dev/null", "-w", "%{http_code}", "-T", f"{WORK}/large", "-X", "POST", "-H",
                         "Transfer-Encoding: chunked", server.url("/echo"))
    check(f"{version} and so is one whose length was not announced", result.stdout == b"413", result)
    result = server.curl(version, "-w", "%{http_code} %{size_download}", "-I", "-o", "/dev/null", server.url("/bytes?n=77"))
    check(f"{version} HEAD has no body", result.stdout == b"200 0", result)
    result = server.curl(version, "-I", server.url("/bytes?n=77"))
    check(f"{version} HEAD has the length of GET", b"content-length: 77" in result.stdout, result)
    result = server.curl(version, "-w", "%{http_code}", server.url("/empty"))
    check(f"{version} 204 has no body", result.stdout == b"204", result)
    result = server.curl(version, server.url("/breaks"))
    check(f"{version} a body that fails midway is noticed by the client", result.returncode != 0, result)
    result = server.curl(version, "-o", "/dev/null", "-w", "%{http_code}", server.url("/split"))
    check(f"{version} a header value with a line end is never sent", result.stdout == b"500", result)


def headers(server, version):
    result = server.curl(version, "-i", server.url("/small")).stdout.decode()
    for name, value in SECURITY.items():
        check(f"{version} carries {name}", f"{name}: {value}\r\n" in result, result)
    check(f"{version} carries a strict policy", "content-security-policy: default-src 'none';" in result, result)
    check(f"{version} names no server", "server:" not in result.lower(), result)
    result = server.curl(version, "-i", server.url("/asset")).stdout.decode()
    check(f"{version} an answer overrides its caching", result.count("cache-control:") == 1 and "immutable" in result, result)
    check(f"{version} an answer overrides its policy", result.count("content-security-policy:") == 1 and "'self'" in result,
          result)
    check(f"{version} an answer removes a header", "embedder-policy" not in result, result)
    check(f"{version} the others stay", "nosniff" in result and "strict-transport-security" in result, result)
    hello = json.loads(server.get("/hello?a=%20b", version, "-A", "me", "-b", "x=1"))
    wanted = {"method": "GET", "path": "/hello", "query": "a=%20b", "authority": f"localhost:{server.port}", "peer": "127.0.0.1",
              "protocol": int(version == "--http2"), "tls": 2, "secure": 1, "cookie": "x=1", "agent": "me"}
    check(f"{version} the handler sees what was asked", hello == wanted, hello)


def connections(server):
    with server.connect() as one:
        for i in range(3):
            one.sendall(GET % b"/small")
            status, _, body, _ = read_response(one)
            check(f"request {i} on a kept connection", status == 200 and len(body) == 200)
    paths = [b"/bytes?n=%d" % (i * 1000) for i in range(30)]
    with server.connect() as one:
        one.sendall(b"".join(GET % p for p in paths) + b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
                    + GET % b"/small")
        rest, got = b"", []
        for i in range(len(paths) + 2):
            status, _, body, rest = read_response(one, rest)
            got.append(body)
        check("pipelined requests are answered in order", got == [pattern(i * 1000) for i in range(30)] + [b"hello", b"a" * 200],
              [len(b) for b in got])
    with server.connect() as one:
        one.sendall(GET % b"/slow?ms=100" + GET % b"/small")
        first = read_response(one)
        second = read_response(one, first[3])
        check("a slow answer is not overtaken", (first[0], second[0]) == (200, 200))
    with server.connect() as one:
        for byte in GET % b"/small":
            one.sendall(bytes([byte]))
        check("a head may come byte by byte", read_response(one)[0] == 200)
    got = server.say(b"GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" + GET % b"/small")
    check("Connection: close is obeyed", statuses(got) == [200] and b"connection: close" in got, got)


def expectations(server):
    head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    with server.connect() as one:
        one.sendall(head)
        status, _, _, rest = read_response(one)
        check("100 Continue comes when the handler wants the body", status == 100)
        one.sendall(b"hello")
        check("and the answer after it", read_response(one, rest)[2] == b"hello")
        one.sendall(head.replace(b" 5\r", b" 200000\r"))
        status, seen, _, _ = read_response(one)
        check("no 100 Continue for a body that will be refused", status == 413 and seen.get("connection") == "close", (status, seen))
    got = server.say(b"POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    check("an early answer instead of 100 Continue ends the connection", statuses(got) == [200] and b"connection: close" in got, got)
    with server.connect() as one:
        one.sendall(b"POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n")
        check("an answer may come before the body", read_response(one)[0] == 200)
        one.sendall(b"x" * 50000 + GET % b"/small")
        check("a small unwanted body is read over", read_response(one)[0] == 200)
        one.sendall(b"POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n" + b"x" * 100000)
        status, seen, _, _ = read_response(one)
        check("a large unwanted one ends the connection", status == 200 and seen.get("connection") == "close", seen)


def refusals(server):
    for name, data, status in (
            ("a line that does not end", b"GET /" + b"a" * 20000, 414),
            ("too long a target", b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
            ("too large a head", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"y" * 9000 + b"\r\nZ: " + b"y" * 9000, 431),
            ("too many headers", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 70 + b"\r\n", 431),
            ("HTTP/1.0", b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", 505),
            ("an unknown method", b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
            ("another expectation", b"POST / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", 417)):
        got = server.say(data)
        head, _, body = got.partition(b"\r\n\r\n")
        problem = json.loads(body or b"{}")
        check(f"{name} is answered {status} with a problem, and closed",
              statuses(got) == [status] and problem.get("status") == status and problem.get("field")
              and b"application/problem+json" in head and b"connection: close" in head, got)
    limit = json.loads(server.say(b"GET /" + b"a" * 20000).partition(b"\r\n\r\n")[2])
    check("the problem names the limit", limit.get("limit") == 4096, limit)


def plain_http(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = read_all(raw)
    check("plain HTTP on the TLS port gets a 400 that names the https address",
          statuses(got) == [400] and b"https://vault.example:8443" in got, got)
    result = subprocess.run(["curl", "-sS", "-i", "--max-time", "120", "-X", "DELETE", f"http://127.0.0.1:{server.port}/"],
                            capture_output=True)
    check("with any method, and curl can read it", b"https://vault.example:8443" in result.stdout and result.returncode == 0, result)
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as raw:
        raw.sendall(b"\x00\x01\x02" * 20)
        check("what is neither TLS nor HTTP gets nothing of ours", b"HTTP" not in read_all(raw))


def unix_socket():
    path = WORK / "proxy.sock"
    with Server(listen=(f"unix:{path}",), tls=False) as server:
        def ask(*arguments):
            got = subprocess.run(["curl", "-sS", "--max-time", "120", "--unix-socket", str(path), "http://vault/hello", *arguments],
                                 capture_output=True).stdout
            return json.loads(got or b"{}")

        got = ask("-H", "X-Forwarded-For: 10.9.9.9, 192.0.2.7", "-H", "X-Forwarded-Proto: https")
        check("the unix socket serves a proxy in clear", got.get("secure") == 1 and got.get("tls") == 0, got)
        check("the peer is the last one forwarded for", got.get("peer") == "192.0.2.7", got)
        got = ask("-H", "X-Forwarded-For: 2001:db8::1")
        check("IPv6 too; and it is not secure unless the proxy says so", got.get("peer") == "2001:db8::1" and got.get("secure") == 0, got)
        got = ask("-H", "X-Forwarded-For: nonsense")
        check("nonsense is nobody", got.get("peer") == "-", got)
        check("others may not open the socket", oct(os.stat(path).st_mode & 0o777) == "0o660", oct(os.stat(path).st_mode))
        result = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", str(path), "-T",
                                 f"{WORK}/large", "-X", "POST", "http://vault/count"], capture_output=True)
        check("bodies pass it too", result.stdout == b"200", result)
        for name, wanted, request in (("the preface of HTTP/2 in clear is answered 505", b"HTTP/1.1 505", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                                      ("an upgrade to it is passed over", b"HTTP/1.1 200", b"GET /hello HTTP/1.1\r\nHost: vault\r\n"
                                       b"Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(str(path))
                raw.sendall(request)
                answer = read_all(raw)
            check(name, answer.startswith(wanted), answer[:200])
    check("the socket is removed at the end", not path.exists())


def listeners():
    probe = socket.socket(socket.AF_INET6)
    try:
        probe.bind(("::1", 0))
        addresses = ("127.0.0.1:0", "[::1]:0", f"unix:{WORK}/third.sock")
    except OSError:
        addresses = ("127.0.0.1:0", "127.0.0.1:0", f"unix:{WORK}/third.sock")
    probe.close()
    with Server(listen=addresses) as server:
        got = [server.curl("-o", "/dev/null", "-w", "%{http_code}",
                           f"https://{'127.0.0.1' if i == 0 or '[' not in addresses[i] else '[::1]'}:{server.ports[i]}/small").stdout
               for i in (0, 1)]
        check("several addresses are served", got == [b"200", b"200"], got)
    for where, why in (("127.0.0.1", "listen port"), ("host:1", "listen address"), ("[::1:1", "listen address"), ("unix:", "listen path")):
        try:
            Server(listen=(where,)).end()
            check(f"{where} is refused", False)
        except RuntimeError as error:
            check(f"{where} is refused, with the reason", "listen" in str(error), (str(error), why))
    with Server() as server:
        try:
            Server(listen=(f"127.0.0.1:{server.port}",))
            check("an address in use is refused", False)
        except RuntimeError as error:
            check("an address in use is refused", "in use" in str(error), str(error))


def inherited():
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]

    def start():
        # LISTEN_PID must be the server's own: a shell sets it and becomes the server.
        cert, key = certificate()
        process = subprocess.Popen(["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&%d' % listening.fileno(), "sh",
                                    str(SERVER), "--inherit", "--cert", str(cert), "--key", str(key)],
                                   pass_fds=(listening.fileno(),), stdout=subprocess.PIPE, text=True)
        return process, process.stdout.readline(), cert

    process, first, cert = start()
    check("an inherited socket is served", first.split() == ["ready", str(port)], first)
    result = subprocess.run(["curl", "-sS", "--cacert", str(cert), "-o", "/dev/null", "-w", "%{http_code}",
                             f"https://localhost:{port}/small"], capture_output=True)
    check("as well as one of our own", result.stdout == b"200", result)
    process.terminate()
    process.wait(timeout=180)
    waiting = socket.create_connection(("127.0.0.1", port))
    process, first, cert = start()
    waiting.close()
    result = subprocess.run(["curl", "-sS", "--cacert", str(cert), "-o", "/dev/null", "-w", "%{http_code}",
                             f"https://localhost:{port}/small"], capture_output=True)
    check("and again by the next process: nobody was turned away in between", result.stdout == b"200", result)
    process.terminate()
    process.wait(timeout=180)
    listening.close()


def main():
    with Server("--origin", "https://vault.example:8443", "--loops", "2") as server:
        for version in ("--http1.1", "--http2"):
            bodies(server, version)
            headers(server, version)
        connections(server)
        expectations(server)
        refusals(server)
        plain_http(server)
        check("no connection is left behind", until(lambda: server.metrics()["connections"] == 1), server.metrics())
        check("no exchange is left behind", server.metrics()["exchanges"] == 1, server.metrics())
    unix_socket()
    listeners()
    inherited()
    done()


if __name__ == "__main__":
    main()
