#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""house.py [ROOT]: rules of the house that a compiler does not know.

Fails with one line a finding: banned functions, missing licence line, file and function length, nesting,
pages cited that no reader has.
"""
import ast
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
BANNED = r"\b(strcpy|strncpy|strcat|strncat|sprintf|vsprintf|atoi|atol|atoll|strtok|system|popen|gets|alloca|mktemp|tmpnam|rand|srand|signal|setjmp|longjmp|scanf|sscanf|fscanf|ctime|asctime|gmtime|localtime)\s*\("
FILE_LINES = 500
FUNCTION_LINES = 60
NESTING = 3
# Pages that stand in no folder of the repository: what is cited is under docs/, an RFC or a standard.
ELSEWHERE = re.compile(r"\b(?:DESIGN|COMMANDS|WORDS|STYLE|CHECKS|WEB)(?:\.md\b| \d)")
WRITTEN = {".c", ".h", ".py", ".sh", ".mjs", ".ts", ".tsx", ".md", ".yaml", ".tsv", ".build"}
LICENCE = "SPDX-License-Identifier: Apache-2.0"


def without_comments(text):
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def functions(code):
    """(name, first line, lines) of every function body that starts in column 0."""
    start = None
    for number, line in enumerate(code.split("\n"), 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def check_source(path, findings):
    text = path.read_text()
    name = path.relative_to(ROOT)
    if LICENCE not in text[:200]:
        findings.append(f"{name}:1: no licence line")
    code = without_comments(text)
    in_tests = str(name).startswith("tests/") or str(name).startswith("bench/")
    for number, line in enumerate(code.split("\n"), 1):
        found = re.search(BANNED, line)
        if found and not (in_tests and found.group(1) in ("rand", "srand", "system", "signal")):
            findings.append(f"{name}:{number}: {found.group(1)} is banned")
        if not in_tests and re.match(rf"\t{{{NESTING + 1},}}(if|for|while|switch|do)\b", line):
            findings.append(f"{name}:{number}: nested deeper than {NESTING}")
        if not in_tests and re.search(r"\bgoto\b", line):
            findings.append(f"{name}:{number}: goto is banned")
    if text.count("\n") > FILE_LINES:
        findings.append(f"{name}: {text.count(chr(10))} lines; {FILE_LINES} at most")
    if not in_tests and path.suffix == ".c":
        for start, lines in functions(code):
            if lines > FUNCTION_LINES:
                findings.append(f"{name}:{start}: a function of {lines} lines; {FUNCTION_LINES} at most")


def check_script(path, findings):
    """The same sizes for Python."""
    text, name = path.read_text(), path.relative_to(ROOT)
    if text.count("\n") > FILE_LINES:
        findings.append(f"{name}: {text.count(chr(10))} lines; {FILE_LINES} at most")
    for node in ast.walk(ast.parse(text)):
        lines = node.end_lineno - node.lineno + 1 if isinstance(node, ast.FunctionDef) else 0
        if lines > FUNCTION_LINES:
            findings.append(f"{name}:{node.lineno}: a function of {lines} lines; {FUNCTION_LINES} at most")


def check_citations(path, findings):
    for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1):
        found = ELSEWHERE.search(line)
        if found:
            findings.append(f"{path.relative_to(ROOT)}:{number}: cites {found.group(0)}, which no reader has")


def main():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    findings = []
    for line in listed:
        path = ROOT / line
        if not line or not path.is_file():
            continue
        if path.suffix in WRITTEN:
            check_citations(path, findings)
        if path.suffix == ".py":
            check_script(path, findings)
        if path.suffix in (".c", ".h"):
            check_source(path, findings)
        elif path.suffix in (".py", ".sh", ".ts", ".tsx") and LICENCE not in path.read_text()[:300]:
            findings.append(f"{line}:1: no licence line")
    print("\n".join(findings) if findings else "house rules: clean")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
