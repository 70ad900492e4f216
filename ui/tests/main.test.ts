import { describe, expect, it, vi } from 'vitest';
import { Fake, noLog } from '../src/backend/fake/fake';
import type { OwnerEvent } from '../src/backend/backend';
import type { CallDto } from '../src/backend/generated';
import { accessible, ANNA, asked, fill, get, INITECH, LANGUAGES, maybe, press, settle, start, STRANGER, told } from './help';

const over = (change: Partial<CallDto> = {}): Partial<CallDto> => ({ state: 'completed', is_over: true, answered: 1, ended: 2, talked: 61_000, ...change });
const locked = { kind: 'in_memory', code: 'keyring_locked', message: 'The secret store is locked.', hint: 'Unlock it.', unsaved: 2, has_file: true } as const;
const rows = () => document.querySelectorAll('[data-testid=main-call-row]');

async function change(id: string, value: string) {
  const field = get(id) as HTMLInputElement;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  await settle();
}

function filled(): Fake {
  const fake = new Fake();
  fake.ring(null, over());
  fake.ring(STRANGER, over({ state: 'missed', answered: null, talked: null }));
  fake.ring(INITECH, over({ log: { ...noLog(), state: 'unsure', write: 'w1', connection_name: 'Clio', message: 'The answer was lost.' } }));
  fake.ring(ANNA, over({ log: { ...noLog(), state: 'refused', write: 'w2', connection_name: 'Bullhorn', message: 'field “status” required' } }));
  fake.ring(ANNA, over({ log: { ...noLog(), state: 'waiting', write: 'w3', connection_name: 'Clio' } }));
  fake.ring(ANNA, over());
  return fake;
}

describe.each(LANGUAGES)('the main window in %s', (_, text) => {
  it.each(['calls', 'connections', 'phones', 'numbers', 'rules', 'privacy'])('%s is accessible', async (page) => {
    await start('main', { fake: filled(), text, page });
    await accessible();
  });

  it('is accessible with a call opened, in memory, and with a notice', async () => {
    const fake = filled();
    fake.setStatus({ store: locked, notices: [{ code: 'hotkey', message: 'The key is taken.', hint: 'Choose another.' }] });
    await start('main', { fake, text });
    await press('main-call-open-2');
    await press('details-why');
    expect(get('notice').textContent).toContain('The key is taken.');
    await accessible();
    await press('nav-privacy');
    await accessible();
  });
});

describe('the list of calls', () => {
  it('says what became of each call and has one next step for each', async () => {
    const { fake } = await start('main', { fake: filled() });
    const said = [...rows()].map((row) => [row.querySelector('[data-testid=main-call-name]')?.textContent, row.querySelector('[data-testid=main-call-log]')?.getAttribute('data-state'), row.querySelector('[data-testid^=main-call-step]')?.textContent?.trim()]);
    expect(said).toEqual([
      ['Anna Meier', 'not_logged', 'Log'],
      ['Anna Meier', 'waiting', 'Details'],
      ['Anna Meier', 'refused', 'Fix…'],
      ['3 people at Initech', 'unsure', 'Decide…'],
      [STRANGER, 'not_logged', 'Link…'],
      ['Number withheld', 'not_logged', 'Note'],
    ]);
    await press('main-call-step-0');
    expect(get('calls').querySelector('li')?.getAttribute('data-log')).toBe('logged');
    await press('main-call-step-4');
    expect(told(fake, 'open_search')[0]).toMatchObject({ link: true });
  });

  it('says in German what becomes of a call, and nouns keep their capital', async () => {
    const fake = new Fake();
    fake.ring(ANNA, over({ state: 'answered', is_over: false, ended: null, talked: null }));
    fake.ring(STRANGER, over({ state: 'unknown', talked: null }));
    await start('main', { fake, text: LANGUAGES[1]?.[1] });
    const said = [...rows()].map((row) => row.textContent ?? '');
    expect(said[0]).toContain('beendet, Ende nicht gesehen');
    expect(said[1]).toContain('im Gespräch');
  });

  it('filters missed and not logged calls through the owner', async () => {
    await start('main', { fake: filled() });
    await press('filter-missed');
    expect(rows()).toHaveLength(1);
    await press('filter-missed');
    await press('filter-not-logged');
    expect(rows()).toHaveLength(3);
  });

  it('settles, retries and refreshes from the list', async () => {
    const { fake } = await start('main', { fake: filled() });
    await press('main-call-open-3');
    await press('btn-send-again');
    expect(asked(fake, 'settle')).toMatchObject([{ write: 'w1', decision: 'send_again' }]);
    await press('main-call-open-1');
    await press('btn-retry');
    expect(asked(fake, 'retry')).toHaveLength(1);
    await press('main-call-refresh-0');
    expect(asked(fake, 'refresh')).toHaveLength(1);
  });

  it('follows what happens elsewhere', async () => {
    const { fake } = await start('main', { fake: filled() });
    fake.ring(ANNA, { id: 'fresh' });
    await settle();
    expect(rows()).toHaveLength(7);
    expect(rows()[0]?.getAttribute('data-call')).toBe('fresh');
  });

  it('says the way of a call and how it ended', async () => {
    const fake = new Fake();
    fake.ring(STRANGER, over({ state: 'forwarded', answered: null, talked: null, queue: 'Support' }));
    fake.ring(ANNA, over({ state: 'transferred', direction: 'out', diverted_by: [{ kind: 'extension', text: 'ext. 12', e164: null, region: null, line_type: null, display: null }] }));
    await start('main', { fake });
    const said = [...rows()].map((row) => row.textContent ?? '');
    expect(said[0]).toContain('forwarded by ext. 12');
    expect(said[0]).toContain('1:01');
    expect(said[1]).toContain('No match · via Support');
    expect(said[1]).toContain('forwarded');
  });

  it('stays a page long in a storm of 200 calls of three events each', async () => {
    const { fake } = await start('main', { fake: filled() });
    const calls = Array.from({ length: 200 }, () => fake.ring(STRANGER, { queue: 'Sales' }));
    await settle();
    for (const call of calls) fake.change(call.id, { lookup: { ...call.lookup, running: true } });
    await settle();
    for (const call of calls) fake.change(call.id, { state: 'answered_elsewhere', is_over: true, ended: Date.now() });
    await settle();
    expect(rows()).toHaveLength(50);
    expect(rows()[0]?.textContent).toContain('answered elsewhere');
    await press('calls-more');
    expect(rows()).toHaveLength(100);
  });

  it('offers a rehearsal where there is no call yet', async () => {
    const { fake } = await start('main');
    await press('rehearse');
    expect(asked(fake, 'rehearse')).toHaveLength(1);
    expect(rows()).toHaveLength(1);
  });
});

describe('settings', () => {
  it('saves each choice as it is made, and the refusal stays at its field with what was typed', async () => {
    const { fake } = await start('main', { page: 'rules' });
    await press('settings-pop-incoming');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ pop: 'incoming' });
    expect(get('settings-state').dataset.state).toBe('saved');
    fake.fail('save_settings', { code: 'conflict', message: 'Another program has this key.', hint: null, field: 'search_hotkey' });
    await change('settings-search-hotkey', 'Ctrl+Q');
    expect(get('settings-search-hotkey').getAttribute('aria-invalid')).toBe('true');
    expect((get('settings-search-hotkey') as HTMLInputElement).value).toBe('Ctrl+Q');
    expect(document.body.textContent).toContain('Another program has this key.');
  });

  it('previews formats at every keystroke, and says which does not fit or cannot be read', async () => {
    const { fake } = await start('main', { page: 'numbers' });
    expect(get('settings-preview-0').textContent).toBe('(415) 555-0123');
    await press('settings-add-format');
    await change('settings-format-1', '###');
    expect(get('settings-preview-1').textContent).toBe('does not fit this number');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ formats: ['(###) ###-####', '###'] });
    await change('settings-format-1', 'abc');
    expect(document.body.textContent).toContain('no place for a digit');
    expect((get('settings-format-1') as HTMLInputElement).value).toBe('abc');
    await change('settings-own', '+1 415 555 0199\n+1 415 555 0198');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ own_numbers: ['+1 415 555 0199', '+1 415 555 0198'] });
  });
});

describe('privacy', () => {
  it('has a banner everywhere while nothing is on disk, and unlocks', async () => {
    const fake = new Fake();
    fake.setStatus({ store: locked });
    await start('main', { fake });
    expect(get('banner-memory').textContent).toContain('The secret store is locked.');
    await press('btn-unlock');
    expect(maybe('banner-memory')).toBeNull();
  });

  it('opens with the recovery code, and keeps a wrong one to be put right', async () => {
    const fake = new Fake();
    fake.setStatus({ store: locked });
    await start('main', { fake, page: 'privacy' });
    fake.fail('unlock', { code: 'invalid', message: 'This is not the code of this file.', hint: null, field: null });
    await change('recovery-input', 'wrong');
    await press('recovery-open');
    expect(get('error').textContent).toBe('This is not the code of this file.');
    expect((get('recovery-input') as HTMLInputElement).value).toBe('wrong');
  });

  it('shows the recovery code only when asked, and warns before making a new one', async () => {
    const { fake } = await start('main', { page: 'privacy' });
    expect(asked(fake, 'recovery_code')).toEqual([]);
    await press('recovery-show');
    expect(get('recovery-code').textContent).toBe(fake.code);
    await press('recovery-hide');
    await press('recovery-rotate');
    expect(asked(fake, 'recovery_code')).toHaveLength(1);
    await press('recovery-rotate-yes');
    expect(asked(fake, 'recovery_code').at(-1)).toEqual({ rotate: true });
  });
});

it('writes a note in the list as it is typed', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { fake } = await start('main', { fake: filled() });
  await press('main-call-open-5');
  const field = get('details-note') as HTMLTextAreaElement;
  field.value = 'Called back';
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await vi.advanceTimersByTimeAsync(160);
  expect(asked(fake, 'note')).toMatchObject([{ note: 'Called back' }]);
  vi.useRealTimers();
});

describe('another window or a notification leads to a page', () => {
  // The shell adds the page to the event.
  const lead = async (fake: Fake, page?: string) => {
    fake.emit({ kind: 'open_main', ...(page ? { page } : {}) } as OwnerEvent);
    await settle();
  };
  const current = (page: string) => get(`nav-${page}`).getAttribute('aria-current') === 'page';

  it('goes there, and stays where it is when none is named', async () => {
    const { fake } = await start('main', { page: 'rules' });
    await lead(fake);
    expect(current('rules')).toBe(true);
    await lead(fake, 'connections');
    expect(current('connections')).toBe(true);
    expect(maybe('connection-add')).not.toBeNull();
    await lead(fake, 'calls');
    expect(current('calls')).toBe(true);
  });

  it.each(['rules', 'connections'])('shows the connections in the place of the choice of a new one, from %s', async (from) => {
    const { fake } = await start('main', { page: 'connections' });
    await press('connection-add');
    await press(`nav-${from}`);
    await lead(fake, 'calls');
    await press(`nav-${from}`);
    await press('nav-connections');
    expect(maybe('pick-input')).not.toBeNull();
    await press(`nav-${from}`);
    await lead(fake, 'connections');
    expect(maybe('connection-add')).not.toBeNull();
  });

  it.each(['rules', 'connections'])('keeps an open form and what is typed in it, from %s', async (from) => {
    const { fake } = await start('main', { page: 'connections' });
    await press('connection-add');
    await press('connector-bullhorn');
    await fill('connect-name', 'Agency', false);
    const main = document.querySelector('main') as HTMLElement;
    await press(`nav-${from}`);
    main.scrollTop = 640;
    await lead(fake, 'connections');
    expect((get('connect-name') as HTMLInputElement).value).toBe('Agency');
    expect(main.scrollTop).toBe(from === 'connections' ? 640 : 0);
  });

  it('comes to the calls without the filter of before, and leaves a list alone that is in sight', async () => {
    const fake = filled();
    fake.setStatus({ creating: 1 });
    const { user } = await start('main', { fake });
    await user.type(get('calls-filter'), 'meier');
    await press('main-call-open-0');
    const filter = get('calls-filter') as HTMLInputElement;
    await lead(fake, 'calls');
    expect(get('calls-filter')).toBe(filter);
    expect([filter.isConnected, filter.value, maybe('details-note') !== null]).toEqual([true, 'meier', true]);
    await press('nav-about');
    await lead(fake, 'calls');
    expect((get('calls-filter') as HTMLInputElement).value).toBe('');
    expect(rows()).toHaveLength(6);
  });
});

describe.each(LANGUAGES)('quitting with calls in memory in %s', (_, text) => {
  async function asks() {
    const fake = new Fake();
    fake.ring(STRANGER, over({ note: 'wants a quote\nby Friday' }));
    fake.ring(ANNA, over());
    fake.setStatus({ store: locked });
    const started = await start('main', { fake, text });
    fake.emit({ kind: 'quit_asked', unsaved: 2 });
    await settle();
    return started;
  }

  it('says which calls would be lost, takes the focus and is accessible', async () => {
    await asks();
    const dialog = get('quit-dialog');
    expect(dialog.getAttribute('role')).toBe('alertdialog');
    expect(dialog.textContent).toContain(text.quit.title(2));
    const said = [...dialog.querySelectorAll('[data-testid=quit-call]')].map((row) => row.textContent);
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('Anna Meier');
    expect(said[1]).toContain(STRANGER);
    expect(said[1]).toContain('wants a quote by Friday');
    expect(document.activeElement).toBe(get('quit-unlock'));
    expect(document.querySelector<HTMLElement>('.window')?.inert).toBe(true);
    await accessible();
  });

  it('stays on Esc, and loses nothing', async () => {
    const { fake, user } = await asks();
    await user.keyboard('{Escape}');
    await settle();
    expect(maybe('quit-dialog')).toBeNull();
    expect(document.querySelector<HTMLElement>('.window')?.inert).toBe(false);
    expect(asked(fake, 'quit')).toEqual([]);
  });

  it('quits anyway only when told so', async () => {
    const { fake } = await asks();
    await press('quit-anyway');
    expect(asked(fake, 'quit')).toEqual([{ force: true }]);
  });

  it('unlocks, says that all is saved, and then quits without force', async () => {
    const { fake } = await asks();
    fake.fail('unlock', { code: 'keyring_locked', message: 'Still locked.', hint: null, field: null });
    await press('quit-unlock');
    expect(get('quit-dialog').textContent).toContain('Still locked.');
    fake.fail('unlock', null);
    await press('quit-unlock');
    expect(get('quit-dialog').textContent).toContain(text.quit.savedTitle);
    expect(maybe('quit-anyway')).toBeNull();
    expect(document.activeElement).toBe(get('quit-now'));
    await press('quit-now');
    expect(asked(fake, 'quit')).toEqual([{ force: false }]);
  });

  it('leads to the field for the recovery code', async () => {
    await asks();
    await press('quit-code');
    expect(maybe('quit-dialog')).toBeNull();
    expect(get('recovery-input')).toBeTruthy();
  });
});

it('a main window that is made to ask shows the question at once', async () => {
  const fake = new Fake();
  fake.ring(ANNA, over());
  fake.setStatus({ store: { ...locked, unsaved: 1 } });
  await start('main', { fake, quit: true });
  expect(get('quit-dialog').textContent).toContain('Anna Meier');
});
