# SPDX-License-Identifier: Apache-2.0
"""tap: sentences that hold or do not, printed as TAP lines; exit code 1 when one did not."""
import sys
import traceback


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, holds, sentence, detail=""):
        """One sentence about what was just observed."""
        self.count += 1
        print(f"{'ok' if holds else 'not ok'} {self.count} {sentence}", flush=True)
        if not holds:
            self.failed += 1
            if detail:
                print("\n".join("# " + line for line in str(detail).splitlines()[-25:]), flush=True)
        return holds

    def equal(self, got, wanted, sentence):
        return self.check(got == wanted, sentence, f"got {got!r:.600}\nwanted {wanted!r:.600}")


def run(flow):
    """Run flow(tap) as a whole program."""
    tap = Tap()
    try:
        flow(tap)
    except Exception:
        tap.check(False, "the flow runs to its end", traceback.format_exc())
    print(f"1..{tap.count}")
    sys.exit(1 if tap.failed else 0)
