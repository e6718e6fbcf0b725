# SPDX-License-Identifier: Apache-2.0
"""below: the processes below one, as long as they are there; any may end between two looks."""
import pathlib


def children_of(pid):
    found = []
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in children.read_text().split()]
        except OSError:
            pass  # it ended, or one of its threads
    return found


def program_of(pid):
    """What the kernel calls it; "" when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def all_asleep(*pids):
    """Whether no thread of any of them wants the processor."""
    try:
        return all((task / "stat").read_text().rsplit(")", 1)[1].split()[0] == "S" for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return False
