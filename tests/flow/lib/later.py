# SPDX-License-Identifier: Apache-2.0
"""later: a site whose daemon and clients can be some days ahead (tests/flow/later.c).

    site.ahead = 8 * DAY      # for whatever is started from now on: serve(), or a person's command
"""
import os

from .site import BUILD, Site

DAY = 86400


def faketime(offset):
    """What stands before a daemon's command so that it lives `offset` ("+6m", "+181d") ahead. The library itself, not the program faketime:
    that one stays as a parent, so a signal to it does not reach the daemon."""
    # The sanitizers want to be first; what they call in turn is the library's all the same.
    options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
    return ["env", f"ASAN_OPTIONS={options}", "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1", f"FAKETIME={offset}"]


class LaterSite(Site):
    ahead = 0

    def environment(self):
        kept = super().environment()
        if self.ahead:
            # The sanitizers want to be first; what they call in turn is ours all the same.
            kept["ASAN_OPTIONS"] = ":".join(filter(None, (kept.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
            kept.update(LD_PRELOAD=str(BUILD / "tests" / "later.so"), TEST_CLOCK_AHEAD=str(self.ahead))
        return kept

    def restart(self, ahead, *people):
        """The daemon, and what people do from now on, so many seconds ahead; each signs in again."""
        self.stop()
        self.ahead = ahead
        self.serve()
        for person in people:
            person.login_again()
