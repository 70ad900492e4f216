import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connection } from '../src/backend/fake/connect';
import { Fake, noLog } from '../src/backend/fake/fake';
import { en } from '../src/text/en';
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

  it('asks the index at every keystroke and the connections after a pause of 300 ms', async () => {
    const { fake } = await start('search');
    for (const text of ['a', 'an', 'ann']) await type(text);
    expect(asked(fake, 'search').map((one) => one.text)).toEqual(['a', 'an', 'ann']);
    expect(asked(fake, 'search_live')).toEqual([]);
    await pause(310);
    expect(asked(fake, 'search_live').map((one) => one.text)).toEqual(['ann']);
    await type('an');
    await pause(300);
    expect(asked(fake, 'search_live')).toHaveLength(1);
  });

  it('shows who called last, and whoever was missed stays new', async () => {
    const { fake } = await start('search');
    await pause(310);
    expect(asked(fake, 'calls').length).toBeGreaterThan(0);
    expect(asked(fake, 'see_missed')).toEqual([]);
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

  it('ends a live search whose text is not there any more, and is told apart from others who search', async () => {
    const { fake } = await start('search');
    const late = fake.hold('search_live');
    await type('anna me');
    await pause(310);
    expect(asked(fake, 'search_live')).toMatchObject([{ text: 'anna me', typing: 'search window' }]);
    await type('an');
    expect(asked(fake, 'search_live').slice(1)).toMatchObject([{ text: '', typing: 'search window' }]);
    late();
    await settle();
    await type('ann');
    await type('a');
    expect(asked(fake, 'search_live')).toHaveLength(2);
  });

  it('drops a live answer to an older text', async () => {
    const { fake } = await start('search');
    const late = fake.hold('search_live');
    await type('anna me');
    await pause(310);
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
    await pause(310);
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
    expect(asked(fake, 'add_number')).toEqual([{ contact: { connection: 'book', contact_type: 'lead', id: '5' }, number: '+442079460018', call: first.id, with_choice: true }]);
  });

  it('keeps who was picked when the CRM does not take the number just now', async () => {
    const fake = new Fake();
    const call = fake.ring(STRANGER);
    fake.fail('add_number', { code: 'unavailable', message: 'The CRM is away', hint: null, field: null });
    await start('search', { fake });
    fake.emit({ kind: 'open_search', text: 'peter', call: call.id, link: true } as never);
    await settle();
    await key('Enter');
    expect(asked(fake, 'choose')[0]).toMatchObject({ call: call.id });
    expect(fake.calls[0]?.choice?.contact.name).toBe('Peter Gibbons');
    expect(document.body.textContent).toContain('The CRM is away');
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

  it('logs a call that is over on whom is picked, and says so before', async () => {
    const fake = new Fake();
    const call = fake.ring(STRANGER);
    await start('search', { fake });
    await type('peter');
    expect(document.body.textContent).toContain(en.search.choose);
    fake.change(call.id, { state: 'completed', is_over: true, answered: call.started + 1000, ended: call.started + 5000 });
    await settle();
    expect(document.body.textContent).toContain(en.search.assign);
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
    expect(asked(fake, 'search').at(-1)).toMatchObject({ types: ['lead'] });
    // Past the last one Tab goes on, as anywhere else; and back the same way.
    const passed = (shiftKey: boolean) => get('search-input').dispatchEvent(new KeyboardEvent('keydown', { key: 'Tab', shiftKey, bubbles: true, cancelable: true }));
    expect(passed(false)).toBe(true);
    for (const types of [['company'], ['person'], []]) {
      expect(passed(true)).toBe(false);
      await settle();
      expect(asked(fake, 'search').at(-1)).toMatchObject({ types });
    }
    expect(passed(true)).toBe(true);
  });

  it('offers to create what was not found, from the keyboard', async () => {
    const fake = new Fake();
    const call = fake.ring(STRANGER);
    await start('search', { fake });
    await type('Samir Nagheenanajar');
    expect(get('search-none').textContent).toContain('Nobody is called “Samir Nagheenanajar”.');
    await key('n', { ctrlKey: true });
    await pause(200);
    expect((get('create-name') as HTMLInputElement).value).toBe('Samir Nagheenanajar');
    expect((get('create-family') as HTMLInputElement).value).toBe('Nagheenanajar');
    await press('create-submit');
    expect(asked(fake, 'create_contact')[0]).toMatchObject({ call: call.id, draft: { name: 'Samir Nagheenanajar', number: STRANGER } });
    expect(told(fake, 'hide_window')).toHaveLength(1);
  });

  it('has three next steps when nobody is called so, each with its key', async () => {
    const { fake } = await start('search');
    fake.remote = [];
    await type('anna meyrs');
    expect(names()).toEqual([]);
    expect(get('search-none').textContent).toContain('Nobody is called “anna meyrs”.');
    expect(get('search-instead-0').textContent).toContain('Meier (1)');
    expect(get('search-instead-0').textContent).toContain('Meier, 1 person');
    for (const [id, shortcut] of [['search-instead-0', 'Control+M'], ['search-live', 'Control+S'], ['search-create', 'Control+N']] as const) {
      expect(get(id).getAttribute('aria-keyshortcuts')).toBe(shortcut);
    }
    await accessible();
    await key('m', { ctrlKey: true });
    expect((get('search-input') as HTMLInputElement).value).toBe('Meier');
    expect(names()).toEqual(['Anna Meier']);
    await type('zz');
    await pause(300);
    expect(asked(fake, 'search_live').map((one) => one.text)).toEqual([]);
    await key('s', { ctrlKey: true });
    expect(asked(fake, 'search_live').at(-1)).toMatchObject({ text: 'zz' });
    expect(get('search-none').textContent).toContain('The connections know nobody else.');
  });

  it('keeps the filters when a suggestion is taken', async () => {
    await start('search');
    await type('co:acme meyrs t:person');
    await press('search-instead-0');
    expect((get('search-input') as HTMLInputElement).value).toBe('Meier co:acme t:person');
    expect(names()).toEqual(['Anna Meier']);
  });

  it('shows under a heading who is spelt nearly so, with what was meant marked', async () => {
    const fake = new Fake();
    fake.misspelt = fake.contacts.filter((one) => one.name === 'Anna Meier');
    await start('search', { fake });
    await type('anan mieer');
    expect(document.querySelector('.divider')?.textContent).toBe('Spelt nearly so');
    expect([...document.querySelectorAll('mark')].map((one) => one.textContent)).toEqual(['Anna', 'Meier']);
    expect(get('search-none').textContent).toContain('Nobody is called “anan mieer”.');
    await accessible();
  });

  it('has one filter for what several CRMs call the same, and asks for all of their ids', async () => {
    const fake = new Fake();
    const of = (id: string, label: string) => ({ id, label, is_company: false, creatable: true, fields: [] });
    fake.connections = [
      connection('hub', 'HubSpot', { types: [of('contacts', 'Contact'), of('companies', 'Company')] }),
      connection('sales', 'Salesforce', { types: [of('Contact', 'contact'), of('Account', 'Account')] }),
      connection('bull', 'Bullhorn', { types: [of('Candidate', 'Candidate'), of('ClientContact', 'Contact')] }),
    ];
    await start('search', { fake });
    const chips = () => [...document.querySelectorAll('.filters button')].map((one) => `${one.textContent}${one.getAttribute('aria-pressed') === 'true' ? '*' : ''}`);
    expect(chips()).toEqual(['Contact', 'Company', 'Account', 'Candidate']);
    await type('anna');
    await key('Tab');
    expect(asked(fake, 'search').at(-1)).toMatchObject({ types: ['contacts', 'Contact', 'ClientContact'] });
    expect(chips()).toEqual(['Contact*', 'Company', 'Account', 'Candidate']);
    await press('search-type-contact');
    expect(asked(fake, 'search').at(-1)).toMatchObject({ types: [] });
    expect(chips()).not.toContain('Contact*');
    await pause(310);
  });

  it('names who was not asked at all, with the live answer and where nobody is found', async () => {
    const fake = new Fake();
    fake.connections.push(connection('acme', 'Acme CRM', { state: { kind: 'missing' }, types: [] }));
    const { user } = await start('search', { fake });
    const said = 'Acme CRM was not asked: its connector is missing.';
    await type('anna');
    expect(maybe('search-stopped')).toBeNull();
    await pause(310);
    expect(get('search-stopped').textContent).toBe(`${said} Open Connections`);
    expect(document.querySelector('.results [aria-live]')?.textContent).toContain(said);
    await accessible();
    await type('qq');
    expect(get('search-stopped').textContent).toBe(`${said} Open Connections`);
    // It lies above all others, and would cover the page that it leads to.
    get('search-connections').focus();
    await user.keyboard('{Enter}');
    await settle();
    expect(fake.shell.filter(({ kind }) => kind === 'open_main' || kind === 'hide_window')).toEqual([{ kind: 'hide_window' }, { kind: 'open_main', page: 'connections' }]);
    expect((get('search-input') as HTMLInputElement).value).toBe('qq');
  });

  it('says which filters it understood, and makes no name of them', async () => {
    const fake = new Fake();
    fake.ring(STRANGER);
    await start('search', { fake });
    await type('t:lead co:initech pet');
    expect(names()).toEqual(['Peter Gibbons']);
    expect(get('search-company').textContent).toBe('Company initech');
    expect(get('search-type-lead').getAttribute('aria-pressed')).toBe('true');
    expect(get('search-type-person').getAttribute('aria-pressed')).toBe('false');
    expect(document.querySelector('mark')?.textContent).toBe('Pet');
    await accessible();
    await type('co:initech nobody');
    await key('n', { ctrlKey: true });
    await pause(200);
    expect((get('create-name') as HTMLInputElement).value).toBe('nobody');
  });

  it('keeps the row selected that the person chose, whatever arrives, and at whatever time', async () => {
    const { fake } = await start('search');
    const index = fake.hold('search');
    await type('anna me');
    await pause(310);
    expect(selected()).toBe('Anna Melnyk');
    index();
    await settle();
    expect(names()[0]).toBe('Anna Meier');
    expect(selected()).toBe('Anna Melnyk');
  });

  it('says under its divider why a connection did not answer, beside those that did', async () => {
    const fake = new Fake();
    fake.live = [
      { connection: 'clio', name: 'Clio', rows: fake.remote, message: null },
      { connection: 'hub', name: 'HubSpot', rows: [], message: 'It needs you to sign in again.' },
    ];
    await start('search', { fake });
    await type('anna');
    await pause(310);
    const dividers = [...document.querySelectorAll('.divider')].map((one) => [one.textContent, one.parentElement?.querySelector('[data-testid=search-failed]')?.textContent]);
    expect(dividers).toEqual([
      ['Clio, live', undefined],
      ['HubSpot, live', 'It needs you to sign in again.'],
    ]);
    expect(document.querySelector('[aria-live]')?.textContent).toContain('HubSpot: It needs you to sign in again.');
    await accessible();
  });

  it('bounds what a connection answers, and shows hostile names as text', async () => {
    const fake = new Fake();
    const one = fake.remote[0];
    if (!one) throw new Error('nobody there');
    const hostile = ['<img src=x onerror=alert(1)> anna', `${'Anna'.repeat(125)}`, '\u202eanna\u2066', 'an\u200bna', '🎉 Anna'];
    fake.live = [
      { connection: 'clio', name: 'Clio', message: null, rows: Array.from({ length: 1000 }, (_, at) => ({ ...one, ref: { ...one.ref, id: `x${at}` }, name: hostile[at % hostile.length] ?? '' })) },
    ];
    await start('search', { fake });
    await type('anna');
    await pause(310);
    expect(document.querySelectorAll('[role=option]').length).toBeLessThanOrEqual(24);
    expect(document.querySelector('img')).toBeNull();
    expect(names()).toContain('<img src=x onerror=alert(1)> anna');
    expect(names()).toContain('anna');
    await accessible();
  });

  it('copies the number that was searched for, and calls it through who had the links', async () => {
    const fake = new Fake();
    fake.settings.handle_tel_links = true;
    const { user } = await start('search', { fake });
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    void user;
    await type('5550177');
    await key('c', { ctrlKey: true });
    expect(copied).toHaveBeenCalledWith('(415) 555-0177');
    expect(get('search-done').textContent).toBe('Copied (415) 555-0177');
    await key('d', { ctrlKey: true });
    expect(asked(fake, 'hand_on')).toEqual([{ link: 'tel:4155550177' }]);
    expect(told(fake, 'hide_window')).toHaveLength(1);
    fake.fail('hand_on', { code: 'not_found', message: 'No other program is remembered.', hint: null, field: null });
    await key('d', { ctrlKey: true });
    expect(document.body.textContent).toContain('No other program is remembered.');
    expect(document.body.textContent).toContain('Copy the number with Ctrl+C');
    expect(told(fake, 'hide_window')).toHaveLength(1);
  });

  it('asks again when it comes back, with the last query selected', async () => {
    const { fake } = await start('search');
    await type('anna');
    await key('Escape', {});
    await type('peter');
    await key('Enter');
    fake.emit({ kind: 'open_search', text: '', call: null, hand_on: null });
    await settle();
    const input = get('search-input') as HTMLInputElement;
    expect([input.value, input.selectionStart, input.selectionEnd]).toEqual(['peter', 0, 5]);
    expect(asked(fake, 'search').map((one) => one.text)).toEqual(['anna', 'peter', 'peter']);
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
