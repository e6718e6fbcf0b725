# SPDX-License-Identifier: Apache-2.0
"""factor: second factors of people in flows: an authenticator of our own (RFC 6238), so that every step has its non-interactive form.

    phone = Phone(site, "admin")
    admin.do("factor", "add", "totp", "--secret-file", phone.secret_file, "--code-file", phone.code_file())
"""
import base64
import hashlib
import hmac
import secrets
import struct
import time

STEP = 30


def totp(secret, step):
    mac = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


class Phone:
    """Never gives a code twice, as a person who waits for the next one; one step ahead of its time is taken too."""

    def __init__(self, site, name):
        self.site, self.name, self.secret = site, name, secrets.token_bytes(20)
        self.secret_file = site.folder / f"{name}.totp"
        self.secret_file.touch(mode=0o600)
        self.secret_file.write_text(base64.b32encode(self.secret).decode() + "\n")
        self.last = 0

    def code(self, skew=0):
        """A code that was not given yet, good for half a minute at least."""
        while True:
            now = int(time.time() + skew) // STEP
            step = max(now, self.last + 1)
            if step <= now + 1:
                self.last = step
                return totp(self.secret, step)
            time.sleep(STEP - (time.time() + skew) % STEP + 0.05)

    def code_file(self, skew=0):
        path = self.site.folder / f"{self.name}.code"
        path.touch(mode=0o600)
        path.write_text(self.code(skew) + "\n")
        return path


def add(person, skew=0):
    """The pending step `factor` of a person on a standard site whose clock is so many seconds ahead."""
    person.phone = Phone(person.site, person.login)
    person.do("factor", "add", "totp", "--secret-file", person.phone.secret_file, "--code-file", person.phone.code_file(skew))
    return person.phone
