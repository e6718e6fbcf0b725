#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Notices: who is told what, once for what repeats itself, read by each for himself (PROMISES#S4 K5 K6)."""
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.site import DONE, USAGE, Site, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Stranger, b64, id_text, new_uuid  # noqa: E402

PASSWORD, WRONG, NEXT = "Correct-horse-9!", "Wrong-horse-9!", "Purple-giraffe-7#"


def told(person, since=0):
    return person.request("GET", f"/v1/notices?since={since}").json["items"]


def kinds(items):
    return [one["kind"] for one in items]


def enter(person, password=NEXT):
    answer = person.sign_in(password=password).json
    person.token = answer["token"]
    return answer


def fail(person, count):
    """On a device that nobody knows."""
    own = person.device
    for _ in range(count):
        person.device = {"id": id_text("dv", new_uuid()), "label": "new"}
        body = {"login": person.login, "password": WRONG, "proof": b64(person.proof()), "device": person.device}
        assert person.request("POST", "/v1/sessions", body, token="").status == 401
    person.device = own


def to_a_user(tap, admin, person):
    """What concerns him reaches him and nobody else."""
    tap.equal(told(person), [], "whoever is new has no notices")
    own, person.device = person.device, {"id": id_text("dv", new_uuid()), "label": "the other telephone"}
    person.sign_in()
    person.device = own
    items = told(person)
    tap.equal([(one["kind"], one["severity"], one["count"], one["read"]) for one in items], [("device-new", "warning", 1, False)],
              "a sign-in on a device that was never seen is told")
    tap.equal(items[0]["detail"], "the other telephone, from 127.0.0.1", "which, and from where")
    person.sign_in()
    tap.equal(kinds(told(person)), ["device-new"], "a known one is not")
    tap.equal(person.request("PUT", "/v1/password", {"present": PASSWORD, "new": NEXT}).status, 204, "he changes his password")
    tap.equal(kinds(told(person)), ["device-new", "password-changed"], "that is told")
    admin.do("--yes", "user", "logout", person.login)
    answer = enter(person)
    tap.equal(kinds(told(person)), ["device-new", "password-changed", "session-ended"], "that an administrator ended his sessions, too")
    tap.equal(answer["notices"], 3, "a sign-in says how many are unread")


def locked_and_lifted(tap, admin, second, person):
    before = told(person)[-1]["seq"]
    fail(person, 5)
    items = told(person, before)
    tap.equal(sorted(kinds(items)), ["address-blocked", "login-locked"], "whose login is locked is told, and of the address")
    tap.check(all("127.0.0.1" in one["detail"] for one in items), "from where", items)
    for who in (admin, second):
        items = who.list("notices")
        tap.check({"user-locked", "source-blocked"} <= set(kinds(items)) and person.login in [one["detail"] for one in items],
                  "so is every administrator, with the login", items)
    admin.do("user", "unlock", person.login)
    admin.do("block", "lift", "127.0.0.1")
    fail(person, 5)
    items = {one["kind"]: one for one in told(person, before)}
    tap.equal((items["login-locked"]["count"], items["block-lifted"]["count"]), (2, 1), "what happened again is one notice with a count; the lift is told")
    tap.check(items["login-locked"]["first"] < items["login-locked"]["time"], "with its first and its last time", items)
    admin.do("user", "unlock", person.login)
    admin.do("block", "lift", "127.0.0.1")
    lifted = [one for one in second.list("notices") if one["kind"] == "lock-lifted"]
    tap.check({(one["detail"], one["count"]) for one in lifted} == {(f"lift: login {person.login}", 2), ("lift: address 127.0.0.1", 2)},
              "administrators see who was let in again", lifted)


def read_by_each(tap, admin, second, person):
    """Marking is one's own, never ahead, never back."""
    tap.check(admin.list("notices"), "there is something unread")
    shown = admin.list("notices", "--read")
    tap.check(shown and not any(one["read"] for one in shown), "notices --read shows it once more", shown)
    tap.equal(admin.list("notices"), [], "then it is read")
    tap.check("No unread" in admin.do("notices").text, "and people are told so")
    everything = admin.list("notices", "--all")
    tap.check(len(everything) >= len(shown) and all(one["read"] for one in everything), "--all shows it still", everything)
    tap.check(second.list("notices"), "another administrator has his own mark")
    tap.equal(person.request("POST", "/v1/notices/read", {"seq": 2**62}).status, 204, "whoever marks more than there is")
    tap.equal([one["read"] for one in told(person)], [True] * len(told(person)), "has read what there is")
    admin.do("--yes", "user", "logout", person.login)
    tap.equal(enter(person)["notices"], 1, "and not what comes: what happens again is unread again")
    tap.equal(person.request("POST", "/v1/notices/read", {"seq": 1}).status, 204, "nobody goes back")
    tap.equal(sum(not one["read"] for one in told(person)), 1, "by marking less")
    tap.equal(admin.run("notices", "--none").code, USAGE, "notices refuses what it does not know")


def of_the_site(tap, site, admin, second, auditor):
    second.do("notices", "--read")
    admin.do("site", "set", "session.cap", "30")
    site.host("set", "session.cap", "31", "--data", site.data)
    items = [one for one in second.list("notices") if one["kind"] == "setting-changed"]
    tap.equal([one["detail"] for one in items], ["set session.cap 30 (was 32)", "set session.cap 31 (was 30)"],
              "settings changed over the network and at the host are told to administrators")
    tap.equal([one for one in auditor.list("notices") if one["kind"] == "setting-changed"], [], "and to no other profile")
    newest = Stranger(site).enrol(admin.json("user", "add", "third", "--profile", "administrator")["invitation"], PASSWORD)
    tap.equal((newest.entered.json["notices"], all(one["read"] for one in told(newest))), (0, True), "a new administrator begins with none unread")


def troubles(tap, site, second, holder):
    """What the daemon finds by itself."""
    shutil.rmtree(holder)
    site.host("rewrap", "--data", site.data)

    def found():
        return [one for one in second.list("notices", "--all") if one["kind"] == "holder-absent"]
    tap.check(wait_until(found, step=0.5), "a night holder that took no night file is told to administrators", second.list("notices", "--all"))
    tap.equal([one["severity"] for one in found()], ["urgent"], "as urgent, once")


def kept(tap, site, person):
    before = told(person)
    site.stop()
    tap.equal(site.host("check", "--data", site.data, "--keys", site.keys, "--root-passphrase-file", site.passphrase).code, DONE, "check finds them whole")
    site.serve()
    tap.equal(told(person), before, "a restart keeps them")


def flow(tap):
    with Site() as site:
        holder = site.folder / "holder"
        holder.mkdir(mode=0o700)
        plain = site.serve_command
        site.serve_command = lambda: plain() + ["--night-holder", str(holder)]
        admin, second, auditor = site.begin(("second", "administrator"), ("auditor", "auditor"))
        person = Stranger(site).enrol(admin.json("user", "add", "moreau", "--profile", "clinician")["invitation"], PASSWORD)
        to_a_user(tap, admin, person)
        locked_and_lifted(tap, admin, second, person)
        read_by_each(tap, admin, second, person)
        of_the_site(tap, site, admin, second, auditor)
        kept(tap, site, person)
        troubles(tap, site, second, holder)
        tap.equal(admin.run("notices", "extra").code, USAGE, "no words are taken")


run(flow)
