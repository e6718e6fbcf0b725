# SPDX-License-Identifier: Apache-2.0
"""measuring: processor time of processes, and what one durable page costs on a disk."""
import os
import pathlib
import statistics
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


def ticks(pids):
    """Processor seconds so far."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def children(pid):
    return [int(word) for word in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()]


def commit_time(folder, count=1000):
    """Median and 99th percentile of one fdatasync of a page, in ms."""
    path = folder / "probe"
    with open(path, "wb") as probe:
        probe.write(bytes(1 << 20))
        os.fsync(probe.fileno())
        times = []
        for i in range(count):
            os.pwrite(probe.fileno(), b"x" * 4096, i % 200 * 4096)
            before = time.perf_counter()
            os.fdatasync(probe.fileno())
            times.append((time.perf_counter() - before) * 1000)
    path.unlink()
    return statistics.median(times), sorted(times)[int(count * 0.99)]
