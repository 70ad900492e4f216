import { fireEvent } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { noLog } from '../src/backend/fake/fake';
import { turnCreation, wish } from '../src/backend/fake/wishes';
import type { DraftDto, MatchDto } from '../src/backend/generated';
import { accessible, ANNA, asked, get, INITECH, LANGUAGES, maybe, press, settle, start, STRANGER, told } from './help';

const EXTENSION = { kind: 'extension', text: 'ext. 12', e164: null, region: null, line_type: null, display: null } as const;

const SAMIR: DraftDto = { connection: 'book', contact_type: 'lead', name: 'Samir Nagheenanajar', given: null, family: null, company: 'Initech', title: null, email: null, number: STRANGER, extra: [] };
const many = (match: MatchDto, n: number) => Array.from({ length: n }, (_, at) => ({ ...match, contact: { ...match.contact, ref: { ...match.contact.ref, id: `m${at}` }, name: `Anna ${at + 1}` } }));

describe.each(LANGUAGES)('every state of the card, in %s', (_, text) => {
  it.each(['known', 'several', 'nobody', 'withheld', 'answered', 'ended', 'missed', 'elsewhere', 'forwarded', 'transferred', 'routed', 'extension', 'dialled', 'storm', 'logged', 'waiting', 'refused', 'unsure', 'memory', 'create', 'why', 'move', 'bar', 'keys', 'creating', 'creation waits', 'creation unsure', 'creation refused', 'never', 'vip', 'presenting', 'presenting bar', 'offline', 'thousand', 'chosen', 'set aside', 'no letters'])('%s is accessible', async (state) => {
    const { fake, user } = await start('card', { text });
    if (state === 'memory') fake.setStatus({ store: { kind: 'in_memory', code: 'keyring_locked', message: 'Locked.', hint: null, unsaved: 1, has_file: false } });
    const call = fake.ring(state === 'several' || state === 'move' ? INITECH : state === 'nobody' || state.startsWith('creat') ? STRANGER : state === 'withheld' ? null : ANNA);
    await settle();
    if (['answered', 'ended', 'logged', 'waiting', 'refused', 'unsure', 'move'].includes(state)) fake.answer(call.id);
    if (['ended', 'missed', 'logged', 'waiting', 'refused', 'unsure', 'move'].includes(state)) fake.end(call.id);
    if (state === 'elsewhere') fake.change(call.id, { state: 'answered_elsewhere', is_over: true, ended: Date.now() });
    if (state === 'forwarded') fake.change(call.id, { state: 'forwarded', is_over: true, ended: Date.now() });
    if (state === 'transferred') fake.change(call.id, { state: 'transferred', is_over: true, answered: call.started, ended: Date.now(), talked: 9000 });
    if (state.startsWith('creat') && state !== 'create') {
      fake.answer(call.id);
      wish(fake, SAMIR, call.id, { connection: 'Bullhorn', type: 'Lead' }, null);
      const error = { code: 'invalid', message: 'Not like this', hint: null, field: 'email' };
      const id = fake.creations[0]!.id;
      if (state === 'creation waits') turnCreation(fake, id, { kind: 'waiting', until: Date.now() + 60_000, why: error });
      if (state === 'creation unsure') turnCreation(fake, id, { kind: 'unsure', error });
      if (state === 'creation refused') turnCreation(fake, id, { kind: 'refused', error });
    }
    if (state === 'never') fake.change(call.id, { never_log: 'listed' });
    if (state === 'vip') fake.change(call.id, { vip: true, unverified: true, rehearsal: true });
    if (state.startsWith('presenting')) await fake.call('present', { on: true });
    if (state === 'offline') fake.change(call.id, { lookup: { ...call.lookup, asked: [{ connection: 'clio', name: 'Clio', state: 'failed', message: 'does not answer' }] } });
    if (state === 'thousand') fake.change(call.id, { choice: null, lookup: { ...call.lookup, matches: many(call.lookup.matches[0]!, 1000) } });
    if (state === 'chosen') await fake.call('choose', { call: call.id, contact: fake.contacts[0]!.ref });
    if (state === 'set aside') await fake.call('set_aside', { call: call.id });
    if (state === 'no letters') {
      fake.settings = { ...fake.settings, letter_keys: false };
      fake.emit({ kind: 'settings' });
    }
    if (state === 'routed') fake.change(call.id, { queue: 'Support', diverted_by: [{ ...call.caller, display: 'Front desk' }] });
    if (state === 'extension') fake.change(call.id, { caller: EXTENSION });
    if (state === 'dialled') fake.change(call.id, { direction: 'out' });
    if (state === 'storm') for (let n = 0; n < 6; n++) fake.ring(STRANGER);
    if (state === 'logged' || state === 'waiting' || state === 'refused' || state === 'unsure' || state === 'move') {
      fake.change(call.id, { log: { ...noLog(), state: state === 'move' ? 'logged' : state, write: 'w', connection_name: 'Clio', contact_name: 'Anna Meier', message: 'Said so.', hint: 'Do this.', next_try: Date.now() } });
    }
    await settle();
    if (state === 'create') await user.keyboard('c');
    if (state === 'why') await user.keyboard('x');
    if (state === 'bar' || state === 'presenting bar') await user.keyboard('{Escape}');
    if (state === 'keys') await user.keyboard('?');
    if (state === 'move') await press('btn-move');
    await settle();
    expect(get('card').getAttribute('role')).toBe('alertdialog');
    await accessible();
  });
});

describe('who is calling', () => {
  it('names the only exact match, and says how and where it is known', async () => {
    const { fake } = await start('card');
    fake.ring(ANNA, { line: 'Support DE' });
    await settle();
    expect(get('card-name').textContent).toBe('Anna Meier');
    expect(get('card-number').textContent).toBe(ANNA);
    expect(get('card-grade').textContent).toContain('exact match');
    expect(get('card-type').textContent).toBe('Person');
    expect(get('card-source').textContent).toBe('Address book, 4 min ago');
    expect(get('log-state').textContent).toContain('Anna Meier');
    const dialog = get('card');
    expect(document.getElementById(dialog.getAttribute('aria-labelledby') ?? '')?.textContent).toBe('Anna Meier');
  });

  it('lists several, chooses by digit, and keeps their order when a late match comes', async () => {
    const { fake, user } = await start('card');
    const call = fake.ring(INITECH);
    await settle();
    expect(get('card-name').textContent).toBe('3 people at Initech');
    const names = () => [1, 2, 3].map((n) => get(`match-${n}`).querySelector('bdi')?.textContent);
    const before = names();
    const late = fake.find('(212) 555-0142')[0]!;
    fake.change(call.id, { lookup: { ...call.lookup, matches: [...call.lookup.matches, late] } });
    await settle();
    expect(names()).toEqual(before);
    expect(get('match-4').textContent).toContain('Joanna Meyer');
    expect(get('announce').textContent).toBe('One more match: Joanna Meyer');
    await user.keyboard('2');
    await settle();
    expect(asked(fake, 'choose')).toEqual([{ call: call.id, contact: { connection: 'book', contact_type: 'lead', id: '5' } }]);
    expect(get('card-name').textContent).toBe('Peter Gibbons');
    expect(get('match-2').getAttribute('aria-pressed')).toBe('true');
  });

  it('does not sound sure about an uncertain match', async () => {
    const { fake } = await start('card');
    const matches = fake.find(ANNA).map((one) => ({ ...one, grade: 'tail' as const }));
    fake.ring(ANNA, { choice: null, lookup: { running: false, matches, asked: [], forms: 9, checked: Date.now() } });
    await settle();
    expect(get('card-name').textContent).toBe('Probably Anna Meier');
    expect(get('card-grade').textContent).toContain('uncertain');
    expect(get('log-state').textContent).toContain('Choose someone');
    await press('btn-choose');
    expect(get('card-name').textContent).toBe('Anna Meier');
    expect(get('log-state').textContent).toContain('Anna Meier');
  });

  it('says where it looked when nobody is found, and shows a display name as unverified', async () => {
    const { fake } = await start('card');
    const call = fake.ring(STRANGER);
    fake.change(call.id, { caller: { ...call.caller, display: 'BANK' } });
    await settle();
    expect(get('card-name').textContent).toBe(STRANGER);
    expect(get('not-found').textContent).toMatch(/^Not in Address book\. 9 forms tried, /);
    expect(get('display-name').textContent).toContain('Display name: BANK (not verified)');
  });

  it('names a slow and a failed source', async () => {
    const { fake } = await start('card');
    const call = fake.ring(STRANGER);
    fake.change(call.id, { lookup: { ...call.lookup, asked: [...call.lookup.asked, { connection: 'a', name: 'Clio', state: 'slow', message: null }, { connection: 'b', name: 'Bullhorn', state: 'failed', message: 'Sign in again.' }] } });
    await settle();
    expect(get('slow').textContent).toContain('Clio has not answered');
    expect(get('source-failed').textContent).toBe('Bullhorn: Sign in again.');
  });

  it('is calm about a withheld number and offers no lookup', async () => {
    const { fake, user } = await start('card');
    fake.ring(null);
    await settle();
    expect(get('card-name').textContent).toBe('Number withheld');
    expect(maybe('btn-refresh')).toBeNull();
    await user.keyboard('rxl');
    await settle();
    expect(asked(fake, 'refresh')).toEqual([]);
    expect(told(fake, 'open_search')).toEqual([]);
  });
});

describe('the way of a call', () => {
  it('says queue and who passed it on under the caller, and never as the caller', async () => {
    const { fake } = await start('card');
    const call = fake.ring(STRANGER, { line: 'Main', queue: 'Sales' });
    fake.change(call.id, {
      diverted_by: [
        { ...call.caller, text: '030 23125 001', display: 'Front desk' },
        { ...EXTENSION },
        { kind: 'withheld', text: '', e164: null, region: null, line_type: null, display: null },
      ],
    });
    await settle();
    expect(get('card-name').textContent).toBe(STRANGER);
    expect(get('card-route').textContent).toBe('via Sales · forwarded by Front desk (030 23125 001), ext. 12, and Number withheld');
    fake.change(call.id, { line: 'Sales', diverted_by: [] });
    await settle();
    expect(maybe('card-route')).toBeNull();
    expect(get('card').textContent).toContain('to Sales');
  });

  it.each([
    ['ringing', { direction: 'out' }, 'Calling…', 'Ruft an…'],
    ['completed', { direction: 'out', state: 'completed', is_over: true, answered: 1, talked: 61_000 }, 'Called', 'Angerufen'],
    ['not reached', { direction: 'out', state: 'missed', is_over: true }, 'Not answered', 'Nicht erreicht'],
    ['forwarded', { state: 'forwarded', is_over: true }, 'Forwarded', 'Weitergeleitet'],
    ['transferred', { state: 'transferred', is_over: true, answered: 1, talked: 61_000 }, 'Transferred', 'Übergeben'],
  ] as const)('%s is said in words', async (_, change, english, german) => {
    for (const [text, word] of [[LANGUAGES[0]![1], english], [LANGUAGES[1]![1], german]] as const) {
      const { fake, unmount } = await start('card', { text });
      fake.change(fake.ring(ANNA).id, change);
      await settle();
      expect(get('call-state').textContent).toBe(word);
      unmount();
    }
  });

  it('asks for nothing to be written down when a call went on without anybody here', async () => {
    const { fake } = await start('card');
    fake.change(fake.ring(ANNA).id, { state: 'forwarded', is_over: true, ended: Date.now() });
    await settle();
    expect([maybe('note'), maybe('btn-log'), maybe('log-state')]).toEqual([null, null, null]);
  });

  it('names an extension in the words of the language', async () => {
    const { fake } = await start('card', { text: LANGUAGES[1]![1] });
    fake.ring(STRANGER, { caller: EXTENSION, lookup: { running: false, matches: [], asked: [], forms: 0, checked: null } });
    await settle();
    expect(get('card-name').textContent).toBe('Durchwahl 12');
    expect(get('card').textContent).toContain('in Ihrer Telefonanlage');
  });

  it('speaks of people, not of callers, when we are the ones who call', async () => {
    const { fake } = await start('card');
    const call = fake.ring(INITECH, { direction: 'out' });
    const matches = call.lookup.matches.map((match, at) => ({ ...match, contact: { ...match.contact, company: `Company ${at}` } }));
    fake.change(call.id, { lookup: { ...call.lookup, matches } });
    await settle();
    expect(get('card-name').textContent).toBe('3 possible people');
    expect(get('matches').getAttribute('aria-label')).toBe('Possible people');
  });
});

describe('why', () => {
  it('says whom it still waits for, and shows what was asked as soon as that is written down', async () => {
    const { fake, user } = await start('card');
    const call = fake.ring(STRANGER);
    const traces = fake.traces.get(call.id) ?? [];
    fake.traces.delete(call.id);
    fake.change(call.id, { lookup: { ...call.lookup, running: true, asked: [{ connection: 'clio', name: 'Clio', state: 'slow', message: null }] } });
    await settle();
    await user.keyboard('x');
    await settle();
    expect(get('trace-running').textContent).toContain('Still asking Clio');
    expect(maybe('trace-none')).toBeNull();
    await accessible();
    fake.change(call.id, { lookup: { ...call.lookup, running: false, asked: [{ connection: 'clio', name: 'Clio', state: 'not_found', message: null }], checked: 7 } });
    await settle();
    expect([maybe('trace-running'), maybe('trace')]).toEqual([null, null]);
    // The last answer is shown at once; its trace is there a moment later, and the owner tells it.
    fake.traces.set(call.id, traces);
    fake.change(call.id, {});
    await settle();
    expect(get('trace').textContent).toContain('Local index');
  });
});

describe('keys', () => {
  it('does everything without a pointer', async () => {
    const { fake, user } = await start('card');
    const call = fake.ring(STRANGER);
    await settle();
    await user.keyboard('s');
    await user.keyboard('/');
    await user.keyboard('l');
    await user.keyboard('{Enter}');
    await settle();
    expect(told(fake, 'open_search').map((one) => [one.call, one.link])).toEqual([[call.id, false], [call.id, false], [call.id, true], [call.id, true]]);
    await user.keyboard('r');
    await settle();
    expect(asked(fake, 'refresh')).toHaveLength(1);
    await user.keyboard('x');
    await settle();
    expect(get('why').textContent).toContain('Local index');
    await user.keyboard('{Escape}');
    await settle();
    expect(maybe('why')).toBeNull();
    await user.keyboard('c');
    await settle();
    expect(document.activeElement).toBe(get('create-name'));
    await user.keyboard('{Escape}');
    await settle();
    await user.keyboard('{Shift>}{Escape}{/Shift}');
    await settle();
    expect(asked(fake, 'close_card')).toEqual([{ call: call.id }]);
    expect(maybe('card')).toBeNull();
    expect(told(fake, 'hide_window')).toHaveLength(1);
  });

  it('leaves letters alone while a field is typed in', async () => {
    const { fake, user } = await start('card');
    fake.ring(ANNA);
    await settle();
    await user.keyboard('n');
    await settle();
    expect(document.activeElement).toBe(get('note'));
    await user.keyboard('search 1 r c x');
    await settle();
    expect((get('note') as HTMLTextAreaElement).value).toBe('search 1 r c x');
    expect(told(fake, 'open_search')).toEqual([]);
    expect(asked(fake, 'choose')).toEqual([]);
    await user.keyboard('{Escape}');
    expect(document.activeElement).not.toBe(get('note'));
  });

  it('logs by Ctrl+Enter from inside the note, with the note safe first', async () => {
    const { fake, user } = await start('card');
    const call = fake.ring(ANNA);
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    await user.click(get('note'));
    await user.keyboard('Send the offer{Control>}{Enter}{/Control}');
    await settle();
    const order = fake.asked.map((one) => one.name).filter((name) => name === 'note' || name === 'log');
    expect(order.at(-1)).toBe('log');
    expect(asked(fake, 'note').at(-1)).toMatchObject({ note: 'Send the offer' });
    expect(get('log-state').dataset.state).toBe('logged');
  });

  it('folds to a bar on Escape, with the note in it', async () => {
    const { fake, user } = await start('card');
    fake.answer(fake.ring(ANNA).id);
    await settle();
    await user.keyboard('{Escape}');
    await settle();
    expect(get('card-bar').textContent).toContain('Anna Meier');
    await user.type(get('note'), 'short');
    await fireEvent.blur(get('note'));
    await settle();
    expect(asked(fake, 'note').at(-1)).toMatchObject({ note: 'short' });
  });
});

describe('the log', () => {
  it('moves a wrong log to another person', async () => {
    const { fake } = await start('card');
    const call = fake.ring(INITECH);
    await settle();
    await press('match-1');
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    await press('btn-log');
    expect(get('log-contact').textContent).toBe('Bill Lumbergh');
    await press('btn-move');
    await press('move-3');
    expect(asked(fake, 'log').at(-1)).toMatchObject({ call: call.id, contact: { id: '6' } });
    expect(get('log-contact').textContent).toBe('Milton Waddams');
  });

  it.each(LANGUAGES)('says what the CRM said beside logging it, and offers no move where there is none, in %s', async (language, text) => {
    const { fake } = await start('card', { text });
    const call = fake.ring(ANNA);
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    await press('btn-log');
    expect([maybe('log-said'), maybe('btn-move') !== null]).toEqual([null, true]);
    fake.change(call.id, { log: { ...fake.calls[0]!.log, connection: 'clio', connection_name: 'Clio', said: 'the deal could not be linked', moves: false } });
    await settle();
    expect(get('log-said').textContent).toBe(`Clio ${language === 'de' ? 'meldet' : 'says'}: the deal could not be linked`);
    expect(maybe('btn-move')).toBeNull();
    await accessible();
  });

  it('lets a person decide an unsure log, and never sends it again by itself', async () => {
    const { fake, user } = await start('card');
    const call = fake.ring(ANNA);
    fake.end(call.id);
    fake.change(call.id, { log: { ...noLog(), state: 'unsure', write: 'w7', connection_name: 'Clio', message: 'The answer was lost.' } });
    await settle();
    expect(maybe('btn-log')).toBeNull();
    await user.keyboard('{Control>}{Enter}{/Control}{Enter}');
    await settle();
    expect(asked(fake, 'log')).toEqual([]);
    await press('btn-there');
    expect(asked(fake, 'settle')).toEqual([{ call: call.id, write: 'w7', decision: 'it_is_there' }]);
  });

  it('sends a later change of the note only when told to, and a refused log again with what is new', async () => {
    const { fake, user } = await start('card');
    const call = fake.ring(ANNA);
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    await press('btn-log');
    expect(maybe('btn-log')).toBeNull();
    await user.type(get('note'), 'one thing more');
    await user.tab();
    await settle();
    expect(get('btn-log').textContent).toContain('Save to log');
    await press('btn-log');
    expect(asked(fake, 'log')).toHaveLength(2);
    fake.change(call.id, { log: { ...noLog(), state: 'refused', write: 'w', message: 'Too long.' } });
    await settle();
    await press('btn-log');
    expect(asked(fake, 'log')).toHaveLength(3);
  });

  it('keeps who called in sight for a missed call, and its note behind N', async () => {
    const { fake, user } = await start('card');
    fake.end(fake.ring(ANNA).id);
    await settle();
    expect(get('card-number').textContent).toBe(ANNA);
    expect(maybe('note')).toBeNull();
    await user.keyboard('n');
    await settle();
    expect(document.activeElement).toBe(get('note'));
    expect([maybe('btn-log'), maybe('btn-search'), maybe('btn-why')].includes(null)).toBe(false);
  });

  it('keeps the card and says why when logging is refused', async () => {
    const { fake } = await start('card');
    const call = fake.ring(ANNA);
    fake.answer(call.id);
    fake.end(call.id);
    fake.fail('log', { code: 'storage', message: 'The disk is full.', hint: 'Make room.', field: null });
    await settle();
    await press('btn-log');
    expect(get('error').textContent).toBe('The disk is full.Make room.');
    expect(get('card-name').textContent).toBe('Anna Meier');
  });
});

describe('the shell', () => {
  it('hears the height at once and the paint after two frames, once a call', async () => {
    const frames: FrameRequestCallback[] = [];
    vi.spyOn(window, 'requestAnimationFrame').mockImplementation((frame) => frames.push(frame));
    const { fake } = await start('card');
    const call = fake.ring(ANNA);
    await settle();
    expect(told(fake, 'resize').length).toBeGreaterThan(0);
    const run = () => frames.splice(0).forEach((frame) => frame(0));
    run();
    expect(told(fake, 'painted')).toEqual([]);
    run();
    expect(told(fake, 'painted')).toEqual([{ kind: 'painted', call: call.id }]);
    fake.answer(call.id);
    await settle();
    run();
    run();
    expect(told(fake, 'painted')).toHaveLength(1);
  });

  it('is asked for the keyboard only when the card is clicked', async () => {
    const { fake } = await start('card');
    fake.ring(ANNA);
    await settle();
    expect(told(fake, 'take_focus')).toEqual([]);
    await fireEvent.pointerDown(get('card-name'));
    expect(told(fake, 'take_focus')).toHaveLength(1);
  });
});

describe('hostile names', () => {
  const NAMES: [string, string, string][] = [
    ['markup', '<img src=x onerror="window.hit=1"><script>window.hit=1</script>', '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'],
    ['an override', '\u202Eregnad\u202C', 'regnad'],
    ['only zero width', '\u200B\u200D\uFEFF', '(no name)'],
    ['right to left', 'ليلى حداد', 'ليلى حداد'],
    ['emoji', '👩‍👩‍👧‍👦 Müller', '👩‍👩‍👧‍👦 Müller'],
    ['line breaks', 'Anna\n\u0000Meier', 'Anna Meier'],
    ['500 characters', 'x'.repeat(500), 'x'.repeat(500)],
  ];
  it.each(NAMES)('%s stays text', async (_, name, shown) => {
    const { fake } = await start('card');
    const [match] = fake.find(ANNA);
    const contact = { ...match!.contact, name, company: name, title: null };
    fake.ring(ANNA, { line: name, choice: { contact, by: 'only_exact_match' }, lookup: { running: false, matches: [{ ...match!, contact }], asked: [], forms: 1, checked: Date.now() } });
    await settle();
    expect(get('card-name').textContent).toBe(shown);
    expect(get('card-name').getAttribute('dir')).toBe('auto');
    expect(document.querySelector('main img, main script')).toBeNull();
    expect('hit' in window).toBe(false);
    await accessible();
  });
});
