#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What time alone brings, with the daemon's clock set from outside by faketime: growth and end of locks, warnings, expiry, invitations
(PROMISES#K5 K6 K13)."""
import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.later import faketime  # noqa: E402
from lib.site import Site  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_text, new_uuid  # noqa: E402

PASSWORD, WRONG = "Correct-horse-9!", "Wrong-horse-9!"


def at(site, minutes):
    site.stop()
    site.serve(prefix=faketime(f"+{minutes}m") if minutes else ())


def minutes_of(text, minutes):
    """How long from the daemon's now, whole minutes up."""
    then = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return -(-(then - now).total_seconds() // 60)


def attempt(person, password=WRONG):
    """From a device that nobody knows."""
    own, person.device = person.device, {"id": id_text("dv", new_uuid()), "label": "new"}
    body = {"login": person.login, "password": password, "proof": b64(person.proof()), "device": person.device}
    person.device = own
    return person.request("POST", "/v1/sessions", body, token="").status


def locks(tap, site, admin, victim):
    """Five failures, then five more after each end: 15 minutes, an hour, a day, and a day again."""
    ahead = 0
    for length in (15, 60, 24 * 60, 24 * 60):
        for _ in range(5):
            attempt(victim)
        listed = {one["kind"]: one["until"] for one in site.host("block", "list", "--data", site.data, "--json").lines()}
        held = {kind: minutes_of(until, ahead) for kind, until in listed.items()}
        tap.equal(held, {"login": length, "address": length}, f"{ahead} minutes on, login and address are locked for {length} minutes")
        at(site, ahead + length - 1)
        tap.equal(attempt(victim, PASSWORD), 401, "a minute before its end it holds")
        ahead += length + 1
        at(site, ahead)
    tap.equal(attempt(victim, PASSWORD), 201, "it ends by itself, and the right password signs in from a new device")
    at(site, 0)


def passwords(tap, site, doctor, auditor):
    day = 24 * 60
    for person, days in ((doctor, 180), (auditor, 90)):
        for ahead, ends, pending in ((days - 15, False, False), (days - 13, True, False), (days + 1, True, True)):
            at(site, ahead * day)
            # Where a second factor is due by then, it is a step of its own.
            entered = person.sign_in().json
            told = [one["kind"] for one in person.request("GET", "/v1/notices", token=entered["token"]).json["items"]]
            tap.equal(("password-ends" in told, "password" in entered["pending"]), (ends, pending),
                      f"{person.login}, day {ahead} of {days}: {'it must change' if pending else 'a notice warns' if ends else 'nothing is said'}")
    at(site, 0)


def invitations(tap, site, admin):
    """Seven days."""
    made = admin.json("user", "add", "late", "--profile", "clinician")["invitation"]
    at(site, 8 * 24 * 60)
    try:
        Stranger(site).enrol(made, PASSWORD)
        refused = ""
    except (RuntimeError, KeyError, AssertionError) as error:
        refused = repr(error)
    tap.check(refused, "after eight days an invitation enrols nobody", refused)
    at(site, 6 * 24 * 60)
    tap.equal(Stranger(site).enrol(made, PASSWORD).entered.status, 201, "after six it does")
    at(site, 0)


def flow(tap):
    with Site(preset="standard") as site:
        site.init().serve()
        admin = site.people["admin"] = site.enrol("admin")
        victim, doctor, auditor = (Stranger(site).enrol(admin.json("user", "add", login, "--profile", profile)["invitation"], PASSWORD)
                                   for login, profile in (("victim", "clinician"), ("doctor", "clinician"), ("auditor", "auditor")))
        invitations(tap, site, admin)
        locks(tap, site, admin, victim)
        passwords(tap, site, doctor, auditor)


run(flow)
