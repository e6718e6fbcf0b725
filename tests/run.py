#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py: run meson's tests and the flows, one line each, and end with "N passed, N failed".

meson writes what each test program did to testlog.junit.xml; every case in it counts as one.
A flow is an executable file tests/flow/test_*.py or test_*.sh; it prints "ok NAME" or "not ok NAME" lines
(TAP), each of which counts as one, and its exit code counts too.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
# One that takes longer hangs, whatever the machine.
FLOW_SECONDS = 3600


def run_meson(build, suites):
    """Run the meson suites; return (passed, failures)."""
    command = ["meson", "test", "-C", str(build), "--no-rebuild", "--print-errorlogs", "--num-processes", "2"]
    for suite in suites:
        command += ["--suite", suite]
    finished = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    report = build / "meson-logs" / "testlog.junit.xml"
    passed, failures = 0, []
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            bad = case.find("failure") is not None or case.find("error") is not None
            if bad:
                failures.append(f"{suite.get('name')}: {case.get('name')}")
            elif case.find("skipped") is None:
                passed += 1
    if finished.returncode != 0 and not failures:
        failures.append("meson test failed without naming a case")
    return passed, failures


def run_flow(path, build):
    """Run one flow; return (passed, failures)."""
    started = time.monotonic()
    environment = dict(os.environ, TACENDA_BUILD=str(build), TACENDA_SHARED=str(ROOT.parent / "shared"))
    running = subprocess.Popen([str(path)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        said = running.communicate(timeout=FLOW_SECONDS)[0]
    except subprocess.TimeoutExpired:
        # As from the keyboard: it says where it stands, and ends what it started.
        running.send_signal(signal.SIGINT)
        said = running.communicate()[0]
    passed = len(re.findall(r"^ok\b", said, re.M))
    failures = [f"{path.name}: {line}" for line in re.findall(r"^not ok\b.*", said, re.M)]
    if time.monotonic() - started > FLOW_SECONDS:
        failures.append(f"{path.name}: did not end in {FLOW_SECONDS // 60} minutes")
    elif running.returncode != 0 and not failures:
        failures.append(f"{path.name}: exit {running.returncode}")
    if not passed and not failures:
        failures.append(f"{path.name}: asserted nothing")
    told = said[-8000:] + "\n" if failures else ""
    # In one piece: another flow may end at the same moment.
    print(f"{told}{'FAIL' if failures else 'ok  '} {path.name}: {passed} passed, {len(failures)} failed, "
          f"{time.monotonic() - started:.1f} s", flush=True)
    return passed, failures


def run_flows(paths, build, jobs):
    """Run flows, so many at a time: each has a site, ports and folders of its own, and waits much. Return (passed, failures)."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        outcomes = list(pool.map(lambda path: run_flow(path, build), paths))
    return sum(passed for passed, _ in outcomes), [one for _, failures in outcomes for one in failures]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "check")
    parser.add_argument("--suite", action="append", default=[])
    parser.add_argument("--no-flows", action="store_true")
    parser.add_argument("--jobs", type=int, default=3, help="flows at a time: they wait as much as they work")
    parser.add_argument("flows", nargs="*", help="names of flows to run instead of all")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    started = time.monotonic()
    passed, failures = (0, []) if arguments.flows else run_meson(build, arguments.suite)
    flows = [] if arguments.no_flows else sorted((ROOT / "tests" / "flow").glob("test_*"))
    chosen = [flow for flow in flows if not arguments.flows or any(name in flow.name for name in arguments.flows)]
    more, bad = run_flows(chosen, build, arguments.jobs)
    passed, failures = passed + more, failures + bad
    for failure in failures:
        print("failed:", failure)
    print(f"took {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
