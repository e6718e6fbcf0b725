#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checks of the source: each rule finds what breaks it, in a tree made for that, and nothing in one that is in order."""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import ROOT  # noqa: E402
from lib.tap import run  # noqa: E402

LICENCE = "SPDX-License-" "Identifier: Apache-2.0"
C, PY = f"/* {LICENCE} */\n", f"# {LICENCE}\n"
# Not spelled out: these lines would be citations of this file.
CITE = "PROMISES" "#"

HEADER = C + """/** noun_make(): documented. */
__attribute__((warn_unused_result)) int noun_make(int x);
struct noun { int (*call)(void); };
void noun_clear(struct noun *n);
static inline int noun_twice(int x)
{
	return x + x;
}
"""
SOURCE = C + """#include "noun.h"
static int helper(int x)
{
	return x;
}

int noun_make(int x)
{
	return helper(x);
}

void noun_clear(struct noun *n)
{
	(void)n;
}
"""
USER = C + """#include "noun.h"
#define USE(f) f
int main(void)
{
	AUTO(noun) n = {0};
	return noun_make(noun_twice(1));
}
"""
PAGE = """# Promises
| id | promise | state | kept by |
|---|---|---|---|
| S1 | sealed | kept | `tests/test_one.py` |
| S2 | later | later | |
"""
GOOD = {
    "src/noun/noun.h": HEADER,
    "src/noun/noun.c": SOURCE,
    "src/main/main.c": USER + f"/* {CITE}S1 */\n",
    "tests/test_one.py": PY + f'"""One ({CITE}S1)."""\n',
    "docs/PROMISES.md": PAGE,
    "docs/THREATS.md": "| `tests/test_one.py` |\n",
}


def said(script, tree):
    """(exit code, output) of the script over a repository with these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for command in (["init", "-q"], ["add", "-A"]):
            subprocess.run(["git", *command], cwd=folder, check=True, stdin=subprocess.DEVNULL)
        done = subprocess.run([sys.executable, ROOT / "scripts" / script, folder], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


def broken(**changed):
    """The tree that is in order, with one thing changed."""
    return GOOD | changed


def finds(tap, script, wanted, sentence, **changed):
    code, out = said(script, broken(**changed))
    tap.check(code == 1 and wanted in out and "Traceback" not in out, sentence, out)


def house(tap):
    main = "src/main/main.c"
    body = "int f(void)\n{\n" + "%s" + "}\n"
    many = "\tg();\n"
    for wanted, text in (
            ("no licence line", "int f(void);\n"),
            ("strcpy is banned", C + body % "\tstrcpy(a, b);\n"),
            ("goto is banned", C + body % "\tgoto end;\n"),
            ("nested deeper than 3", C + body % "\t\t\t\tif (x)\n"),
            ("a function of 63 lines", C + body % (many * 61)),
            ("501 lines; 500 at most", C + "\n" * 500),
            ("which no reader has", C + "/* as " + "DESIGN" + " 3 has it */\n"),
            ("which no reader has", C + "/* see " + "COMMANDS" + ".md */\n")):
        finds(tap, "house.py", wanted, f"a file is refused: {wanted}", **{main: text})
    finds(tap, "house.py", "which no reader has", "and a page under docs that cites such a page", **{"docs/A.md": "As " + "WORDS" + ".md says.\n"})
    finds(tap, "house.py", "a function of 62 lines", "and a long function in Python", **{"tests/a.py": PY + "def f():\n" + "    g()\n" * 61})
    for name in ("scripts/a.sh", "tests/a.py"):
        finds(tap, "house.py", f"{name}:1: no licence line", f"and {name} without its licence", **{name: "\n"})
    for text in ("/* strcpy(a, b) */", 'char *c = "strcpy(a, b)";', "/* goto */", "/* PROMISES.md, WEB server, the DESIGN of it */"):
        code, out = said("house.py", broken(**{main: C + text + "\n"}))
        tap.equal((code, out.strip()), (0, "house rules: clean"), f"{text} is no finding")
    code, out = said("house.py", broken(**{"tests/test_long.c": C + body % (many * 61)}))
    tap.equal(code, 0, "a test may be long")


def callers(tap):
    header, source, main = "src/noun/noun.h", "src/noun/noun.c", "src/main/main.c"
    more = "int noun_more(int x)\n{\n\treturn x;\n}\n"
    declared = {header: HEADER + "int noun_more(int x);\n", source: SOURCE + more}
    finds(tap, "callers.py", "noun.h: nothing under src/ calls noun_more\n", "a function that nobody calls is found", **declared)
    finds(tap, "callers.py", "calls noun_more, only tests do", "so is one that only tests call",
          **declared, **{"tests/test_noun.c": C + "int main(void)\n{\n\treturn noun_more(1);\n}\n"})
    finds(tap, "callers.py", "nothing under src/ calls noun_more", "a comment and a string are no caller",
          **declared, **{main: USER + '/* noun_more(1) */\nconst char *c = "noun_more(1)";\n'})
    finds(tap, "callers.py", "nothing under src/ calls noun_twice", "an inline function is no exception", **{main: USER.replace("noun_twice(1)", "1")})
    finds(tap, "callers.py", "nothing under src/ calls noun_clear", "a clear function is called where AUTO() is", **{main: USER.replace("\tAUTO(noun) n = {0};\n", "")})
    inside = {header: declared[header], source: SOURCE.replace("static int helper", more + "static int helper").replace("helper(x);", "helper(noun_more(x));")}
    finds(tap, "callers.py", "only its own file calls noun_more: it is to be static", "what only its own file calls is to be static", **inside)
    code, out = said("callers.py", broken(**inside, **{"tests/test_noun.c": C + "int main(void)\n{\n\treturn noun_more(1);\n}\n"}))
    tap.equal(code, 0, "unless a test reaches it too")
    for name, call in (("a call", "int f(void)\n{\n\treturn noun_more(1);\n}\n"), ("an address in a table", "static int (*table[])(int) = {noun_more};\n")):
        code, out = said("callers.py", broken(**declared, **{main: USER + call}))
        tap.check(code == 0, f"{name} from another file is enough", out)


def promises(tap):
    page, test = "docs/PROMISES.md", "tests/test_one.py"
    finds(tap, "promises.py", "S1 is kept by tests/test_one.py, which does not cite it", "a test that does not cite what it keeps is found",
          **{test: PY, "tests/test_two.py": PY + f"# {CITE}S1\n"})
    finds(tap, "promises.py", "docs/PROMISES.md: names tests/test_two.py, which does not exist", "so is one that is not there",
          **{page: PAGE.replace("test_one", "test_two")})
    finds(tap, "promises.py", "S2 is called kept, and no test keeps it", "a promise is not kept by nothing", **{page: PAGE.replace("| later | |", "| kept: so | |")})
    finds(tap, "promises.py", "cites S2, which no test cites", "code claims nothing that no test looks at", **{"src/main/main.c": USER + f"/* {CITE}S2 */\n"})
    finds(tap, "promises.py", "a test cites K9, which docs/PROMISES.md does not list", "and nobody what is not promised", **{"tests/test_two.py": PY + f"# {CITE}S1 K9\n"})
    finds(tap, "promises.py", "docs/THREATS.md: names scripts/gone.sh", "threats name what is there", **{"docs/THREATS.md": "`scripts/gone.sh`\n"})
    code, out = said("promises.py", broken(**{test: PY + f"# {CITE}S2 S1\n"}))
    tap.check(code == 0 and "2 cited by tests" in out, "one citation may name several", out)


def flow(tap):
    for script in ("house.py", "callers.py", "promises.py"):
        code, out = said(script, GOOD)
        tap.check(code == 0, f"{script} has nothing to say about a tree in order", out)
    house(tap)
    callers(tap)
    promises(tap)


run(flow)
