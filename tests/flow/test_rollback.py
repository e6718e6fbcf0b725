#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of an earlier day: the log knows, and the start refuses (PROMISES#S2 B2).

The engine of the database drops what follows a damaged frame of its write-ahead log and says nothing. After kill -9 frames are flipped,
cut, removed, or an old copy of the database is put back: the daemon refuses with exit 3 and names the leaves, or nothing is missing.
TRIALS (default 24, 8 under sanitizers) and SEED come from the environment; the seed is printed.
"""
import os
import pathlib
import random
import re
import shutil
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.flavour import often  # noqa: E402
from lib.prepared import Prepared, judge  # noqa: E402
from lib.site import DAMAGE, Site  # noqa: E402
from lib.tap import run  # noqa: E402

TRIALS = int(os.environ.get("TRIALS") or often(24, 8))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
HEADER, FRAME = 32, 24 + 4096
WAL = "tacenda.db-wal"


def frames_of(wal):
    """How many frames of this round the log holds up to its last commit, and where that commit begins."""
    salt, commits = wal[16:24], [0]
    for number in range((len(wal) - HEADER) // FRAME):
        at = HEADER + number * FRAME
        if wal[at + 8:at + 16] != salt:
            break
        if struct.unpack(">I", wal[at + 4:at + 8])[0] != 0:
            commits.append(number + 1)
    return commits[-1], commits[-2] if len(commits) > 1 else 0


def flipped(wal, at):
    data = bytearray(wal)
    data[at] ^= 16
    return bytes(data)


def damages(wal, chance):
    """(sentence, the damaged log) of every trial; what the first two lose is surely in the log of leaves."""
    frames, last = frames_of(wal)
    yield "removed", b""
    yield "its first frame flipped", flipped(wal, HEADER + 24 + 100)
    yield "the last commit cut", wal[:HEADER + last * FRAME + 5000]
    yield "the last commit flipped", flipped(wal, HEADER + last * FRAME + 24 + 7)
    for _ in range(TRIALS):
        at = chance.randrange(HEADER + frames * FRAME)
        yield (f"flipped at {at}", flipped(wal, at)) if chance.random() < 0.75 else (f"cut at {at}", wal[:at])


def is_refusal(said):
    return said.startswith(f"exit {DAMAGE}:") and "older than the log" in said and \
        re.search(r"event=rows_missing first_leaf=\d+ last_leaf=\d+", said) is not None


def outcome(copy, baseline):
    """"refused", "whole" (nothing is missing), or what is wrong."""
    serves, said = copy.start()
    if not serves:
        return "refused" if is_refusal(said) else said
    got = copy.read()
    copy.stop()
    equal, *other = judge(baseline, got)
    return "whole" if len(equal) == len(baseline) else f"serves, but {other}"


def torn(tap, prepared, baseline):
    """A power cut while a batch of the log was being written: its beginning is cut off, the start says how many bytes, nothing is missing."""
    longer = prepared.copy("longer")
    tap.check(longer.start()[0], "a copy begins another batch", longer.said())
    longer.stop()
    path = pathlib.Path("log", "batches")
    before, after = (prepared.site.data / path).read_bytes(), (longer.data / path).read_bytes().rstrip(b"\0")
    end = len(before.rstrip(b"\0"))
    if not before.startswith(after[:end]) or len(after) <= end:
        raise RuntimeError("the log did not go on where it was")
    copy = prepared.copy("torn")
    half = end + (len(after) - end) // 2
    (copy.data / path).write_bytes(after[:half].rstrip(b"\0").ljust(len(before), b"\0"))
    tap.equal(outcome(copy, baseline), "whole", "a batch of which only the beginning was written is cut off, and nothing is missing")
    told = re.findall(r"event=log_cut bytes=(\d+)", copy.said())
    tap.check(len(told) == 1 and 0 < int(told[0]) <= half - end, "the start says how many bytes it cut off", copy.said())
    tap.check(copy.start()[0], "it starts again", copy.said())
    tap.check("event=log_cut" not in copy.said(), "and once cut off they are gone: the next start cuts nothing", copy.said())
    copy.stop()


def flow(tap):
    print(f"# SEED={SEED} TRIALS={TRIALS}")
    chance = random.Random(SEED)
    early = []

    class Early(Site):
        """Keeps the database as it was before anybody came."""

        def init(self, *more):
            super().init(*more)
            early.append((self.data / "tacenda.db").read_bytes())
            return self

    prepared = Prepared(Early, killed=True)
    with prepared.site:
        first = prepared.copy("first")
        wal = (first.data / WAL).read_bytes()
        frames, _ = frames_of(wal)
        tap.check(frames > 20, f"the kill left {frames} pages in the write-ahead log")
        if not tap.check(first.start()[0], "undamaged it serves", first.said()):
            return
        baseline = first.read()
        first.stop()
        content = [answer for (who, address), answer in baseline.items() if who == "owner" and address.endswith("/content")]
        tap.check(sorted(body for status, body in content) == sorted(prepared.contents.values()), "all that was acknowledged")

        torn(tap, prepared, baseline)
        tally, bad = {}, []
        for sentence, damaged in damages(wal, chance):
            copy = prepared.copy("damaged")
            (copy.data / WAL).write_bytes(damaged)
            word = outcome(copy, baseline)
            shutil.rmtree(copy.folder)
            tally[word] = tally.get(word, 0) + 1
            if word not in ("refused", "whole") or (word == "whole" and sentence in ("removed", "its first frame flipped")):
                bad.append(f"{sentence}: {word}")
        print(f"# {tally}")
        tap.check(not bad, f"each of {TRIALS + 4} damaged write-ahead logs is refused with exit 3 and its leaves, or nothing is missing",
                  "\n".join(bad))
        tap.check(tally.get("refused", 0) >= 2 + TRIALS // 2, "the damages do hit what matters", tally)

        copy = prepared.copy("old")
        (copy.data / "tacenda.db").write_bytes(early[0])
        (copy.data / WAL).unlink()
        word = outcome(copy, baseline)
        tap.equal(word, "refused", "an old copy of the database is refused")
        checked = copy.check()
        tap.check(checked.returncode == DAMAGE and b"older than the log" in checked.stderr, "and by tacendad check", checked)


run(flow)
