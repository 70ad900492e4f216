// What the CRM wants to know about a call, what turned up twice, and what stays on this computer.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import type { LogFieldDto } from '../src/backend/generated';
import { en } from '../src/text/en';
import { accessible, ANNA, asked, get, INITECH, LANGUAGES, maybe, press, settle, start, STRANGER, told } from './help';

const MATTER: LogFieldDto = { name: 'matter', label: 'Matter', required: true, typed: false, default: null, options: [{ value: '1', label: '2026-118 Meier' }, { value: '2', label: '2026-140 Lease' }], failed: null };
const KIND: LogFieldDto = { name: 'kind', label: 'Kind of note', required: false, typed: false, default: 'call', options: [{ value: 'call', label: 'Phone call' }, { value: 'memo', label: 'Memo' }], failed: null };
const value = (id: string) => (get(id) as HTMLSelectElement).value;

async function pick(id: string, choice: string) {
  const field = get(id) as HTMLSelectElement;
  field.value = choice;
  field.dispatchEvent(new Event('change', { bubbles: true }));
  await settle();
}

function clio(fields: LogFieldDto[] = [MATTER, KIND]): Fake {
  const fake = new Fake();
  fake.logFields = { book: fields };
  return fake;
}
async function ended(fake: Fake, options: Parameters<typeof start>[1] = {}) {
  const all = await start('card', { fake, ...options });
  const call = fake.ring(ANNA);
  fake.answer(call.id);
  fake.end(call.id);
  await settle();
  return { ...all, call };
}

afterEach(() => void vi.useRealTimers());

describe('fields of a log', () => {
  it('shows the CRM’s default without sending it, and saves what the person picks at once', async () => {
    const { fake, call } = await ended(clio());
    expect([value('log-field-matter'), value('log-field-kind')]).toEqual(['', 'call']);
    expect(asked(fake, 'set_log_fields')).toEqual([]);
    await pick('log-field-matter', '2');
    expect(asked(fake, 'set_log_fields')).toEqual([{ call: call.id, fields: [{ name: 'matter', value: '2' }] }]);
    await press('btn-log');
    expect(asked(fake, 'log')).toHaveLength(1);
    expect(fake.calls[0]?.fields).toEqual([{ name: 'matter', value: '2' }]);
  });

  it('does not log without a required one, says so there and goes there', async () => {
    const { fake } = await ended(clio());
    await press('btn-log');
    expect(asked(fake, 'log')).toEqual([]);
    expect(get('log-field-matter').getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(get('log-field-matter'));
    await pick('log-field-matter', '1');
    expect(get('log-field-matter').getAttribute('aria-invalid')).toBeNull();
    await press('btn-log');
    expect(asked(fake, 'log')).toHaveLength(1);
  });

  it('takes what is typed where there is nothing to choose from, also while it is saved word by word', async () => {
    const { fake, call } = await ended(clio([{ name: 'file', label: 'File number', required: true, typed: true, default: null, options: [], failed: null }]));
    const field = get('log-field-file') as HTMLInputElement;
    expect([field.tagName, field.labels?.[0]?.textContent?.startsWith('File number')]).toEqual(['INPUT', true]);
    await press('btn-log');
    expect([asked(fake, 'log'), field.getAttribute('aria-invalid')]).toEqual([[], 'true']);
    for (const typed of ['A', 'A ', 'A 7']) {
      field.value = typed;
      field.dispatchEvent(new Event('input', { bubbles: true }));
      await settle();
      // What is kept is trimmed, and the person types on.
      expect([field.value, fake.calls[0]?.fields]).toEqual([typed, [{ name: 'file', value: typed.trim() }]]);
    }
    await press('btn-log');
    expect(asked(fake, 'set_log_fields').at(-1)).toEqual({ call: call.id, fields: [{ name: 'file', value: 'A 7' }] });
    expect(asked(fake, 'log')).toHaveLength(1);
  });

  it('logs without them when the CRM does not say what it wants, and can be asked again', async () => {
    const fake = clio();
    fake.fail('log_fields', { code: 'timeout', message: 'Clio did not say in time what it wants to know', hint: 'Log without it, or try again', field: null });
    await ended(fake);
    expect(get('log-fields-failed').textContent).toContain('Clio did not say in time');
    await accessible();
    fake.fail('log_fields', null);
    await press('log-fields-again');
    expect(get('log-fields')).toBeTruthy();
    fake.fail('log_fields', { code: 'timeout', message: 'late', hint: null, field: null });
    const call = fake.ring(ANNA);
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    await press('btn-log');
    expect(asked(fake, 'log')).toHaveLength(1);
  });

  it('shows what one field can be although another one can’t be asked for, and logs without that', async () => {
    const fake = clio([{ ...MATTER, options: [], failed: 'Clio does not allow it' }, KIND]);
    await ended(fake);
    expect(maybe('log-field-matter')).toBeNull();
    expect(get('log-field-failed-matter').textContent).toContain('No choices for Matter: Clio does not allow it');
    expect(value('log-field-kind')).toBe('call');
    await accessible();
    await press('btn-log');
    expect(asked(fake, 'log')).toHaveLength(1);
  });

  it('puts a refusal of the log at its field until something else is chosen there', async () => {
    const { fake, call } = await ended(clio());
    const refused = { ...call.log, state: 'refused', write: 'w', connection: 'book', field: 'matter', code: 'invalid', message: 'this matter is closed', hint: null } as const;
    fake.change(call.id, { log: refused });
    await settle();
    expect(get('log-field-matter').getAttribute('aria-invalid')).toBe('true');
    expect(get('log-fields').textContent).toContain('This matter is closed.');
    await pick('log-field-matter', '2');
    expect(get('log-field-matter').getAttribute('aria-invalid')).toBeNull();
    fake.change(call.id, { log: { ...refused, field: 'note' } });
    await settle();
    expect(get('note').getAttribute('aria-invalid')).toBe('true');
  });

  it('says that it asks only when that takes a while', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const fake = clio();
    const go = fake.hold('log_fields');
    await ended(fake);
    expect(maybe('log-fields-asking')).toBeNull();
    await vi.advanceTimersByTimeAsync(350);
    await settle();
    expect(get('log-fields-asking').textContent).toContain('Address book');
    go();
    await settle();
    expect(maybe('log-fields-asking')).toBeNull();
    expect(get('log-fields')).toBeTruthy();
  });

  it('asks anew for another contact, and drops an answer for the one before', async () => {
    const fake = clio([MATTER]);
    const { user } = await start('card', { fake });
    const call = fake.ring(INITECH);
    fake.answer(call.id);
    await settle();
    expect(maybe('log-fields')).toBeNull();
    const late = fake.hold('log_fields');
    await user.keyboard('1');
    await settle();
    fake.logFields = { book: [KIND] };
    await user.keyboard('2');
    await settle();
    late();
    await settle();
    expect(maybe('log-field-matter')).toBeNull();
    expect(get('log-field-kind')).toBeTruthy();
  });

  it('shows again what was chosen, also by another window, and keeps a value that is not offered any more', async () => {
    const fake = clio();
    const call = fake.ring(ANNA, { fields: [{ name: 'matter', value: '1' }] });
    fake.answer(call.id);
    await start('card', { fake });
    expect(value('log-field-matter')).toBe('1');
    fake.change(call.id, { fields: [{ name: 'matter', value: 'closed-9' }] });
    await settle();
    expect(value('log-field-matter')).toBe('closed-9');
  });

  it('keeps a choice that could not be saved, says why, and does not log without it', async () => {
    const { fake } = await ended(clio());
    fake.fail('set_log_fields', { code: 'storage', message: 'The journal can’t be written', hint: null, field: null });
    await pick('log-field-matter', '2');
    expect(get('log-fields-error').textContent).toContain('can’t be written');
    await press('btn-log');
    expect(asked(fake, 'log')).toEqual([]);
    fake.fail('set_log_fields', null);
    await press('btn-log');
    expect(asked(fake, 'set_log_fields').at(-1)).toMatchObject({ fields: [{ name: 'matter', value: '2' }] });
    expect(asked(fake, 'log')).toHaveLength(1);
  });

  it('are in the list of calls, too', async () => {
    const fake = clio();
    fake.ring(ANNA, { state: 'completed', is_over: true, answered: 1, ended: 2, talked: 1 });
    await start('main', { fake });
    await press('main-call-open-0');
    await press('details-log');
    expect(asked(fake, 'log')).toEqual([]);
    await pick('log-field-matter', '1');
    await press('details-log');
    expect(asked(fake, 'log')).toHaveLength(1);
    await accessible();
  });

  it('say all at once what is missing, each until it is there', async () => {
    await ended(clio([MATTER, { ...MATTER, name: 'activity', label: 'Activity' }]));
    await press('btn-log');
    const says = (label: string) => get('log-fields').textContent?.includes(en.log.needField(label));
    expect([says('Matter'), says('Activity')]).toEqual([true, true]);
    expect(document.activeElement).toBe(get('log-field-matter'));
    await pick('log-field-matter', '1');
    expect([says('Matter'), says('Activity')]).toEqual([false, true]);
    await pick('log-field-activity', '2');
    expect([says('Matter'), says('Activity')]).toEqual([false, false]);
  });

  it('leave the focus where somebody types, when that can’t be saved, and when it is another one that is refused', async () => {
    const { fake, user } = await ended(clio([MATTER, { ...MATTER, name: 'file', label: 'File number', typed: true, options: [] }]));
    await press('btn-log');
    expect(document.activeElement).toBe(get('log-field-matter'));
    for (const field of [null, 'matter', 'file']) {
      fake.fail('set_log_fields', { code: 'invalid', message: 'The journal can’t be written', hint: null, field });
      await user.type(get('log-field-file'), 'A');
      await settle();
      expect(document.activeElement, `${field}`).toBe(get('log-field-file'));
    }
    expect(get('log-fields').textContent).toContain('can’t be written');
    // Log is wanted again: what it lacks is still not there.
    fake.fail('set_log_fields', null);
    await press('btn-log');
    expect(document.activeElement).toBe(get('log-field-matter'));
  });

  it.each(LANGUAGES)('are called by their name where the CRM gives no label in sight, in %s', async (_, text) => {
    await ended(clio([{ ...MATTER, label: '\u200b' }, { ...MATTER, name: 'activity', label: 'Acti\u202evity' }]), { text });
    await press('btn-log');
    const said = get('log-fields').textContent;
    expect([said?.includes(text.log.needField('matter')), said?.includes(text.log.needField('Activity'))]).toEqual([true, true]);
  });

  it('may be called what every object has', async () => {
    const { fake, call } = await ended(clio([{ ...KIND, name: 'constructor', default: null }]));
    expect(value('log-field-constructor')).toBe('');
    await pick('log-field-constructor', 'memo');
    expect(asked(fake, 'set_log_fields')).toEqual([{ call: call.id, fields: [{ name: 'constructor', value: 'memo' }] }]);
  });

  it.each(LANGUAGES)('are accessible in %s', async (_, text) => {
    await ended(clio(), { text });
    await press('btn-log');
    expect(get('log-fields').textContent).toContain(text.log.needField('Matter'));
    await accessible();
  });
});

describe('the same person, created twice', () => {
  async function twice(text?: (typeof LANGUAGES)[number][1]) {
    const fake = new Fake();
    const all = await start('card', { fake, text });
    const call = fake.ring(ANNA);
    const twin = fake.contacts[1]!;
    fake.change(call.id, { twins: [twin] });
    await settle();
    return { ...all, fake, call, twin };
  }

  it('is said on the card, and the person decides', async () => {
    const { fake, call, twin } = await twice();
    expect(get('twins').textContent).toContain('Annalise Mertens');
    await press('twin-use');
    expect(asked(fake, 'choose')).toEqual([{ call: call.id, contact: twin.ref }]);
    expect(maybe('twins')).toBeNull();
  });

  it('can stay with the own record', async () => {
    const { fake, call } = await twice();
    await press('twin-keep');
    expect(asked(fake, 'choose')).toEqual([{ call: call.id, contact: fake.contacts[0]?.ref }]);
    expect(maybe('twins')).toBeNull();
  });

  it.each(LANGUAGES)('is accessible in %s', async (_, text) => {
    await twice(text);
    await accessible();
  });
});

describe('creating with a CRM’s own fields', () => {
  beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
  const SOURCE = { name: 'source', label: 'Lead source', required: true, options: [{ value: 'phone', label: 'Phone' }, { value: 'web', label: 'Web' }] };
  const BRANCH = { name: 'branch', label: 'Branch', required: false, options: [] };

  async function open() {
    const fake = new Fake();
    for (const type of fake.connections[0]!.types) if (type.id === 'lead') type.fields.push(SOURCE, BRANCH);
    const all = await start('card', { fake });
    fake.ring(STRANGER);
    await settle();
    await press('btn-create');
    return { ...all, fake };
  }
  async function fill(id: string, text: string) {
    const input = get(id) as HTMLInputElement;
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
    await vi.advanceTimersByTimeAsync(150);
    await settle();
  }

  it('asks the type’s own fields, wants the required ones, and sends them by name', async () => {
    const { fake } = await open();
    expect(maybe('create-source')).toBeNull();
    await press('create-type-lead');
    await fill('create-name', 'Samir');
    await fill('create-branch', 'Berlin');
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toEqual([]);
    expect(get('create-source').getAttribute('aria-invalid')).toBe('true');
    expect((get('create-source') as HTMLSelectElement).required).toBe(true);
    await accessible();
    await fill('create-source', 'phone');
    expect(get('create-source').getAttribute('aria-invalid')).toBeNull();
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toMatchObject([{ draft: { extra: [{ name: 'source', value: 'phone' }, { name: 'branch', value: 'Berlin' }] } }]);
  });

  it('puts the CRM’s refusal on its own field', async () => {
    const { fake } = await open();
    await press('create-type-lead');
    await fill('create-name', 'Samir');
    await fill('create-source', 'web');
    fake.fail('create_contact', { code: 'invalid', message: 'There is no such branch', hint: null, field: 'branch' });
    await press('create-submit');
    expect(get('create-branch').getAttribute('aria-invalid')).toBe('true');
  });

  it('sends nothing of a type that was only looked at', async () => {
    const { fake } = await open();
    await press('create-type-lead');
    await fill('create-source', 'phone');
    await press('create-type-person');
    await fill('create-name', 'Samir');
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toMatchObject([{ draft: { extra: [] } }]);
  });
});

describe('a number that the CRM has no room for', () => {
  const WHY = 'HubSpot has no empty field for it';

  it('is said on the card, until the person has seen it', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const fake = new Fake();
    fake.linksOnly = WHY;
    await start('card', { fake });
    fake.ring(STRANGER);
    await settle();
    await press('btn-create');
    const email = get('create-email') as HTMLInputElement;
    email.value = 'anna.meier@acme.example';
    email.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await vi.advanceTimersByTimeAsync(150);
    await settle();
    await press('dup-add');
    expect(get('card-notice').textContent).toContain('linked to Anna Meier on this computer only. HubSpot has no empty field for it.');
    await accessible();
    await press('card-notice-done');
    expect(maybe('card-notice')).toBeNull();
  });

  it('is said in the search window before it goes', async () => {
    const fake = new Fake();
    fake.linksOnly = WHY;
    const { user } = await start('search', { fake });
    const call = fake.ring(STRANGER);
    fake.emit({ kind: 'open_search', text: 'anna meier', call: call.id, hand_on: null });
    await settle();
    await user.keyboard('{Enter}');
    await settle();
    expect(asked(fake, 'add_number')).toHaveLength(1);
    expect(get('search-notice').textContent).toContain('on this computer only');
    expect(told(fake, 'hide_window')).toEqual([]);
    await accessible();
    await user.keyboard('{Enter}');
    await settle();
    expect(told(fake, 'hide_window')).toHaveLength(1);
    expect(asked(fake, 'add_number')).toHaveLength(1);
  });
});
