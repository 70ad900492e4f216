// Scenes of the card that need more than a call: a contact about to be created, a rule, somebody who presents.

import type { CallDto, DraftDto } from '../generated';
import { connection } from './connect';
import type { Fake } from './fake';
import { turnCreation } from './wishes';

const ANNA = '030 23125 045';
const INITECH = '(415) 555-0100';
const STRANGER = '+44 20 7946 0018';
const LONG = 'Donaudampfschifffahrtsgesellschaftskapitänsversorgungskasse Oberösterreich-Niederbayern';

const SAMIR: DraftDto = { connection: 'book', contact_type: 'lead', name: 'Samir Nagheenanajar', given: 'Samir', family: 'Nagheenanajar', company: 'Initech', title: null, email: 'samir@initech.example', number: STRANGER, extra: [] };

function wished(fake: Fake): CallDto {
  const call = fake.answer(fake.ring(STRANGER, { started: Date.now() - 70_000 }).id);
  void fake.call('create_contact', { draft: SAMIR, call: call.id, force: true, later: true, instead_of: null });
  return call;
}
const only = (fake: Fake) => fake.creations[0]?.id ?? '';
const because = (message: string, field: string | null = null) => ({ code: 'refused', message, hint: null, field });

export const CARD_SCENES: Record<string, (fake: Fake) => void> = {
  creating: (fake) => void wished(fake),
  'creating-waits': (fake) => {
    wished(fake);
    turnCreation(fake, only(fake), { kind: 'waiting', until: Date.now() + 240_000, why: because('Bullhorn does not answer') });
  },
  'creating-refused': (fake) => {
    wished(fake);
    turnCreation(fake, only(fake), { kind: 'refused', error: because('The address is in use already', 'email') });
  },
  'creating-unsure': (fake) => {
    wished(fake);
    turnCreation(fake, only(fake), { kind: 'unsure', error: because('The answer was lost') });
  },
  rule: (fake) => {
    const call = fake.ring(INITECH);
    const [first] = call.lookup.matches;
    if (first) fake.change(call.id, { choice: { contact: first.contact, by: 'last_spoken' } });
  },
  chosen: (fake) => {
    const call = fake.ring(INITECH);
    const second = call.lookup.matches[1];
    if (second) void fake.call('choose', { call: call.id, contact: second.contact.ref });
  },
  offline: (fake) => {
    const call = fake.ring(ANNA, { line: 'Support DE' });
    const matches = call.lookup.matches.map((match) => ({ ...match, grade: 'national' as const, as_of: new Date().setHours(9, 41) }));
    fake.change(call.id, { lookup: { ...call.lookup, matches, asked: [{ connection: 'clio', name: 'Clio', state: 'failed', message: 'needs you to sign in again' }] } });
  },
  never: (fake) => fake.answer(fake.ring(ANNA, { never_log: 'listed' }).id),
  vip: (fake) => fake.ring(ANNA, { vip: true, unverified: true, line: 'Kundenbetreuung Süddeutschland' }),
  presenting: (fake) => {
    fake.setStatus({ quiet: { ...fake.status.quiet, presenting: true } });
    fake.ring(INITECH);
    fake.ring(ANNA, { line: 'Support DE' });
  },
  thousand: (fake) => {
    const [match] = fake.find(ANNA);
    const matches = match ? Array.from({ length: 1000 }, (_, at) => ({ ...match, contact: { ...match.contact, ref: { ...match.contact.ref, id: `many-${at}` }, name: `Anna Meier ${at + 1}` } })) : [];
    fake.ring(ANNA, { choice: null, lookup: { running: false, matches, asked: [], forms: 9, checked: Date.now() } });
  },
  long: (fake) => {
    const call = fake.ring(ANNA, { line: LONG, queue: LONG, unverified: true, rehearsal: true });
    const [match] = call.lookup.matches;
    if (!match) return;
    const contact = { ...match.contact, name: `Dr. Maximiliane ${LONG}`, company: LONG, title: LONG, type_label: LONG, connection_name: LONG, ref: { ...match.contact.ref, connection: 'x' } };
    fake.change(call.id, { lookup: { ...call.lookup, matches: [{ ...match, contact }] }, choice: { contact, by: 'only_exact_match' } });
  },
  // Places with names of people's own.
  places: (fake) => {
    const [book] = fake.connections;
    const types = book?.types ?? [];
    fake.connections = [...fake.connections, connection('acme', 'Acme CRM', { types }), connection('globex', 'Globex Customer Relationship Suite', { types })];
    fake.ring(STRANGER, { started: Date.now() - 3000 });
  },
  // Somebody among several who is in another place, too.
  also: (fake) => {
    const call = fake.ring(INITECH);
    const [first, ...others] = call.lookup.matches;
    if (!first) return;
    const twin = { ...first.contact, ref: { connection: 'globex', contact_type: 'person', id: '9' }, connection_name: 'Globex', type_label: 'Person' };
    fake.change(call.id, { lookup: { ...call.lookup, matches: [{ ...first, also: [twin] }, ...others] } });
  },
  // One that is asked no more.
  stopped: (fake) => {
    fake.connections = [...fake.connections, connection('acme', 'Acme CRM', { own: true, types: [], can_create: false, state: { kind: 'changed', before: null, after: '{}' } })];
    fake.ring(STRANGER, { started: Date.now() - 3000 });
  },
  letters: (fake) => {
    fake.settings = { ...fake.settings, letter_keys: false };
    fake.ring(INITECH);
  },
};
