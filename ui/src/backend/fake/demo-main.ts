// Scenes of the main window and of the search that need more than calls: long lists, files, troubles, a first start.

import type { Backend, CommandName, Reply } from '../backend';
import type { ContactDto, ImportPreviewDto } from '../generated';
import type { Fake } from './fake';
import { noLog } from './fake';
import { phone } from './phones';
import { turnCreation } from './wishes';

const MINUTE = 60_000;
const ANNA = '030 23125 045';
const INITECH = '(415) 555-0100';
const STRANGER = '+44 20 7946 0018';
const LONG = 'Donaudampfschifffahrtsgesellschaftskapitänsversorgungskasse Oberösterreich-Niederbayern';
/** Markup, letters that run the other way, one that has no width, many that say nothing. */
const NASTY = '<img src=x onerror=alert(1)><script>alert(2)</script> \u202Egnp.exe\u202C \u200B☃🦄👩‍👩‍👧‍👦 ';

const because = (message: string, hint: string | null = null, field: string | null = null) => ({ code: 'refused', message, hint, field });
const locked = { kind: 'in_memory' as const, code: 'keyring_locked', message: 'The secret store is locked.', hint: 'Unlock it, then ask again.', unsaved: 2, has_file: true };

/** What a command answers from now on. */
function answers<K extends CommandName>(fake: Fake, name: K, reply: Reply<K>): void {
  const call: Backend['call'] = fake.call.bind(fake);
  fake.call = async (asked, args) => (asked === (name as CommandName) ? (structuredClone(reply) as never) : call(asked, args));
}

function somebody(fake: Fake, id: string, change: Partial<ContactDto>): ContactDto {
  const [like] = fake.contacts;
  if (!like) throw new Error('the demo has nobody');
  const contact = { ...like, emails: [], title: null, last_call: null, ...change, ref: { ...like.ref, id } };
  fake.contacts.push(contact);
  return contact;
}
const number = (text: string, label = 'office') => ({ label, text, raw: text });

function toCreate(fake: Fake): void {
  const wishes = [
    ['Samir Nagheenanajar', 'lead', '+44 20 7946 0018'],
    ['Joanna Meyer', 'person', '(212) 555-0142'],
    ['Initrode', 'company', '(415) 555-0133'],
    ['Drew Porter', 'person', '(415) 555-0188'],
  ] as const;
  for (const [name, contact_type, phone] of wishes) {
    void fake.call('create_contact', { draft: { connection: 'book', contact_type, name, given: null, family: null, company: null, title: null, email: null, number: phone, extra: [] }, call: null, force: true, later: true, instead_of: null });
  }
  const [refused, unsure, waits] = fake.creations.map((one) => one.id);
  if (refused) turnCreation(fake, refused, { kind: 'refused', error: because('The address is in use already', 'Change it, or add the number to whoever has it', 'email') });
  if (unsure) turnCreation(fake, unsure, { kind: 'unsure', error: because('The answer was lost') });
  if (waits) turnCreation(fake, waits, { kind: 'waiting', until: Date.now() + 4 * MINUTE, why: because('Clio does not answer') });
}

const PREVIEW: ImportPreviewDto = {
  import: 'contacts.csv',
  format: 'csv',
  encoding: 'Windows-1252',
  columns: [
    { header: 'Name', samples: ['Bob Slydell', 'Dom Portwood'], field: 'name' },
    { header: 'Firma', samples: ['Slydell & Porter', 'Initech'], field: 'company' },
    { header: 'Telefon', samples: ['(415) 555-0151', '+44 20 7946 0077'], field: 'number' },
    { header: 'E-Mail', samples: ['bob@slydell.example', ''], field: 'email' },
    { header: 'Kundennummer', samples: ['1180', '1181'], field: 'ignore' },
  ],
  rows: [
    { line: 2, name: 'Bob Slydell', company: 'Slydell & Porter', emails: ['bob@slydell.example'], numbers: ['(415) 555-0151', '(415) 555-0152'], is_company: false, known: false },
    { line: 3, name: 'Dom Portwood', company: 'Initech', emails: [], numbers: ['+44 20 7946 0077'], is_company: false, known: false },
    { line: 4, name: 'Anna Meier', company: 'ACME GmbH', emails: ['anna.meier@acme.example'], numbers: ['030 23125 045'], is_company: false, known: true },
    { line: 6, name: 'Nina', company: null, emails: [], numbers: ['ask reception'], is_company: false, known: false },
  ],
  total: 1_204,
  known: 37,
  unreadable: 3,
  faults: [{ line: 5, message: 'this row has 7 cells, the head has 5' }, { line: 118, message: 'this row has no name and no number' }],
  fault_count: 2,
};

export const MAIN_SCENES: Record<string, (fake: Fake) => void> = {
  creations: (fake) => {
    toCreate(fake);
    fake.ring(ANNA, { state: 'missed', is_over: true, ended: Date.now() });
  },
  junk: (fake) => {
    somebody(fake, 'junk-1', { name: 'Nina', company: 'Initech', numbers: [number('ask reception')] });
    somebody(fake, 'junk-2', { name: 'Smykowski', company: 'Initech', numbers: [number('x 45', 'extension'), number('12')], connection_name: 'Clio', url: 'https://clio.example/contacts/9' });
    somebody(fake, 'junk-3', { name: NASTY.repeat(12), company: LONG, numbers: [number(`☎ ${LONG}`)] });
    fake.setStatus({ unreadable: 4 });
  },
  imported: (fake) => answers(fake, 'preview_import', PREVIEW),
  person: (fake) => {
    const anna = fake.contacts[0];
    const over = { state: 'completed' as const, is_over: true, answered: Date.now() - 5 * MINUTE, ended: Date.now(), talked: 4 * MINUTE };
    const calls = [fake.ring(ANNA, over), fake.ring(ANNA, over)];
    if (anna) answers(fake, 'person', { contacts: [anna], calls, call_count: 2, creations: [], remembered: 1, owed: 1 });
  },
  first: (fake) => {
    fake.contacts = [];
    fake.setStatus({ contacts: 0, numbers: 0 });
    fake.settings = { ...fake.settings, welcomed: false, home: null };
  },
  nothing: () => {},
  troubled: (fake) => {
    fake.phones = [phone('Office', { state: { kind: 'stopped', code: 'sign_in_needed', message: 'pbx.example.com does not take this password', hint: 'Type it again', field: 'password' } })];
    fake.settings = { ...fake.settings, home: null };
    fake.connections = fake.connections.map((one) => ({ ...one, name: 'Bullhorn', connector: 'bullhorn', state: { kind: 'sign_in_needed' } }));
    fake.setStatus({
      refused: 2,
      unsure: 1,
      unreadable: 14,
      creating: 3,
      notices: [
        { code: 'hotkey', message: 'Ctrl+Shift+F is taken by another program', hint: 'Choose another key under Rules' },
        { code: 'settings_unknown', message: 'config.toml, line 12: “popp” is not known', hint: 'Did you mean “pop”?' },
        { code: 'phone_trouble', message: 'Office does not tell of calls now', hint: null },
      ],
    });
  },
  locked: (fake) => {
    for (const [from, note] of [[ANNA, 'Wants the renewal offer by Friday, two more seats.'], [STRANGER, '']] as const) {
      fake.ring(from, { state: 'completed', is_over: true, answered: Date.now() - 5 * MINUTE, ended: Date.now(), talked: 3 * MINUTE, note });
    }
    fake.setStatus({ store: locked });
  },
  lost: (fake) => fake.setStatus({ store: { ...locked, code: 'keyring_missing', message: 'No secret store is running.', hint: 'Install gnome-keyring or KWallet, then start Ringside again.', has_file: false } }),
  paused: (fake) => fake.setStatus({ quiet: { paused_until: Date.now() + 30 * MINUTE, presenting: true, do_not_disturb: false, locked: false } }),
  disturbed: (fake) => fake.setStatus({ quiet: { ...fake.status.quiet, do_not_disturb: true } }),
  eight: (fake) => {
    const people = ['Anna Brandt', 'Annika Sörensen', 'Hanna Anders', 'Joanna Lindqvist', 'Antonia Weiß', 'Susanna Grant', 'Anton Dvořák', 'Joanne Ng', 'Anneliese Kroll'];
    for (const [at, name] of people.entries()) somebody(fake, `an-${at}`, { name, company: at % 3 ? 'Globex' : 'ACME GmbH', numbers: [number(`030 23125 1${at}0`)] });
    fake.ring(INITECH);
  },
  misspelt: (fake) => {
    fake.misspelt = fake.contacts.filter(({ name }) => /^(Anna Meier|Joanna Meyer|Annalise Mertens)$/.test(name));
    fake.ring(INITECH);
  },
  silent: (fake) => {
    fake.live = [{ connection: 'clio', name: 'Clio', rows: [], message: 'needs you to sign in again' }];
    fake.ring(INITECH);
  },
  nasty: (fake) => {
    const all = Array.from({ length: 4 }, (_, at) => somebody(fake, `nasty-${at}`, { name: `${NASTY.repeat(at * 3 + 1)} Anna`, company: LONG, title: NASTY, type_label: LONG, connection_name: `${LONG} ${NASTY}`, numbers: [number(STRANGER)] }));
    for (const contact of all) {
      const log = { ...noLog(), state: 'refused' as const, write: 'w', connection_name: NASTY, contact_name: NASTY.repeat(5), message: NASTY.repeat(8), hint: LONG };
      fake.ring(STRANGER, { line: NASTY.repeat(9), queue: LONG, state: 'completed', is_over: true, answered: Date.now() - MINUTE, ended: Date.now(), talked: MINUTE, note: NASTY.repeat(30), choice: { contact, by: 'person' }, log, vip: true });
    }
  },
};
