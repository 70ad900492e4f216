// A connector of one's own, and where its file goes: for a CRM that runs beside a test.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The file of a connector that finds people by E.164 and asks for a key; `more` stands at its end. */
export const manifest = ({ id, name, label = 'Person', hosts = [], more = '' }) => `schema = 1
id = "${id}"
name = "${name}"
version = "1"
docs = "https://example.com/docs"
needs = ["An API key: Settings → API"]
limits = ["Finds numbers as they are stored"]
allowed_hosts = [${hosts.map((host) => JSON.stringify(host)).join(', ')}]

[evidence]
kind = "documentation"
note = "Made for this test"

[environment.typed]
title = "Address of your ${name}"
placeholder = "crm.example.com"
base = "{{ env.origin }}{{ env.path }}"

[[parameters]]
name = "key"
title = "API key"
kind = "secret"

[auth.set]
headers = { Authorization = "Bearer {{ secret.key }}" }

[whoami]
id = "id"
name = "name"

[whoami.request]
path = "/me"

[contact]
id = "id"
name = "name"
numbers = { phone = "phone" }

[[types]]
id = "Person"
label = "${label}"

[find_contact]
matching = "exact"
forms = ["e164"]

[find_contact.request]
path = "/people"
query = { phone = "{{ number.e164 }}" }

[find_contact.answer]
list = "people"

${more}`;

/** Puts the file where this app reads connectors of the person's own. */
export async function own(app, id, text) {
  const folder = join(app.home, `ringside-${app.profile}`, 'config', 'connectors');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${id}.toml`), text);
}
