// What a key of the search does belongs to what is in sight and to the text as it stands, however slow the index is.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import { ANNA, asked, get, LANGUAGES, maybe, press, settle, start, STRANGER, told } from './help';

const names = () => [...document.querySelectorAll('[role=option] .name')].map((one) => one.textContent?.trim());
const value = (id: string) => (get(id) as HTMLInputElement).value;
async function type(text: string, id = 'search-input') {
  const input = get(id) as HTMLInputElement;
  input.value = text;
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await settle();
}
async function key(name: string, more: KeyboardEventInit = {}) {
  (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more }));
  await settle();
}

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Somebody else's rows are in sight, and the answer to the new text is on its way. */
async function between(text = 'peter') {
  const fake = new Fake();
  fake.settings.handle_tel_links = true;
  fake.contacts = fake.contacts.map((one) => ({ ...one, url: `https://crm.example.com/${one.ref.id}` }));
  const call = fake.ring(STRANGER);
  await start('search', { fake });
  await type('anna');
  const answer = fake.hold('search');
  await type(text);
  expect(names()).toContain('Anna Meier');
  return { fake, call, answer };
}

describe('a key before the index has answered', () => {
  it.each([
    ['Enter', {}, 'choose'],
    ['d', { ctrlKey: true }, 'hand_on'],
  ] as const)('waits for the answer, and never takes the row of the text before: %s', async (pressed, more, command) => {
    const { fake, answer } = await between();
    await key(pressed, more);
    expect(asked(fake, command)).toEqual([]);
    answer();
    await settle();
    expect(JSON.stringify(asked(fake, command))).toMatch(command === 'choose' ? new RegExp(`"${fake.contacts.find((one) => one.name === 'Peter Gibbons')!.ref.id}"`) : /tel:/);
    expect(asked(fake, command)).toHaveLength(1);
    expect(JSON.stringify(asked(fake, command))).not.toContain(`"${fake.contacts.find((one) => one.name === 'Anna Meier')!.ref.id}"`);
  });

  it('copies nobody else’s number either', async () => {
    const { answer } = await between();
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    await key('c', { ctrlKey: true });
    expect(copied).not.toHaveBeenCalled();
    answer();
    await settle();
    expect(copied.mock.calls).toEqual([['(415) 555-0100']]);
  });

  it('opens nobody else’s record either', async () => {
    const { fake, answer } = await between();
    await key('Enter', { ctrlKey: true });
    expect(told(fake, 'open_url')).toEqual([]);
    answer();
    await settle();
    expect(told(fake, 'open_url').map((one) => (one.contact as { id: string }).id)).toEqual([fake.contacts.find((one) => one.name === 'Peter Gibbons')!.ref.id]);
  });

  it('does nothing when nobody is found, when the index can’t answer, or when the text went on', async () => {
    const { fake, answer } = await between('nobody is called so');
    await key('Enter');
    answer();
    await settle();
    expect(asked(fake, 'choose')).toEqual([]);

    await type('anna');
    fake.fail('search', { code: 'storage', message: 'The index is being built', hint: null, field: null });
    await type('pete');
    await key('Enter');
    expect(asked(fake, 'choose')).toEqual([]);
    expect(names()).toEqual([]);
    expect(document.body.textContent).toContain('The index is being built');

    fake.fail('search', null);
    await type('anna');
    const late = fake.hold('search');
    await type('peter');
    await key('Enter');
    await type('milton');
    late();
    await settle();
    expect(asked(fake, 'choose')).toEqual([]);
    await key('Enter');
    expect(asked(fake, 'choose')).toHaveLength(1);
  });

  it('leaves alone somebody who was picked among the rows of the text before', async () => {
    const { fake, answer } = await between();
    await key('ArrowDown');
    await key('Enter');
    answer();
    await settle();
    expect(asked(fake, 'choose')).toEqual([]);
    expect(names()).toEqual(['Peter Gibbons']);
  });

  it('does not reach another call that came meanwhile', async () => {
    const { fake, answer } = await between();
    await key('Enter');
    fake.ring(ANNA, { started: Date.now() + 1000 });
    answer();
    await settle();
    expect(asked(fake, 'choose')).toEqual([]);
  });

  it('selects no row of the text before when the connections are faster than the index', async () => {
    const { fake, answer } = await between('anna me');
    await vi.advanceTimersByTimeAsync(200);
    await settle();
    answer();
    await settle();
    expect(document.querySelector('[aria-selected=true] .name')?.textContent).toBe(names()[0]);
    await key('Enter');
    expect(asked(fake, 'choose')).toHaveLength(1);
  });
});

describe('Ctrl+C in the search', () => {
  it('copies the number although the last query is selected, and the text once the person selected it', async () => {
    const fake = new Fake();
    await start('search', { fake });
    await type('5550177');
    fake.emit({ kind: 'open_search', text: '', call: null, hand_on: null });
    await settle();
    const input = get('search-input') as HTMLInputElement;
    expect([input.selectionStart, input.selectionEnd]).toEqual([0, 7]);
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    await key('ArrowUp');
    await key('c', { ctrlKey: true });
    expect(copied.mock.calls).toEqual([['(415) 555-0177']]);
    // Selected by hand: that is what is copied, by the field itself.
    await key('a', { ctrlKey: true });
    await key('c', { ctrlKey: true });
    expect(copied).toHaveBeenCalledTimes(1);
  });
});

describe('a contact half made in the search', () => {
  it('waits for its call, and is gone once it was made', async () => {
    const fake = new Fake();
    const call = fake.ring(STRANGER);
    await start('search', { fake });
    await type('Samir');
    await key('n', { ctrlKey: true });
    await type('samir@example.com', 'create-email');
    await key('Escape');
    expect(maybe('create')).toBeNull();
    // The search brings the form back, with what was typed.
    await key('n', { ctrlKey: true });
    expect([value('create-name'), value('create-email')]).toEqual(['Samir', 'samir@example.com']);
    await key('Escape');
    // Another name is another person, and another call another form.
    await type('Joanna');
    await key('n', { ctrlKey: true });
    expect([value('create-name'), value('create-email')]).toEqual(['Joanna', '']);
    await type('joanna@example.com', 'create-email');
    await key('Escape');
    const other = fake.ring('+44 20 7946 0021', { started: Date.now() + 1000 });
    fake.emit({ kind: 'open_search', text: 'Joanna', call: other.id, hand_on: null });
    await settle();
    await key('n', { ctrlKey: true });
    expect(value('create-email')).toBe('');
    await key('Escape');
    fake.emit({ kind: 'open_search', text: 'Joanna', call: call.id, hand_on: null });
    await settle();
    await key('n', { ctrlKey: true });
    expect(value('create-email')).toBe('joanna@example.com');
    await press('create-submit');
    expect(asked(fake, 'create_contact').at(-1)).toMatchObject({ call: call.id, draft: { email: 'joanna@example.com' } });
    fake.emit({ kind: 'open_search', text: 'Joanna', call: call.id, hand_on: null });
    await settle();
    await key('n', { ctrlKey: true });
    expect(value('create-email')).toBe('');
  });
});

describe.each(LANGUAGES)('the form of the search while others see the screen, in %s', (_, text) => {
  const SECRETS = /anna|meier|23125|front desk/i;
  const seen = () => document.body.outerHTML + [...document.querySelectorAll<HTMLInputElement>('input, textarea')].map((one) => one.value).join(' ');

  async function covered(number: string, change = {}) {
    const fake = new Fake();
    const call = fake.ring(number, change);
    fake.setStatus({ quiet: { ...fake.status.quiet, presenting: true } });
    await start('search', { fake, text });
    await key('n', { ctrlKey: true });
    await vi.advanceTimersByTimeAsync(200);
    await settle();
    return { fake, call };
  }

  it('shows neither number nor name, and sends the number', async () => {
    const { fake, call } = await covered('030 23125 099', { caller: { kind: 'number', text: '030 23125 099', e164: '+493023125099', region: 'DE', line_type: null, display: 'Front desk' } });
    expect(seen()).not.toMatch(SECRETS);
    expect((get('create-number') as HTMLInputElement).placeholder).toBe(text.caller.hiddenNumber);
    await type('Samir', 'create-name');
    await vi.advanceTimersByTimeAsync(200);
    await settle();
    expect(seen()).not.toMatch(SECRETS);
    await press('create-submit');
    expect(asked(fake, 'create_contact').at(-1)).toMatchObject({ call: call.id, draft: { name: 'Samir', number: '030 23125 099' } });
  });

  it('says that somebody has the number, and not who', async () => {
    const { fake, call } = await covered(ANNA);
    expect(get('dup').textContent).toContain(text.create.sameHidden);
    expect(seen()).not.toMatch(SECRETS);
    await press('dup-add');
    expect(asked(fake, 'choose').at(-1)).toMatchObject({ call: call.id, contact: { id: fake.contacts.find((one) => one.name === 'Anna Meier')!.ref.id } });
  });

  it('covers a form that was open, and uncovers it again', async () => {
    const fake = new Fake();
    fake.ring('030 23125 099');
    await start('search', { fake, text });
    await key('n', { ctrlKey: true });
    await type('Samir', 'create-name');
    expect(value('create-number')).toBe('030 23125 099');
    await fake.call('present', { on: true });
    await settle();
    expect([value('create-number'), value('create-name')]).toEqual(['', 'Samir']);
    expect(seen()).not.toMatch(SECRETS);
    await fake.call('present', { on: false });
    await settle();
    expect(value('create-number')).toBe('030 23125 099');
  });
});
