# SPDX-License-Identifier: Apache-2.0
"""measuring: processor time of processes, and what one durable page costs on a disk."""
import os
import statistics
import time

CLOCK_OF_PROCESS = 2  # clock_getcpuclockid(3): the complement of the id, then three bits that say which clock


def processor_time(pids):
    """Processor seconds so far, of all threads, to the nanosecond."""
    return sum(time.clock_gettime(~pid << 3 | CLOCK_OF_PROCESS) for pid in pids)


def load_of_others(patience=180):
    """The load average before anything of ours runs; what has ended a moment ago, the build for one, has time to leave it."""
    began = time.monotonic()
    while os.getloadavg()[0] > 1 and time.monotonic() - began < patience:
        time.sleep(5)
    return os.getloadavg()[0]


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
