// The pages of the main window beside the list: numbers, rules, quiet hours, about.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import { connection } from '../src/backend/fake/connect';
import { phone } from '../src/backend/fake/phones';
import type { ConnectionDto, PhoneDto, StatusDto } from '../src/backend/generated';
import { openPoints } from '../src/state/health';
import { pressed, sameKeys } from '../src/state/hotkey';
import { samples } from '../src/state/samples.svelte';
import { clock } from '../src/text/format';
import { accessible, ANNA, asked, get, LANGUAGES, maybe, press, settle, start, told } from './help';

beforeEach(() => {
  samples.list = [];
  samples.tried = '';
});

async function type(id: string, value: string) {
  const field = get(id) as HTMLInputElement;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  await settle();
}
async function submit(id: string) {
  get(id).closest('form')?.requestSubmit();
  await settle();
}
const unreadable = (fake: Fake) => {
  const [first] = fake.contacts;
  if (first) first.numbers.push({ label: 'work', text: 'ask for <b>Anna</b>', raw: 'ask for <b>Anna</b>' });
  fake.setStatus({ unreadable: 1 });
};

describe.each(LANGUAGES)('in %s', (_, text) => {
  it('numbers are accessible with several examples, a lookup and unreadable numbers', async () => {
    const fake = new Fake();
    unreadable(fake);
    await start('main', { fake, text, page: 'numbers' });
    await press('settings-add-sample');
    await type('settings-sample-1', '+44 20 7946 0123');
    await type('try-number', ANNA);
    await submit('try-number');
    await press('unreadable-show');
    await accessible();
  });

  it.each(['x11', 'wayland'])('rules are accessible on %s', async (session) => {
    const fake = new Fake();
    const hello = await fake.call('hello', {});
    const ask = fake.call.bind(fake);
    fake.call = (async (name, args) => (name === 'hello' ? { ...hello, session } : ask(name, args))) as typeof fake.call;
    fake.setStatus({ notices: [{ code: 'hotkey', message: 'Ctrl+Shift+K is taken by another program', hint: 'Choose other keys' }] });
    await start('main', { fake, text, page: 'rules' });
    expect(maybe('wayland-keys') !== null).toBe(session === 'wayland');
    expect(document.querySelectorAll('[data-testid=notice]')).toHaveLength(1);
    await accessible();
  });

  it('about is accessible with every point open, and says when nothing is', async () => {
    const fake = new Fake();
    fake.settings = { ...fake.settings, home: null };
    fake.setStatus({ refused: 2, unsure: 1, creating: 3, unreadable: 14, notices: [{ code: 'settings_broken', message: 'the settings can’t be read', hint: null }] });
    const { unmount } = await start('main', { fake, text, page: 'about' });
    expect([...document.querySelectorAll<HTMLElement>('[data-testid=health-point]')].map((one) => one.dataset.point)).toEqual(['no_phone', 'refused', 'unsure', 'no_crm', 'no_home', 'creating', 'unreadable', 'settings_broken-0']);
    await accessible();
    unmount();
    const well = new Fake();
    well.phones = [phone('Office', { last_seen: Date.now() })];
    well.connections = [...well.connections, connection('hubspot', 'HubSpot')];
    await start('main', { fake: well, text, page: 'about' });
    expect(get('health-well').textContent).toContain(text.about.allWell);
  });

  it('quiet is accessible while paused and presenting', async () => {
    const fake = new Fake();
    fake.setStatus({ quiet: { paused_until: Date.now() + 60_000, presenting: true, do_not_disturb: true, locked: false } });
    await start('main', { fake, text });
    expect(get('quiet-paused').textContent).toContain(text.quiet.pausedUntil('').trim());
    await accessible();
  });
});

describe('numbers', () => {
  it('shows every format on every example, and keeps the examples while the window lives', async () => {
    await start('main', { page: 'numbers' });
    await press('settings-add-sample');
    await type('settings-sample-1', '+44 20 7946 012');
    expect([...get('settings-preview-0').querySelectorAll('.line')].map((one) => one.textContent?.trim())).toEqual(['(415) 555-0123', 'does not fit +44 20 7946 012']);
    await press('nav-rules');
    await press('nav-numbers');
    expect((get('settings-sample-1') as HTMLInputElement).value).toBe('+44 20 7946 012');
  });

  it('saves each list of numbers, one a line', async () => {
    const { fake } = await start('main', { page: 'numbers' });
    await type('settings-never-log', '+1 415 555 0199\n\n+1 415 555 0198');
    await type('settings-vip', '+44 20 7946 0018');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ never_log: ['+1 415 555 0199', '+1 415 555 0198'], vip: ['+44 20 7946 0018'] });
    fake.fail('save_settings', { code: 'invalid', message: '“12” is not a whole number', hint: null, field: 'vip' });
    await type('settings-vip', '12');
    expect(get('settings-vip').getAttribute('aria-invalid')).toBe('true');
    expect((get('settings-vip') as HTMLTextAreaElement).value).toBe('12');
  });

  it('tries a number live, with the whole trace', async () => {
    const { fake } = await start('main', { page: 'numbers' });
    await type('try-number', ANNA);
    await submit('try-number');
    expect(asked(fake, 'lookup')).toEqual([{ number: ANNA, live: true }]);
    expect(get('try-found').textContent).toContain('1 person found');
    expect(get('try-match').textContent).toContain('Anna Meier');
    fake.fail('lookup', { code: 'invalid', message: 'This is not a number.', hint: null, field: 'number' });
    await submit('try-number');
    expect(get('try-number').getAttribute('aria-invalid')).toBe('true');
  });

  it('lists what cannot be read as text, and the side bar leads there', async () => {
    const fake = new Fake();
    unreadable(fake);
    const [first] = fake.contacts;
    if (first) first.url = 'https://crm.example/1';
    await start('main', { fake });
    await press('index-unreadable');
    expect(asked(fake, 'unreadable')).toEqual([{ after: 0, limit: 50 }]);
    const row = get('unreadable-row');
    expect(row.querySelector('b')).toBeNull();
    expect(row.textContent).toContain('ask for <b>Anna</b>');
    row.querySelector('button')?.click();
    await settle();
    expect(told(fake, 'open_url')).toHaveLength(1);
  });
});

describe('rules', () => {
  it('saves every rule by its own name', async () => {
    const { fake } = await start('main', { page: 'rules' });
    for (const id of ['several-last_spoken', 'nobody-search', 'open-record-answer', 'log-always', 'screen-primary', 'respect_do_not_disturb', 'letter_keys']) await press(`settings-${id}`);
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ several: 'last_spoken', nobody: 'search', open_record: 'answer', log_rule: 'always', card_screen: 'primary', respect_do_not_disturb: false, letter_keys: false });
  });

  it('takes keys as they are pressed, and refuses those of another one', async () => {
    const { fake, user } = await start('main', { page: 'rules' });
    await press('settings-present-hotkey-capture');
    get('settings-present-hotkey-capture').focus();
    await user.keyboard('p');
    expect(document.body.textContent).toContain('Hold Ctrl, Alt or Super with it');
    await user.keyboard('{Control>}{Alt>}p{/Alt}{/Control}');
    await settle();
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ present_hotkey: 'Ctrl+Alt+P' });
    const before = asked(fake, 'save_settings').length;
    await type('settings-say-hotkey', 'shift+ctrl+k');
    expect(asked(fake, 'save_settings')).toHaveLength(before);
    expect(document.body.textContent).toContain('taken by “Go to the caller card”');
    expect((get('settings-say-hotkey') as HTMLInputElement).value).toBe('shift+ctrl+k');
    await press('settings-say-hotkey-none');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ say_hotkey: null });
  });

  it('Escape stops listening and changes nothing', async () => {
    const { fake, user } = await start('main', { page: 'rules' });
    get('settings-search-hotkey-capture').focus();
    await press('settings-search-hotkey-capture');
    await user.keyboard('{Escape}{Control>}{Shift>}x{/Shift}{/Control}');
    await settle();
    expect(asked(fake, 'save_settings')).toEqual([]);
  });
});

describe('keys that are pressed', () => {
  const event = (key: string, code: string, held: string) => ({ key, code, ctrlKey: held.includes('c'), altKey: held.includes('a'), shiftKey: held.includes('s'), metaKey: held.includes('m') });
  it.each([
    ['k', 'KeyK', 'cs', 'Ctrl+Shift+K'],
    ['y', 'KeyZ', 'c', 'Ctrl+Y'],
    ['!', 'Digit1', 'cs', 'Ctrl+Shift+1'],
    [' ', 'Space', 'm', 'Super+Space'],
    ['F9', 'F9', '', 'F9'],
    ['ArrowUp', 'ArrowUp', 'ca', 'Ctrl+Alt+ArrowUp'],
  ])('%s at %s with %s', (key, code, held, keys) => expect(pressed(event(key, code, held))).toEqual({ keys }));
  it.each([
    ['Control', 'ControlLeft', 'c', 'incomplete'],
    ['k', 'KeyK', '', 'plain'],
    ['K', 'KeyK', 's', 'plain'],
    ['c', 'KeyC', 'c', 'everywhere'],
    ['AudioVolumeUp', 'AudioVolumeUp', 'c', 'incomplete'],
  ])('%s at %s with %s is %s', (key, code, held, problem) => expect(pressed(event(key, code, held))).toEqual({ problem }));
  it('are the same in any order', () => {
    expect(sameKeys('Ctrl+Shift+K', 'shift + Control+k')).toBe(true);
    expect(sameKeys('Ctrl+Shift+K', 'Ctrl+K')).toBe(false);
  });
});

describe('quiet', () => {
  it('pauses, goes on, and switches presenting', async () => {
    const { fake } = await start('main');
    await press('quiet-half');
    const [{ until } = { until: 0 }] = asked(fake, 'pause') as { until: number }[];
    expect(until - Date.now()).toBeGreaterThan(29 * 60_000);
    expect(until - Date.now()).toBeLessThanOrEqual(30 * 60_000);
    await press('quiet-resume');
    await press('quiet-tomorrow');
    // As the tray and the command line have it: before anybody takes calls.
    const morning = new Date();
    morning.setHours(30, 0, 0, 0);
    const time = clock(morning.getTime());
    expect(get('quiet-paused').textContent).toBe(`Paused until tomorrow, ${time}`);
    expect(asked(fake, 'pause').slice(1)).toEqual([{ until: null }, { until: morning.getTime() }]);
    await press('quiet-resume');
    expect(get('quiet-tomorrow').textContent).toBe(`until tomorrow, ${time}`);
    await press('quiet-present');
    expect(asked(fake, 'present')).toEqual([{ on: true }]);
  });

  it('a pause that is over is none', async () => {
    const fake = new Fake();
    fake.setStatus({ quiet: { paused_until: Date.now() - 1, presenting: false, do_not_disturb: false, locked: false } });
    await start('main', { fake });
    expect(maybe('quiet-paused')).toBeNull();
  });
});

describe.each(LANGUAGES)('a desktop that does not say whether it is locked, in %s', (_, text) => {
  it.each([
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15', true],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36', true],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15', false],
  ])('is said on the Rules page: %s', async (agent, blind) => {
    const was = vi.spyOn(navigator, 'userAgent', 'get').mockReturnValue(agent);
    await start('main', { text, page: 'rules' });
    expect(maybe('dnd-blind')?.textContent ?? null).toBe(blind ? text.rules.dndBlind : null);
    was.mockRestore();
  });
});

describe('open points', () => {
  const fake = new Fake();
  const crm: ConnectionDto[] = [...fake.connections, connection('hubspot', 'HubSpot')];
  const status = (change: Partial<StatusDto> = {}): StatusDto => ({ ...fake.status, ...change });
  const now = Date.now();
  const day = 86_400_000;
  const points = (phones: PhoneDto[] | null, connections = crm, change: Partial<StatusDto> = {}) => openPoints({ status: status(change), settings: fake.settings, connections, phones }, now).map(({ id, grave }) => `${id}${grave ? '!' : ''}`);

  it.each([
    [null, []],
    [[], ['no_phone!']],
    [[phone('Office', { created: now, last_seen: null })], ['never_heard']],
    [[phone('Twinkle', { kind: 'program', created: now, last_seen: null })], []],
    [[phone('Office', { created: now - 9 * day, last_seen: now - 5 * day })], ['silent']],
    [[phone('Office', { created: now - 9 * day, last_seen: now - 3 * day })], []],
    [[phone('Office', { last_seen: now, state: { kind: 'stopped', code: 'x', message: 'x', hint: null, field: null } })], ['phone_trouble!']],
  ] as [PhoneDto[] | null, string[]][])('of phones %#', (phones, expected) => expect(points(phones)).toEqual(expected));

  it('of connections, and of what waits for a person', () => {
    expect(points(null, [...crm, connection('x', 'X', { state: { kind: 'sign_in_needed' } })])).toEqual(['connection_trouble!']);
    expect(points(null, fake.connections)).toEqual(['no_crm']);
    expect(points(null, crm, { refused: 1, notices: [{ code: 'phone_trouble', message: 'x', hint: null }, { code: 'hotkey', message: 'x', hint: null }] })).toEqual(['refused!', 'hotkey-1']);
  });

  it.each([
    ['phones', 'phones'],
    ['intake_lan', 'phones'],
    ['sign_in', 'connections'],
    ['connectors', 'connections'],
    ['lists_damaged', 'numbers'],
    ['journal', 'privacy'],
    ['key_not_kept', 'privacy'],
    ['hotkey', 'rules'],
    ['settings_broken', 'rules'],
  ])('leads from the notice %s to the page %s', async (code, page) => {
    const owner = new Fake();
    owner.setStatus({ notices: [{ code, message: 'Something is wrong', hint: null }] });
    await start('main', { fake: owner, page: 'about' });
    await press(`health-step-${code}-0`);
    expect(get(`nav-${page}`).getAttribute('aria-current')).toBe('page');
  });

  it('lead to the place where they are settled', async () => {
    const owner = new Fake();
    owner.setStatus({ refused: 1, unreadable: 2 });
    await start('main', { fake: owner });
    expect(get('nav-open-points').textContent).toBe('1 open point');
    await press('nav-open-points');
    await press('health-step-refused');
    expect(asked(owner, 'calls').at(-1)).toMatchObject({ log: 'refused' });
    expect(get('filter-refused').getAttribute('aria-pressed')).toBe('true');
    await press('nav-about');
    await press('health-step-unreadable');
    expect(asked(owner, 'unreadable')).toHaveLength(1);
  });
});
