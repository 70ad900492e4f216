import { describe, expect, it } from 'vitest';
import { connection } from '../src/backend/fake/connect';
import { Fake } from '../src/backend/fake/fake';
import type { ConnectionDto, MatchDto } from '../src/backend/generated';
import { accessible, ANNA, asked, get, INITECH, maybe, press, settle, start, STRANGER, told } from './help';

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

  it.each([
    ['Acme CRM: too many requests', 'Acme CRM: too many requests.'],
    ['Acme CRM does not accept this key', 'Acme CRM does not accept this key.'],
    ['acme crm took too long', 'Acme crm took too long.'],
    ['Acme CRMs are many', 'Acme CRM: Acme CRMs are many.'],
    ['does not answer', 'Acme CRM: does not answer.'],
    [null, 'Acme CRM: did not answer.'],
  ])('says the name of a place that failed once: %s', async (message, said) => {
    const { fake } = await start('card');
    const call = fake.ring(STRANGER);
    fake.change(call.id, { lookup: { ...call.lookup, asked: [{ connection: 'acme', name: 'Acme CRM', state: 'failed', message }] } });
    await settle();
    expect(get('source-failed').textContent).toBe(said);
  });

  it.each([
    [{ kind: 'changed', before: null, after: '{}' }, 'its connector changed'],
    [{ kind: 'broken', problems: [] }, 'its connector’s file has a fault'],
    [{ kind: 'unfit', error: { code: 'invalid', message: 'no address', hint: null, field: null } }, 'its settings don’t fit its connector'],
    [{ kind: 'missing' }, 'its connector is missing'],
  ] as const)('names a place that was not asked at all: $kind', async (state, why) => {
    const fake = new Fake();
    fake.connections.push(connection('acme', 'Acme CRM', { state: state as ConnectionDto['state'] }));
    await start('card', { fake });
    const call = fake.ring(STRANGER);
    await settle();
    expect(get('not-found').textContent).toContain('Not in Address book');
    expect(get('source-stopped').textContent).toBe(`Acme CRM was not asked: ${why}. Open Connections`);
    expect(get('source-stopped').className).toContain('warn');
    // It was asked when the call came, and stopped later.
    fake.change(call.id, { lookup: { ...call.lookup, asked: [...call.lookup.asked, { connection: 'acme', name: 'Acme CRM', state: 'not_found', message: null }] } });
    await settle();
    expect(maybe('source-stopped')).toBeNull();
  });

  it('leads to the connections once, by a button after the last place that was not asked', async () => {
    const fake = new Fake();
    fake.connections.push(connection('acme', 'Acme CRM', { state: { kind: 'missing' } }), connection('clio', 'Clio', { state: { kind: 'missing' } }));
    const { user } = await start('card', { fake });
    const call = fake.ring(STRANGER);
    await settle();
    const said = [...document.querySelectorAll('[data-testid=source-stopped]')].map((one) => one.textContent?.trim());
    expect(said).toEqual(['Acme CRM was not asked: its connector is missing.', 'Clio was not asked: its connector is missing. Open Connections']);
    const button = get('card-connections');
    expect([button.tagName, button.textContent]).toEqual(['BUTTON', 'Open Connections']);
    await accessible();
    // By its own key, and not by that of the card: nobody is created.
    button.focus();
    await user.keyboard('{Enter}');
    await settle();
    expect(told(fake, 'open_main')).toEqual([{ kind: 'open_main', page: 'connections' }]);
    expect(get('card').dataset.call).toBe(call.id);
    expect(maybe('create')).toBeNull();
  });

  it('says beside somebody who is known, quietly, who was not asked, and nothing where nobody is looked up', async () => {
    const fake = new Fake();
    fake.connections.push(connection('acme', 'Acme CRM', { state: { kind: 'missing' } }), connection('clio', 'Clio', { state: { kind: 'sign_in_needed' } }));
    await start('card', { fake });
    const call = fake.ring(ANNA);
    await settle();
    expect(document.querySelectorAll('[data-testid=source-stopped]')).toHaveLength(1);
    expect(get('source-stopped').className).not.toContain('warn');
    fake.change(call.id, { caller: { ...call.caller, kind: 'withheld', text: '', e164: null }, lookup: { ...call.lookup, matches: [], asked: [], checked: null }, choice: null });
    await settle();
    expect(maybe('source-stopped')).toBeNull();
  });

  it('says in a row of the list where else this person is', async () => {
    const { fake } = await start('card');
    const call = fake.ring(INITECH);
    const [first, ...others] = call.lookup.matches;
    const twin = { ...first!.contact, ref: { connection: 'globex', contact_type: 'person', id: '9' }, connection_name: 'Globex', type_label: 'Person' };
    fake.change(call.id, { lookup: { ...call.lookup, matches: [{ ...first!, also: [twin] }, ...others] } });
    await settle();
    expect([...document.querySelectorAll('[data-testid=match-also]')].map((one) => one.textContent)).toEqual(['Also in Globex as Person']);
    expect(get('match-1').textContent).toContain('Also in Globex');
  });

  it('shows in Why the forms that went out, not all that there are, and says it in words of people', async () => {
    const fake = new Fake();
    const { user } = await start('card', { fake });
    const call = fake.ring(STRANGER);
    const step = { connection: 'acme', name: 'Acme', started_after_us: 0, took_us: 900, answer: { kind: 'found' as const, records: 0, verified: 0 } };
    fake.traces.set(call.id, [
      {
        at: Date.now(),
        live: false,
        took_us: 900,
        steps: [
          { ...step, request: 'find_contact', forms: ['+442079460018', '020 7946 0018', '442079460018'] },
          { ...step, request: 'GET /people', forms: ['+442079460018'] },
          { ...step, connection: 'book', name: 'Address book', request: 'find_contact', forms: ['020 7946 0018'] },
        ],
      },
    ]);
    await user.keyboard('x');
    await settle();
    expect([...get('trace').querySelectorAll('tbody tr')].map((row) => row.children[1]?.textContent?.replace(/\s+/g, ' ').trim())).toEqual(['by number', 'GET /people +442079460018', 'by number 020 7946 0018']);
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
