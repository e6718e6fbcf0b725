#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""callers.py [ROOT]: every function that a header under src/ declares has a caller.

Fails with one line a function that no code under src/ calls (it is dead, or only tests know it), and one line
a function that only its own file calls and no test either (it is to be static). What tests reach beside the product is fine.
"""
import collections
import pathlib
import re
import subprocess
import sys

# Functions without a caller in the product, and why they stay.
ALLOWED = {
    "checkpoint_verify_cosignature": "what a witness signs; docs/PROMISES.md says at B2 that there is none yet",
    "exchange_find": "net's contract with a handler that answers later; the flows keep it through fixture/net_later.c",
    "exchange_pause": "net's contract with a slow reader of a body; kept by fixture/net_server.c",
    "exchange_resume": "the other half of exchange_pause()",
    "exchange_wake": "net's contract with a slow writer of a body; kept by fixture/net_streams.c",
    "guests_count": "a connection that is never let go shows in no answer: the fuzz target asks for it",
    "hpke_seal_with": "published vectors come with their ephemeral key",
    "keyholder_record_move": "message 0f of the agent (docs/AGENT.md): no command seals old records anew yet",
    "keyring_slot_add": "message 0c of keyd (docs/PROTOCOL.md): no command asks yet, as docs/OPERATOR.md says",
    "keyring_slot_remove": "message 0d of keyd, likewise",
    "net_port": "a test listens on port 0",
    "route_at": "tests walk the table row by row",
    "store_checkpoint": "fault loops must reach the moment that the checkpointer chooses for itself",
}


def without_comments(text):
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", blank, text, flags=re.S)


def top_level(code):
    """What stands outside of braces; a body becomes {}."""
    kept, depth = [], 0
    for character in re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", code, flags=re.M):
        depth -= character == "}"
        if depth == 0:
            kept.append(character)
        depth += character == "{"
    return "".join(kept)


def functions(code):
    """(name, whether it is defined here, whether it is static) of every function in code."""
    for head, end in re.findall(r"([^;{}]*)(;|\{\})", top_level(code)):
        head = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", "", head)
        found = re.search(r"\w[\s*]+([a-z]\w*)\s*\(", head)
        before = head[:found.start(1)] if found else ""
        if found and "typedef" not in before and "=" not in before and "(" not in before:
            yield found.group(1), end != ";", re.search(r"\bstatic\b", before) is not None


def uses(code):
    """How often each word stands in code; AUTO(x) calls x_clear()."""
    words = collections.Counter(re.findall(r"\b[a-z]\w*\b", code))
    words.update(name + "_clear" for name in re.findall(r"\bAUTO\((\w+)\)", code))
    return words


class Tree:
    def __init__(self, root):
        listed = subprocess.run(["git", "ls-files", "*.c", "*.h"], cwd=root, capture_output=True, text=True, check=True).stdout
        self.code = {name: without_comments((root / name).read_text()) for name in listed.split() if (root / name).is_file()}
        self.uses = {name: uses(code) for name, code in self.code.items()}
        self.declared, self.defined = {}, {}
        for name in sorted(self.code):
            if name.startswith("src/"):
                self.note(name)

    def note(self, name):
        for function, here, static in functions(self.code[name]):
            if name.endswith(".h"):
                self.declared.setdefault(function, name)
            if here and (name.endswith(".h") or not static):
                self.defined[function] = name

    def callers(self, function):
        """Files that name it elsewhere than where it is declared or defined."""
        places = {self.declared[function], self.defined.get(function)}
        found = {name: count[function] - (name in places) for name, count in self.uses.items() if count[function] > 0}
        return {name for name, count in found.items() if count > 0}

    def findings(self, allowed):
        for function, header in sorted(self.declared.items(), key=lambda item: item[::-1]):
            callers = self.callers(function)
            product = {name for name in callers if name.startswith("src/")}
            if function in allowed:
                if product:
                    yield f"scripts/callers.py: {function} has a caller: it needs no exception"
            elif not product:
                yield f"{header}: nothing under src/ calls {function}" + (", only tests do" if callers else "")
            elif callers == {self.defined.get(function)}:
                yield f"{header}: only its own file calls {function}: it is to be static"
        for function in sorted(set(allowed) - set(self.declared)):
            yield f"scripts/callers.py: {function} is no longer there: it needs no exception"


def main():
    # Another tree has no exceptions.
    root, allowed = (pathlib.Path(sys.argv[1]), {}) if len(sys.argv) > 1 else (pathlib.Path(__file__).resolve().parent.parent, ALLOWED)
    tree = Tree(root)
    findings = list(tree.findings(allowed))
    print("\n".join(findings) if findings else f"callers: {len(tree.declared)} functions, {len(allowed)} without one and why")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
