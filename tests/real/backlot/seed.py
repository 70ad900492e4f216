"""The people as HubSpot contacts, and the company of the first of them, one JSON record a line.

HubSpot itself works out hs_searchable_calculated_phone_number: the national digits, without country code and extension. The
emulator searches what it is given, so that is done here, for the three countries of people.tsv.
"""

import json
import re

from people import people


def searchable(number):
    digits = re.sub(r"\D", "", re.sub(r"\(0\)|\s*ext.*", "", number))
    if number.startswith(("+44", "+49")):
        return digits[2:]
    if len(digits) == 11 and digits[0] == "1":
        return digits[1:]
    return digits.removeprefix("0")


def record(kind, at, name, content, properties):
    """One line. `kind` is contact or company."""
    plural = {"contact": "contacts", "company": "companies"}[kind]
    record = {
        "source_type": "hubspot",
        "object_type": plural,
        "doc_id": f"{kind}-{at}",
        "record_id": str(at),
        "title": name,
        "content": content,
        "visibility": "public",
        "created": "2026-01-01T00:00:00Z",
        "author_email": "owner@example.com",
        "properties": {"hs_object_id": str(at), **properties},
    }
    print(json.dumps(record, ensure_ascii=False))


for at, person in enumerate(people(), 1001):
    properties = {
        "firstname": person["given"],
        "lastname": person["family"],
        "company": person["company"],
        "email": person["email"],
    }
    for field, number, calculated in (
        ("phone", person["phone"], "hs_searchable_calculated_phone_number"),
        ("mobilephone", person["mobile"], "hs_searchable_calculated_mobile_number"),
    ):
        if number:
            properties[field] = number
            properties[calculated] = searchable(number)
    name = f"{person['given']} {person['family']}"
    record("contact", at, name, f"{name}, {person['company']}", properties)

number = "(628) 555-0190"
company = {"name": "Acme Ltd", "phone": number, "hs_searchable_calculated_phone_number": searchable(number)}
record("company", 2001, "Acme Ltd", "Acme Ltd", company)
