"""The people as HubSpot contacts, one JSON record a line.

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


for at, person in enumerate(people(), 1001):
    properties = {
        "hs_object_id": str(at),
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
    record = {
        "source_type": "hubspot",
        "object_type": "contacts",
        "doc_id": f"contact-{at}",
        "record_id": str(at),
        "title": f"{person['given']} {person['family']}",
        "content": f"{person['given']} {person['family']}, {person['company']}",
        "visibility": "public",
        "created": "2026-01-01T00:00:00Z",
        "author_email": "owner@example.com",
        "properties": properties,
    }
    print(json.dumps(record, ensure_ascii=False))
