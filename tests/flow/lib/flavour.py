# SPDX-License-Identifier: Apache-2.0
"""flavour: what kind of build is tested; sanitizers make everything several times slower."""
import json

from .site import BUILD


def sanitized():
    found = BUILD / "meson-info" / "intro-buildoptions.json"
    options = json.loads(found.read_text()) if found.exists() else []
    return any(one["name"] == "b_sanitize" and one["value"] != "none" for one in options)


def often(release, slow):
    """How many times to do a thing: ${slow} under sanitizers, so that `make check` stays short; the rest is check-all's."""
    return slow if sanitized() else release
