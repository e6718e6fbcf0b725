# SPDX-License-Identifier: Apache-2.0
"""clinic: a small clinic of our own, as files of every kind that can be imported."""
import base64
import gzip
import json

SYSTEM = "urn:clinic:test"
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
# Planted in every element that may not reach a chart.
CANARY = "Zwetschgenbaum"


def coding(system, code):
    return {"coding": [{"system": system, "code": code, "display": CANARY}], "text": CANARY}


def observation(number, patient, **more):
    return dict({"resourceType": "Observation", "id": f"o{number}", "status": "final", "subject": patient,
                 "text": {"status": "generated", "div": f"<div>{CANARY}</div>"}, "note": [{"text": CANARY}],
                 "identifier": [{"system": SYSTEM, "value": CANARY}],
                 "performer": [{"reference": "Practitioner/p1", "display": CANARY}],
                 "extension": [{"url": "urn:x", "valueString": CANARY}],
                 "code": {"coding": [{"system": LOINC, "code": "29463-7", "display": CANARY},
                                     {"system": "urn:local", "code": CANARY}], "text": CANARY},
                 "effectiveDateTime": f"2024-03-{number % 28 + 1:02d}T09:30:00+01:00",
                 "valueQuantity": {"value": 70.50, "unit": CANARY, "system": UCUM, "code": "kg"}}, **more)


def clinic(folder, people=("Aubrey", "Lindqvist", "Okonkwo")):
    """Bundles, NDJSON packed and plain, a CSV with files, a CDA document, HL7, DICOM."""
    (folder / "fhir").mkdir(parents=True)
    for number, family in enumerate(people):
        me = {"reference": f"urn:uuid:patient-{number}", "display": CANARY}
        entries = [{"resourceType": "Patient", "id": f"patient-{number}", "gender": "female", "birthDate": "1951-03-14",
                    "identifier": [{"system": SYSTEM, "value": f"A-{number}"}],
                    "name": [{"family": family, "given": ["Noor"]}], "address": [{"line": [CANARY]}],
                    "photo": [{"contentType": "image/png", "data": base64.b64encode(b"\x89PNG" + bytes([number])).decode()}]},
                   {"resourceType": "Encounter", "id": "e1", "status": "finished", "subject": me,
                    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": CANARY},
                    "type": [coding(SNOMED, "185349003")], "period": {"start": "1962-05-01", "end": "1962-05-03"}},
                   {"resourceType": "Condition", "id": "c1", "subject": me, "code": coding(SNOMED, "38341003"),
                    "onsetDateTime": "1999-12-31"},
                   observation(1, me),
                   observation(2, me, valueQuantity=None, component=[
                       {"code": coding(LOINC, "8480-6"), "valueQuantity": {"value": 120, "system": UCUM, "code": "mm[Hg]"}},
                       {"code": coding("urn:local", CANARY), "valueString": CANARY}]),
                   observation(3, me, valueQuantity=None, valueString=CANARY),
                   {"resourceType": "DocumentReference", "id": "d1", "status": "current", "subject": me,
                    "content": [{"attachment": {"contentType": "audio/wav", "title": f"Dictation {family}",
                                                "data": base64.b64encode(b"RIFF" + family.encode()).decode()}},
                                {"attachment": {"contentType": "application/pdf", "url": "Binary/b1"}}]},
                   {"resourceType": "Binary", "id": "b1", "contentType": "application/pdf",
                    "data": base64.b64encode(b"%PDF-1.4 " + family.encode()).decode()}]
        for entry in entries:
            entry.update({key: value for key, value in entry.items() if value is not None})
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
            {"fullUrl": f"urn:uuid:{entry['id']}", "resource": {k: v for k, v in entry.items() if v is not None},
             "request": {"method": "POST", "url": entry["resourceType"]}} for entry in entries]}
        text = json.dumps(bundle, indent=2, ensure_ascii=bool(number % 2)).encode()
        (folder / "fhir" / f"{number}.json").write_bytes(text)
    lines = [{"resourceType": "Practitioner", "id": "p1", "name": [{"family": CANARY}]},
             {"resourceType": "Organization", "id": "org", "name": CANARY},
             observation(9, {"reference": "Patient/patient-0"}), observation(10, {"identifier": {"system": SYSTEM, "value": "A-1"}})]
    with gzip.open(folder / "fhir" / "bulk.ndjson.gz", "wb") as out:
        out.write("\n".join(json.dumps(line) for line in lines).encode() + b"\n")
    files = folder / "files"
    (files / "B-1").mkdir(parents=True)
    (files / "patients.csv").write_text(
        f"identifier,family,given,birth,sex\r\n{SYSTEM}|B-1,\"Del Mar, y\",Ana Luz,1980-01-02,female\r\n{SYSTEM}|A-0,,,,\r\n")
    (files / "B-1" / "voice.wav").write_bytes(b"RIFF voice")
    (files / "B-1" / "skin.jpg").write_bytes(b"\xff\xd8\xff skin")
    (files / "A-0_letter.pdf").write_bytes(b"%PDF-1.4 letter")
    other = folder / "other"
    other.mkdir()
    (other / "cda.xml").write_text('<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="doc-1"/><title>Visit</title>'
                                   '<recordTarget><patientRole><id root="1.2.840.9" extension="77"/><patient><birthTime value="19800102"/>'
                                   '</patient></patientRole></recordTarget></ClinicalDocument>')
    (other / "adt.hl7").write_bytes(b"MSH|^~\\&|A|B|C|D|20240301||ADT^A01|1|P|2.5\rPID|1||B-1^^^CLINIC^MR||Del Mar^Ana||19800102|F\r")
    (other / "wrong-birth.hl7").write_bytes(b"MSH|^~\\&|A|B|C|D|20240301||ADT^A01|2|P|2.5\rPID|1||B-1^^^CLINIC^MR||X||19990909|F\r")
    element = lambda group, number, vr, value: (group.to_bytes(2, "little") + number.to_bytes(2, "little") + vr +
                                                (len(value) + len(value) % 2).to_bytes(2, "little") + value + b" " * (len(value) % 2))
    meta = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    (other / "scan.dcm").write_bytes(b"\0" * 128 + b"DICM" + meta + element(8, 0x18, b"UI", b"1.2.3.4\0") + element(8, 0x60, b"CS", b"CT") +
                                     element(0x10, 0x20, b"LO", b"B-1") + element(0x10, 0x30, b"DA", b"19800102") + b"\xe0\x7f\x10\0OW\0\0\0\0\0\0")
    (other / "nobody.pdf").write_bytes(b"%PDF-1.4 nobody")
    (other / "stranger.json").write_text(json.dumps(observation(20, {"reference": "Patient/unknown"})))
    return folder
