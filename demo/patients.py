#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""patients.py OUT: make a dozen fictional patients, the same ones every time.

Writes what `tacenda import` reads:
  OUT/fhir/DEMO-01.json ...        a FHIR R4 bundle each: patient, conditions, observations over years, a report as PDF
  OUT/files/patients.csv           identifier, names, birth date, sex
  OUT/files/DEMO-01/dictation.wav  a dictated note, spoken by espeak-ng
  OUT/files/DEMO-01/wound.jpg      a photo, drawn
Nobody here exists; every identifier says DEMO.
"""
import base64
import csv
import datetime
import json
import pathlib
import random
import subprocess
import sys
import uuid

from PIL import Image, ImageDraw, ImageFilter

SYSTEM = "urn:tacenda:demo"
PEOPLE = [
    ("Aubrey", ["Noor", "Elise"], "1951-03-14", "female", "en"), ("Lindqvist", ["Tage"], "1987-11-02", "male", "en"),
    ("Delacroix-Moreau", ["Hélène"], "1979-06-30", "female", "fr"), ("Okonkwo", ["Chidi", "Paul"], "1968-01-09", "male", "en"),
    ("Nakamura", ["Yui"], "2015-08-21", "female", "en"), ("Ferreira", ["João"], "1944-12-05", "male", "en"),
    ("Kowalczyk", ["Zofia"], "1992-04-17", "female", "en"), ("Dupont", ["Étienne"], "1960-09-28", "male", "fr"),
    ("O'Sullivan", ["Máire"], "1973-02-11", "female", "en"), ("Haddad", ["Samir"], "2001-07-07", "male", "fr"),
    ("Virtanen", ["Aino"], "1938-10-19", "female", "en"), ("Bergström", ["Kai"], "1999-05-25", "other", "en"),
]
CONDITIONS = [("38341003", "Hypertensive disorder"), ("44054006", "Type 2 diabetes mellitus"), ("195967001", "Asthma"),
              ("396275006", "Osteoarthritis"), ("13645005", "Chronic obstructive lung disease"), ("35489007", "Depressive disorder")]
SERIES = [("29463-7", "Body weight", "kg", 48, 96), ("8480-6", "Systolic blood pressure", "mm[Hg]", 105, 165),
          ("4548-4", "Haemoglobin A1c", "%", 5.0, 8.9), ("8867-4", "Heart rate", "/min", 55, 98)]
NOTE = {"en": "Dictation. The patient reports less pain since the last visit. The wound is clean and dry. "
              "Continue the present treatment. Review in two weeks.",
        "fr": "Dictée. La patiente signale moins de douleur depuis la dernière visite. La plaie est propre et sèche. "
              "Poursuivre le traitement. Contrôle dans deux semaines."}


def pdf(lines):
    """A one-page PDF with these lines of text (ISO 32000-1), no library needed."""
    text = "BT /F1 12 Tf 60 780 Td 18 TL " + " ".join(
        "(" + line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") + ") Tj T*" for line in lines) + " ET"
    stream = text.encode("cp1252", "replace")
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
               b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    return out + table + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))


def photo(path, chance):
    """Skin with a healing wound and a ruler."""
    image = Image.new("RGB", (1200, 900), (222, 184, 160))
    draw = ImageDraw.Draw(image)
    for _ in range(4000):
        x, y, shade = chance.randrange(1200), chance.randrange(900), chance.randrange(-14, 14)
        draw.ellipse((x, y, x + 5, y + 4), fill=(222 + shade, 184 + shade, 160 + shade))
    x, y, width = chance.randrange(350, 650), chance.randrange(300, 450), chance.randrange(120, 320)
    draw.ellipse((x - 25, y - 25, x + width + 25, y + 115), fill=(205, 120, 110))
    draw.ellipse((x, y, x + width, y + 90), fill=(150, 40, 45))
    image = image.filter(ImageFilter.GaussianBlur(3))
    draw = ImageDraw.Draw(image)
    draw.rectangle((100, 780, 1100, 860), fill=(250, 250, 245))
    for mark in range(0, 101):
        draw.line((100 + mark * 10, 780, 100 + mark * 10, 800 if mark % 10 else 825), fill=(20, 20, 20), width=2)
    image.save(path, "JPEG", quality=85)


def resource_id(chance):
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def bundle(identifier, person, chance):
    family, given, birth, sex, _ = person
    patient = resource_id(chance)
    reference = {"reference": f"urn:uuid:{patient}"}
    resources = [{"resourceType": "Patient", "id": patient, "identifier": [{"system": SYSTEM, "value": identifier}],
                  "name": [{"use": "official", "family": family, "given": given}], "gender": sex, "birthDate": birth}]
    for code, display in chance.sample(CONDITIONS, 2):
        resources.append({"resourceType": "Condition", "id": resource_id(chance), "subject": reference,
                          "code": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]},
                          "onsetDateTime": f"{chance.randrange(2012, 2022)}-0{chance.randrange(1, 9)}-12"})
    day = datetime.date(2023, 1, 9)
    values = {code: chance.uniform(low, high) for code, _, _, low, high in SERIES}
    for _ in range(14):
        day += datetime.timedelta(days=chance.randrange(40, 110))
        for code, display, unit, low, high in SERIES:
            values[code] = min(high, max(low, values[code] + chance.uniform(-0.08, 0.08) * (high - low)))
            resources.append({"resourceType": "Observation", "id": resource_id(chance), "status": "final", "subject": reference,
                              "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}], "text": display},
                              "effectiveDateTime": f"{day.isoformat()}T09:{chance.randrange(60):02d}:00+01:00",
                              "valueQuantity": {"value": round(values[code], 1), "unit": unit,
                                                "system": "http://unitsofmeasure.org", "code": unit}})
    report = pdf([f"REPORT  {identifier}", f"{family.upper()} {' '.join(given)}, born {birth}", "",
                  "The wound heals as expected. No sign of infection.", "Blood pressure and weight as charted.", "",
                  "Fictional document of the Tacenda demonstration."])
    resources.append({"resourceType": "DiagnosticReport", "id": resource_id(chance), "status": "final", "subject": reference,
                      "code": {"text": "Clinic letter"}, "effectiveDateTime": f"{day.isoformat()}T10:00:00+01:00",
                      "presentedForm": [{"contentType": "application/pdf", "title": "Clinic letter",
                                         "data": base64.b64encode(report).decode()}]})
    return {"resourceType": "Bundle", "type": "collection",
            "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in resources]}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    chance = random.Random(20261121)
    (out / "fhir").mkdir(parents=True, exist_ok=True)
    (out / "files").mkdir(exist_ok=True)
    with open(out / "files" / "patients.csv", "w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table)
        rows.writerow(["identifier", "family", "given", "birth", "sex"])
        for number, person in enumerate(PEOPLE, 1):
            identifier = f"DEMO-{number:02d}"
            folder = out / "files" / identifier
            folder.mkdir(exist_ok=True)
            rows.writerow([f"{SYSTEM}|{identifier}", person[0], " ".join(person[1]), person[2], person[3]])
            (out / "fhir" / f"{identifier}.json").write_text(
                json.dumps(bundle(identifier, person, chance), ensure_ascii=False, indent=1), encoding="utf-8")
            photo(folder / "wound.jpg", chance)
            subprocess.run(["espeak-ng", "-v", person[4], "-s", "150", "-w", str(folder / "dictation.wav"), NOTE[person[4]]],
                           check=True, stdin=subprocess.DEVNULL)
    print(f"{len(PEOPLE)} fictional patients in {out}")


if __name__ == "__main__":
    main()
