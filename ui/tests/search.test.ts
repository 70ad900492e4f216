import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Fake, noLog } from '../src/backend/fake/fake';
import { accessible, ANNA, asked, get, INITECH, LANGUAGES, maybe, press, settle, start, STRANGER, told } from './help';

const names = () => [...document.querySelectorAll('[role=option] .name')].map((one) => one.textContent?.trim());
const selected = () => document.querySelector('[aria-selected=true] .name')?.textContent?.trim();
const pause = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
};
async function type(text: string) {
  const input = get('search-input') as HTMLInputElement;
  input.value = text;
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await settle();
}
async function key(name: string, more: KeyboardEventInit = {}) {
  get('search-input').dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more }));
  await settle();
}

describe('search', () => {
  beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
  afterEach(() => void vi.useRealTimers());

  it('asks the index at every keystroke and the connections after a pause of 150 ms', async () => {
    const { fake } = await start('search');
    for (const text of ['a', 'an', 'ann']) await type(text);
    expect(asked(fake, 'search').map((one) => one.text)).toEqual(['a', 'an', 'ann']);
    expect(asked(fake, 'search_live')).toEqual([]);
    await pause(160);
    expect(asked(fake, 'search_live').map((one) => one.text)).toEqual(['ann']);
    await type('an');
    await pause(300);
    expect(asked(fake, 'search_live')).toHaveLength(1);
  });

  it('drops an answer that is older than the text', async () => {
    const { fake } = await start('search');
    const late = fake.hold('search');
    await type('anna');
    await type('peter');
    expect(names()).toEqual(['Peter Gibbons']);
    late();
    await settle();
    expect(names()).toEqual(['Peter Gibbons']);
  });

  it('drops a live answer to an older text', async () => {
    const { fake } = await start('search');
    const late = fake.hold('search_live');
    await type('anna me');
    await pause(160);
    await type('peter');
    late();
    await settle();
    expect(names()).toEqual(['Peter Gibbons']);
  });

  it('adds live rows below a divider, and the selection does not jump', async () => {
    await start('search');
    await type('anna me');
    await key('ArrowDown');
    expect(selected()).toBe('Annalise Mertens');
    await pause(160);
    expect(names()).toEqual(['Anna Meier', 'Annalise Mertens', 'Joanna Meyer', 'Anna Melnyk']);
    expect(document.querySelector('.divider')?.textContent).toBe('Clio, live');
    expect(selected()).toBe('Annalise Mertens');
    expect(get('search-input').getAttribute('aria-activedescendant')).toBe('row-1');
  });

  it('marks why a row matched, blind to accents and case, also in numbers', async () => {
    await start('search');
    const marks = () => [...document.querySelectorAll('mark')].map((one) => one.textContent);
    await type('jose gross');
    expect(marks()).toEqual(['José', 'Groß', 'Groß']);
    await type('5550177');
    expect(marks()).toEqual(['555-0177']);
  });

  it('gives the newest open call to whom Enter chooses, and goes away', async () => {
    const fake = new Fake();
    const call = fake.ring(INITECH);
    await start('search', { fake });
    expect(get('search-call').textContent).toContain('3 people at Initech');
    await type('anna');
    await key('Enter');
    expect(asked(fake, 'choose')).toEqual([{ call: call.id, contact: { connection: 'book', contact_type: 'person', id: '1' } }]);
    expect(asked(fake, 'add_number')).toEqual([]);
    expect(told(fake, 'hide_window')).toHaveLength(1);
  });

  it('assigns to the call that opened it, and adds the number when linking', async () => {
    const fake = new Fake();
    const first = fake.ring(STRANGER);
    fake.ring(ANNA);
    await start('search', { fake });
    fake.emit({ kind: 'open_search', text: 'peter', call: first.id, link: true } as never);
    await settle();
    expect(get('search-call').textContent).toContain(STRANGER);
    expect((get('search-add-number') as HTMLInputElement).checked).toBe(true);
    await key('Enter');
    expect(asked(fake, 'choose')[0]).toMatchObject({ call: first.id });
    expect(asked(fake, 'add_number')).toEqual([{ contact: { connection: 'book', contact_type: 'lead', id: '5' }, number: '+442079460018', call: first.id }]);
  });

  it('moves the log of a call that is logged already', async () => {
    const fake = new Fake();
    const call = fake.ring(ANNA, { log: { ...noLog(), state: 'logged' } });
    await start('search', { fake });
    await type('peter');
    await key('Enter');
    expect(asked(fake, 'log')).toEqual([{ call: call.id, contact: { connection: 'book', contact_type: 'lead', id: '5' } }]);
    expect(asked(fake, 'choose')).toEqual([]);
  });

  it('stays, with words, when assigning is refused', async () => {
    const fake = new Fake();
    fake.ring(ANNA);
    fake.fail('choose', { code: 'conflict', message: 'It is being logged.', hint: null, field: null });
    await start('search', { fake });
    await type('peter');
    await key('Enter');
    expect(get('error').textContent).toBe('It is being logged.');
    expect(told(fake, 'hide_window')).toEqual([]);
  });

  it('clears on Escape, then closes', async () => {
    const { fake } = await start('search');
    await type('anna');
    await key('Escape');
    expect((get('search-input') as HTMLInputElement).value).toBe('');
    expect(told(fake, 'hide_window')).toEqual([]);
    await key('Escape');
    expect(told(fake, 'hide_window')).toHaveLength(1);
  });

  it('filters by type with Tab', async () => {
    const { fake } = await start('search');
    await type('initech');
    await key('Tab');
    expect(asked(fake, 'search').at(-1)).toMatchObject({ types: ['person'] });
    expect(get('search-type-person').getAttribute('aria-pressed')).toBe('true');
    await key('Tab');
    expect(names()).toEqual(['Initech']);
    await key('Tab');
    await key('Tab');
    expect(asked(fake, 'search').at(-1)).toMatchObject({ types: [] });
  });

  it('offers to create what was not found, from the keyboard', async () => {
    const fake = new Fake();
    const call = fake.ring(STRANGER);
    await start('search', { fake });
    await type('Samir Nagheenanajar');
    expect(get('search-none').textContent).toContain('Nobody found for “Samir Nagheenanajar”.');
    await key('n', { ctrlKey: true });
    await pause(200);
    expect((get('create-name') as HTMLInputElement).value).toBe('Samir Nagheenanajar');
    expect((get('create-family') as HTMLInputElement).value).toBe('Nagheenanajar');
    await press('create-submit');
    expect(asked(fake, 'create_contact')[0]).toMatchObject({ call: call.id, draft: { name: 'Samir Nagheenanajar', number: STRANGER } });
    expect(told(fake, 'hide_window')).toHaveLength(1);
  });

  it('suggests the matches of the call and the last callers before anything is typed', async () => {
    const fake = new Fake();
    fake.ring(ANNA, { state: 'completed', is_over: true });
    fake.ring(INITECH);
    await start('search', { fake });
    expect(names()).toEqual(['Bill Lumbergh', 'Peter Gibbons', 'Milton Waddams', 'Anna Meier']);
  });
});

describe.each(LANGUAGES)('search in %s', (_, text) => {
  it.each(['', 'anna', 'zzz'])('is accessible with “%s”', async (query) => {
    const fake = new Fake();
    fake.ring(STRANGER);
    await start('search', { fake, text });
    if (query) await type(query);
    await accessible();
    expect(maybe('search-none') !== null).toBe(query === 'zzz');
  });
});

describe.each(LANGUAGES)('a telephone link in %s', (_, text) => {
  const handOn = { link: 'tel:+12025550123;ext=5', program: 'Old Phone' };

  it('offers the program that opened such links before, and calls only when clicked', async () => {
    const { fake } = await start('search', { text });
    fake.emit({ kind: 'open_search', text: '+12025550123', call: null, hand_on: handOn });
    await settle();
    expect(get('search-hand-on').textContent).toContain(text.search.handOn('Old Phone'));
    expect(asked(fake, 'hand_on')).toEqual([]);
    await accessible();
    await press('search-hand-on');
    expect(asked(fake, 'hand_on')).toEqual([{ link: handOn.link }]);
    expect(told(fake, 'hide_window')).toHaveLength(1);
    expect(maybe('search-hand-on')).toBeNull();
  });

  it('offers it for the number of the link alone, and only for a link', async () => {
    const { fake } = await start('search', { text });
    expect(maybe('search-hand-on')).toBeNull();
    fake.emit({ kind: 'open_search', text: '+12025550123', call: null, hand_on: handOn });
    await settle();
    await type('+12025550124');
    expect(maybe('search-hand-on')).toBeNull();
    fake.emit({ kind: 'open_search', text: '+12025550123', call: null, hand_on: null });
    await settle();
    expect(maybe('search-hand-on')).toBeNull();
  });

  it('says why a call was not handed on, and stays', async () => {
    const { fake } = await start('search', { text });
    fake.fail('hand_on', { code: 'not_found', message: 'The program is gone.', hint: null, field: null });
    fake.emit({ kind: 'open_search', text: '+12025550123', call: null, hand_on: handOn });
    await settle();
    await press('search-hand-on');
    expect(document.body.textContent).toContain('The program is gone.');
    expect(told(fake, 'hide_window')).toEqual([]);
  });
});
