#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that lies to a real client: each lie is refused with exit 3 and named (PROMISES#B2 B3 K9 S2 S10 PROMISES#K2)."""
import base64
import copy
import json
import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib.dishonest import DishonestSite, Proxy, authority  # noqa: E402
from lib.site import DAMAGE, DONE, Person  # noqa: E402
from lib.tap import run  # noqa: E402
from lib.wire import Pair, b64, id_bytes, id_text, name_of, new_uuid, sized  # noqa: E402


def from_b64(text):
    return base64.b64decode(text)


class Lies:
    def __init__(self, tap, site, reader):
        self.tap, self.site, self.reader = tap, site, reader

    def told(self, sentence, pattern, edit, words, says="", person=None):
        """Answers to addresses that match ${pattern} are edited as JSON; the command must see it."""
        def alter(method, path, body):
            if not re.search(pattern, path):
                return None
            try:
                answer = json.loads(body)
            except ValueError:
                answer = body
            changed = edit(copy.deepcopy(answer))
            if changed is None or changed == answer:
                return None
            return changed if isinstance(changed, bytes) else json.dumps(changed).encode()

        self.site.lie(alter)
        got = (person or self.reader).run(*words)
        lied = list(self.site.lied)
        self.site.honest()
        self.tap.check(lied and got.code == DAMAGE and re.search(says, got.error), f"{sentence}: refused, exit 3",
                       f"lied at {lied}\nwanted: {says}\n{got!r}")


def edited(mutate):
    def edit(answer):
        mutate(answer)
        return answer
    return edit


def flip(text, at=-1):
    raw = bytearray(from_b64(text))
    raw[at] ^= 1
    return b64(bytes(raw))


def kind_of(item):
    return from_b64(item["statement"])[11:].split(b"\0", 1)[0].decode()


def flow(tap):
    with DishonestSite() as site:
        admin, owner, reader = site.begin(("owner", "clinician"), ("reader", "assistant"))
        mallory = site.stranger("mallory", "clinician")
        patient = owner.json("patient", "add", "--family", "Aubrey", "--given", "Noor")["id"]
        other = owner.json("patient", "add", "--family", "Berg", "--given", "Ida")["id"]
        file = site.folder / "note.txt"
        records = []
        for i in range(3):
            file.write_text(f"contents {i}" * 50)
            records.append(owner.json("record", "put", patient, file, "--kind", "report", "--title", f"Title {i}")["id"])
        elsewhere = owner.json("record", "put", other, file, "--kind", "report", "--title", "Elsewhere")["id"]
        for one in (patient, other):
            owner.do("share", one, "reader", "--allow", "identity,read")
        owner.do("share", patient, "mallory", "--allow", "identity,read")
        tap.equal(len(reader.list("record", "list", patient)), 3, "an honest answer is taken")
        lies = Lies(tap, site, reader)
        listing, content = f"/v1/patients/{patient}/records", f"/v1/records/{records[0]}/versions/1/content"
        filed = f"/v1/patients/{patient}$"
        show, get = ("record", "list", patient), ("record", "get", patient, records[0], "-o", "-")

        transport(tap, site, reader, show)
        the_log(lies, site, owner, patient, show)
        directory(lies, site, mallory, show)
        patient_file(lies, filed, show, get)
        record_rows(lies, listing, show, records)
        contents(lies, content, get)
        planted(tap, lies, site, mallory, patient, listing, filed, show)
        withheld(tap, lies, site, owner, reader, patient, records[1])
        receipts(tap, lies, site, owner, reader, patient, records[0], get)
        history(tap, lies, owner, reader, patient, records)
        newest_withheld(tap, lies, owner, reader, other, elsewhere)
        deletions(tap, lies, site, owner, reader, mallory, other)
        forked(tap, site, reader, mallory, show)


def transport(tap, site, reader, show):
    site.proxy.stop()
    _, chain, key = authority(site.folder, "impostor")
    site.proxy = Proxy(site, site.front, chain, key)
    site.honest()
    got = reader.run(*show)
    tap.check(got.code == DAMAGE and "certificate" in got.error, "a certificate of another authority: refused, exit 3", got)
    site.proxy.stop()
    site.proxy = Proxy(site, site.front, site.chain, site.key)
    site.honest()
    tap.equal(reader.run(*show).code, DONE, "and the right one is taken again")


def the_log(lies, site, owner, patient, show):
    old = owner.do("log", "checkpoint").out
    file = site.folder / "more.txt"
    file.write_text("more")
    owner.do("record", "delete", patient, owner.json("record", "put", patient, file, "--kind", "report")["id"], "--yes")
    lies.reader.do(*show)
    lies.told("an older checkpoint", "/v1/log/checkpoint", lambda _: old, show, "rollback")
    lies.told("a checkpoint with a changed root", "/v1/log/checkpoint",
              lambda body: b"\n".join([*body.split(b"\n")[:2], b64(os.urandom(32)).encode(), *body.split(b"\n")[3:]]), show, "checkpoint")
    lies.told("a checkpoint without its signature", "/v1/log/checkpoint", lambda body: body.split(b"\n\n")[0] + b"\n\n", show, "checkpoint")
    lies.told("a false proof that the log was extended", "/v1/log/proofs\\?from",
              edited(lambda a: a.update(hashes=[b64(os.urandom(32)) for _ in a["hashes"]])), show, "fork")
    code = site.folder / "late.invitation"
    code.write_text(site.named(site.people["admin"].json("user", "add", "late", "--profile", "clinician")["invitation"]) + "\n")
    late = Person(site, "late")
    enrol = ("enrol", "--invitation-file", code, "--password-file", late.password_file, "--passphrase-file", late.passphrase_file)
    of_site = lambda field: edited(lambda a: a.update({field: flip(a[field])} if "statement" in a and field in a else {}))
    lies.told("another site's statement", "/v1/site", of_site("statement"), enrol, "site", person=late)
    of_region = lambda a: a.update(region="US")
    lies.told("another region than the site's statement has", "/v1/site", edited(of_region), enrol, "region", person=late)
    lies.told("another region, to whom has pinned the site", "/v1/site", edited(of_region), ("site", "status"), "region")
    elsewhere = lambda a: a.update(region="US", statement=b64(from_b64(a["statement"]).replace(sized(b"EU"), sized(b"US"))))
    lies.told("a site statement of another region", "/v1/site", edited(elsewhere), enrol, "site", person=late)
    lies.told("a site statement of another region, to whom has pinned the site", "/v1/site", edited(elsewhere), ("site", "status"), "site")
    lies.told("another authority than the code names", "/v1/site", of_site("ca"), enrol, "certificate", person=late)
    lies.told("a tile with a changed leaf", "/v1/log/tile/0/", lambda body: bytes([body[0] ^ 1]) + body[1:], ("log", "verify"))
    lies.told("an entry of the log that is another's", "/v1/log/entries", edited(lambda a: a["items"].reverse()), ("log", "list"))
    for words in (("log", "list"), ("log", "verify")):
        lies.told(f"an entry left out of a chain ({words[1]})", "/v1/log/entries.*before=", edited(lambda a: a["items"].pop(1)), words, "withheld|chain")
        lies.told(f"the first entries of a chain left out ({words[1]})", "/v1/log/entries", edited(lambda a: a["items"].pop()), words,
                  "withheld|chain")
    lies.told("a reading left out of what happened to a patient file", "scope=patient.*before=", edited(lambda a: a["items"].pop(2)),
              ("log", "list", "--patient", patient), "withheld|chain", person=owner)
    lies.told("an entry with a changed opening", "/v1/log/entries",
              edited(lambda a: a["items"][0]["actor"].update(piece=flip(a["items"][0]["actor"]["piece"]))), ("log", "list"))


def directory(lies, site, mallory, show):
    def plant_key(answer):
        for item in answer["statements"]:
            text = from_b64(item["statement"])
            if kind_of(item) == "key" and mallory.user not in text:
                pair, hpke = Pair(), Pair()
                body = text[:-64]
                # The last three fields: hpke key, signing key, invitation.
                head, tail = body[:-(4 + 65 + 4 + 65 + 4 + 32)], body[-36:]
                forged = head + sized(hpke.public) + sized(pair.public) + tail
                item["statement"] = b64(forged + pair.sign(forged))
                return
    # A home that knows nobody yet asks for all of it.
    shutil.rmtree(lies.reader.home / "cache", ignore_errors=True)
    lies.told("a planted key of a user", "/v1/directory", edited(plant_key), show)
    for name, kind in (("an invitation", "invitation"), ("a key", "key")):
        def hide(answer, kind=kind):
            at = next(i for i, item in enumerate(answer["statements"]) if kind_of(item) == kind)
            del answer["statements"][at]
        shutil.rmtree(lies.reader.home / "cache", ignore_errors=True)
        lies.told(f"{name} hidden from the directory", "/v1/directory", edited(hide), show)
    def rise(answer):
        text = mallory.statement("user", mallory.user, b"\x01", bytes(4), b"\x01", previous=name_of(mallory.key_statement))
        last = answer["statements"][-1]
        answer["statements"].append(dict(last, statement=b64(text), leaf=last["leaf"] + 1))
    shutil.rmtree(lies.reader.home / "cache", ignore_errors=True)
    lies.told("a user who made himself administrator", "/v1/directory", edited(rise), show)


def patient_file(lies, filed, show, get):
    def of(answer, kind, at=0):
        return [item for item in answer["statements"] if kind_of(item) == kind][at]

    lies.told("a planted wrapped key", filed, edited(lambda a: [one.update(wrapped=flip(one["wrapped"])) for one in a["wrapped"]]), show)
    lies.told("wrapped keys of two compartments swapped", filed,
              edited(lambda a: a["wrapped"].reverse() or [one.update(compartment=word) for one, word in
                                                          zip(a["wrapped"], ("identity", "clinical"))]), show)
    lies.told("a wrapped key withheld", filed, edited(lambda a: a["wrapped"].clear()), get)
    lies.told("a grant hidden", filed, edited(lambda a: a["statements"].remove(of(a, "grant"))), show)
    lies.told("an epoch hidden", filed, edited(lambda a: a["statements"].remove(of(a, "epoch"))), show)
    lies.told("a grant with more in it", filed, edited(lambda a: of(a, "grant").update(statement=flip(of(a, "grant")["statement"], -70))), show)
    lies.told("the file of another owner's signature", filed,
              edited(lambda a: of(a, "patient").update(statement=flip(of(a, "patient")["statement"]))), show)
    lies.told("a statement at another place of the log", filed, edited(lambda a: of(a, "grant").update(leaf=of(a, "grant")["leaf"] + 1)), show)
    lies.told("a statement at another time", filed, edited(lambda a: of(a, "grant").update(time=of(a, "grant")["time"] - 1000)), show)
    lies.told("two statements in another order", filed, edited(lambda a: a["statements"].reverse()), show)


def record_rows(lies, listing, show, records):
    def swap(field):
        def edit(answer):
            a, b = answer["items"][:2]
            a[field], b[field] = b[field], a[field]
            return answer
        return edit

    for field in ("header", "key", "statement", "leaf", "record"):
        lies.told(f"two records with their {field}s swapped", listing, swap(field), show)
    lies.told("a header with a changed bit", listing, edited(lambda a: a["items"][0].update(header=flip(a["items"][0]["header"]))), show)
    lies.told("a changed signature", listing, edited(lambda a: a["items"][0].update(statement=flip(a["items"][0]["statement"]))), show)
    lies.told("a leaf one too far", listing, edited(lambda a: a["items"][0].update(leaf=a["items"][0]["leaf"] + 1)), show)
    lies.told("a leaf that is not there yet", listing, edited(lambda a: a["items"][0].update(leaf=10**9)), show)
    lies.told("a number that is none", listing, edited(lambda a: a["items"][0].update(leaf=-1)), show)
    lies.told("an answer that is no JSON", listing, lambda _: b"<html>", show)
    lies.told("an answer with a field too many", listing, edited(lambda a: a["items"][0].update(version=0)), show)
    lies.told("openings withheld", "/v1/log/openings", edited(lambda a: a["items"].pop()), show, "withheld")
    lies.told("openings of other leaves", "/v1/log/openings", edited(lambda a: a["items"].reverse()), show)


def contents(lies, content, get):
    lies.told("content with its first bit changed", content, lambda body: bytes([body[0] ^ 1]) + body[1:], get)
    lies.told("content with its last bit changed", content, lambda body: body[:-1] + bytes([body[-1] ^ 1]), get)
    lies.told("content cut short", content, lambda body: body[:-1], get)
    lies.told("content and more", content, lambda body: body + b"\0", get)
    lies.told("no content at all", content, lambda body: b"", get)


def planted(tap, lies, site, mallory, patient, listing, filed, show):
    """A genuine user signs what he may not."""
    file = mallory.request("GET", f"/v1/patients/{patient}").json
    numbers = {item["compartment"]: item["number"] for item in file["wrapped"]}
    epochs = dict(identity_epoch=numbers["identity"], clinical_epoch=numbers["clinical"])
    text, header, key = mallory.record(id_bytes(patient), new_uuid(), content=b"forged", **epochs)
    answer = mallory.put((text, header, key), b"forged")
    tap.equal(answer.status, 403, "a record by a user without a write grant: the server refuses")
    # After the patient comes the record, each with its length before it.
    identifier = id_text("rc", text[text.index(id_bytes(patient)) + 20:][:16])

    def plant(answer):
        row = dict(answer["items"][0], statement=b64(text), header=b64(header), key=b64(key), record=identifier, size=6, version=1)
        row.pop("end", None)
        answer["items"].append(row)
    lies.told("and planted among the others", listing, edited(plant), show)

    def grant_himself(answer):
        last = answer["statements"][-1]
        head = name_of(from_b64([one for one in answer["statements"] if kind_of(one) in ("patient", "grant", "revocation")][-1]["statement"]))
        grant = mallory.statement("grant", id_bytes(patient), b"\x01", mallory.user, (127).to_bytes(4, "big"), bytes(8), previous=head)
        answer["statements"].append(dict(last, statement=b64(grant), leaf=last["leaf"] + 1))
    lies.told("a grant that he made himself", filed, edited(grant_himself), show)


def history(tap, lies, owner, reader, patient, records):
    """Old states shown as new ones."""
    before = {}

    def remember(method, path, body):
        before.setdefault(path.split("?")[0], body)
        return None
    shutil.rmtree(reader.home / "cache", ignore_errors=True)
    lies.site.lie(remember)
    reader.do("patient", "list")
    reader.do("patient", "show", patient)
    lies.site.honest()
    owner.do("patient", "edit", patient, "--family", "Married")
    tap.equal(reader.json("patient", "show", patient)["family"], "Married", "a corrected name is seen")
    old = json.loads(before["/v1/patients"])
    lies.told("an old version of who a patient is, to whom knew the new one", "^/v1/patients(\\?|$)",
              lambda a: dict(old, next=a["next"], more=False), ("patient", "list"))


def forget(person):
    """As on a new computer: nothing is known of what was seen before."""
    shutil.rmtree(person.home / "cache", ignore_errors=True)


def withheld(tap, lies, site, owner, reader, patient, record):
    """The newest of a chain kept back, as if it had not happened."""
    listing = ("log", "list", "--patient", patient)
    owner.do(*listing)
    for known in ("by one who was told of more before", "by one who sees it for the first time"):
        for count in (1, 3):
            words = f"the newest {count} of what happened to a patient file" if count > 1 else "the newest that happened to a patient file"
            lies.told(f"{words}, kept back, noticed {known}", "scope=patient.*before=", edited(lambda a: [a["items"].pop(0) for _ in range(count)]),
                      listing, "withheld", person=owner)
        lies.told(f"the newest of one's own actions kept back, noticed {known}", "scope=own.*before=", edited(lambda a: a["items"].pop(0)),
                  ("log", "verify"), "withheld", person=owner)
        forget(owner)

    # What the reader is shown ends before the newest grant, epoch, version.
    file, history = f"/v1/patients/{patient}$", f"/v1/records/{record}$"
    before, kept = {}, {}
    site.lie(lambda method, path, body: kept.setdefault(path, body) and None)
    reader.do("record", "history", patient, record)
    before.update(kept)
    site.honest()
    owner.do("share", patient, "mallory", "--allow", "identity")
    path = site.folder / "amended.txt"
    path.write_text("amended")
    owner.do("record", "update", patient, record, path)
    old = lambda address: next(body for path, body in before.items() if re.search(address, path))
    lies.told("one's own newest statement kept back", file, lambda _: old(file), ("record", "list", patient), "withheld", person=owner)
    for known in ("who knows the older state only", "who sees it for the first time"):
        lies.told(f"a changed grant and its epochs, kept back from one {known}", file, lambda _: old(file), ("record", "list", patient), "receipt|record")
        lies.told(f"the newest version of a record, kept back from one {known}", history, lambda _: old(history),
                  ("record", "get", patient, record, "-o", "-"), "receipt")
        put = ("record", "put", patient, path, "--kind", "report")
        size = lambda: len(owner.list("record", "list", patient))
        held = size()
        lies.told(f"and nothing is written upon it by the owner either, as one {known}", file, lambda _: old(file), put,
                  "receipt|withheld", person=owner)
        tap.equal(size(), held, "nothing was sent")
        forget(reader)
        forget(owner)
    reader.do("record", "history", patient, record)
    lies.told("a changed grant taken back from one who has seen it", file, lambda _: old(file), ("record", "list", patient), "withheld")
    tap.equal(reader.run("record", "get", patient, record, "-o", "-").out, b"amended", "and the truth is taken again")


def receipts(tap, lies, site, owner, reader, patient, record, get):
    """The leaf that says what was shown, hidden or swapped."""
    show = ("record", "list", patient)
    for sentence, change in (("no leaf", lambda leaf: None), ("an older leaf", lambda leaf: 3), ("a leaf that is not there", lambda leaf: leaf + 10**6),
                             ("the leaf before", lambda leaf: leaf - 1)):
        for pattern, words, person in ((f"/v1/patients/{patient}$", show, reader), (f"/v1/records/{record}$", get, reader),
                                       ("/v1/log/entries", ("log", "verify"), owner)):
            if words[0] == "log" and change(1) == 0:
                continue  # one's own action too, after the known checkpoint: a list from there is as true
            site.lie_about_leaves(pattern, change)
            got = person.run(*words)
            lied = list(site.lied)
            site.honest()
            tap.check(lied and got.code == DAMAGE and re.search("receipt|inclusion|withheld|position", got.error),
                      f"an answer that names {sentence} ({' '.join(words[:2])}): refused, exit 3", f"{lied}\n{got!r}")


def remembered(site, pattern):
    """What the server answers from now on to addresses that match: filled while it stays honest."""
    kept = {}

    def remember(method, path, body):
        if re.search(pattern, path):
            kept.setdefault(path.split("?")[0], json.loads(body))
        return None
    site.lie(remember)
    return kept


def newest_withheld(tap, lies, owner, reader, patient, record):
    """Nothing behind the newest statement misses it; but who has seen it once is not told otherwise again."""
    filed, path = f"/v1/patients/{patient}$", f"/v1/patients/{patient}"
    show, get = ("record", "list", patient), ("record", "get", patient, record, "-o", "-")
    before = remembered(lies.site, filed)
    reader.do(*show)
    lies.site.honest()
    owner.do("share", patient, "mallory", "--allow", "identity,read")
    granted = remembered(lies.site, filed)
    reader.do(*show)
    lies.site.honest()
    owner.do("unshare", patient, "mallory")
    reader.do(*show)
    for words in (show, get):
        lies.told(f"the newest statement, a revocation, and its keys withheld from who has seen them ({words[1]})", filed,
                  lambda _: granted[path], words, "withheld|receipt")
    lies.told("a grant and its revocation withheld from who has seen them", filed, lambda _: before[path], show, "withheld|receipt")
    for kind in ("revocation", "epoch"):
        newest = lambda a, kind=kind: [one for one in a["statements"] if kind_of(one) == kind][-1]
        lies.told(f"the newest {kind} alone withheld", filed, edited(lambda a, newest=newest: a["statements"].remove(newest(a))), show)
    tap.equal(reader.run(*show).code, DONE, "the whole truth is taken again")


def deletions(tap, lies, site, owner, reader, mallory, patient):
    """The end of a patient file: invented, hidden, moved."""
    filed, show = f"/v1/patients/{patient}$", ("record", "list", patient)
    week = (7 * 86400 * 1000).to_bytes(8, "big")

    def invent(author, delay):
        def edit(answer):
            last = answer["statements"][-1]
            chain = [one for one in answer["statements"] if kind_of(one) in ("patient", "grant", "revocation")]
            end = author.statement("patient-end", id_bytes(patient), delay, previous=name_of(from_b64(chain[-1]["statement"])))
            answer["statements"].append(dict(last, statement=b64(end), leaf=last["leaf"] + 1))
            return answer
        return edit
    lies.told("a deletion by a genuine user who is not the owner", filed, invent(mallory, week), show)
    owner.do("--yes", "patient", "delete", patient)
    tap.check("ends" in reader.json("patient", "show", patient), "the reader is told of the deletion")
    reader.do(*show)
    end = lambda a: [one for one in a["statements"] if kind_of(one) == "patient-end"][0]
    lies.told("a deletion withheld from a reader who has seen it", filed, edited(lambda a: a["statements"].remove(end(a))), show, "withheld|receipt")
    forget(reader)
    lies.told("and from one who sees the file for the first time", filed, edited(lambda a: a["statements"].remove(end(a))), show, "receipt")
    reader.do(*show)
    lies.told("a deletion with another delay", filed, edited(lambda a: end(a).update(statement=flip(end(a)["statement"], -66))), show)
    lies.told("a deletion logged earlier than it was", filed, edited(lambda a: end(a).update(time=end(a)["time"] - 8 * 86400 * 1000)), show)
    tap.equal(reader.run(*show).code, DONE, "the honest answer is taken")

    def listed(answer):
        for row in answer["items"]:
            if row["patient"] == patient:
                text = mallory.statement("patient-end", id_bytes(patient), week)
                row["statements"] = [one for one in row["statements"] if kind_of(one) != "patient-end"]
                row["statements"].append(dict(row["statements"][-1], statement=b64(text)))
    forget(reader)
    lies.told("a deletion by who is not the owner, in a list", "^/v1/patients(\\?|$)", edited(listed), ("patient", "list"), "deletion")


def forked(tap, site, reader, mallory, show):
    """Two logs that begin alike, both signed by the site's own key."""
    site.stop()
    first, second = (site.data, site.keys), (site.folder / "data-2", site.folder / "keys-2")
    for a, b in zip(first, second):
        shutil.copytree(a, b, symlinks=True)
    site.serve()
    for _ in range(5):
        mallory.request("GET", "/v1/patients")
    tap.equal(reader.run(*show).code, DONE, "the reader sees one log")
    site.stop()
    site.data, site.keys = second
    site.serve()
    for _ in range(60):
        mallory.request("GET", "/v1/session")
    got = reader.run(*show)
    tap.check(got.code == DAMAGE and "fork" in got.error, "a log that was forked behind his back: refused, exit 3", got)
    tap.equal(site.stop(), 0, "the daemon ends cleanly")


run(flow)
