# SPDX-License-Identifier: Apache-2.0
"""asked_people: what everybody may ask, and what people ask about themselves: sign-ins, sessions, factors, the code of conduct, enrolments."""
import base64
import os

from lib.asked import JSON, NOTHING
from lib.factor import Phone
from lib.passkey import Passkey, u64
from lib.wire import Pair, Stranger, b64, new_uuid


def strangers(ask, person, prepared, admin):
    anybody = dict(token="")
    ask(person, "GET", "/livez", 200, **anybody)
    ask(person, "GET", "/readyz", 200, **anybody)
    ask(person, "GET", "/metrics", 200, **anybody)
    ask(person, "GET", "/v1/site", 200, **anybody)
    ask(person, "GET", "/v1/site", 400, query="?evil=1", **anybody)
    ask(person, "POST", "/v1/challenges", 201, **anybody)
    ask(person, "POST", "/v1/challenges", 400, b"{}", JSON, **anybody)
    ask(person, "GET", "/v1/log/checkpoint", 200, **anybody)
    ask(person, "GET", "/v1/log/tile/{path}", 200, path="0/000.p/4", **anybody)
    ask(person, "GET", "/v1/log/tile/{path}", 200, path="entries/000.p/4", **anybody)
    for path in ("0/999", "entries/zzz", "9/000", "0/000.p/0", "0/000.p/256"):
        ask(person, "GET", "/v1/log/tile/{path}", 404, path=path, say=path, **anybody)
    ask(person, "GET", "/v1/log/proofs", 200, query=f"?leaf=2&size={prepared.size}", **anybody)
    ask(person, "GET", "/v1/log/proofs", 200, query=f"?from=3&size={prepared.size}", **anybody)
    for query in ("", "?size=5", "?leaf=1&from=1&size=5", "?leaf=x&size=5", "?leaf=9&size=5", "?leaf=1&size=999999999"):
        ask(person, "GET", "/v1/log/proofs", 400, query=query, **anybody)
    ask(person, "GET", "/v1/invitations/{key_hash}", 404, key_hash="0" * 64, **anybody)
    code = admin.json("user", "add", "newcomer", "--profile", "auditor")["invitation"]
    newcomer = Stranger(prepared.site)
    seen = {}

    def request(method, path, body=None, headers=None, **more):
        # The enrolment of the program goes through the same check as everything else.
        pattern = "/v1/invitations/{key_hash}" if "/invitations/" in path else path
        answer = Stranger.request(newcomer, method, path, body, headers, **more)
        seen[method, pattern] = answer
        return answer

    newcomer.request = request
    newcomer.enrol(code, "Correct-horse-9!")
    for (method, pattern), answer in seen.items():
        faults = ask.interface.problems(ask.operations[method, pattern], answer)
        ask.asked.setdefault((method, pattern), set()).add(answer.status)
        ask.tap.check(not faults, f"{method} {pattern} of an enrolment answers {answer.status} as documented", "\n".join(faults))
    ask(person, "POST", "/v1/enrolments", 410, {"statement": b64(newcomer.key_statement), "password": "Correct-horse-9!",
                                                "device": newcomer.device}, say="again", **anybody)
    ask(person, "POST", "/v1/enrolments", 400, {"statement": "!!"}, **anybody)


def sessions(ask, person):
    body = {"login": person.login, "password": person.password, "device": person.device}
    entered = ask(person, "POST", "/v1/sessions", 201, dict(body, proof=b64(person.proof())), token="")
    ask(person, "POST", "/v1/sessions", 201, dict(body, proof=b64(person.proof()), cookie=True), token="", say="with a cookie")
    ask(person, "POST", "/v1/sessions", 401, dict(body, proof=b64(person.proof(key=Pair()))), token="", say="with another key")
    ask(person, "POST", "/v1/sessions", 400, dict(body, evil=1, proof="AAAA"), token="", say="with an unknown field")
    ask(person, "GET", "/v1/session", 200)
    ask(person, "GET", "/v1/session", 401, token="A" * 43)
    ask(person, "DELETE", "/v1/session", 204, token=entered.json["token"])
    ask(person, "GET", "/v1/session", 401, token=entered.json["token"], say="that has ended")
    ask(person, "GET", "/v1/notices", 200)
    ask(person, "GET", "/v1/notices", 400, query="?limit=0")
    ask(person, "POST", "/v1/notices/read", 204, {"seq": 0})
    ask(person, "POST", "/v1/notices/read", 400, {"seq": -1})
    ask(person, "GET", "/v1/notices/contact", 200)
    ask(person, "PUT", "/v1/notices/contact", 204, {"mail": "anna@clinic.example", "kinds": "urgent"})
    ask(person, "PUT", "/v1/notices/contact", 400, {"mail": "nowhere", "kinds": ""})
    mine = ask(person, "GET", "/v1/sessions", 200).json["items"]
    ask.tap.check(sum(one["current"] for one in mine) == 1, "one of the sessions listed is the one that asks", mine)
    other = person.sign_in().json
    ask(person, "DELETE", "/v1/sessions/{session}", 204, session=other["session"])
    ask(person, "DELETE", "/v1/sessions/{session}", 404, session=other["session"], say="again")
    ask(person, "DELETE", "/v1/sessions/{session}", 400, session="se-evil")
    ask(person, "DELETE", "/v1/sessions", 204, query="?others=true")
    ask(person, "DELETE", "/v1/sessions", 400, query="?others=evil")
    ask(person, "GET", "/v1/session", 200, say="still")
    ask(person, "PUT", "/v1/password", 204, {"present": person.password, "new": "Purple-giraffe-7#"})
    person.password = "Purple-giraffe-7#"
    ask(person, "PUT", "/v1/password", 400, {"present": "x", "new": "y"})
    ask(person, "PUT", "/v1/password", 400, {"new": "y"}, say="without the present one")
    ask(person, "PUT", "/v1/password", 401, {"present": "x", "new": "y"}, token="x")
    conduct(ask, person)
    factors(ask, person)
    ask(person, "GET", "/v1/devices", 200)
    ask(person, "DELETE", "/v1/devices/{device}", 404, device="dv-" + NOTHING)
    ask(person, "GET", "/v1/directory", 200)
    ask(person, "GET", "/v1/directory", 400, query="?limit=0")
    ask(person, "GET", "/v1/directory", 401, token="x")


def factors(ask, person):
    """Second factors, from a session that has just been opened."""
    phone = Phone(person.site, "authenticator")
    fresh = dict(token=person.sign_in().json["token"])
    ask(person, "GET", "/v1/factors", 200, **fresh)
    ask(person, "PUT", "/v1/session/factor", 409, {"code": "000000"}, say="without one", **fresh)
    ask(person, "POST", "/v1/recovery-codes", 409, say="without one", **fresh)
    sent = {"name": "phone", "secret": b64(phone.secret), "code": "x"}
    ask(person, "POST", "/v1/authenticators", 400, sent, **fresh)
    ask(person, "POST", "/v1/authenticators", 400, dict(sent, secret="AAAA"), **fresh)
    sent["code"] = phone.code()
    made = ask(person, "POST", "/v1/authenticators", 201, sent, **fresh).json["id"]
    ask(person, "POST", "/v1/authenticators", 409, sent, say="under the same name", **fresh)
    bare = {"login": person.login, "password": "wrong", "device": person.device}
    asked = ask(person, "POST", "/v1/sessions", 401, dict(bare, proof=b64(person.proof())), token="", say="without the second factor")
    ask.tap.equal(asked.json["type"], "/problems/second-factor", "and asks for it")
    ask(person, "POST", "/v1/sessions", 201, dict(bare, password=person.password, proof=b64(person.proof()), factor={"code": phone.code()}), token="")
    ask(person, "PUT", "/v1/session/factor", 400, {"code": "000000"}, **fresh)
    ask(person, "PUT", "/v1/session/factor", 204, {"code": phone.code()}, **fresh)
    ask(person, "POST", "/v1/recovery-codes", 201, **fresh)
    ask(person, "GET", "/v1/factors", 200, say="with two", **fresh)
    ask(person, "DELETE", "/v1/factors/{factor}", 204, factor=made, **fresh)
    ask(person, "DELETE", "/v1/factors/{factor}", 404, factor=made, say="again", **fresh)
    ask.tap.equal(ask(person, "GET", "/v1/factors", 200, say="with none", **fresh).json["items"], [], "the codes went with it")
    passkeys(ask, person, fresh)


def passkeys(ask, person, fresh):
    def challenge(ceremony):
        return ask(person, "POST", "/v1/passkeys/challenges", 201, {"for": ceremony}, say=ceremony, **fresh).json["publicKey"]["challenge"]

    ask(person, "POST", "/v1/passkeys/challenges", 409, {"for": "get"}, say="without one", **fresh)
    ask(person, "POST", "/v1/passkeys/challenges", 400, {"for": "evil"}, **fresh)
    passkey = Passkey(person.site.origin, person.user)
    first = challenge("create")
    made = ask(person, "POST", "/v1/passkeys", 201, dict(passkey.register(first), name="key ring"), **fresh).json["id"]
    ask(person, "POST", "/v1/passkeys", 409, dict(passkey.register(challenge("create")), name="again"), say="that is there", **fresh)
    other = Passkey(person.site.origin, person.user)
    ask(person, "POST", "/v1/passkeys", 400, dict(other.register(first), name="other"), say="whose challenge was used", **fresh)
    ask(person, "POST", "/v1/passkeys", 409, dict(other.register(challenge("create")), name="key ring"), say="under the same name", **fresh)
    answer = passkey.answer(challenge("get"))
    ask(person, "PUT", "/v1/session/factor", 204, {"passkey": answer}, say="with a passkey", **fresh)
    ask(person, "PUT", "/v1/session/factor", 400, {"passkey": answer}, say="with the same again", **fresh)
    ask(person, "PUT", "/v1/session/factor", 400, {"passkey": answer, "code": "1"}, say="with two", **fresh)
    nonce = base64.b64decode(person.request("POST", "/v1/challenges", token="").json["nonce"])
    whole = {"login": person.login, "password": person.password, "device": person.device, "proof": b64(person.proof(nonce))}
    ask(person, "POST", "/v1/sessions", 201, dict(whole, factor={"passkey": passkey.answer(u64(nonce))}), token="", say="with a passkey")
    ask(person, "DELETE", "/v1/factors/{factor}", 204, factor=made, say="a passkey", **fresh)


def conduct(ask, person):
    code = ask(person, "GET", "/v1/conduct", 200).json
    say = lambda **more: {"statement": b64(person.conduct(code["version"], 1, bytes.fromhex(code["texts"][0]["sha256"]), **more))}
    ask(person, "POST", "/v1/conduct/acceptances", 200, say())
    ask(person, "GET", "/v1/conduct", 200, say="once it was accepted")
    ask(person, "POST", "/v1/conduct/acceptances", 409, say(), say="that does not go on from the last one")
    ask(person, "POST", "/v1/conduct/acceptances", 400, {"statement": "AAAA"})
    ask(person, "POST", "/v1/conduct/acceptances", 401, say(key=Pair()), say="by another key")
    ask(person, "POST", "/v1/conduct/acceptances", 403, say(author=new_uuid()), say="by another author")
    ask(person, "PUT", "/v1/conduct", 403, {})


def enrolments(ask, person, prepared, admin):
    """An enrolment that somebody bends on its way."""
    late, kept = Stranger(prepared.site), {}

    def keep(kind, *fields, **more):
        kept[kind] = fields, more
        return Stranger.statement(late, kind, *fields, **more)

    def stop(method, path, body=None, headers=None, **more):
        return Stranger.request(late, method, path, None if path == "/v1/enrolments" else body, headers, **more)

    late.statement, late.request = keep, stop
    try:
        late.enrol(admin.json("user", "add", "late", "--profile", "auditor")["invitation"], "Correct-horse-9!")
    except RuntimeError:
        pass  # it was stopped
    (user, *rest), more = kept["key"]
    nobody = new_uuid()
    for wanted, say, statement in (
            (401, "signed by another", Stranger.statement(late, "key", user, *rest, **dict(more, key=Pair()))),
            (403, "of another site", Stranger.statement(late, "key", user, *rest, **dict(more, site=os.urandom(32)))),
            (404, "of nobody", Stranger.statement(late, "key", nobody, *rest, **dict(more, author=nobody))),
            (409, "from a fork", Stranger.statement(late, "key", user, *rest, **dict(more, seen=(2, b"\x55" * 32))))):
        ask(person, "POST", "/v1/enrolments", wanted, {"statement": b64(statement), "password": "Correct-horse-9!", "device": late.device},
            token="", say=say)
