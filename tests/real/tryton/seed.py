"""Creates a party for each of the people. Usage: seed.py RPC_URL USER PASSWORD."""

import base64
import sys

from people import people, post

url, user, password = sys.argv[1:]
headers = {}


def call(method, *params):
    answer = post(url, {"id": 1, "method": method, "params": params}, headers)
    # Errors come as HTTP 200.
    if answer.get("error"):
        raise RuntimeError(answer["error"])
    return answer["result"]


number, session = call("common.db.login", user, {"password": password}, "en")[:2]
headers["Authorization"] = "Session " + base64.b64encode(f"{user}:{number}:{session}".encode()).decode()
for person in people():
    ways = [{"type": kind, "value": person[kind]} for kind in ("phone", "mobile", "email") if person[kind]]
    party = {"name": f"{person['given']} {person['family']}", "contact_mechanisms": [["create", ways]]}
    call("model.party.party.create", [party], {})
