"""Creates the people. Usage: seed.py CONTACTS_URL TOKEN. One number a person is all that amagi-crm has."""

import sys

from people import people, post

url, token = sys.argv[1:]
for person in people():
    body = {
        "first_name": person["given"],
        "last_name": person["family"],
        "company": person["company"],
        "email": person["email"],
        "phone": person["phone"] or person["mobile"],
    }
    post(url, body, {"Authorization": f"Bearer {token}"})
