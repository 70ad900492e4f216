// The list of calls: its filters, its keys, several calls at once, and that nothing moves away from under the pointer.

import { fireEvent } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { Fake, noLog } from '../src/backend/fake/fake';
import type { CallDto, CreationDto } from '../src/backend/generated';
import { accessible, ANNA, asked, get, INITECH, LANGUAGES, maybe, press, settle, start, STRANGER } from './help';

const over = (change: Partial<CallDto> = {}): Partial<CallDto> => ({ state: 'completed', is_over: true, answered: 1, ended: 2, talked: 61_000, ...change });
const rows = () => [...document.querySelectorAll<HTMLElement>('[data-testid=main-call-row]')];
const fates = () => rows().map((row) => row.dataset.log);
const refusedLog = { ...noLog(), state: 'refused', write: 'w2', connection_name: 'Bullhorn', message: 'field “status” required' } as const;
const waitingLog = { ...noLog(), state: 'waiting', write: 'w3', connection_name: 'Clio' } as const;

/** Newest first: not logged, waiting, refused, unsure, missed stranger, withheld. */
function filled(): Fake {
  const fake = new Fake();
  fake.ring(null, over());
  fake.ring(STRANGER, over({ state: 'missed', answered: null, talked: null }));
  fake.ring(INITECH, over({ log: { ...noLog(), state: 'unsure', write: 'w1', connection_name: 'Clio', message: 'The answer was lost.' } }));
  fake.ring(ANNA, over({ log: refusedLog }));
  fake.ring(ANNA, over({ log: waitingLog }));
  fake.ring(ANNA, over());
  fake.setStatus({ missed: 1, waiting: 1, refused: 1, unsure: 1 });
  return fake;
}

const creation = (change: Partial<CreationDto> = {}): CreationDto => ({
  id: 'c1',
  call: null,
  draft: { connection: 'book', contact_type: 'lead', name: 'Samir Nagheenanajar', given: null, family: null, company: 'Initech', title: null, email: null, number: STRANGER, extra: [] },
  connection_name: 'Address book',
  type_label: 'Lead',
  said: null,
  state: { kind: 'refused', error: { code: 'invalid', message: 'the field “status” is required', hint: 'Fill it in', field: null } },
  ...change,
});

describe.each(LANGUAGES)('the list in %s', (_, text) => {
  it('is accessible while rows are selected, after a refusal, and opened', async () => {
    const fake = filled();
    const { user } = await start('main', { fake, text });
    await press('calls-select');
    await press('main-call-pick-0');
    await press('main-call-pick-1');
    fake.fail('log', { code: 'unavailable', message: 'Bullhorn does not answer', hint: null, field: null });
    await press('bulk-log');
    expect(get('bulk-failures').textContent).toContain(text.calls.bulkFailed(1));
    await press('main-call-open-3');
    await accessible();
    await user.keyboard('{Escape}');
  });

  it('says what waits to be created', async () => {
    const fake = filled();
    fake.creations = [creation(), creation({ id: 'c2', state: { kind: 'waiting', until: Date.now() + 8000, why: null } }), creation({ id: 'c3', state: { kind: 'unsure', error: { code: 'timeout', message: 'no answer', hint: null, field: null } } })];
    fake.setStatus({ creating: 3 });
    await start('main', { fake, text });
    await press('filter-creating');
    expect(document.querySelectorAll('[data-testid=creation]')).toHaveLength(3);
    expect(get('creations').textContent).toContain('The field “status” is required. Fill it in.');
    await accessible();
  });

  it('keeps a call that came while the list was being read', async () => {
    const fake = new Fake();
    const answer = fake.hold('calls');
    await start('main', { fake });
    fake.ring(ANNA);
    await settle();
    answer();
    await settle();
    expect(get('main-call-row').textContent).toContain('Anna');
  });

  it('asks for the list once it hears of calls, so that none falls in between', async () => {
    const fake = new Fake();
    let heard = () => {};
    const listen = fake.listen.bind(fake);
    fake.listen = async (hear) => {
      await new Promise<void>((go) => (heard = go));
      return listen(hear);
    };
    await start('main', { fake });
    expect(asked(fake, 'calls')).toEqual([]);
    heard();
    await settle();
    expect(asked(fake, 'calls').length).toBeGreaterThan(0);
  });

  it('has a heading for each day', async () => {
    const fake = new Fake();
    const day = 86_400_000;
    for (const ago of [40, 1, 0]) fake.ring(ANNA, over({ started: Date.now() - ago * day }));
    await start('main', { fake, text });
    const said = [...get('calls').querySelectorAll('h2')].map((one) => one.textContent);
    expect(said.slice(0, 2)).toEqual(text.locale === 'de' ? ['Heute', 'Gestern'] : ['Today', 'Yesterday']);
    expect(said[2]).toBe(new Intl.DateTimeFormat(text.locale, { day: 'numeric', month: 'short', year: new Date(Date.now() - 40 * day).getFullYear() === new Date().getFullYear() ? undefined : 'numeric' }).format(Date.now() - 40 * day));
  });
});

describe('filters', () => {
  it('each end of a log is one, with its number, asked of the owner', async () => {
    const { fake } = await start('main', { fake: filled() });
    expect(get('filter-refused').textContent?.replace(/\s+/g, ' ').trim()).toBe('Refused 1');
    for (const fate of ['waiting', 'refused', 'unsure'] as const) {
      await press(`filter-${fate}`);
      expect(asked(fake, 'calls').at(-1)).toMatchObject({ log: fate, not_logged: false });
      expect(fates()).toEqual([fate]);
      expect(get(`filter-${fate}`).getAttribute('aria-pressed')).toBe('true');
    }
    await press('filter-unsure');
    expect(rows()).toHaveLength(6);
  });

  it('leads back to all calls where nothing fits', async () => {
    const fake = filled();
    await start('main', { fake });
    await press('filter-missed');
    await press('filter-refused');
    expect(rows()).toHaveLength(0);
    await press('calls-all');
    expect(rows()).toHaveLength(6);
  });

  it('an empty end of a log is no button, unless it is what is shown', async () => {
    const fake = filled();
    await start('main', { fake });
    await press('filter-waiting');
    fake.setStatus({ waiting: 0, unsure: 0 });
    await settle();
    expect(get('filter-waiting')).toBeTruthy();
    expect(maybe('filter-unsure')).toBeNull();
  });
});

describe('keys', () => {
  it('move, open, refresh and log', async () => {
    const { fake, user } = await start('main', { fake: filled() });
    get('main-call-open-0').focus();
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(get('main-call-open-1'));
    await user.keyboard('r');
    await settle();
    expect(asked(fake, 'refresh')).toMatchObject([{ call: rows()[1]?.dataset.call }]);
    await user.keyboard('{ArrowUp}{Enter}');
    expect(get('call-details')).toBeTruthy();
    await user.keyboard('l');
    await settle();
    expect(fates()[0]).toBe('logged');
  });

  it('letters are heard neither in a note nor when they are switched off', async () => {
    const fake = filled();
    const { user } = await start('main', { fake });
    await press('main-call-open-0');
    get('details-note').focus();
    await user.keyboard('really{ArrowDown}');
    expect(asked(fake, 'refresh')).toEqual([]);
    expect((get('details-note') as HTMLTextAreaElement).value).toBe('really');
    fake.settings = { ...fake.settings, letter_keys: false };
    fake.emit({ kind: 'settings' });
    await settle();
    get('main-call-open-0').focus();
    await user.keyboard('rl');
    await settle();
    expect(asked(fake, 'refresh')).toEqual([]);
    expect(asked(fake, 'log')).toEqual([]);
  });

  it('Shift and the arrows select, Space takes out, Escape ends it', async () => {
    const { user } = await start('main', { fake: filled() });
    get('main-call-open-0').focus();
    await user.keyboard('{Shift>}{ArrowDown}{ArrowDown}{/Shift}');
    expect(get('bulk-count').textContent).toBe('3 selected');
    await user.keyboard(' ');
    expect(get('bulk-count').textContent).toBe('2 selected');
    expect(maybe('call-details')).toBeNull();
    await user.keyboard('{Escape}');
    expect(maybe('bulk')).toBeNull();
  });
});

describe('several at once', () => {
  it('does to each only what fits it, one after the other, and keeps those that were refused', async () => {
    const fake = filled();
    const { user } = await start('main', { fake });
    await press('calls-select');
    await user.click(get('bulk-all'));
    expect(get('bulk-log').textContent).toBe('Log 1');
    expect(get('bulk-retry').textContent).toBe('Try 2 again');
    expect(get('bulk-set_aside').textContent).toBe('Don’t log 4');
    fake.fail('retry', { code: 'unavailable', message: 'Clio does not answer', hint: 'Try later', field: null });
    await press('bulk-retry');
    await settle();
    expect(asked(fake, 'settle')).toMatchObject([{ write: 'w2', decision: 'send_again' }]);
    expect(get('bulk-failures').textContent).toMatch(/Anna Meier, \d\d:\d\d: Clio does not answer\. Try later\./);
    expect(get('bulk-result').textContent).toContain('1 call done.');
    expect(get('bulk-count').textContent).toBe('5 selected');
  });

  it('never decides an unsure log, and never logs what is never to be logged', async () => {
    const fake = new Fake();
    fake.ring(ANNA, over({ log: { ...noLog(), state: 'unsure', write: 'w' } }));
    fake.ring(ANNA, over({ never_log: 'listed' }));
    await start('main', { fake });
    await press('calls-select');
    await press('bulk-all');
    expect(maybe('bulk-log')).toBeNull();
    expect(maybe('bulk-retry')).toBeNull();
  });

  it('says how far it is, and stops when told', async () => {
    const fake = new Fake();
    for (let n = 0; n < 4; n++) fake.ring(ANNA, over());
    await start('main', { fake });
    await press('calls-select');
    await press('bulk-all');
    const release = fake.hold('log');
    await press('bulk-log');
    expect(get('bulk-progress').textContent).toBe('1 of 4…');
    await press('bulk-stop');
    release();
    await settle();
    expect(asked(fake, 'log')).toHaveLength(1);
    expect(get('bulk-stopped').textContent).toBe('Stopped after 1; 3 left as they were.');
  });
});

describe('calls that begin while somebody is about to click', () => {
  it('wait until the pointer rests', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { fake } = await start('main', { fake: filled() });
    await fireEvent.pointerMove(get('calls'));
    fake.ring(ANNA, { id: 'fresh' });
    await settle();
    expect(rows()).toHaveLength(6);
    expect(get('calls-fresh').textContent).toBe('1 new call. Show');
    await vi.advanceTimersByTimeAsync(2100);
    await settle();
    expect(rows()[0]?.dataset.call).toBe('fresh');
    expect(maybe('calls-fresh')).toBeNull();
    vi.useRealTimers();
  });

  it('wait while rows are selected, and come when they are asked for', async () => {
    const { fake } = await start('main', { fake: filled() });
    await press('calls-select');
    fake.ring(ANNA, { id: 'fresh' });
    await settle();
    expect(rows()).toHaveLength(6);
    await press('calls-fresh');
    expect(rows()[0]?.dataset.call).toBe('fresh');
  });
});

describe('what waits to be created', () => {
  it('is taken back, sent or dropped, and what became of it stays in sight', async () => {
    const fake = filled();
    fake.creations = [creation(), creation({ id: 'c2', state: { kind: 'waiting', until: Date.now() + 8000, why: null } })];
    fake.setStatus({ creating: 2 });
    await start('main', { fake });
    await press('filter-creating');
    await press('creation-undo');
    expect(asked(fake, 'undo_creation')).toEqual([{ creation: 'c2' }]);
    await press('creation-drop');
    expect(asked(fake, 'settle_creation')).toEqual([{ creation: 'c1', decision: 'drop' }]);
    expect([...document.querySelectorAll<HTMLElement>('[data-testid=creation]')].map((one) => one.dataset.state)).toEqual(['undone', 'undone']);
  });
});

describe('a contact that is there', () => {
  it('says what is to be read with it, also when that is learned after it went from the list', async () => {
    const fake = filled();
    fake.creations = [creation({ state: { kind: 'waiting', until: Date.now() + 8000, why: null } })];
    fake.setStatus({ creating: 1 });
    await start('main', { fake });
    await press('filter-creating');
    const [asked] = fake.creations;
    const twin = 'CRM has another contact with this number, S. Nagheenanajar';
    for (const known of [asked!, { ...asked!, id: 'another' }]) {
      fake.emit({ kind: 'creation', creation: { ...known, state: { kind: 'created', contact: fake.contacts[0]! }, said: twin } });
      await settle();
    }
    expect(get('creations').textContent?.split(`${twin}.`)).toHaveLength(3);
    await accessible();
  });
});

describe('a refused contact', () => {
  it('opens its form again with all that was typed, and what is sent then takes its place', async () => {
    const fake = filled();
    fake.creations = [creation({ state: { kind: 'refused', error: { code: 'invalid', message: 'a company is needed', hint: null, field: 'company' } } })];
    fake.setStatus({ creating: 1 });
    await start('main', { fake });
    await press('filter-creating');
    await press('creation-change');
    expect((get('create-name') as HTMLInputElement).value).toBe('Samir Nagheenanajar');
    expect(get('create-company').getAttribute('aria-invalid')).toBe('true');
    await accessible();
    await press('create-submit');
    await settle();
    expect(asked(fake, 'create_contact').at(-1)).toMatchObject({ later: true, instead_of: 'c1', draft: { name: 'Samir Nagheenanajar', company: 'Initech', number: STRANGER } });
    expect(maybe('create')).toBeNull();
  });
});

describe('an opened call', () => {
  it('says why it is never logged, and where to change it', async () => {
    const fake = new Fake();
    fake.ring(ANNA, over({ never_log: 'listed' }));
    await start('main', { fake });
    expect(get('main-call-step-0').textContent?.trim()).toBe('Details');
    await press('main-call-open-0');
    expect(get('details-never').textContent).toContain('On your list');
    expect((get('details-log') as HTMLButtonElement).disabled).toBe(true);
    get('details-never').querySelector('button')?.click();
    await settle();
    expect(get('settings-never-log')).toBeTruthy();
  });

  it('takes back what was done last, refreshes, and draws when each place was asked', async () => {
    const fake = new Fake();
    fake.ring(ANNA, over({ undo: { kind: 'choice', before: 'Peter Gibbons' } }));
    await start('main', { fake });
    await press('main-call-open-0');
    expect(get('details-undo').textContent?.trim()).toBe('Undo: back to Peter Gibbons');
    await press('details-undo');
    expect(asked(fake, 'undo')).toHaveLength(1);
    await press('details-why');
    expect(document.querySelectorAll('[data-testid=trace]')).toHaveLength(1);
    const bars = [...document.querySelectorAll('[data-testid=trace-bar] rect:last-child')];
    expect(bars.map((bar) => Number(bar.getAttribute('x')) + Number(bar.getAttribute('width'))).every((end) => end > 0 && end <= 1000)).toBe(true);
    await press('details-refresh');
    await settle();
    expect(document.querySelectorAll('[data-testid=trace]')).toHaveLength(2);
  });
});

it('keeps the rows of a long list when one of them changes', async () => {
  const fake = new Fake();
  for (let n = 0; n < 400; n++) fake.ring(STRANGER, over());
  await start('main', { fake });
  for (let page = 0; page < 7; page++) await press('calls-more');
  expect(rows()).toHaveLength(400);
  const [call] = fake.calls;
  const before = rows()[399];
  fake.change(call?.id ?? '', { note: 'changed' });
  await settle();
  expect(rows()[399]).toBe(before);
});

it('draws only what is near the screen, and the rest as gaps that keep their place', async () => {
  // Each part of ten rows lies a thousand pixels below the one before it.
  let scrolled = 0;
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(function (this: Element) {
    const at = [...document.querySelectorAll('[data-testid=calls] ul')].indexOf(this);
    return { top: at * 1000 - scrolled, bottom: at * 1000 + 1000 - scrolled } as DOMRect;
  });
  const fake = new Fake();
  for (let n = 0; n < 50; n++) fake.ring(STRANGER, over());
  await start('main', { fake });
  const look = async () => {
    document.dispatchEvent(new Event('scroll'));
    await new Promise((wake) => setTimeout(wake, 40));
    await settle();
  };
  const drawn = () => [...document.querySelectorAll('[data-testid=calls] ul')].map((part) => part.children.length);
  await look();
  expect(drawn()).toEqual([10, 10, 0, 0, 0]);
  get('main-call-open-0').focus();
  scrolled = 3500;
  await look();
  expect(drawn()).toEqual([10, 0, 10, 10, 10]);
  expect(document.activeElement).toBe(get('main-call-open-0'));
  expect(get('main-call-open-25').closest('li')?.dataset.call).toBe(fake.calls[25]?.id);
});

it.each(LANGUAGES)('says in %s that a number is never logged, and not that somebody set the call aside', async (_, text) => {
  const fake = new Fake();
  fake.end(fake.ring(ANNA, { never_log: 'listed' }).id);
  const own = fake.ring(STRANGER);
  fake.end(own.id);
  await fake.call('set_aside', { call: own.id });
  await start('main', { fake, text });
  const said = [...document.querySelectorAll('[data-testid=main-call-log]')].map((one) => [(one as HTMLElement).dataset.state, one.textContent]);
  expect(said).toEqual([
    ['set_aside', text.log.setAside],
    ['set_aside', text.calls.neverLogged],
  ]);
});
