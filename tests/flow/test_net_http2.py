#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2: by nghttp and h2load, and by frames made here where a client would never send them (PROMISES#S10)."""
import re
import shutil
import ssl
import struct
import subprocess
import time

from lib.running import Taken
from net_support import Server, check, done, pattern, until

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CALM, INTERNAL, SETTINGS_TIMEOUT = 11, 2, 4
NO_TABLE = struct.pack(">HI", 1, 0)  # SETTINGS_HEADER_TABLE_SIZE: so that answers can be read without a state


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def text(value):
    """An HPACK string without Huffman."""
    if len(value) < 127:
        return bytes([len(value)]) + value
    rest, out = len(value) - 127, b"\x7f"
    while rest >= 128:
        out, rest = out + bytes([rest % 128 + 128]), rest // 128
    return out + bytes([rest]) + value


def fields(*pairs):
    """Literals that nobody indexes."""
    return b"".join(b"\x00" + text(name) + text(value) for name, value in pairs)


def request(path=b"/small", method=b"GET", extra=(), authority=b"localhost", scheme=b"https"):
    pseudo = [(b":method", method), (b":scheme", scheme), (b":path", path)]
    if authority:
        pseudo.append((b":authority", authority))
    return fields(*pseudo, *extra)


def table_size(payload, before):
    """SETTINGS_HEADER_TABLE_SIZE in a SETTINGS frame, or what it was."""
    said = dict(struct.iter_unpack(">HI", payload))
    return said.get(1, before)


class Client:
    """A connection that speaks HTTP/2 badly on demand."""

    def __init__(self, server, settings=b""):
        self.socket = server.connect(alpn=("h2",))
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, payload=settings))
        self.buffer, self.closed = b"", False
        # Whether it is said that SETTINGS were seen; bytes that the server keeps of our fields; what a head says of them.
        self.acknowledges, self.table, self.update = False, None, b""

    def send(self, *frames):
        try:
            self.socket.sendall(b"".join(frames))
        except (OSError, ssl.SSLError):
            self.closed = True

    def get(self, stream, field=b"", **what):
        """${field}: encoded, behind the others."""
        self.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, self.update + request(**what) + field))
        self.update = b""

    def next(self):
        """The next frame as (kind, flags, stream, payload); None at the end."""
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            try:
                piece = self.socket.recv(65536)
            except (OSError, ssl.SSLError):
                piece = b""
            if not piece:
                self.closed = True
                return None
            self.buffer += piece
        length = int.from_bytes(self.buffer[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
        payload, self.buffer = self.buffer[9:9 + length], self.buffer[9 + length:]
        if kind == SETTINGS and not flags & ACK and self.acknowledges:
            self.table = table_size(payload, self.table)
            self.update = b"\x3f\xe1\x1f" if self.table else b"\x20"  # RFC 7541 section 6.3: 4096 or 0
            self.send(frame(SETTINGS, ACK))
        return kind, flags, stream & 0x7FFFFFFF, payload

    def until(self, wanted, stream=None):
        """Skip to a frame of kind ${wanted}; None when the connection ends first."""
        while (got := self.next()) is not None:
            if got[0] == wanted and (stream is None or got[2] == stream):
                return got
        return None

    def until_any(self, *wanted):
        while (got := self.next()) is not None and got[0] not in wanted:
            pass
        return got

    def goaway_code(self):
        got = self.until(GOAWAY)
        return int.from_bytes(got[3][4:8], "big") if got else None

    def close(self):
        self.socket.close()


def status_of(headers):
    """Our answers begin with an indexed or literal :status."""
    block = headers[3].lstrip(bytes(range(0x20, 0x40)))  # sizes of the table come first
    known = {0x88: 200, 0x89: 204, 0x8C: 400, 0x8D: 404, 0x8E: 500}
    if block[0] in known:
        return known[block[0]]
    found = re.search(rb"[\x08\x18\x48]\x03(\d{3})", block)
    if found:
        return int(found.group(1))
    # Huffman: the digits 0 to 9 have codes of 5 and 6 bits.
    codes = {"00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4", "011011": "5", "011100": "6", "011101": "7",
             "011110": "8", "011111": "9"}
    bits, digits, at = "".join(f"{byte:08b}" for byte in block[2:2 + (block[1] & 0x7F)]), "", 0
    while len(digits) < 3 and at < len(bits):
        for width in (5, 6):
            if bits[at:at + width] in codes:
                digits, at = digits + codes[bits[at:at + width]], at + width
                break
        else:
            return None
    return int(digits)


def tools(server):
    if shutil.which("nghttp"):
        out = subprocess.run(["nghttp", "-nv", server.url("/bytes?n=300000")], capture_output=True, text=True).stdout
        check("nghttp gets a stream", re.search(r":status: 200", out) is not None, out[-2000:])
        out = subprocess.run(["nghttp", "-v", "-H:method: POST", "-d", str(server.cert), server.url("/echo")], capture_output=True,
                             text=True).stdout
        check("nghttp gets its body back", "BEGIN CERTIFICATE" in out and ":status: 200" in out, out[-2000:])
    if shutil.which("h2load"):
        for what in (["-n2000", "-c20", "-m10", server.url("/small")], ["-n300", "-c10", "-m10", server.url("/bytes?n=100000")],
                     ["-n200", "-c5", "-m20", server.url("/slow?ms=20")], ["-n200", "-c4", "-m10", server.url("/dribble?n=5000")],
                     ["-n200", "-c4", "-m10", "-d", str(server.cert), server.url("/count")]):
            out = subprocess.run(["h2load", *what], capture_output=True, text=True).stdout
            count = what[0][2:]
            check(f"h2load {' '.join(what[:3])}: every request succeeds", f"{count} succeeded, 0 failed, 0 errored" in out, out)


def requests(server):
    client = Client(server, NO_TABLE)
    cases = (("a plain request", {}, 200), ("another scheme", {"scheme": b"http"}, 400),
             ("an unknown method", {"method": b"BREW"}, 501), ("a fragment", {"path": b"/a#b"}, 400),
             ("a broken escape", {"path": b"/%4"}, 400), ("too long a target", {"path": b"/" + b"a" * 5000}, 414),
             ("host and authority differ", {"extra": [(b"host", b"other")]}, 400),
             ("host and authority agree", {"extra": [(b"host", b"localhost")]}, 200),
             ("host alone", {"authority": b"", "extra": [(b"host", b"localhost")]}, 200),
             ("authorization twice", {"extra": [(b"authorization", b"a"), (b"authorization", b"b")]}, 400),
             ("too many headers", {"extra": [(b"x%d" % i, b"y") for i in range(70)]}, 431),
             ("too large a head", {"extra": [(b"x", b"y" * 9000), (b"z", b"y" * 9000)]}, 431),
             ("another expectation", {"extra": [(b"expect", b"tea")]}, 417))
    for i, (name, what, status) in enumerate(cases):
        stream = 2 * i + 1
        block = request(**what)
        client.send(frame(HEADERS, END_STREAM | (END_HEADERS if len(block) <= 16384 else 0), stream, block[:16384]))
        if len(block) > 16384:
            client.send(frame(CONTINUATION, END_HEADERS, stream, block[16384:]))
        got = client.until(HEADERS, stream)
        check(f"{name} is answered {status}", got is not None and status_of(got) == status, got)
    stream += 2
    client.send(frame(HEADERS, END_HEADERS, stream, request()), frame(DATA, END_STREAM, stream, b"x"))
    got = client.until(HEADERS, stream)
    check("a body with GET is answered 400", got is not None and status_of(got) == 400, got)
    stream += 2
    client.get(stream, path=b"/hello", extra=[(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"cookie", b"c=3")])
    got = client.until(DATA, stream)
    check("cookie crumbs are put together", b'"cookie":"a=1; b=2; c=3"' in got[3], got)
    stream += 2
    client.send(frame(HEADERS, END_HEADERS, stream, request(b"/echo", b"POST", [(b"expect", b"100-continue")])))
    got = client.until(HEADERS, stream)
    check("100 Continue is sent", status_of(got) == 100, got)
    client.send(frame(DATA, 0, stream, b"he"), frame(DATA, END_STREAM, stream, b"llo"))
    check("and the answer after it", client.until(DATA, stream)[3] == b"hello")
    stream += 2
    client.send(frame(HEADERS, END_HEADERS, stream, request(b"/echo", b"POST")), frame(DATA, 0, stream, b"hello"),
                frame(HEADERS, END_STREAM | END_HEADERS, stream, fields((b"x-trailer", b"y"))))
    check("trailers are read over", client.until(DATA, stream)[3] == b"hello")
    client.close()
    client = Client(server)
    client.get(1, authority=b"")
    check("no authority at all resets the stream", client.until(RST_STREAM, 1) is not None)
    client.close()
    for name, extra in (("a connection header", [(b"connection", b"close")]), ("transfer-encoding", [(b"transfer-encoding", b"chunked")]),
                        ("a capital in a name", [(b"X", b"y")]), ("a line end in a value", [(b"x", b"a\r\nb: c")]),
                        ("a NUL in a value", [(b"x", b"a\0b")]), ("a space in a name", [(b"x y", b"z")])):
        client = Client(server)
        before = server.metrics()["begun"]
        client.get(1, extra=extra)
        got = client.next()
        while got is not None and got[0] not in (RST_STREAM, GOAWAY, HEADERS):
            got = client.next()
        check(f"{name} resets the stream", got is not None and got[0] != HEADERS and server.metrics()["begun"] == before + 1, got)
        client.close()


def tables(server):
    """What every answer repeats is told once, and again when the peer's table was changed."""
    def table(*sizes):
        return frame(SETTINGS, payload=b"".join(struct.pack(">HI", 1, size) for size in sizes))

    client, stream = Client(server), 1
    blocks = []
    for change in (b"", b"", table(0), b"", table(4096), b"", table(0, 4096), b"", table(500), table(100000), b""):
        if change:
            client.send(change)
        client.get(stream)
        blocks.append(client.until(HEADERS, stream)[3])
        stream += 2
    lengths = [len(block) for block in blocks]
    long = [length > min(lengths) + 250 for length in lengths]
    check("the table is filled by the first answer and used from then on", long[:2] == [True, False], lengths)
    check("without a table every answer says all of it", long[2:4] == [True, True], lengths)
    check("a table that was changed is filled anew", long[4:] == [True, False, True, False, True, True, False], lengths)
    check("changes are announced first", [block[0] & 0xE0 == 0x20 for block in blocks] == [bool(n in (2, 4, 6, 8, 9)) for n in range(11)],
          [block[:8] for block in blocks])
    client.close()
    if shutil.which("nghttp"):
        for sizes in ((), (0,), (0, 4096), (600,), (1024,), (65536,)):
            options = [f"--header-table-size={size}" for size in sizes]
            urls = [server.url(f"/bytes?n={n}") for n in (1, 2, 3, 4)]
            out = subprocess.run(["nghttp", "-nv", *options, *urls], capture_output=True, text=True).stdout
            found = [out.count(line) for line in (":status: 200", "x-content-type-options: nosniff", "cache-control: no-store")]
            check(f"nghttp reads four heads with tables of {sizes}", found == [4, 4, 4], (found, out[-2000:]))


def bodies(server):
    client = Client(server)
    client.send(frame(HEADERS, END_HEADERS, 1, request(b"/count-slowly", b"POST")))
    window, sent, credit = 65535, 0, 65535
    settings = client.until(SETTINGS)
    for at in range(0, len(settings[3]), 6):
        name, value = struct.unpack(">HI", settings[3][at:at + 6])
        if name == 4:
            window = value
    check("the window of a stream is bounded", window == 128 * 1024, window)
    total = 600000
    client.send(frame(SETTINGS, ACK))
    stalled = False
    while sent < total:
        room = min(window - sent, credit - sent, 16384, total - sent)
        if room <= 0:
            stalled = True
            got = client.next()
            if got[0] == WINDOW_UPDATE:
                more = int.from_bytes(got[3], "big")
                window += more if got[2] else 0
                credit += more if not got[2] else 0
            continue
        client.send(frame(DATA, END_STREAM if sent + room == total else 0, 1, b"z" * room))
        sent += room
    got = client.until(DATA, 1)
    check("a paused body is held back by the window and arrives whole", stalled and b'"bytes":600000' in got[3], got)
    client.close()
    client = Client(server, struct.pack(">HI", 4, 100))
    client.get(1, path=b"/bytes?n=5000")
    got, updates = b"", 0
    client.until(HEADERS, 1)
    while len(got) < 5000:
        piece = client.until(DATA, 1)
        got += piece[3]
        client.send(frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", len(piece[3]))))
        updates += 1
    check("a small window is respected", got == pattern(5000) and updates >= 50, updates)
    client.close()


def busy_client(server):
    """A connection that is offered a table."""
    client = Client(server, NO_TABLE)
    client.acknowledges = True
    client.until(SETTINGS)
    for stream in range(1, 201, 2):
        client.get(stream)
        client.until(HEADERS, stream)
    return client


def slow_reader(server):
    """Who takes one answer for long has asked nothing for long, though its connection does not rest."""
    client = busy_client(server)
    client.get(201, path=b"/whole?n=300000")
    got = 0
    while client.table != 0 and got < 300000 and (one := client.next()) is not None:
        if one[0] == DATA:
            got += len(one[3])
            client.send(*[frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 1000)) for stream in (0, 201)])
            time.sleep(0.05)
    check("the table goes while an answer is still read", client.table == 0 and 0 < got < 300000, (client.table, got))
    client.close()


def repeat_field(server):
    """One field of nearly 4 KiB put into the table, and said again by a byte each."""
    client = busy_client(server)
    client.get(201, b"\x40" + text(b"x") + text(b"y" * 4000))
    check("a field goes into the table of a busy connection", client.until(HEADERS, 201) is not None and client.table == 4096, client.table)
    client.get(203, b"\xbe" * 16000)
    check("who says it thousands of times is cut off", client.until(HEADERS, 203) is None)
    client.close()


def abuse(server):
    client = Client(server)
    for stream in range(1, 4001, 2):
        client.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, request(b"/never")), frame(RST_STREAM, 0, stream, struct.pack(">I", 8)))
        if client.closed:
            break
    code = client.goaway_code()
    # A server too slow for its own patience to run out first leaves it to nghttp2, which calls that an internal error.
    check("rapid reset is cut off", code in (CALM, INTERNAL, None) and (client.closed or code in (CALM, INTERNAL)), code)
    check("what it began was few", server.metrics()["begun"] < 3000, server.metrics())
    client.close()

    client = Client(server)
    for stream in range(1, 2001, 2):  # makes the server reset: a window update of 0 is an error of the stream
        client.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, request(b"/never")),
                    frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 0)))
        if client.closed:
            break
    code = client.goaway_code()
    check("a peer that makes us reset is cut off", code in (CALM, 1, None), code)
    client.close()

    for name, flood in (("pings", frame(PING, 0, 0, b"12345678")), ("settings", frame(SETTINGS)),
                        ("priorities", frame(PRIORITY, 0, 1, b"\0\0\0\0\x10"))):
        client = Client(server)
        started = time.monotonic()
        while not client.closed and time.monotonic() - started < 60:
            client.send(flood * 500)
        check(f"a flood of {name} is cut off", client.closed, time.monotonic() - started)
        client.close()
    client = Client(server)
    client.send(frame(HEADERS, END_HEADERS, 1, request(b"/count", b"POST")))
    started = time.monotonic()
    while not client.closed and time.monotonic() - started < 60:
        client.send(frame(DATA, 0, 1) * 500)
    check("a flood of empty DATA frames is cut off", client.closed)
    client.close()
    client = Client(server)
    client.send(frame(HEADERS, 0, 1, request()), *[frame(CONTINUATION, 0, 1, fields((b"x", b"y"))) for _ in range(200)])
    check("endless CONTINUATION is cut off", client.goaway_code() is not None or client.closed)
    client.close()
    client = Client(server)
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x3f\xff\xff\xff\xff\xff\xff\xff\xff"))
    check("broken HPACK is answered by GOAWAY", client.goaway_code() == 9)
    client.close()
    client = Client(server)
    for i in range(120):
        client.get(2 * i + 1, path=b"/never")
    refused = client.until(RST_STREAM)
    check("more streams than allowed are refused", refused is not None and refused[3] == struct.pack(">I", 7) and refused[2] > 200, refused)
    client.close()
    with server.connect(alpn=("h2",)) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = b""
        try:
            while piece := one.recv(65536):
                got += piece
        except (OSError, ssl.SSLError):
            pass
    check("HTTP/1.1 where HTTP/2 was agreed on is not served", b"HTTP/1.1" not in got, got)


def kept_answers(server):
    """A peer that asks for a lot and reads nothing costs a bounded amount of memory."""
    client = Client(server, struct.pack(">HI", 4, 0))
    for i in range(100):
        client.get(2 * i + 1, path=b"/whole?n=300000")
    asked = 0

    def all_there():
        nonlocal asked
        asked += 1
        return server.metrics()["exchanges"] > 100
    until(all_there)
    begun = server.metrics()
    # Asking for the figures is a request, too.
    check("answers kept for a peer that does not read are bounded", begun["exchanges"] >= 100 and begun["begun"] - asked - 1 < 20, begun)
    client.send(frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 20)), frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 30)))
    got, ended = {}, 0
    while ended < 100 and (one := client.next()) is not None:
        if one[0] == DATA:
            got[one[2]] = got.get(one[2], 0) + len(one[3])
            ended += one[1] & END_STREAM
    check("and all come when it reads", ended == 100 and set(got.values()) == {300000}, (ended, len(got)))
    client.close()


def stalls():
    with Server("--limit", "stall_ms=600", "--limit", "idle_ms=800") as server:
        with Taken() as took:
            client = Client(server, struct.pack(">HI", 4, 0))
            client.get(1, path=b"/bytes?n=5000")
            pings = 0
            while client.next() is not None:
                client.send(frame(PING, 0, 0, b"12345678"))
                pings += 1
                time.sleep(0.01)
        check("a peer that never opens its window is cut off, pings or not", took.between(0.4, 5), (took, pings))
        client.close()
        with Taken() as took:
            client = Client(server)
            while (got := client.next()) is not None and got[0] != GOAWAY:
                client.send(frame(PING, 0, 0, b"12345678"))
                time.sleep(0.01)
        check("an idle connection ends with GOAWAY, pings or not", got is not None and took.between(0.5, 5), (got, took))
        client.close()
        for acknowledges, code in ((True, 0), (False, SETTINGS_TIMEOUT)):
            client = Client(server)
            client.acknowledges = acknowledges
            client.get(1)
            check(f"who rests and has {'' if acknowledges else 'not '}acknowledged that there is no table ends with code {code}", client.goaway_code() == code)
            client.close()
        client, stream, got = Client(server), 1, None
        while stream < 200 and (got is None or got[0] != GOAWAY):
            client.get(stream)
            got, stream = client.until_any(HEADERS, GOAWAY), stream + 2
            time.sleep(0.55 if stream == 3 else 0.1)  # one rest, and none behind it
        check("who asks on and never acknowledges is sent away", got is not None and got[0] == GOAWAY and got[3][7] == SETTINGS_TIMEOUT, got)
        client.close()
        check("waiting for the handler is no stall", server.get("/slow?ms=1500", "--http2") == b"a" * 200)


def main():
    with Server("--loops", "2") as server:
        tools(server)
        requests(server)
        tables(server)
        bodies(server)
    with Server("--loops", "1") as server:
        abuse(server)
        repeat_field(server)
        slow_reader(server)
        check("the server still answers", server.get("/small") == b"a" * 200)
        check("no exchange is left behind", until(lambda: server.metrics()["exchanges"] == 1), server.metrics())
    with Server("--loops", "1") as server:
        kept_answers(server)
    stalls()
    done()


if __name__ == "__main__":
    main()
