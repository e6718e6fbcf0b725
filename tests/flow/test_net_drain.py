#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The end of a session, and the end of a server (PROMISES#K13 PROMISES#S9)."""
import signal
import ssl
import struct
import threading
import time

from net_support import Server, check, done, pattern, read_all, read_response, until
from test_net_http2 import DATA, GOAWAY, HEADERS, RST_STREAM, Client, request, status_of

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


def sessions():
    with Server("--loops", "2") as server:
        streams = {}
        for session in (1, 2):
            for path in (b"/tagged?n=1000000000&s=%d", b"/tagged?n=1000000&dribble=1&s=%d"):
                one = server.connect()
                one.sendall(GET % (path % session))
                one.recv(1000)
                streams[session, path] = one
        client = Client(server)
        for i in range(4):
            client.get(2 * i + 1, path=b"/tagged?n=1000000000&s=%d" % (i % 2 + 1))
        for i in range(4):
            client.until(DATA)
        started = time.monotonic()
        check("a session is ended", server.get("/end?s=1") == b"{}")
        for (session, path), one in streams.items():
            one.settimeout(3)
            if session == 1:
                read_all(one)
                check(f"{path.decode()} is cut within a second", time.monotonic() - started < 1, time.monotonic() - started)
        client.socket.settimeout(3)
        reset = {client.until(RST_STREAM)[2], client.until(RST_STREAM)[2]}
        check("its HTTP/2 streams are reset within a second", reset == {1, 5} and time.monotonic() - started < 1.5, reset)
        client.get(9, path=b"/small")
        got = client.until(HEADERS, 9)
        check("the connection goes on for others", got is not None and status_of(got) == 200, got)
        one = streams[2, b"/tagged?n=1000000&dribble=1&s=%d"]
        check("another session goes on", len(one.recv(100)) > 0)
        client.close()
        for one in streams.values():
            one.close()
        check("every exchange ended", until(lambda: server.metrics()["exchanges"] == 1), server.metrics())


def running_work():
    server = Server("--loops", "2")
    slow, idle, download, upload = (server.connect() for _ in range(4))
    idle.sendall(GET % b"/small")
    read_response(idle)
    slow.sendall(GET % b"/slow?ms=700")
    download.sendall(GET % b"/dribble?n=300000")
    first = download.recv(1000)
    upload.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello")
    client = Client(server)
    client.get(1, path=b"/slow?ms=700")
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    check("an idle connection is closed", read_all(idle) == b"" and time.monotonic() - started < 2)
    refused = False
    try:
        server.connect(timeout=1).close()
    except (OSError, ssl.SSLError):
        refused = True
    check("nobody is let in any more", refused)
    upload.sendall(b"world")
    status, headers, body, _ = read_response(upload)
    check("a running upload ends well", (status, body) == (200, b"helloworld") and headers.get("connection") == "close", headers)
    status, headers, _, _ = read_response(slow)
    check("a running request is answered", status == 200 and headers.get("connection") == "close", headers)
    check("a running download ends well", read_response(download, first)[2] == pattern(300000))
    last = client.until(GOAWAY)
    check("HTTP/2 is told to send nothing new", last is not None and struct.unpack(">I", last[3][:4])[0] == 0x7FFFFFFF, last)
    got, ids = [], []
    while (one := client.next()) is not None:
        got.append((one[0], one[2]))
        if one[0] == GOAWAY:
            ids.append(struct.unpack(">I", one[3][:4])[0])
    check("then which request was the last", 1 in ids, (ids, got))
    check("and that one is answered", (HEADERS, 1) in got and (DATA, 1) in got, got)
    server.end()
    check("the drain was complete", "drained ok" in server.output, server.output)


def no_request_is_dropped():
    server = Server("--loops", "2")
    results, lock = [], threading.Lock()

    def customer():
        answered, polite = 0, False
        one = server.connect()
        try:
            while not polite:
                one.sendall(GET % b"/small")
                status, headers, _, _ = read_response(one)
                if status != 200:
                    break
                answered += 1
                polite = headers.get("connection") == "close"
        except (OSError, ssl.SSLError):
            pass
        with lock:
            results.append((answered, polite))

    customers = [threading.Thread(target=customer) for _ in range(20)]
    for one in customers:
        one.start()
    time.sleep(0.7)
    server.process.send_signal(signal.SIGTERM)
    for one in customers:
        one.join(20)
    server.end()
    check("of customers who ask again and again none is left without an answer", len(results) == 20 and all(p for _, p in results), results)
    check("they were all busy", all(n > 3 for n, _ in results), results)


def deadline():
    server = Server("--loops", "2")
    stuck = [server.connect() for _ in range(3)]
    for one in stuck:
        one.sendall(GET % b"/never")
    client = Client(server)
    client.get(1, path=b"/never")
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    server.end()
    took = time.monotonic() - started
    check("a drain ends at its deadline, whatever still runs", "drained busy" in server.output and 4 < took < 10, (server.output, took))
    for one in stuck:
        one.close()


def main():
    sessions()
    running_work()
    no_request_is_dropped()
    deadline()
    done()


if __name__ == "__main__":
    main()
