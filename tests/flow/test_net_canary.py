#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second after an answer, nothing of what a request said is in the server's memory (PROMISES#S1)."""
import re
import time

from lib.below import all_asleep
from net_support import Server, check, done, is_sanitized, read_response, until
from test_net_http2 import HEADERS, busy_client, text

CANARY = re.compile(rb"canary-[a-z]+")


def words_in_memory(pid):
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if "r" not in rights or "[v" in line:
                continue
            try:
                memory.seek(start)
                found.update(CANARY.findall(memory.read(end - start)))
            except (OSError, ValueError, OverflowError):
                continue
    return found


def fill_table(server):
    """A busy HTTP/2 connection that puts its token into the server's table, as browsers do, and refers to it."""
    client = busy_client(server)
    check("a busy connection is offered a table", client.table == 4096, client.table)
    indexed = b"\x40" + text(b"authorization") + text(b"canary-table")
    for stream, field in ((201, indexed), (203, b"\xbe")):  # 62, the first of the table
        client.get(stream, field)
        check(f"stream {stream} is answered", client.until(HEADERS, stream) is not None)
    return client


def main():
    if is_sanitized():
        # A sanitizer keeps what was freed; only the plain build can be looked at.
        check("nothing to see under a sanitizer", True)
        done()
    with Server("--loops", "2") as server:
        kept = server.connect()
        kept.sendall(b"POST /never HTTP/1.1\r\nHost: localhost\r\nAuthorization: canary-running\r\nContent-Length: 1\r\n\r\nx")
        for version in ("--http1.1", "--http2"):
            got = server.get("/echo?x=canary-query", version, "-H", "Authorization: Bearer canary-token", "-b", "a=canary-cookie",
                             "--data-binary", "canary-body" * 1000)
            check(f"{version} the request was served", got == b"canary-body" * 1000)
        busy = fill_table(server)
        check("a token is in the table while the connection is busy, so that this test can fail", b"canary-table" in words_in_memory(server.process.pid))
        ended = time.monotonic()
        while busy.table != 0 and busy.next() is not None:
            pass
        check("the table of a connection that rests is closed within a second", busy.table == 0 and time.monotonic() - ended < 1, time.monotonic() - ended)
        idle = server.connect()
        idle.sendall(b"POST /echo?canary-query HTTP/1.1\r\nHost: localhost\r\nAuthorization: canary-token\r\nContent-Length: 11\r\n\r\n"
                     b"canary-body")
        read_response(idle)
        time.sleep(1)
        until(lambda: all_asleep(server.process.pid))
        found = words_in_memory(server.process.pid)
        check("a request that still runs is found, so that this test can fail", b"canary-running" in found, found)
        check("nothing else is", found <= {b"canary-running"}, found)
        busy.get(205)
        check("who rested is served again", busy.until(HEADERS, 205) is not None)
        busy.close()
        kept.close()
        idle.close()
    done()


if __name__ == "__main__":
    main()
