#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Delivery beyond the product to real servers of Debian: mail, syslog, webhook, leaves of the log as syslog and as AuditEvent; what
cannot be delivered is tried again and told; nothing delivered holds a name, a reason or content (PROMISES#S3 S4 S10 B1)."""
import base64
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.below import children_of, program_of  # noqa: E402
from lib.receivers import EXIM, RSYSLOGD, Certificates, HookServer, MailServer, SyslogServer, folder_of, signed  # noqa: E402
from lib.running import Taken  # noqa: E402
from lib.site import REFUSED, Site, claimed_port, wait_until  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Wire, id_text, new_uuid  # noqa: E402

PATIENCE = 180
TRY_LASTS = 10  # seconds for a server that says nothing: CONNECT_SECONDS of src/courier/carry.c
CANARIES = ("Zanzibarina", "Quetzalberger", "moreau-canary", "Telephone-canary", "Flow clinic")


def arrives(found):
    return wait_until(found, PATIENCE, 0.2)


def has_mail():
    return EXIM is not None and os.getuid() == 0


def settings(admin, **values):
    for name, value in values.items():
        admin.do("site", "set", name.replace("__", "."), value)


def by_syslog(tap, admin, syslog):
    settings(admin, syslog__server=f"localhost:{syslog.port}", syslog__kinds="information,warning,urgent")
    tap.check(arrives(lambda: any(one["kind"] == "setting-changed" for one in syslog.messages())), "a notice reaches the syslog server over TLS",
              syslog.messages())
    one = next(one for one in syslog.messages() if one["kind"] == "setting-changed")
    tap.equal((one["pri"], one["version"], one["host"], one["app"]), ("110", "1", "localhost", "tacenda"), "facility log audit, the host of the site")
    tap.check(re.fullmatch(r'\[tacenda@32473 id="nt-[0-9a-v]{26}" severity="information" to="administrator" count="\d+"\]', one["data"]) is not None,
              "with what a program needs as structured data", one)


def by_mail(tap, site, admin, person, mail):
    if mail is None:
        tap.check(True, "mail: skipped, it takes root and exim4")
        return
    settings(admin, mail__server=f"localhost:{mail.implicit}", mail__from="tacenda@clinic.example", mail__user=mail.user)
    tap.equal(person.run("notices", "contact", "--mail", "not an address").code, REFUSED, "what is no address is refused")
    tap.equal(person.run("notices", "contact", "--mail", "a@clinic.example", "--kinds", "nonsense").code, REFUSED, "what is no kind, too")
    tap.equal(person.json("notices", "contact", "--mail", "zed@clinic.example", "--kinds", "session-ended,urgent"),
              {"mail": "zed@clinic.example", "kinds": "session-ended,urgent"}, "a user says where and which")
    settings(admin, mail__kinds="information,warning,urgent")
    admin.do("--yes", "user", "logout", person.login)
    tap.check(arrives(lambda: len(mail.messages()) == 1), "his notice is mailed, TLS from the first byte, with a login", mail.messages())
    message = mail.messages()[0]
    tap.check("Envelope-to: zed@clinic.example" in message and "From: tacenda@clinic.example" in message and "Auto-Submitted: auto-generated" in message,
              "to him, from the site", message)
    tap.check("Subject: localhost: session-ended (information)" in message and "An administrator ended your sessions" in message, "it says what happened", message)
    person.login_again()
    settings(admin, mail__server=f"localhost:{mail.starttls}", mail__tls="starttls")
    (site.folder / "mail.password").write_text(f"localhost:{mail.starttls}\n{mail.password}\n")
    site.stop()
    site.serve()
    admin.do("notices", "contact", "--mail", "admin@clinic.example", "--kinds", "source-blocked")
    person.do("notices", "contact", "--mail", "zed@clinic.example", "--kinds", "contact-changed")
    person.do("notices", "contact", "--mail", "refused@clinic.example", "--kinds", "session-ended,contact-changed")
    tap.check(arrives(lambda: any(one["detail"].startswith("mail") for one in admin.list("notices", "--all") if one["kind"] == "undeliverable")),
              "an address that the server refuses for good is told to administrators", admin.list("notices", "--all"))
    tap.check(arrives(lambda: any("Envelope-to: zed@clinic.example" in one and "Subject: localhost: contact-changed" in one for one in mail.messages())),
              "that it was changed is mailed to the address before, too", mail.messages())
    undeliverable = [one for one in admin.list("notices", "--all") if one["kind"] == "undeliverable"]
    tap.equal([one["detail"] for one in undeliverable], ["mail: answer 550"], "with the way and the code, nothing of whose it was")
    person.do("notices", "contact", "--mail", "zed@clinic.example", "--kinds", "password-changed")
    tap.equal(person.json("notices", "contact", "--no-mail"), {"mail": "", "kinds": ""}, "he may want none")


def hook_fails(tap, admin, hook, key):
    hook.answer = 503
    settings(admin, hook__url=f"https://localhost:{hook.port}/told", hook__kinds="setting-changed")
    admin.do("site", "set", "session.cap", str(20 + secrets.randbelow(10)))
    tap.check(arrives(lambda: hook.got), "a notice reaches the webhook", hook.got)
    path, headers, body = hook.got[0]
    tap.check(path == "/told" and signed(key, headers, body), "signed as Standard Webhooks verifies it", headers)
    sent = json.loads(body)
    tap.check(sent["type"] == "notice" and set(sent["data"]) == {"site", "id", "kind", "severity", "text", "to", "count", "first"} and
              sent["data"]["kind"] == "setting-changed" and headers["webhook-id"].startswith(sent["data"]["id"]), "kind, sentence, numbers and ids", sent)
    hook.answer = 204


def hook_again(tap, admin, hook):
    first = hook.got[0][1]["webhook-id"]

    def again():
        return [one for one in hook.got[1:] if one[1]["webhook-id"] == first]
    if tap.check(wait_until(again, 400, 0.5), "what was answered 503 comes again under the same id", [one[1]["webhook-id"] for one in hook.got]):
        (wall, running), (wall_again, running_again) = hook.came[first][:2]
        tap.check(wall_again - wall > 55 and running_again - running < 150, "a minute later", hook.came[first])
    settings(admin, hook__url="")


def leaves_by_syslog(tap, site, admin, auditor, person, syslog):
    settings(admin, log__deliver="syslog")
    tap.check(arrives(lambda: any("leaf=" in one["data"] for one in syslog.messages())), "leaves of the log reach the syslog server")
    person.login_again()
    patient = person.json("patient", "add", "--family", CANARIES[1], "--given", CANARIES[0], "--birth", "1970-01-01", "--sex", "female")["id"]
    file = site.folder / "report.txt"
    file.write_text(CANARIES[3])
    record = person.json("record", "put", patient, file, "--kind", "report", "--title", CANARIES[3])["id"]
    person.do("record", "get", patient, record, "-o", site.folder / "opened.txt")
    tap.check(arrives(lambda: any(f'subject="{patient}"' in one["data"] and one["kind"] == "read" for one in syslog.messages())), "an opened record among them",
              syslog.messages()[-5:])
    places = [int(re.search(r'leaf="(\d+)"', one["data"]).group(1)) for one in syslog.messages() if "leaf=" in one["data"]]
    tap.check(places == list(range(places[0], places[0] + len(places))), "in their order, none left out, none twice", places)
    signed_in = [one for one in syslog.messages() if one["kind"] == "sign-in" and 'result="done"' in one["data"]]
    tap.check(signed_in and all('user="us-' in one["data"] and 'address="127.0.0.1"' in one["data"] for one in signed_in), "who, from where", signed_in)
    settings(admin, log__deliver="none")
    return patient, record


def leaves_as_events(tap, site, admin, person, certificates, opened):
    """The fields that AuditEvent (FHIR R4) and IHE BALP's basic audit profiles require."""
    with HookServer(certificates) as fhir:
        fhir.answer = 200
        settings(admin, fhir__url=f"https://localhost:{fhir.port}/fhir", log__deliver="fhir")
        person.do("patient", "list")

        def events():
            return [entry["resource"] for _, _, body in list(fhir.got) for entry in json.loads(body)["entry"]]
        tap.check(arrives(lambda: any(one["subtype"][0]["code"] == "search-type" for one in events())), "leaves reach the FHIR server", fhir.got[:1])
        person.do("record", "get", *opened, "-o", site.folder / "again.txt")
        tap.check(arrives(lambda: any("meta" in one for one in events())), "one about a patient's file names its profile of BALP",
                  [one for one in events()][-3:])
        tap.check(all(headers["content-type"] == "application/fhir+json" and json.loads(body)["type"] == "batch" for _, headers, body in fhir.got), "as batches")
        bad = [one for one in events() if not whole_event(one)]
        tap.check(events() and not bad, "each has what AuditEvent and BALP require", bad[:2])
        settings(admin, log__deliver="none")
        return [body for _, _, body in fhir.got]


def whole_event(one):
    agents = {agent["type"]["coding"][0]["code"]: agent for agent in one["agent"]}
    roles = {(entity["type"]["code"], entity["role"]["code"]) for entity in one["entity"]}
    profile = one.get("meta", {}).get("profile", [""])[0].rsplit(".", 1)[-1]
    named = {"PatientRead": ("read", "R"), "PatientUpdate": ("update", "U"), "PatientDelete": ("delete", "D"), "": None}[profile]
    return (one["resourceType"] == "AuditEvent" and {"system", "code"} <= set(one["type"]) and one["subtype"] and one["action"] in "CRUDE" and
            re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", one["recorded"]) and one["outcome"] in ("0", "4") and
            {"110153", "110152"} <= set(agents) and all(isinstance(agent["requestor"], bool) and agent["who"]["identifier"]["value"] for agent in one["agent"]) and
            sum(agent["requestor"] for agent in one["agent"]) == 1 and one["source"]["observer"]["identifier"]["value"] and
            ("IRCP" not in agents or agents["IRCP"]["requestor"]) and
            (named is None or ((one["subtype"][0]["code"], one["action"]) == named and ("1", "1") in roles and one["type"]["code"] == "rest")) and
            all(entity["what"]["identifier"]["value"] for entity in one["entity"]))


def taken_by(admin, name, value):
    """How long this setting took."""
    with Taken() as took:
        admin.do("site", "set", name, value)
    return took


def still_open(peer):
    """Whether the other side has sent what it had to say, and waits for an answer."""
    try:
        while peer.recv(65536, socket.MSG_DONTWAIT):
            pass
        return False
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def in_vain(tap, site, admin, auditor):
    """A server that says nothing, and then is away, stops nothing, and what was to go waits, also over a restart."""
    port, claim = claimed_port()
    with claim, socket.create_server(("127.0.0.1", port)) as silent:
        silent.settimeout(PATIENCE)
        took = [taken_by(admin, name, value) for name, value in (("syslog.server", f"localhost:{port}"), ("syslog.kinds", "setting-changed"),
                                                                 ("session.cap", "19"))]
        with silent.accept()[0] as waiting:
            took.append(taken_by(admin, "session.cap", "17"))
            # Whoever had waited for a try would have waited for all of it.
            tap.check(all(one.running < 8 for one in took) and (still_open(waiting) or sum(one.wall for one in took) > TRY_LASTS),
                      "nobody waits for a server that says nothing", took)
    tap.check(arrives(lambda: any(one["detail"].startswith("notice not delivered by syslog") for one in auditor.list("log", "list", "--action", "service"))),
              "a try in vain is a leaf", auditor.list("log", "list", "--action", "service")[:3])
    site.stop()
    site.serve()


def after_all(tap, admin, syslog):
    before = len(syslog.messages())
    settings(admin, syslog__server=f"localhost:{syslog.port}", syslog__kinds="none")
    tap.check(wait_until(lambda: any(one["kind"] == "setting-changed" for one in syslog.messages()[before:]), 600, 0.5),
              "after a restart it is tried again, and comes through", syslog.messages()[before:])


def couriers(pid):
    """Those below the daemon: who watches, and who carries."""
    found, wave = [], [pid]
    while wave:
        wave = [child for one in wave for child in children_of(one)]
        found += [one for one in wave if program_of(one).startswith("tacenda-courier")]
    return found


def hangs(tap, site, admin, syslog):
    """A courier that shows no life is ended and begun anew; what it had is delivered."""
    settings(admin, syslog__server=f"localhost:{syslog.port}", syslog__kinds="setting-changed")
    wait_until(lambda: len(couriers(site.daemon.pid)) == 2)
    watching, carrying = couriers(site.daemon.pid)
    os.kill(carrying, signal.SIGSTOP)
    before = len(syslog.messages())
    admin.do("site", "set", "session.cap", "18")
    # It shows no life for 30 seconds, and before that shows some every five.
    with Taken() as took:
        gone = wait_until(lambda: couriers(site.daemon.pid)[:1] == [watching] and carrying not in couriers(site.daemon.pid), 400, 0.5)
    tap.check(gone and took.between(20, 90), "one that hangs is ended, and not before", (took, couriers(site.daemon.pid)))
    tap.check(wait_until(lambda: len(syslog.messages()) > before, 600, 0.5), "and what was given to it is delivered by the next one")


def attack(site, login):
    """A stranger's device, until it is locked out."""
    for _ in range(5):
        Wire(site).request("POST", "/v1/sessions", {"login": login, "password": "Wrong-horse-9!", "proof": "AA==",
                                                    "device": {"id": id_text("dv", new_uuid()), "label": CANARIES[3]}})


def repeated(tap, site, admin, person, syslog, mail):
    """Notices whose detail is a login or an address, and an act with a reason: told outside by their kind alone, and once."""
    settings(admin, syslog__server=f"localhost:{syslog.port}", syslog__kinds="information,warning,urgent")
    if mail is not None:
        admin.do("notices", "contact", "--mail", "admin@clinic.example", "--kinds", "information,warning,urgent")
    by_mail = lambda kind: [one for one in (mail.messages() if mail else []) if f"Subject: localhost: {kind} (" in one and "admin@clinic.example" in one]  # noqa: E731
    by_syslog = lambda kind: [one for one in syslog.messages() if one["kind"] == kind and "id=" in one["data"]]  # noqa: E731
    reached = lambda kind: by_syslog(kind) and (mail is None or by_mail(kind))  # noqa: E731
    attack(site, person.login)
    for kind in ("user-locked", "source-blocked"):
        tap.check(arrives(lambda kind=kind: reached(kind)), f"{kind} reaches syslog and mail", (by_syslog(kind), by_mail(kind)))
    told = lambda: [one for one in admin.list("notices", "--all") if one["kind"] == "user-locked"]  # noqa: E731
    tap.equal([(one["detail"], one["count"]) for one in told()], [(person.login, 1)], "whose login it was stands inside")
    admin.do("user", "unlock", person.login)
    admin.do("block", "lift", "127.0.0.1")
    attack(site, person.login)
    tap.equal([(one["detail"], one["count"]) for one in told()], [(person.login, 2)], "the same again is the same notice")
    asked = admin.json("user", "reset-factor", person.login)["id"]
    admin.do("refuse", asked, "--reason", CANARIES[3])
    tap.check(arrives(lambda: reached("approval-decided")), "that an act was refused arrives", (by_syslog("approval-decided"), by_mail("approval-decided")))
    tap.equal((len(by_syslog("user-locked")), len(by_mail("user-locked"))), (1, 0 if mail is None else 1), "by when what was repeated before it has gone once, by each way")
    admin.do("user", "unlock", person.login)
    admin.do("block", "lift", "127.0.0.1")


def untrusted(tap, site, admin, auditor, folder):
    """A server whose certificate nobody vouches for gets nothing."""
    with SyslogServer(folder / "other-syslog", Certificates(folder / "other")) as other:
        settings(admin, syslog__server=f"localhost:{other.port}", syslog__kinds="setting-changed")
        count = len([one for one in auditor.list("log", "list", "--action", "service") if "not delivered" in one["detail"]])
        admin.do("site", "set", "session.idle_minutes", "20")
        tap.check(arrives(lambda: len([one for one in auditor.list("log", "list", "--action", "service") if "not delivered" in one["detail"]]) > count),
                  "a certificate of an unknown authority is refused")
        tap.equal(other.messages(), [], "and its server has seen nothing")


def flow(tap):
    if RSYSLOGD is None:
        tap.check(True, "skipped: rsyslog is not installed")
        return
    with Site() as site:
        folder = folder_of(site, "receivers")
        folder.mkdir()
        folder.chmod(0o755)
        try:
            told(tap, site, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def told(tap, site, folder):
    certificates = Certificates(folder / "tls")
    key = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    (site.folder / "hook.key").write_text(key + "\n")
    password = secrets.token_hex(12)
    server = MailServer(folder / "mail", certificates, "tacenda", password) if has_mail() else None
    (site.folder / "mail.password").write_text(f"localhost:{server.implicit if server else 465}\n{password}\n")
    plain = site.serve_command
    site.serve_command = lambda: plain() + ["--hook-key-file", str(site.folder / "hook.key"), "--mail-password-file", str(site.folder / "mail.password"),
                                            "--delivery-ca", str(certificates.ca)]
    admin, auditor, person = site.begin(("auditor", "auditor"), (CANARIES[2], "clinician"))
    with SyslogServer(folder / "syslog", certificates) as syslog, HookServer(certificates) as hook:
        mail = server.__enter__() if server else None
        try:
            by_syslog(tap, admin, syslog)
            by_mail(tap, site, admin, person, mail)
            hook_fails(tap, admin, hook, key)
            opened = leaves_by_syslog(tap, site, admin, auditor, person, syslog)
            in_vain(tap, site, admin, auditor)
            bodies = leaves_as_events(tap, site, admin, person, certificates, opened)
            hook_again(tap, admin, hook)
            after_all(tap, admin, syslog)
            hangs(tap, site, admin, syslog)
            repeated(tap, site, admin, person, syslog, mail)
            untrusted(tap, site, admin, auditor, folder)
            bodies += [body for _, _, body in hook.got]
            everything = "\n".join([json.dumps(syslog.messages())] + [body.decode() for body in bodies] + (mail.messages() if mail else []))
            found = [word for word in CANARIES + (password, key) if word in everything]
            tap.check(len(everything) > 2000 and not found, "no name, no login, nothing that was written, no secret in anything delivered", found)
        finally:
            if mail is not None:
                mail.__exit__()


run(flow)
