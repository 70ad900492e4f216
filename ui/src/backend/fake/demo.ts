// Scenes for the browser: `?view=card&scene=several`. They show every state of the card and a filled main window.

import type { Backend } from '../backend';
import type { MatchDto } from '../generated';
import { connection } from './connect';
import { Fake, noLog } from './fake';
import { pick, speak } from '../../text';
import { noCheck, phone } from './phones';
import { CARD_SCENES } from './demo-card';
import { MAIN_SCENES } from './demo-main';

const MINUTE = 60_000;

export function demo(query: URLSearchParams): Backend {
  const fake = new Fake();
  fake.creates = true;
  const view = query.get('view') ?? 'main';
  const language = query.get('lang');
  if (language) speak(pick([language]));
  const scene = query.get('scene') ?? (view === 'main' ? 'list' : 'known');
  (SCENES[scene] ?? SCENES.known)?.(fake);
  if (scene === 'storm') setInterval(() => fake.ring(STRANGER, { queue: 'Support' }), 500);
  if (view === 'search') setTimeout(() => fake.emit({ kind: 'open_search', text: query.get('text') ?? '', call: fake.calls[0]?.id ?? null, hand_on: null }), 50);
  Object.assign(window, { fake });
  return fake;
}

const ANNA = '030 23125 045';
const INITECH = '(415) 555-0100';
const STRANGER = '+44 20 7946 0018';

const graded = (fake: Fake, number: string, grade: MatchDto['grade']): MatchDto[] => fake.find(number).map((one) => ({ ...one, grade }));

const PINNED = { allowed_hosts: ['*.acme.example'], auth: { bearer: { token: '{{ secret.key }}' } }, environment: { title: 'Address of your Acme' }, parameters: [{ kind: 'secret', name: 'key', title: 'API key' }] };
const BEFORE = JSON.stringify(PINNED);
const AFTER = JSON.stringify({ ...PINNED, allowed_hosts: ['*.acme.example', '*.elsewhere.example'] });

const SCENES: Record<string, (fake: Fake) => void> = {
  ...CARD_SCENES,
  ...MAIN_SCENES,
  known: (fake) => fake.ring(ANNA, { line: 'Support DE', started: Date.now() - 4000 }),
  several: (fake) => {
    const call = fake.ring(INITECH, { started: Date.now() - 6000 });
    const [first] = call.lookup.matches;
    fake.change(call.id, {
      choice: first ? { contact: first.contact, by: 'remembered' } : null,
      lookup: { ...call.lookup, running: true, asked: [...call.lookup.asked, { connection: 'clio', name: 'Clio', state: 'slow', message: null }] },
    });
  },
  choose: (fake) => fake.ring(INITECH),
  unknown: (fake) => fake.ring(STRANGER, { started: Date.now() - 3000, caller: { kind: 'number', text: STRANGER, e164: '+442079460018', region: 'GB', line_type: 'fixed_line', display: 'J SMITH' } }),
  withheld: (fake) => fake.ring(null),
  answered: (fake) => fake.answer(fake.ring(ANNA, { line: 'Support DE' }).id),
  ended: (fake) => {
    const call = fake.ring(ANNA, { started: Date.now() - 13 * MINUTE });
    fake.change(call.id, { state: 'completed', is_over: true, answered: call.started + 5000, ended: Date.now(), talked: 12 * MINUTE + 41_000, note: 'Wants the renewal offer by Friday, two more seats.', outcome: 'connected' });
  },
  logged: (fake) => {
    SCENES.ended?.(fake);
    const [call] = fake.calls;
    if (call) void fake.call('log', { call: call.id, contact: null });
  },
  refused: (fake) => {
    SCENES.ended?.(fake);
    const [call] = fake.calls;
    if (call) fake.change(call.id, { log: { ...noLog(), state: 'refused', write: 'w', connection_name: 'Bullhorn', contact_name: 'Anna Meier', message: 'Field “status” is required.', hint: 'Set it in Bullhorn, then send again.' } });
  },
  unsure: (fake) => {
    SCENES.ended?.(fake);
    const [call] = fake.calls;
    if (call) fake.change(call.id, { log: { ...noLog(), state: 'unsure', write: 'w', connection_name: 'Clio', contact_name: 'Anna Meier', message: 'The answer was lost. Clio can’t be searched for the log.', hint: 'Look there, then decide.' } });
  },
  missed: (fake) => fake.end(fake.ring(ANNA).id),
  elsewhere: (fake) => fake.change(fake.ring(ANNA).id, { state: 'answered_elsewhere', is_over: true, ended: Date.now() }),
  uncertain: (fake) => fake.ring(ANNA, { lookup: { running: false, matches: graded(fake, ANNA, 'tail'), asked: [], forms: 9, checked: Date.now() }, choice: null }),
  stack: (fake) => {
    fake.answer(fake.ring(ANNA, { line: 'Support DE' }).id);
    fake.ring(null);
    fake.ring(INITECH);
  },
  memory: (fake) => {
    fake.setStatus({ store: { kind: 'in_memory', code: 'keyring_locked', message: 'The secret store is locked.', hint: 'Unlock it, then ask again.', unsaved: 2, has_file: true } });
    fake.ring(ANNA, { line: 'Support DE' });
  },
  fields: (fake) => {
    fake.logFields = {
      book: [
        { name: 'matter', label: 'Matter', required: true, default: null, typed: false, options: [{ value: '1', label: '2026-118 Meier v. Globex' }, { value: '2', label: '2026-140 Lease' }], failed: null },
        { name: 'kind', label: 'Kind of note', required: false, default: 'call', typed: false, options: [{ value: 'call', label: 'Phone call' }, { value: 'memo', label: 'Memo' }], failed: null },
      ],
    };
    SCENES.ended?.(fake);
  },
  routed: (fake) => fake.ring(STRANGER, { line: 'Main', queue: 'Support', diverted_by: [{ kind: 'number', text: '030 23125 001', e164: '+493023125001', region: 'DE', line_type: 'fixed_line', display: 'Front desk' }] }),
  extension: (fake) => fake.ring(STRANGER, { caller: { kind: 'extension', text: 'ext. 12', e164: null, region: null, line_type: null, display: 'Workshop' }, lookup: { running: false, matches: [], asked: [], forms: 0, checked: null } }),
  dialled: (fake) => fake.ring(ANNA, { direction: 'out' }),
  forwarded: (fake) => fake.change(fake.ring(ANNA).id, { state: 'forwarded', is_over: true, ended: Date.now() }),
  transferred: (fake) => {
    SCENES.ended?.(fake);
    const [call] = fake.calls;
    if (call) fake.change(call.id, { state: 'transferred' });
  },
  storm: (fake) => {
    fake.answer(fake.ring(ANNA, { line: 'Support DE' }).id);
    for (let n = 0; n < 200; n++) fake.ring(n % 3 ? STRANGER : INITECH, { queue: 'Support', started: Date.now() - n * 500 });
  },
  phones: (fake) => {
    const trouble = { code: 'unavailable', message: 'pbx.example.com does not answer', hint: 'Look whether it runs' };
    fake.settings = { ...fake.settings, intake_on: true, intake_lan: '192.168.1.20' };
    fake.setStatus({ intake: { kind: 'listening', port: fake.settings.intake_port, lan: '192.168.1.20' } });
    fake.phones = [
      phone('Office', { last_seen: Date.now() - 20 * MINUTE, parameters: { address: '201@pbx.example.com' }, check: { ...noCheck(Date.now()), rang: true, number: true } }),
      phone('Old PBX', { parameters: { address: '201@old.example.com', transport: 'udp' }, state: { kind: 'ready', notes: [{ code: 'clear_text', message: 'old.example.com is spoken to without encryption', hint: 'Choose TLS if the server can do it' }, { code: 'no_numbers', message: 'This server tells that the phone rings, but not who calls', hint: 'On Asterisk, add it as “Asterisk or FreePBX, by its manager”' }] } }),
      phone('Home', { parameters: { address: '7@home.example.com' }, state: { kind: 'retrying', ...trouble, next_try: Date.now() + MINUTE } }),
      phone('Second line', { parameters: { address: '202@pbx.example.com' }, state: { kind: 'stopped', code: 'sign_in_needed', message: 'pbx.example.com does not take this password', hint: 'Type it again', field: 'password' } }),
      phone('RingCentral', { kind: 'ringcentral', signed_in: false, state: { kind: 'stopped', code: 'sign_in_needed', message: 'Nobody signed in yet', hint: null, field: null } }),
      phone('Yealink', { kind: 'desk', trusted: false, parameters: { address: '192.168.1.31' } }),
      phone('baresip', { kind: 'baresip', state: { kind: 'connecting' } }),
    ];
  },
  twins: (fake) => {
    SCENES.answered?.(fake);
    const [call] = fake.calls;
    const twin = fake.contacts[1];
    if (call && twin) fake.change(call.id, { twins: [{ ...twin, name: 'Anna Meyer', connection_name: 'HubSpot', type_label: 'Contact' }] });
  },
  connections: (fake) => {
    fake.connections = [
      ...fake.connections,
      connection('hubspot', 'HubSpot', { account: 'anna@acme.example', evidence: { kind: 'specification', note: 'Every request checked against the published specification.' }, needs: ['A service key.'], limits: ['HubSpot allows about four searches a second for the whole account.'] }),
      connection('bullhorn', 'Bullhorn', { state: { kind: 'sign_in_needed' }, can_sign_in: true }),
      connection('pipedrive', 'Pipedrive', { state: { kind: 'sign_in_needed' }, server: 'https://acme.pipedrive.com' }),
      connection('own-acme', 'Acme', { connector: 'own/acme', connector_name: 'Acme CRM', own: true, state: { kind: 'changed', before: BEFORE, after: AFTER } }),
      connection('own-broken', 'Old office', { connector: 'own/broken', connector_name: 'broken.toml', own: true, types: [], state: { kind: 'broken', problems: fake.connectors.find((one) => one.id === 'own/broken')?.problems ?? [] } }),
      connection('app-connect', 'Clio by App Connect', { state: { kind: 'unfit', error: { code: 'invalid', message: 'The address of the server is missing', hint: 'It looks like this: crm.example.com', field: 'server' } } }),
      connection('old', 'Old CRM', { connector: 'old', types: [], can_create: false, can_log: false, state: { kind: 'missing' } }),
    ];
  },
  hostile: (fake) => {
    const call = fake.ring(ANNA, { line: '<b>line</b> '.repeat(20) });
    const [match] = call.lookup.matches;
    if (match) {
      const contact = { ...match.contact, name: `<img src=x onerror=alert(1)> ${'Very long name '.repeat(40)}`, company: '\u202Eevil\u202C Ltd' };
      fake.change(call.id, { lookup: { ...call.lookup, matches: [{ ...match, contact }] }, choice: { contact, by: 'only_exact_match' } });
    }
  },
  list: (fake) => {
    fake.setStatus({ contacts: 24_982, numbers: 31_204, unreadable: 14, waiting: 1, refused: 1 });
    const over = (ago: number, talked: number | null) => ({ state: talked === null ? ('missed' as const) : ('completed' as const), is_over: true, started: Date.now() - ago * MINUTE, answered: talked === null ? null : Date.now() - ago * MINUTE, ended: Date.now(), talked });
    const milton = fake.find(INITECH)[2]?.contact;
    if (milton) fake.ring(INITECH, { ...over(300, 362_000), choice: { contact: milton, by: 'person' }, log: { ...noLog(), state: 'refused', write: 'w', connection_name: 'Bullhorn', message: 'field “status” required' } });
    fake.ring(null, { ...over(240, 48_000), line: 'Support DE' });
    fake.ring(STRANGER, over(160, null));
    fake.ring('(415) 555-0177', { ...over(80, 190_000), direction: 'out', log: { ...noLog(), state: 'waiting', write: 'w', connection_name: 'Clio', message: 'Clio is offline.', next_try: Date.now() + 4 * MINUTE } });
    fake.ring(ANNA, { ...over(5, 761_000), log: { ...noLog(), state: 'logged', write: 'w', connection_name: 'Bullhorn', contact_name: 'Anna Meier', url: 'https://bullhorn.example/log/1' } });
  },
};
