#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Request smuggling, on real connections: whatever could end in two places is refused once, and nothing behind it is
ever served (PROMISES#S10).  The grammar itself is tested in unit/codec/test_http1.c."""
from net_support import Server, check, done, statuses

INNER = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: localhost\r\n"

CORPUS = {
    "CL.TE": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE.CL": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "TE.TE": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "TE.TE with a space": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "TE with a list": POST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    "TE with a prefix": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "TE with a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "TE folded": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "TE after a bare CR": POST + b"X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE after a bare LF": POST + b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "CL.CL": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
    "CL.CL equal": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "CL list": POST + b"Content-Length: 0, 0\r\n\r\n",
    "CL with +": POST + b"Content-Length: +0\r\n\r\n",
    "CL with -": POST + b"Content-Length: -1\r\n\r\n",
    "CL with spaces inside": POST + b"Content-Length: 0 0\r\n\r\n",
    "CL with zeros": POST + b"Content-Length: 00\r\n\r\n",
    "CL in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n",
    "CL with a space before the colon": POST + b"Content-Length : 0\r\n\r\n",
    "CL behind a NUL": POST + b"X: \x00\r\nContent-Length: 0\r\n\r\n",
    "CL far too large": POST + b"Content-Length: 99999999999999999999\r\n\r\n",
    "GET with a body": b"GET /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n",
    "HEAD with a chunked body": b"HEAD /small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size with a space": POST + b"Transfer-Encoding: chunked\r\n\r\n0 \r\n\r\n",
    "chunk size with 0x": POST + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "chunk size with -": POST + b"Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n",
    "chunk size that overflows": POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
    "chunk size with LF only": POST + b"Transfer-Encoding: chunked\r\n\r\n0\n\r\n",
    "chunk extension with LF": POST + b"Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n0\r\n\r\n",
    "chunk extension with CR": POST + b"Transfer-Encoding: chunked\r\n\r\n2;\rxx\r\n0\r\n\r\n",
    "chunk longer than its size": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nxxx\r\n0\r\n\r\n",
    "chunk that ends with LF": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nxx\n0\r\n\r\n",
    "trailer": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 40\r\n\r\n",
    "trailer without a colon": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nGET /small HTTP/1.1\r\n\r\n",
    "Host twice": b"GET /small HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n",
    "Host in target and field": b"GET https://other/small HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "Host behind a space": b"GET /small HTTP/1.1\r\n Host: other\r\nHost: localhost\r\n\r\n",
    "no Host": b"GET /small HTTP/1.1\r\n\r\n",
    "HTTP/1.0 with TE": b"POST /echo HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "line ends of LF only": b"GET /small HTTP/1.1\nHost: localhost\n\n",
    "an empty line before": b"\r\nGET /small HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a second request line": b"GET /small HTTP/1.1\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a space in the target": b"GET /small HTTP/1.1\r\nHost: localhost".replace(b"/small", b"/small /metrics") + b"\r\n\r\n",
    "an escaped line end is no line end": b"GET /small%0d%0aX:%20y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "the HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


def main():
    with Server("--loops", "1") as server:
        for name, request in CORPUS.items():
            got = server.say(request + INNER * 2)
            answers = statuses(got)
            if name == "an escaped line end is no line end":
                check(f"{name}: an address like any other", answers[:1] == [404], got)
                continue
            check(f"{name}: refused once, nothing behind it served",
                  len(answers) == 1 and 400 <= answers[0] <= 505 and b"connection: close" in got, got)
        before = server.metrics()["protocol_errors"]
        check("each refusal was counted", before >= len(CORPUS) - 1, before)
        for name, request in CORPUS.items():
            if name.startswith("an escaped"):
                continue
            got = server.say(INNER + request + INNER)
            answers = statuses(got)
            check(f"{name}: also behind a good one", len(answers) == 2 and answers[0] == 200 and answers[1] >= 400, got)
    done()


if __name__ == "__main__":
    main()
