import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import type { CallDto, FieldDto } from '../src/backend/generated';
import type { Text } from '../src/text';
import { de } from '../src/text/de';
import { en } from '../src/text/en';
import { accessible, ANNA, asked, get, maybe, press, settle, start, STRANGER } from './help';

async function fill(id: string, value: string) {
  const input = get(id) as HTMLInputElement;
  input.value = value;
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await vi.advanceTimersByTimeAsync(150);
  await settle();
}
/** Whether the browser goes on and pastes it as it is. */
async function paste(id: string, text: string): Promise<boolean> {
  const event = new Event('paste', { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { getData: () => text } });
  const goes = get(id).dispatchEvent(event);
  await vi.advanceTimersByTimeAsync(150);
  await settle();
  return goes;
}
const value = (id: string) => (get(id) as HTMLInputElement).value;

async function open(number: string = STRANGER) {
  const all = await start('card');
  const call = all.fake.ring(number);
  await settle();
  await press(number === STRANGER ? 'btn-create' : 'btn-why');
  return { ...all, call };
}

describe('creating from the card', () => {
  beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
  afterEach(() => void vi.useRealTimers());

  it('shows how the name splits, and writes what is shown', async () => {
    const { fake, call } = await open();
    await press('create-type-lead');
    await fill('create-name', 'Samir van Nagheenanajar');
    expect([value('create-given'), value('create-family')]).toEqual(['Samir van', 'Nagheenanajar']);
    await fill('create-given', 'Samir');
    await fill('create-family', 'van Nagheenanajar');
    await fill('create-email', 'samir@initech.example');
    expect([value('create-given'), value('create-family')]).toEqual(['Samir', 'van Nagheenanajar']);
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toEqual([
      {
        call: call.id,
        force: false,
        later: true,
        instead_of: null,
        draft: { connection: 'book', contact_type: 'lead', name: 'Samir van Nagheenanajar', given: 'Samir', family: 'van Nagheenanajar', company: null, title: null, email: 'samir@initech.example', number: STRANGER, extra: [] },
      },
    ]);
    expect(maybe('create')).toBeNull();
    expect(get('card-name').textContent).toBe('Samir van Nagheenanajar');
  });

  it('says how the number will be stored, where that is not what stands there', async () => {
    await open();
    await vi.advanceTimersByTimeAsync(150);
    await settle();
    expect(get('create').textContent).toContain('Address book stores it as +442079460018');
    await fill('create-number', '+442079460018');
    expect(get('create').textContent).not.toContain('stores it as');
  });

  it('asks a company for its name only', async () => {
    await open();
    await press('create-type-company');
    await fill('create-name', 'Globex Ltd');
    expect(maybe('create-given')).toBeNull();
    expect(maybe('create-title')).toBeNull();
  });

  it('offers to add the number to who has the e-mail, before a second record', async () => {
    const { fake, call } = await open();
    await fill('create-name', 'A. Meier');
    await fill('create-email', 'anna.meier@acme.example');
    expect(get('dup').textContent).toContain('has the e-mail you typed.');
    expect(get('dup-add').textContent).toContain('Add number to Anna Meier');
    expect(get('dup-add').classList).toContain('primary');
    expect(get('create-submit').classList).not.toContain('primary');
    await accessible();
    await press('dup-add');
    expect(asked(fake, 'add_number')).toEqual([{ contact: { connection: 'book', contact_type: 'person', id: '1' }, number: STRANGER, call: call.id, with_choice: false }]);
    expect(asked(fake, 'create_contact')).toEqual([]);
    expect(get('card-name').textContent).toBe('Anna Meier');
  });

  it('uses who has the number already instead of adding it twice', async () => {
    const { fake, call, user } = await start('card').then(async (all) => {
      const one = all.fake.ring(ANNA, { choice: null });
      await settle();
      return { ...all, call: one };
    });
    await user.keyboard('c');
    await fill('create-name', 'Anna M.');
    expect(get('dup-add').textContent).toContain('Use Anna Meier');
    await press('dup-add');
    expect(asked(fake, 'choose').at(-1)).toMatchObject({ call: call.id, contact: { id: '1' } });
    expect(asked(fake, 'add_number')).toEqual([]);
  });

  it('creates all the same when the person says so', async () => {
    const { fake } = await open();
    await fill('create-name', 'Anna Meier');
    expect(get('dup').textContent).toContain('similar name');
    await press('create-submit');
    expect(asked(fake, 'create_contact')[0]).toMatchObject({ force: true });
  });

  it('shows duplicates that only the owner found, and creates at the second press', async () => {
    const { fake } = await open();
    await fill('create-name', 'A. Meier');
    fake.fail('duplicates', { code: 'timeout', message: 'late', hint: null, field: null });
    await fill('create-email', 'anna.meier@acme.example');
    await press('create-submit');
    expect(get('dup').textContent).toContain('Anna Meier');
    await press('create-submit');
    expect(asked(fake, 'create_contact').map((one) => one.force)).toEqual([false, true]);
  });

  it('puts a refusal on its field and keeps everything typed', async () => {
    const { fake } = await open();
    await fill('create-name', 'Samir Nagheenanajar');
    await fill('create-email', 'not an address');
    fake.fail('create_contact', { code: 'invalid', message: 'The CRM does not take this address.', hint: null, field: 'email' });
    await press('create-submit');
    const email = get('create-email');
    expect(email.getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(email.getAttribute('aria-describedby') ?? '')?.textContent).toBe('The CRM does not take this address.');
    expect([value('create-name'), value('create-email'), value('create-number')]).toEqual(['Samir Nagheenanajar', 'not an address', STRANGER]);
    await accessible();
    await fill('create-email', 'samir@initech.example');
    expect(email.getAttribute('aria-invalid')).toBeNull();
  });

  it('wants a name, and says so at the name', async () => {
    const { fake } = await open();
    await fill('create-name', '  ');
    await press('create-submit');
    expect(get('create-name').getAttribute('aria-invalid')).toBe('true');
    expect(asked(fake, 'create_contact')).toEqual([]);
  });

  it('keeps what was typed when the person looks at something else, and no letter loses it', async () => {
    const { user } = await open();
    await fill('create-name', 'Samir');
    get('create-type-person').focus();
    await user.keyboard('xr1');
    await settle();
    expect(value('create-name')).toBe('Samir');
    await user.keyboard('{Escape}');
    await settle();
    expect(maybe('create')).toBeNull();
    await user.keyboard('c');
    await settle();
    expect(value('create-name')).toBe('Samir');
    // It is as alive as it was: another type is another type.
    await press('create-type-lead');
    expect(get('create-type-lead').closest('label')?.className).toContain('on');
  });

  it('logs a call that is over together with creating, and says so', async () => {
    const { fake, call } = await open();
    await fill('create-name', 'Samir');
    expect(get('create-submit').textContent).toContain('Create in');
    fake.change(call.id, { state: 'completed', is_over: true, answered: call.started + 1000, ended: call.started + 5000 });
    await settle();
    expect(get('create-submit').textContent).toContain('Create and log');
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toHaveLength(1);
    expect(asked(fake, 'log')).toEqual([{ call: call.id, contact: null }]);
  });

  it('says beside the call why it is not logged, and does not create twice', async () => {
    const { fake, call } = await open();
    await fill('create-name', 'Samir');
    fake.change(call.id, { state: 'completed', is_over: true, answered: call.started + 1000, ended: call.started + 5000 });
    fake.fail('log', { code: 'conflict', message: 'It is being logged', hint: null, field: null });
    await settle();
    await press('create-submit');
    expect(maybe('create')).toBeNull();
    expect(get('card-notice').textContent).toContain('The call is not logged yet. It is being logged.');
    expect(asked(fake, 'create_contact')).toHaveLength(1);
  });

  it.each([
    ['a call that goes on', {}],
    ['one that nobody answered', { state: 'missed', is_over: true, ended: 1 }],
    ['one that is never to be logged', { state: 'completed', is_over: true, answered: 1, ended: 2, never_log: 'listed' }],
    ['one that was answered elsewhere', { state: 'answered_elsewhere', is_over: true, ended: 2 }],
  ] as const)('does not log %s', async (_, change) => {
    const { fake, call } = await open();
    fake.change(call.id, change);
    await fill('create-name', 'Samir');
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toHaveLength(1);
    expect(asked(fake, 'log')).toEqual([]);
  });

  it('takes Enter and Ctrl+Enter for the first offer', async () => {
    const { fake, user } = await open();
    await fill('create-name', 'Samir');
    get('create-name').focus();
    await user.keyboard('{Control>}{Enter}{/Control}');
    await settle();
    expect(asked(fake, 'create_contact')).toHaveLength(1);
    expect(asked(fake, 'log')).toEqual([]);
  });

  it('fills the form from a pasted signature, and nothing that stands there already', async () => {
    const { fake } = await open();
    await press('create-type-person');
    await fill('create-company', 'Mine');
    await paste('create-name', ['Kind regards', 'Samir Nagheenanajar', 'Engineer', 'Initech Inc.', 'Tel. (415) 555-0100', 'samir@initech.example'].join('\n'));
    expect([value('create-name'), value('create-company'), value('create-title'), value('create-email'), value('create-number')]).toEqual(['Samir Nagheenanajar', 'Mine', 'Engineer', 'samir@initech.example', STRANGER]);
    expect([value('create-given'), value('create-family')]).toEqual(['Samir', 'Nagheenanajar']);
    expect(get('create').textContent).toContain('Filled from the signature: Name, Title, and E-mail.');
    await accessible();
    await press('create-submit');
    expect(asked(fake, 'create_contact')[0]).toMatchObject({ draft: { company: 'Mine', title: 'Engineer', email: 'samir@initech.example' } });
  });

  it('pastes a name as a name', async () => {
    await open();
    expect(await paste('create-name', 'Samir Nagheenanajar')).toBe(true);
    expect(maybe('create')?.textContent).not.toContain('Filled from');
  });

  it('offers few places side by side and asks for what is needed first, few fields at once', async () => {
    const fields = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map((name) => ({ name, label: name, required: false, options: [] }));
    const type = { id: 'lead', label: 'Lead', is_company: false, creatable: true, fields: [...fields, { name: 'status', label: 'Status', required: true, options: [{ value: 'new', label: 'New' }] }] };
    const { fake, call } = await start('card').then((all) => ({ ...all, call: all.fake.ring(STRANGER) }));
    fake.connections = [...fake.connections, { ...fake.connections[0]!, id: 'bullhorn', name: 'Bullhorn', connector: 'bullhorn', logs_here: false, types: [type] }];
    fake.emit({ kind: 'settings' });
    await settle();
    await press('btn-create');
    await press('create-connection-bullhorn');
    const shown = () => [...document.querySelectorAll('[data-testid=create] .pair [data-testid^=create-]')].map((one) => one.getAttribute('data-testid'));
    await fill('create-name', 'Samir');
    expect(shown().filter((id) => !/given|family/.test(id!))).toEqual(['create-status', 'create-one', 'create-two', 'create-three', 'create-four']);
    expect(get('create-more').textContent).toBe('3 more fields');
    await accessible();
    await press('create-submit');
    expect(get('create-status').getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(get('create-status'));
    await press('create-more');
    await fill('create-seven', '7');
    expect(get('create').textContent).toContain('Create in Bullhorn');
    expect(fake.calls[0]?.id).toBe(call.id);
  });

  /** A card with the form of a type that asks for more than a name. */
  async function asking(fields: FieldDto[], text: Text = en) {
    const all = await start('card', { text });
    const call = all.fake.ring(STRANGER);
    const type = (id: string, asks: FieldDto[]) => ({ id, label: id, is_company: false, creatable: true, fields: asks });
    all.fake.connections = [...all.fake.connections, { ...all.fake.connections[0]!, id: 'acme', name: 'Acme CRM', connector: 'acme', logs_here: false, types: [type('deal', fields), type('plain', [])] }];
    all.fake.emit({ kind: 'settings' });
    await settle();
    await press('btn-create');
    await press('create-connection-acme');
    // Another form may have been of the other one.
    await press('create-type-deal');
    return { ...all, call };
  }
  const field = (name: string, label: string, change: Partial<FieldDto> = {}): FieldDto => ({ name, label, required: true, options: [], ...change });
  const STATUS = field('status', 'Status', { options: [{ value: 'new', label: 'New' }] });
  const BADGE = field('badge', 'Badge\u202e number');
  const marked = () => [...document.querySelectorAll<HTMLElement>('[data-testid=create] [aria-invalid=true]')].map((one) => one.dataset.testid);
  const saidAt = (id: string) => document.getElementById(get(id).getAttribute('aria-describedby')?.split(' ')[0] ?? '')?.textContent;

  it.each([
    ['en', en, 'Company is needed.'],
    ['de', de, 'Firma fehlt.'],
  ])('marks everything that is missing at once, in the words of the form, and the caret goes to the first: %s', async (_, text, said) => {
    const { fake } = await asking([field('company', 'Account'), field('title', 'Role', { required: false }), STATUS, BADGE], text);
    await fill('create-name', ' ');
    await fill('create-badge', '  ');
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toEqual([]);
    expect(marked()).toEqual(['create-name', 'create-company', 'create-status', 'create-badge']);
    expect(document.activeElement).toBe(get('create-name'));
    expect(saidAt('create-name')).toBe(text.create.needName);
    expect(saidAt('create-company')).toBe(said);
    expect(saidAt('create-badge')).toBe(text.create.needField('Badge number'));
    expect(maybe('create-error')).toBeNull();
    await accessible();
    // What is filled in is well, the others still wait; sent again, the caret goes to the first of these.
    await fill('create-name', 'Samir');
    await fill('create-company', 'Initech');
    expect(marked()).toEqual(['create-status', 'create-badge']);
    await press('create-submit');
    expect(marked()).toEqual(['create-status', 'create-badge']);
    expect(document.activeElement).toBe(get('create-status'));
    // Half typed it is not called missing again before it is sent.
    await fill('create-badge', '1');
    await fill('create-badge', '');
    expect(marked()).toEqual(['create-status']);
    expect(asked(fake, 'create_contact')).toEqual([]);
  });

  it('asks a type for its own fields only, and not for what another one wants', async () => {
    const { fake } = await asking([STATUS, BADGE]);
    await fill('create-name', 'Samir');
    await press('create-submit');
    expect(marked()).toEqual(['create-status', 'create-badge']);
    await press('create-type-plain');
    expect(marked()).toEqual([]);
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toHaveLength(1);
  });

  it('puts a refusal of the CRM on its one field once nothing is missing, and marks no other', async () => {
    const { fake } = await asking([field('company', 'Account'), BADGE]);
    await press('create-submit');
    await fill('create-name', 'Samir');
    await fill('create-company', 'Initech');
    await fill('create-badge', 'x');
    fake.fail('create_contact', { code: 'invalid', message: 'Badges are digits', hint: null, field: 'badge' });
    await press('create-submit');
    expect(marked()).toEqual(['create-badge']);
    expect(saidAt('create-badge')).toBe('Badges are digits.');
    expect(document.activeElement).toBe(get('create-badge'));
    // Emptied, it is missing, and no old refusal stands beside that.
    await fill('create-badge', '');
    await fill('create-company', '');
    await press('create-submit');
    expect(marked()).toEqual(['create-company', 'create-badge']);
    expect(saidAt('create-badge')).toBe('Badge number is needed.');
  });

  it('opens by itself where the rule says so: on the answer, once, when nobody was found', async () => {
    const { fake } = await start('card');
    fake.settings = { ...fake.settings, nobody: 'create' };
    fake.emit({ kind: 'settings' });
    const known = fake.ring(ANNA);
    fake.answer(known.id);
    await settle();
    expect(maybe('create')).toBeNull();
    fake.end(known.id);
    const call = fake.ring(STRANGER, { lookup: { running: true, matches: [], asked: [], forms: 0, checked: null } });
    await settle();
    fake.answer(call.id);
    await settle();
    expect(maybe('create')).toBeNull();
    fake.change(call.id, { lookup: { running: false, matches: [], asked: [], forms: 9, checked: Date.now() } });
    await settle();
    expect(get('create')).not.toBeNull();
    await press('create-cancel');
    fake.change(call.id, { line: 'Other' });
    await settle();
    expect(maybe('create')).toBeNull();
  });

  it.each([
    ['no trusted phone reported', { unverified: true }],
    ['is a rehearsal', { rehearsal: true }],
    ['came from an extension', { caller: { kind: 'extension', text: 'ext. 17', e164: null, region: null, line_type: null, display: null } }],
    ['was not looked up', { lookup: { running: false, matches: [], asked: [], forms: 0, checked: null } }],
  ] as const)('does not open by itself for a call that %s, as the search does not', async (_, change) => {
    const { fake } = await start('card');
    fake.settings = { ...fake.settings, nobody: 'create' };
    fake.emit({ kind: 'settings' });
    fake.answer(fake.ring(STRANGER, change as Partial<CallDto>).id);
    await settle();
    expect(maybe('create')).toBeNull();
    fake.answer(fake.ring(STRANGER).id);
    await settle();
    expect(maybe('create')).not.toBeNull();
  });

  it.each([{ presenting: true }, { locked: true }, { do_not_disturb: true }, { paused_until: 1 }])('does not open by itself while it is quiet: %o', async (quiet) => {
    const fake = new Fake();
    fake.settings = { ...fake.settings, nobody: 'create' };
    fake.setStatus({ quiet: { ...fake.status.quiet, ...quiet } });
    await start('card', { fake });
    fake.answer(fake.ring(STRANGER).id);
    await settle();
    if (maybe('btn-reveal')) await press('btn-reveal');
    expect(maybe('create')).toBeNull();
  });

  it('does not open by itself over a note that is being written', async () => {
    const { fake, user } = await start('card');
    fake.settings = { ...fake.settings, nobody: 'create' };
    fake.emit({ kind: 'settings' });
    const call = fake.ring(STRANGER);
    await settle();
    await user.keyboard('n');
    await settle();
    fake.answer(call.id);
    await settle();
    expect(maybe('create')).toBeNull();
    expect(document.activeElement).toBe(get('note'));
  });
});
