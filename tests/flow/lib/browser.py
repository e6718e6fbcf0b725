# SPDX-License-Identifier: Apache-2.0
"""browser: Debian's Chromium with a virtual authenticator, driven through tests/browser/passkey.mjs."""
import base64
import hashlib
import json
import pathlib
import shutil
import ssl
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "browser"


def missing():
    """Why there is no browser here, or None. The two packages come from npm, as the lock file pins them."""
    for name in ("chromium", "node", "npm"):
        if shutil.which(name) is None:
            return f"{name} is not installed"
    if (FOLDER / "node_modules" / ".package-lock.json").exists():
        return None
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, capture_output=True, timeout=900)
    return None if done.returncode == 0 else "npm ci did not succeed in tests/browser"


def key_of(site):
    """SHA-256 of the public key in the certificate that the site shows, as Chromium takes it."""
    shown = ssl.get_server_certificate(("127.0.0.1", site.port))
    key = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=shown.encode(), capture_output=True, check=True).stdout
    plain = base64.b64decode(b"".join(key.splitlines()[1:-1]))
    return base64.b64encode(hashlib.sha256(plain).digest()).decode()


class Browser:
    def __init__(self, site):
        self.errors = open(site.folder / "browser.log", "wb")
        self.process = subprocess.Popen(["node", "passkey.mjs", shutil.which("chromium"), key_of(site)], cwd=FOLDER,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.version = self.answer()["version"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(180)
        self.errors.close()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the browser went away: " + open(self.errors.name, encoding="utf-8").read()[-2000:])
        got = json.loads(line)
        if "failed" in got:
            raise RuntimeError(got["failed"])
        return got

    def ask(self, verb, **asked):
        self.process.stdin.write(json.dumps({"verb": verb, **asked}) + "\n")
        self.process.stdin.flush()
        return self.answer()
