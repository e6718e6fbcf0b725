# SPDX-License-Identifier: Apache-2.0
"""canary: look for planted strings in files and in the memory of processes, in every form they could have there."""
import base64
import os
import pathlib
import re

ZEROS = re.compile(rb"\0{65,}")


def forms(secret):
    """How ${secret} (bytes) may stand: raw, UTF-16, hex, base64 at each of its three alignments."""
    out = {"raw": secret, "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode()}
    try:
        out["UTF-16"] = secret.decode().encode("utf-16-le")
        out["UTF-16 BE"] = secret.decode().encode("utf-16-be")
    except UnicodeDecodeError:
        pass
    for shift in range(3):
        # Characters that depend on neighbours are cut off at both ends.
        text = base64.b64encode(bytes(shift) + secret)
        text = text[(0, 2, 3)[shift]:len(text) - 4]
        if len(text) >= 8:
            out[f"base64+{shift}"] = text
            out[f"base64url+{shift}"] = text.replace(b"+", b"-").replace(b"/", b"_")
    return {name: form for name, form in out.items() if len(form) >= 6}


class Canaries:
    def __init__(self, **secrets):
        self.named = {name: forms(value if isinstance(value, bytes) else value.encode()) for name, value in secrets.items()}

    def in_bytes(self, data, where):
        return [f"{where}: {name} ({form})" for name, every in self.named.items() for form, text in every.items() if text in data]

    def in_files(self, *roots, but=()):
        """Every file under the roots, whatever its name; names of files too."""
        found = []
        for root in roots:
            for path in [pathlib.Path(root), *pathlib.Path(root).rglob("*")]:
                if path in but:
                    continue
                found += self.in_bytes(os.fsencode(path.name), f"name of {path}")
                if path.is_file() and not path.is_symlink():
                    found += self.in_bytes(path.read_bytes(), str(path))
        return found

    def in_memory(self, pid, what):
        """The readable memory of a process, read as root."""
        found, read = [], 0
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for first, last, name in readable(pid):
                tail = b""
                for at, piece in pieces(memory, first, last):
                    read += len(piece)
                    # Most of it is zero; searching that takes long and finds nothing.
                    piece = ZEROS.sub(b"\0" * 64, piece)
                    found += self.in_bytes(tail + piece, f"memory of {what} at {at:x} {name}") if len(piece) > 64 else []
                    tail = piece[-256:]
        return found, read


def readable(pid):
    """(first, last, name) of what is mapped into a process and can be read."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            place, rights, *_ = line.split()
            name = line.split()[-1] if len(line.split()) > 5 else ""
            first, last = (int(part, 16) for part in place.split("-"))
            # A sanitizer maps terabytes of shadow: bookkeeping, not content.
            if "r" in rights and name not in ("[vvar]", "[vsyscall]", "[vdso]") and last - first <= 2**33:
                yield first, last, name


def pieces(memory, first, last):
    """(where, bytes) of a stretch of memory, as far as it can be read."""
    for at in range(first, last, 1 << 24):
        try:
            memory.seek(at)
            piece = memory.read(min(1 << 24, last - at))
        except (OSError, ValueError, OverflowError):
            return
        if not piece:
            return
        yield at, piece


def runs(entry, program, word):
    try:
        return os.path.basename(os.readlink(entry / "exe")) == program and \
            word in (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return False


def processes(program, word=""):
    """Pids of running processes whose executable has this name and whose command line contains a word."""
    return [int(entry.name) for entry in pathlib.Path("/proc").glob("[0-9]*") if runs(entry, program, word)]
