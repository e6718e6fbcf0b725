# SPDX-License-Identifier: Apache-2.0
"""asked: operations of docs/openapi.yaml asked of a running server, each answer held against the document."""
JSON = {"Content-Type": "application/json"}
RECORD = {"Content-Type": "application/vnd.tacenda.record"}
PIECE = {"Content-Type": "application/partial-upload"}
NOTHING = "00000000000000000000000000"


class Asker:
    """Asks, checks the answer against the document, and remembers which operations were asked."""

    def __init__(self, tap, interface):
        self.tap, self.interface, self.asked = tap, interface, {}
        self.operations = {(method, path): operation for method, path, operation in interface.operations()}

    def __call__(self, person, method, pattern, wanted, body=None, headers=None, say="", **parts):
        query = parts.pop("query", "")
        token = parts.pop("token", None)
        path = pattern.format(**parts) + query
        answer = person.request(method, path, body, headers, token=token)
        faults = self.interface.problems(self.operations[method, pattern], answer)
        self.asked.setdefault((method, pattern), set()).add(answer.status)
        sentence = f"{method} {pattern}{query}{' ' + say if say else ''} answers {wanted} as documented"
        self.tap.check(answer.status == wanted and not faults, sentence, f"{answer!r}\n" + "\n".join(faults[:10]))
        if answer.status >= 400 and answer.body:
            self.tap.check(is_problem(answer), f"and its problem says what to do ({wanted})", answer)
        return answer


def is_problem(answer):
    body = answer.json
    return answer.headers.get("content-type") == "application/problem+json" and body.get("status") == answer.status and \
        all(isinstance(body.get(name), str) and body[name] for name in ("type", "title", "detail"))
