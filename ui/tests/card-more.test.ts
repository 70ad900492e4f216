import { describe, expect, it } from 'vitest';
import type { MatchDto } from '../src/backend/generated';
import { ANNA, asked, get, INITECH, maybe, press, settle, start, STRANGER, told } from './help';

const many = (match: MatchDto, n: number) => Array.from({ length: n }, (_, at) => ({ ...match, contact: { ...match.contact, ref: { ...match.contact.ref, id: `m${at}` }, name: `Anna ${at + 1}` } }));

describe('more keys', () => {
  const listed = () => [...get('keys').querySelectorAll('dt')].map((one) => [...one.querySelectorAll('kbd')].map((key) => key.textContent).join(' '));

  it('lists them, and leads back', async () => {
    const { fake, user } = await start('card');
    fake.ring(ANNA);
    await settle();
    await user.keyboard('?');
    await settle();
    for (const word of ['Outcome', 'Close the card', 'Ctrl+Shift+K']) expect(get('keys').textContent).toContain(word);
    await user.keyboard('{Escape}');
    await settle();
    expect(maybe('keys')).toBeNull();
  });

  it.each([
    ['somebody known', ANNA, {}, '↵ N D Ctrl ↵ S / R X Esc ⇧ Esc ?'],
    ['several', INITECH, {}, '1–3 N D C S / R X Esc ⇧ Esc ?'],
    ['nobody', STRANGER, {}, '↵ N D L C S / R X Esc ⇧ Esc ?'],
    ['a hidden number', null, {}, '↵ N D S / Esc ⇧ Esc ?'],
    ['something to take back', ANNA, { undo: { kind: 'choice', before: null } }, '↵ N D Ctrl ↵ S / R X Z Esc ⇧ Esc ?'],
    ['a number that is never logged', ANNA, { never_log: 'listed' }, '↵ N D S / R X Esc ⇧ Esc ?'],
  ] as const)('lists those that do something: %s', async (_, number, change, all) => {
    const { fake, user } = await start('card');
    fake.contacts = fake.contacts.map((one) => ({ ...one, url: 'https://crm.example.com/1' }));
    fake.ring(number, change);
    await settle();
    await user.keyboard('?');
    await settle();
    expect(listed().slice(0, -1).join(' ')).toBe(all);
    expect(listed().at(-1)).toBe('Ctrl+Shift+K');
  });

  it('chooses by digit only where the numbers are in sight', async () => {
    const { fake, user } = await start('card');
    const call = fake.ring(INITECH);
    await settle();
    await user.keyboard('{Escape}');
    await settle();
    expect(maybe('card-bar')).not.toBeNull();
    await user.keyboard('2');
    await settle();
    expect(asked(fake, 'choose')).toEqual([]);
    await user.keyboard('{Escape}');
    await settle();
    await user.keyboard('2');
    await settle();
    expect(asked(fake, 'choose')).toMatchObject([{ call: call.id }]);
  });

  it('goes to the outcome by D, which is out of the way while people talk', async () => {
    const { fake, user } = await start('card');
    fake.answer(fake.ring(ANNA).id);
    await settle();
    expect(maybe('outcome')).toBeNull();
    await user.keyboard('d');
    await settle();
    expect(document.activeElement).toBe(get('outcome'));
  });

  it('neither hears nor shows letters that are switched off; Enter, Escape and Ctrl+Enter stay', async () => {
    const { fake, user } = await start('card');
    fake.settings = { ...fake.settings, letter_keys: false };
    fake.emit({ kind: 'settings' });
    const call = fake.ring(INITECH);
    await settle();
    await user.keyboard('nscxrdz1?/');
    await settle();
    expect([maybe('note'), maybe('why'), maybe('create'), maybe('keys')]).toEqual([null, null, null, null]);
    expect([asked(fake, 'choose'), asked(fake, 'refresh'), told(fake, 'open_search')]).toEqual([[], [], []]);
    expect([...document.querySelectorAll('kbd')].map((one) => one.textContent)).toEqual([]);
    expect([...document.querySelectorAll('[aria-keyshortcuts]')].map((one) => one.getAttribute('aria-keyshortcuts'))).toEqual(['Escape', 'Shift+Escape']);
    await press('match-1');
    fake.answer(call.id);
    await user.keyboard('{Control>}{Enter}{/Control}');
    await settle();
    expect(asked(fake, 'log')).toHaveLength(1);
    await user.keyboard('{Escape}');
    await settle();
    expect(maybe('card-bar')).not.toBeNull();
  });
});

describe('what else the card says', () => {
  it('shows as many matches as digits reach, and leads to the search for the rest', async () => {
    const { fake } = await start('card');
    const [match] = fake.find(ANNA);
    const matches = many(match!, 1000);
    const call = fake.ring(ANNA, { choice: null, lookup: { running: false, matches, asked: [], forms: 9, checked: Date.now() } });
    await settle();
    expect(document.querySelectorAll('[data-testid=matches] [aria-pressed]')).toHaveLength(9);
    expect(get('matches-more').textContent).toBe('and 991 more: search');
    await press('matches-more');
    expect(told(fake, 'open_search').at(-1)).toMatchObject({ call: call.id, link: false, text: 'co:"ACME GmbH" ' });
    fake.change(call.id, { choice: { contact: matches[500]!.contact, by: 'last_spoken' } });
    await settle();
    expect(document.querySelectorAll('[data-testid=matches] [aria-pressed]')).toHaveLength(10);
    expect(get('match-501').getAttribute('aria-pressed')).toBe('true');
  });

  it('leads to somebody else of the same company', async () => {
    const { fake } = await start('card');
    const call = fake.ring(INITECH);
    await settle();
    expect(get('someone-else').textContent).toBe('Someone else at Initech…');
    await press('someone-else');
    expect(told(fake, 'open_search')).toMatchObject([{ call: call.id, text: 'co:Initech ' }]);
  });

  it.each([
    ['own_number', 'one of your own numbers'],
    ['listed', 'on your list'],
    ['rehearsal', 'a rehearsal call'],
  ] as const)('never logs a call that is %s, says why, and offers nothing', async (never_log, said) => {
    const { fake, user } = await start('card');
    const call = fake.ring(ANNA, { never_log });
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    expect(get('log-state').textContent).toContain(said);
    expect([maybe('btn-log'), maybe('btn-dont_log'), maybe('log-on')]).toEqual([null, null, null]);
    // As long as anybody who was talked with: there may be something to write down.
    expect(get('closing').textContent).toContain('Closes in 30 s');
    await user.keyboard('{Control>}{Enter}{/Control}');
    await settle();
    expect(asked(fake, 'log')).toEqual([]);
  });

  it('opens no note by itself for a call that is never logged while it rings, and says so where the log would be', async () => {
    const { fake } = await start('card');
    const call = fake.ring(ANNA, { never_log: 'listed' });
    await settle();
    expect(call.log.state).toBe('set_aside');
    expect(maybe('note')).toBeNull();
    expect(get('log-state').dataset.never).toBe('listed');
    // The person's own "Don't log" is another thing, and so is a log from before the number was on the list.
    fake.change(call.id, { log: { ...call.log, state: 'logged', connection_name: 'Clio' } });
    await settle();
    expect(get('log-state').textContent).toContain('Logged in Clio');
  });

  it('says as of when it knows what a place that failed can’t tell now', async () => {
    const { fake } = await start('card');
    const call = fake.ring(ANNA);
    const matches = call.lookup.matches.map((match) => ({ ...match, as_of: new Date().setHours(0, 0, 0, 0) }));
    fake.change(call.id, { vip: true, lookup: { ...call.lookup, matches, asked: [{ connection: 'clio', name: 'Clio', state: 'failed', message: 'does not answer' }] } });
    await settle();
    expect(get('index-of').textContent).toBe('index of 00:00');
    expect(get('vip').textContent).toContain('VIP');
    expect(get('source-failed').textContent).toBe('Clio: does not answer. Lookups use the index.');
  });

  it('says beside who is found what part of a place could not be asked', async () => {
    const { fake } = await start('card');
    const call = fake.ring(ANNA);
    const message = 'Lead: Acme took too long and was not waited for';
    const asked = [
      { connection: 'clio', name: 'Clio', state: 'found' as const, message },
      { connection: 'hubspot', name: 'HubSpot', state: 'found' as const, message: null },
    ];
    fake.change(call.id, { lookup: { ...call.lookup, asked } });
    await settle();
    expect(document.querySelectorAll('[data-testid="source-partly"]')).toHaveLength(1);
    expect(get('source-partly').textContent).toBe(`Clio was not searched as a whole. ${message}`);
    expect(maybe('source-failed')).toBeNull();
  });

  it('shows the age of what it knows as the button that asks again', async () => {
    const { fake } = await start('card');
    fake.ring(ANNA);
    await settle();
    // The name of the button is what it shows, and what it does.
    expect(get('btn-refresh').textContent).toMatch(/^Address book, 4 min ago +Refresh contact/);
    expect(get('btn-refresh').hasAttribute('aria-label')).toBe(false);
    await press('btn-refresh');
    expect(asked(fake, 'refresh')).toHaveLength(1);
    expect(get('card-source').textContent).toBe('Address book, just now');
  });

  it('shows when it closes also while it is folded, and can be told not to', async () => {
    const { fake, user } = await start('card');
    fake.end(fake.ring(ANNA).id);
    await settle();
    await user.keyboard('{Escape}');
    await settle();
    expect(get('closing').textContent).toContain('Closes in');
    await press('btn-keep-open');
    expect(maybe('closing')).toBeNull();
  });
});
