# SPDX-License-Identifier: Apache-2.0
"""running: seconds in which the machine let a program run.

What a promise says in seconds is held against this clock. A stall of the machine (other programs, a quota, a host that takes its
processor away) stops it as it stops the server; a server that keeps others waiting does not. On an idle machine it is the clock on the
wall.

    with Running() as clock:
        begun = clock.seconds()
        ...
        took = clock.seconds() - begun
"""
import threading
import time

BEAT = 0.005
# A sleep of a beat that takes longer than this was a stall.
PLAIN = 4 * BEAT


class Running:
    def __init__(self):
        self.changed, self.ending = threading.Condition(), False
        self.began = self.last = time.monotonic()
        self.stalls = []  # (from, to)
        self.thread = threading.Thread(target=self.beat, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()

    def beat(self):
        while not self.ending:
            begun = time.monotonic()
            time.sleep(BEAT)
            ended = time.monotonic()
            with self.changed:
                if ended - begun > PLAIN:
                    self.stalls.append((begun + PLAIN, ended))
                self.last = ended
                self.changed.notify_all()

    def seconds(self):
        """Since this clock was begun, without the stalls; waits for the end of the one that it may be asked in."""
        now = time.monotonic()
        with self.changed:
            self.changed.wait_for(lambda: self.last >= now)
            return now - self.began - sum(min(to, now) - since for since, to in self.stalls if since < now)


class Taken:
    """How long a thing took: no less than by the clock on the wall, no more than while the machine ran."""

    def __enter__(self):
        self.clock = Running().__enter__()
        return self

    def __exit__(self, *_):
        self.wall, self.running = time.monotonic() - self.clock.began, self.clock.seconds()
        self.clock.__exit__()

    def between(self, least, most):
        return self.wall > least and self.running < most

    def __repr__(self):
        return f"{self.wall:.2f} s, of which the machine ran {self.running:.2f} s"


def until_cut(peer):
    """How much more comes on a connection until the other side ends it, and after how many seconds of a running machine."""
    got, cut = 0, True
    peer.settimeout(60)
    with Taken() as took:
        try:
            while piece := peer.recv(1 << 20):
                got += len(piece)
        except TimeoutError:
            cut = False
        except OSError:
            pass
    return got, took.running if cut else float("inf")
