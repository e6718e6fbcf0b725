# SPDX-License-Identifier: Apache-2.0
"""later: a site whose daemon and clients can be some days ahead (tests/flow/later.c).

    site.ahead = 8 * DAY      # for whatever is started from now on: serve(), or a person's command
"""
from .site import BUILD, Site

DAY = 86400


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
