#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Slow, greedy and silent clients: each is bounded, and others are served meanwhile (PROMISES#S9 PROMISES#S10)."""
import json
import os
import resource
import shutil
import socket
import ssl
import subprocess
import time

from lib.running import Taken
from net_support import Server, check, done, is_sanitized, read_all, read_response, statuses, until

HEAD = b"GET /small HTTP/1.1\r\nHost: localhost\r\n"


def hear(connection, piece):
    """What comes; None when nothing does: then ${piece} is sent."""
    try:
        return connection.recv(65536)
    except TimeoutError:
        connection.sendall(piece)
        return None


def trickle(server, first, piece, pause):
    """Send ${piece} again and again on a connection of its own; what came back until it was closed, and when."""
    got = b""
    with Taken() as took, server.connect() as connection:
        connection.sendall(first)
        connection.settimeout(pause)
        try:
            while (more := hear(connection, piece)) != b"":
                got += more or b""
        except OSError:
            pass  # it is closed
    return got, took


def times():
    with Server("--limit", "head_ms=500", "--limit", "idle_ms=900", "--limit", "stall_ms=700", "--loops", "1") as server:
        got, took = trickle(server, HEAD, b"X: y\r\n", 0.1)
        check("a head that trickles is answered 408 in time", statuses(got) == [408] and took.running < 4, (got, took))
        with Taken() as took, server.connect() as one:
            got = read_all(one)
        check("an idle connection is closed without a word", got == b"" and took.between(0.5, 4), (got, took))
        with Taken() as took, server.connect() as one:
            one.sendall(HEAD + b"\r\n")
            read_response(one)
            got = read_all(one)
        check("also after a request", got == b"" and took.between(0.5, 4), (got, took))
        head = b"POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
        got, took = trickle(server, head, b"x", 0.1)
        check("a body that trickles is answered 408 in time", statuses(got) == [408] and took.running < 5, (got, took))
        with server.connect() as one:
            one.sendall(b"GET /large?n=100000000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            # It is being answered.
            one.recv(1)
            with Taken() as took:
                cut = until(lambda: server.metrics()["exchanges"] == 1)
            check("who does not read is cut off in time", cut and took.running < 5, (took, server.metrics()))
        with server.connect() as one:
            one.sendall(b"GET /slow?ms=2000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            check("who waits for the handler is not", read_response(one)[0] == 200)
    # A client that a busy machine holds up for half a second is no trickle: so long a time, and a body that takes longer as a whole.
    with Server("--limit", "stall_ms=3000", "--loops", "1") as server:
        head = b"POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\nConnection: close\r\n\r\n"
        got, took = trickle(server, head, b"x" * 1500, 0.1)
        check("a body that moves on is not cut off, either", statuses(got) == [200] and took.wall > 3.5, (got, took))


def let_in(server):
    """Whether a newcomer is let in and served."""
    try:
        with server.connect() as one:
            one.sendall(HEAD + b"\r\n")
            return read_response(one)[0] == 200
    except (OSError, ssl.SSLError):
        return False


def addresses():
    with Server("--limit", "per_address=4", "--limit", "connections=6", "--loops", "2") as server:
        waiting = [server.connect() for _ in range(4)]
        for one in waiting:
            one.sendall(HEAD)
        with server.connect(source="127.0.0.2") as other:
            other.sendall(HEAD + b"\r\n")
            check("another address is served meanwhile", read_response(other)[0] == 200)
        check("who has waited makes room for a new one of the same address", until(lambda: let_in(server)))
        check("one went for it", server.metrics()["evicted"] >= 1, server.metrics())
        for one in waiting:
            one.close()
    with Server("--limit", "per_address=3", "--loops", "1") as server:
        busy = [server.connect() for _ in range(3)]
        for one in busy:
            one.sendall(b"GET /slow?ms=6000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        other = ("--interface", "127.0.0.2", "-H", "Connection: close")
        until(lambda: json.loads(server.get("/metrics", *other))["exchanges"] == 4)
        time.sleep(1.5)
        check("who is being served is not closed for a newcomer", not let_in(server))
        check("and gets its answer", all(read_response(one)[0] == 200 for one in busy))
        for one in busy:
            one.close()
    with Server("--limit", "connections=5", "--loops", "1") as server:
        held = [server.connect(source=f"127.0.0.{i + 2}") for i in range(5)]
        check("a full house makes room too", until(lambda: server.get("/small") == b"a" * 200))
        got = server.metrics()
        check("which is counted", got["evicted"] >= 1 and got["connections"] <= 5, got)
        for one in held:
            one.close()


def descriptors():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))

    with Server("--loops", "1", preexec_fn=few) as server:
        held = []
        for _ in range(40):
            held.append(socket.create_connection(("127.0.0.1", server.port), timeout=120))
        until(lambda: len(os.listdir(f"/proc/{server.process.pid}/fd")) >= 29)
        before = server.process.poll()
        for one in held:
            one.close()
        check("without descriptors the server turns callers away and lives", before is None and
              until(lambda: server.get("/small") == b"a" * 200), before)


def slow_attacks():
    if not shutil.which("slowhttptest"):
        return
    with Server("--limit", "per_address=300", "--limit", "connections=400", "--loops", "2") as server:
        common = ["-c", "200", "-r", "100", "-l", "120", "-i", "3", "-p", "2", "-u"]
        modes = {"slow heads (-H)": ["-H", *common, server.url("/small")], "slow bodies (-B)": ["-B", *common, server.url("/count")],
                 "ranges (-R)": ["-R", *common, server.url("/small")],
                 "slow reading (-X)": ["-X", "-w", "10", "-y", "20", "-n", "3", "-z", "16", "-k", "2", *common, server.url("/large?n=500000")]}
        attackers = {name: subprocess.Popen(["slowhttptest", *what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                     for name, what in modes.items()}
        answered, failed, slowest = 0, 0, 0.0
        most = {"accepted": 0}
        begun = time.monotonic()
        # As long as it takes, until all of them have come and some were answered among them.
        while any(a.poll() is None for a in attackers.values()) and (time.monotonic() - begun < 7 or answered < 5 or most["accepted"] <= 300):
            with Taken() as took:
                result = server.curl("-o", "/dev/null", "-w", "%{http_code}", server.url("/small"))
            answered += result.stdout == b"200"
            failed += result.stdout != b"200"
            slowest = max(slowest, took.running)
            most = server.metrics()
            time.sleep(0.1)
        for attacker in attackers.values():
            attacker.terminate()
            attacker.communicate()
        check("four slow attacks at once from our own address leave a probe answered", answered >= 5 and failed == 0,
              (answered, failed, slowest, most))
        check("connections stayed below their limit", most["accepted"] > 300, most)


def peak_kib(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def memory():
    if is_sanitized():
        return
    with Server("--loops", "2") as server:
        idle = [server.connect() for _ in range(256)]
        for one in idle:
            one.sendall(HEAD + b"\r\n")
        for one in idle:
            read_response(one)
        check("256 connections, each after a request, take 64 MB at most", peak_kib(server) <= 64000, peak_kib(server))
        for one in idle:
            one.sendall(HEAD)
        for one in idle:
            one.close()
    with Server("--loops", "2") as server:
        reading = [server.connect() for _ in range(256)]
        for one in reading:
            one.sendall(b"GET /large?n=50000000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(1)
        check("so do 256 that read slowly", peak_kib(server) <= 64000, peak_kib(server))
        for one in reading:
            one.close()
    with Server("--loops", "2") as server:
        sending = [server.connect() for _ in range(256)]
        for one in sending:
            one.sendall(b"POST /count-slowly HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 60000)
        time.sleep(1)
        check("and 256 that send slowly", peak_kib(server) <= 64000, peak_kib(server))
        for one in sending:
            one.close()
    if shutil.which("h2load"):
        with Server("--loops", "2") as server:
            out = subprocess.run(["h2load", "-n20000", "-c256", "-m100", server.url("/slow?ms=30")], capture_output=True, text=True).stdout
            check("and 256 with 100 streams each that wait", peak_kib(server) <= 64000 and "20000 succeeded" in out, (peak_kib(server), out))


def main():
    times()
    addresses()
    descriptors()
    slow_attacks()
    memory()
    done()


if __name__ == "__main__":
    main()
