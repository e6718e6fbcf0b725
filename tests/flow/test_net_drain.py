#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The end of a session, and the end of a server (PROMISES#K13 PROMISES#S9)."""
import signal
import ssl
import struct
import threading
import time

from lib.running import Running, Taken
from net_support import Server, check, done, pattern, read_all, read_response, until
from test_net_http2 import DATA, GOAWAY, HEADERS, RST_STREAM, Client, status_of

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


def all_cut(streams, client):
    with Running() as clock:
        for path, one in streams.items():
            read_all(one)
            took = clock.seconds()
            check(f"{path.decode()} is cut within a second", took < 1, took)
        reset = {client.until(RST_STREAM)[2], client.until(RST_STREAM)[2]}
        took = clock.seconds()
        check("its HTTP/2 streams are reset within a second", reset == {1, 5} and took < 1, (reset, took))


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
        check("a session is ended", server.get("/end?s=1") == b"{}")
        all_cut({path: one for (session, path), one in streams.items() if session == 1}, client)
        client.get(9, path=b"/small")
        got = client.until(HEADERS, 9)
        check("the connection goes on for others", got is not None and status_of(got) == 200, got)
        one = streams[2, b"/tagged?n=1000000&dribble=1&s=%d"]
        check("another session goes on", len(one.recv(100)) > 0)
        client.close()
        for one in streams.values():
            one.close()
        check("every exchange ended", until(lambda: server.metrics()["exchanges"] == 1), server.metrics())


def begun(server, count):
    """Waits until so many requests have reached their handler; asking is one, too."""
    asked = 0

    def there():
        nonlocal asked
        asked += 1
        return server.metrics()["begun"] - asked >= count
    return until(there)


def running_work():
    server = Server("--loops", "2", "--drain", "60000")
    slow, idle, download, upload = (server.connect() for _ in range(4))
    idle.sendall(GET % b"/small")
    read_response(idle)
    slow.sendall(GET % b"/slow?ms=4000")
    download.sendall(GET % b"/dribble?n=500000")
    first = download.recv(1000)
    upload.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello")
    client = Client(server)
    client.get(1, path=b"/slow?ms=4000")
    begun(server, 5)
    server.process.send_signal(signal.SIGTERM)
    with Taken() as took:
        got = read_all(idle)
    check("an idle connection is closed", got == b"" and took.running < 2, took)
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
    check("a running download ends well", read_response(download, first)[2] == pattern(500000))
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
    """Who rests for longer than the grace of a drain is no customer in the middle of his business; a machine that stalls makes some rest."""
    polite, left = 0, []
    for _ in range(10):
        results = drained_among_customers()
        polite = sum(one.polite for one in results)
        left += [one for one in results if not one.polite and one.rested < GRACE]
        if left or polite > len(results) // 2:
            break
    check("of customers who ask again and again none is left without an answer", not left, left)
    check("they were all busy, and more than half of them in time", len(results) == 20 and polite > 10 and all(one.answered > 3 for one in results), results)


GRACE = 0.25  # seconds that a drain waits for a request that is on its way: GRACE_MS of src/net/loop.c


class Customer(threading.Thread):
    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.answered, self.polite, self.rested = server, 0, False, 0

    def run(self):
        one, asked = self.server.connect(), time.monotonic()
        try:
            while not self.polite:
                # How long the server may have waited for this request, and more than that: since the one before was about to be
                # sent. How long the answer then stays away excuses nobody.
                now = time.monotonic()
                self.rested, asked = now - asked, now
                one.sendall(GET % b"/small")
                status, headers, _, _ = read_response(one)
                if status != 200:
                    break
                self.answered += 1
                self.polite = headers.get("connection") == "close"
        except (OSError, ssl.SSLError):
            pass  # left without an answer

    def __repr__(self):
        return f"{self.answered} answers, {'told' if self.polite else 'not told'}, the last after {self.rested:.3f} s"


def drained_among_customers():
    server = Server("--loops", "2", "--drain", "60000")
    customers = [Customer(server) for _ in range(20)]
    for one in customers:
        one.start()
    until(lambda: all(one.answered > 3 for one in customers))
    server.process.send_signal(signal.SIGTERM)
    for one in customers:
        one.join(180)
    server.end()
    return customers


def deadline():
    server = Server("--loops", "2")
    stuck = [server.connect() for _ in range(3)]
    for one in stuck:
        one.sendall(GET % b"/never")
    client = Client(server)
    client.get(1, path=b"/never")
    download = server.connect()
    download.sendall(GET % b"/dribble?n=1000000000")
    begun(server, 5)
    with Taken() as took:
        server.process.send_signal(signal.SIGTERM)
        cut = read_response(download)
        server.end()
    check("a drain ends at its deadline, whatever still runs", "drained busy" in server.output and took.between(4, 10), (server.output, took))
    check("and whoever is cut then sees that it was not all", cut[0] is None, cut[:2])
    for one in (*stuck, download):
        one.close()


def main():
    sessions()
    running_work()
    no_request_is_dropped()
    deadline()
    done()


if __name__ == "__main__":
    main()
