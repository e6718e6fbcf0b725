# SPDX-License-Identifier: Apache-2.0
"""exported: what was given to an import and what an export gave back, compared with Python alone."""
import base64
import collections
import gzip
import hashlib
import json
import pathlib
import re


def content(path):
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def documents(paths):
    """Every JSON value in files and folders that hold FHIR."""
    for path in map(pathlib.Path, paths):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and re.search(r"\.(json|ndjson)(\.gz)?$", file.name):
                text = content(file)
                yield from map(json.loads, text.splitlines() if ".ndjson" in file.name else [text])


def resources(paths):
    """Every FHIR resource in files and folders, as JSON values."""
    for document in documents(paths):
        if document["resourceType"] == "Bundle":
            yield from (entry["resource"] for entry in document.get("entry", []))
        else:
            yield document


def canon(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def attachments(value):
    """The bytes of every attachment inside a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("data"), str) and isinstance(value.get("contentType"), str):
            yield base64.b64decode(value["data"])
        for inner in value.values():
            yield from attachments(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from attachments(inner)


def exported(folder):
    """(resources as canonical JSON, hashes of other files) of all exported patients."""
    values, files = collections.Counter(), collections.Counter()
    for patient in sorted(folder.iterdir()):
        manifest = json.loads((patient / "manifest.json").read_text())
        own = {record["file"] for record in manifest["records"] if record.get("file")}
        for name in own:
            blob = (patient / name).read_bytes()
            if name.startswith("resources/"):
                values.update(canon(entry["resource"]) for entry in json.loads(blob)["entry"])
            elif name.startswith("files/"):
                files[hashlib.sha256(blob).hexdigest()] += 1
    return values, files


def charts(folder):
    return [path.read_text() for path in folder.glob("*/files/Chart*.json")]


def names_of(values):
    """Words of four letters or more out of every name of every resource."""
    words = set()

    def walk(value, inside):
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, inside or key in ("name", "contact", "display", "line", "city"))
        elif isinstance(value, list):
            for inner in value:
                walk(inner, inside)
        elif isinstance(value, str) and inside:
            words.update(word.lower() for word in re.findall(r"[^\W\d_]{4,}", value))

    for one in values:
        if one["resourceType"] in ("Patient", "Practitioner", "RelatedPerson"):
            walk(one, False)
    return words


def sha(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def root_of(leaf, at, size, steps):
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2); None when it has another number of steps."""
    root, last = sha(b"\0", leaf), size - 1
    for step in steps:
        if at & 1 or at == last:
            root = sha(b"\1", step, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = sha(b"\1", root, step)
        at, last = at >> 1, last >> 1
    return None if last else root


def check_folder(tap, patient):
    """What README.txt says of an exported folder, done with Python alone."""
    manifest = json.loads((patient / "manifest.json").read_text())
    people = {person["id"]: base64.b64decode(person["sign_key"]) for person in manifest["people"]}
    bad, checkpoint = [], (patient / "checkpoint.txt").read_text().splitlines()
    for record in manifest["records"]:
        if record.get("file") and sha((patient / record["file"]).read_bytes()).hex() != record["sha256"]:
            bad.append(("file", record))
        statement = (patient / record["statement_file"]).read_bytes()
        if sha(statement[:-64]).hex() != record["statement"] or len(people[record["author_id"]]) != 65:
            bad.append(("statement", record))
        proof = json.loads((patient / record["proof_file"]).read_text())
        leaf, at, size = base64.b64decode(proof["leaf"]), proof["leaf_index"], proof["tree_size"]
        opened = lambda piece: sha(base64.b64decode(piece["nonce"]), base64.b64decode(piece["piece"]))
        actor = opened(proof["actor"]) if "actor" in proof else base64.b64decode(proof["actor_hash"])
        if leaf[-32:] != sha(b"tacenda/v1/leaf\0", actor, opened(proof["subject"])) or \
                bytes.fromhex(record["statement"]) not in base64.b64decode(proof["subject"]["piece"]):
            bad.append(("leaf", record))
        root = root_of(leaf, at, size, map(bytes.fromhex, proof["hashes"]))
        if root is None or base64.b64encode(root).decode() != checkpoint[2] or str(size) != checkpoint[1]:
            bad.append(("root", record))
    return bad
