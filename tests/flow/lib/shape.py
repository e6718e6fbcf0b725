# SPDX-License-Identifier: Apache-2.0
"""shape: check a JSON value against the part of JSON Schema that docs/openapi.yaml uses; anything else in a schema is an error."""
import re

import yaml

KNOWN = {"type", "required", "properties", "items", "enum", "pattern", "maxLength", "minItems", "maxItems", "minimum", "maximum", "format",
         "description", "additionalProperties", "contentEncoding", "default", "$ref"}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
BASE64 = re.compile(r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$")


class Interface:
    """The document, and the operations in it."""

    def __init__(self, path):
        self.document = yaml.safe_load(path.read_text())

    def follow(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].lstrip("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operations(self):
        """(method, path, operation) of each."""
        for path, item in self.document["paths"].items():
            for method in ("get", "head", "post", "patch", "put", "delete"):
                if method in item:
                    yield method.upper(), path, item[method]

    def problems(self, operation, answer):
        """What of an answer the document does not say; [] when it fits."""
        said = operation["responses"].get(str(answer.status))
        if said is None:
            return [f"status {answer.status} is not documented"]
        content = self.follow(said).get("content")
        if not content or not answer.body and answer.bodiless:
            return [] if not answer.body else ["a body that is not documented"]
        kind = answer.headers.get("content-type", "").split(";")[0]
        if kind not in content:
            return [f"content type {kind!r} is not among {list(content)}"]
        if not kind.endswith("json"):
            return []
        return list(self.faults(content[kind].get("schema", {}), answer.json, "body"))

    def faults(self, schema, value, where):
        schema = self.follow(schema)
        unknown = set(schema) - KNOWN
        if unknown:
            yield f"{where}: the schema uses {sorted(unknown)}, which this check does not know"
        kind = schema.get("type")
        if kind and (not isinstance(value, TYPES[kind]) or kind == "integer" and isinstance(value, bool)):
            yield f"{where}: {value!r:.80} is no {kind}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r:.80} is not among {schema['enum']}"
        if isinstance(value, dict):
            yield from self.object_faults(schema, value, where)
        elif isinstance(value, list):
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
                yield f"{where}: {len(value)} items"
            for i, item in enumerate(value):
                yield from self.faults(schema.get("items", {}), item, f"{where}[{i}]")
        elif isinstance(value, str):
            yield from self.text_faults(schema, value, where)
        elif isinstance(value, int):
            if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
                yield f"{where}: {value} is out of range"

    def object_faults(self, schema, value, where):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{where}: {name} is missing"
        properties = schema.get("properties", {})
        for name, item in value.items():
            if name in properties:
                yield from self.faults(properties[name], item, f"{where}.{name}")
            elif properties:
                # What the server sends and nobody has written down is a fault of the document.
                yield f"{where}: {name} is not documented"

    @staticmethod
    def text_faults(schema, value, where):
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{where}: longer than {schema['maxLength']}"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where}: {value!r:.80} does not fit {schema['pattern']}"
        if schema.get("format") == "date-time" and not TIME.match(value):
            yield f"{where}: {value!r:.80} is no time"
        if schema.get("contentEncoding") == "base64" and not BASE64.match(value):
            yield f"{where}: {value!r:.80} is no base64"
