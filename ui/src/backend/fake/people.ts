// The sample people. Every number is from a range reserved for fiction.

import type { ConnectionDto, ContactDto, SettingsDto, StatusDto } from '../generated';

const DAY = 86_400_000;

interface Sample {
  name: string;
  type: 'person' | 'company' | 'lead';
  title?: string;
  company?: string;
  email?: string;
  numbers: [label: string, text: string][];
  lastCall?: number;
  place?: 'book' | 'clio';
}

const SAMPLES: Sample[] = [
  { name: 'Anna Meier', type: 'person', title: 'Head of Purchasing', company: 'ACME GmbH', email: 'anna.meier@acme.example', numbers: [['office', '030 23125 045']], lastCall: 3 * DAY },
  { name: 'Annalise Mertens', type: 'person', company: 'Merten & Co', numbers: [['office', '030 23125 300']] },
  { name: 'Joanna Meyer', type: 'lead', company: 'Globex', numbers: [['mobile', '(212) 555-0142']] },
  { name: 'Bill Lumbergh', type: 'person', title: 'VP', company: 'Initech', numbers: [['main', '(415) 555-0100']], lastCall: DAY },
  { name: 'Peter Gibbons', type: 'lead', title: 'Engineer', company: 'Initech', email: 'peter@initech.example', numbers: [['main', '(415) 555-0100'], ['mobile', '(415) 555-0177']] },
  { name: 'Milton Waddams', type: 'person', title: 'Collator', company: 'Initech', numbers: [['main', '(415) 555-0100']], lastCall: 194 * DAY },
  { name: 'José Müller-Groß', type: 'person', company: 'Groß & Söhne', email: 'jose@gross.example', numbers: [['mobile', '+44 20 7946 0123']] },
  { name: 'Initech', type: 'company', numbers: [['switchboard', '(415) 555-0199']] },
  { name: 'ليلى حداد', type: 'lead', company: 'شركة النور', numbers: [['mobile', '+44 20 7946 0456']] },
  { name: 'Anna Melnyk', type: 'person', title: 'Matter 2026-118', numbers: [['mobile', '(646) 555-0118']], place: 'clio' },
];

const LABELS = { person: 'Person', company: 'Company', lead: 'Lead' };
export const PLACES = { book: 'Address book', clio: 'Clio' };

export function people(now: number): ContactDto[] {
  return SAMPLES.map((one, at) => ({
    ref: { connection: one.place ?? 'book', contact_type: one.type, id: String(at + 1) },
    name: one.name,
    company: one.company ?? null,
    title: one.title ?? null,
    emails: one.email ? [one.email] : [],
    numbers: one.numbers.map(([label, text]) => ({ label, text, raw: text })),
    type_label: one.place === 'clio' ? 'Client' : LABELS[one.type],
    is_company: one.type === 'company',
    connection_name: PLACES[one.place ?? 'book'],
    url: one.place === 'clio' ? `https://clio.example/contacts/${at + 1}` : null,
    created: null,
    last_call: one.lastCall ? now - one.lastCall : null,
  }));
}

export function connections(): ConnectionDto[] {
  const company = { name: 'company', label: 'Company', required: false, options: [] };
  const title = { name: 'title', label: 'Title', required: false, options: [] };
  const email = { name: 'email', label: 'E-mail', required: false, options: [] };
  return [
    {
      id: 'book',
      name: PLACES.book,
      connector: 'address-book',
      connector_name: 'Address book',
      state: { kind: 'ready' },
      logs_here: true,
      types: [
        { id: 'person', label: 'Person', is_company: false, creatable: true, fields: [company, title, email] },
        { id: 'company', label: 'Company', is_company: true, creatable: true, fields: [email] },
        { id: 'lead', label: 'Lead', is_company: false, creatable: true, fields: [company, email] },
      ],
      can_create: true,
      can_log: true,
      can_sign_in: false,
      own: false,
      evidence: null,
      needs: [],
      limits: [],
      environment: null,
      server: null,
      parameters: {},
      account: null,
      message: null,
      hint: null,
    },
  ];
}

export const settings = (): SettingsDto => ({
  home: 'US',
  outside_prefix: null,
  formats: ['(###) ###-####'],
  own_numbers: [],
  never_log: [],
  vip: [],
  pop: 'always',
  several: 'ask',
  nobody: 'ask',
  open_record: 'by_hand',
  log_rule: 'ask',
  notify: true,
  respect_do_not_disturb: true,
  letter_keys: true,
  card_screen: 'pointer',
  text_size: 100,
  start_with_system: false,
  handle_tel_links: false,
  search_hotkey: 'Ctrl+Shift+F',
  card_hotkey: 'Ctrl+Shift+K',
  present_hotkey: null,
  say_hotkey: null,
  intake_on: false,
  intake_port: 17655,
  intake_lan: null,
  keep_calls_days: null,
  welcomed: true,
});

export const status = (contacts: ContactDto[]): StatusDto => ({
  store: { kind: 'open' },
  contacts: contacts.length,
  numbers: contacts.reduce((sum, one) => sum + one.numbers.length, 0),
  unreadable: 0,
  waiting: 0,
  refused: 0,
  unsure: 0,
  missed: 0,
  creating: 0,
  quiet: { paused_until: null, presenting: false, do_not_disturb: false, locked: false },
  intake: { kind: 'off' },
  notices: [],
});
