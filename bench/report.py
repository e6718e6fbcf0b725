# SPDX-License-Identifier: Apache-2.0
"""report: sections of docs/BENCHMARKS.md, each written anew by the measurement it belongs to."""
import os
import pathlib
import platform
import subprocess
import time

FILE = pathlib.Path(os.environ.get("REPORT", pathlib.Path(__file__).resolve().parents[1] / "docs" / "BENCHMARKS.md"))
TITLE = """# Benchmarks
Written by `make bench` and `make bench-scale`, a section each; figures are of the machine and minute that the section names.
A ratio is ours / nginx in requests a second, of each round: same bodies, same client on the same machine, rounds interleaved; the
median of these ratios stands here, beside the medians of both rates. A floor that is not met says so; a verdict in brackets
was reached while other work ran on the machine and counts for nothing until it is repeated on a quiet one.
"""


def machine():
    """What it ran on, in one line."""
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=FILE.parent).stdout.strip()
    return (f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, commit {commit}; {model}, {os.cpu_count()} cores, Linux "
            f"{platform.release()}")


def write(heading, lines):
    """Replace the section under ${heading}, keep the others."""
    sections = {}
    if FILE.exists():
        for part in FILE.read_text().split("\n## ")[1:]:
            sections[part.split("\n", 1)[0]] = part.rstrip("\n")
    sections[heading] = "\n".join([heading] + lines)
    FILE.write_text(TITLE + "".join(f"\n## {sections[name]}\n" for name in sorted(sections)))
    print(f"written to {FILE}")


def verdict(value, floor, most=False, disturbed=False):
    if floor is None:
        return "no floor"
    word = "met" if (value <= floor if most else value >= floor) else "not met"
    return f"({word})" if disturbed else word if word == "met" else f"**{word}**"


def row_line(row, disturbed):
    floor = "" if row["floor"] is None else f"{row['floor']:.2f}"
    times = f"{row['p50']:.1f} / {row['p99']:.1f}" if row["p50"] is not None else ""
    return (f"| {row['what']} | {row['rate']:,.0f} | {row['nginx']:,.0f} | {row['ratio']:.2f} | {floor} | "
            f"{verdict(row['ratio'], row['floor'], False, disturbed)} | {row['cpu']:.1f} | {row['nginx_cpu']:.1f} | {times} |")


def write_server(result, rounds, seconds):
    disk, after, load = result["disk"], result["disk_after"], result["load"]
    # What was running before the first round is not ours.
    disturbed = load[0] > 1
    lines = [
        result["machine"] + ".",
        f"Median of {rounds} interleaved rounds of {seconds} s ({2 * rounds - 1} where the floor is 0.9 or more). Load average when it began {load[0]:.1f}, when it ended {load[1]:.1f}"
        + (": **other work ran on these cores, so rates are no evidence; processor time a request is less disturbed**."
           if disturbed else "."),
        f"Disk: fdatasync of a page p50 {disk[0]:.2f} ms, p99 {disk[1]:.2f} ms; afterwards {after[0]:.2f} and {after[1]:.2f} ms"
        + (". Floors with a leaf are meant for a p50 of at most 0.3 ms; on this disk the rows with 256 connections count."
           if disk[0] > 0.3 else "."),
        "",
        "| what | ours /s | nginx /s | ratio | floor | | ours µs cpu | nginx µs cpu | ours p50 / p99 ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ] + [row_line(row, disturbed) for row in result["rows"]]
    refused = sum(row["refused"] for row in result["rows"])
    peaks = result["memory"]
    worst = max(peaks.values())
    verified, wall, cpu = result["verification"]
    leaves = verified.get("size") or verified.get("leaves") or 0
    lines += [
        "",
        f"Requests refused or broken in all rounds of both: {refused}. Processor time is of all processes of a server (tacendad with "
        "keyd; nginx's workers), user and system.",
        "Writes: every request has its own signed statement and record; the sealed 64 KiB behind it are the same, which the server "
        "cannot tell.",
        "",
        f"Highest resident memory of tacendad under 256 connections, no sign-in running: {worst:.0f} MB (floor 64 MB at most: "
        f"{verdict(worst, 64, True)}). " + ", ".join(f"{name} {peak:.0f}" for name, peak in peaks.items()) + " MB.",
        "",
        f"Offline verification of a saved log of {leaves:,} leaves: {wall:.2f} s, {cpu:.2f} s of processor, "
        f"{leaves / max(cpu, 1e-6) / 1e6:.2f} M leaves/s a core, process start and reading included (floor 1 M/s: "
        f"{verdict(leaves / max(cpu, 1e-6), 1e6)}).",
    ]
    write("Against nginx", lines)


def write_scale(sizes, ratios, fill, disk, load):
    disturbed = load[0] > 1
    lines = [
        machine() + f". Load average when it began {load[0]:.1f}, when it ended {load[1]:.1f}. fdatasync of a page p50 {disk:.2f} ms.",
        "Processor time of tacendad and keyd, and median time seen by one client over one kept connection, random access.",
        "",
        "| | " + " | ".join(f"{size['patients']:,} patients, {size['records']:,} records" for size in sizes) + " | ratio of cpu | floor 1.5 at most |",
        "|---|" + "---|" * (len(sizes) + 2),
    ]
    for name, what in (("page", "a page of 100 patients"), ("list", "one record list"), ("read", "one read"), ("write", "one write")):
        cells = " | ".join(f"{size[name]['cpu']:.0f} µs cpu, {size[name]['p50']:.2f} ms" for size in sizes)
        met = verdict(ratios[name], 1.5, True, disturbed) if sizes[-1]["patients"] >= 100000 else "not shown by this size"
        lines.append(f"| {what} | {cells} | {ratios[name]:.2f} | {met} |")
    for size in sizes:
        lines.append("")
        lines.append(f"{size['patients']:,} patients: made in {size['fill']:.0f} s; first fill of the client's cache {size['cache']:.1f} s "
                     f"({size['cache_cpu']:.1f} s of processor: client, agent and server), `patient find` afterwards {size['find']:.2f} s "
                     f"({size['find_cpu']:.2f} s of processor).")
    if fill:
        lines += ["", fill]
    write("Scale", lines)
