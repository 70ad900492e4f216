import { afterEach, describe, expect, it, vi } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import { phone } from '../src/backend/fake/phones';
import type { PhoneDto } from '../src/backend/generated';
import { isHere } from '../src/state/address';
import type { Text } from '../src/text';
import { speak } from '../src/text';
import { en } from '../src/text/en';
import { asked, get, maybe, press, settle, start } from './help';

const TROUBLE = { code: 'unavailable', message: 'pbx.example.com does not answer', hint: 'Look whether it runs' };
const STATES: Record<string, Partial<PhoneDto>> = {
  off: { state: { kind: 'off' } },
  'off, by itself': { kind: 'program', state: { kind: 'off' } },
  connecting: { state: { kind: 'connecting' } },
  ready: { last_seen: Date.now() },
  'ready with notes': { state: { kind: 'ready', notes: [{ code: 'clear_text', message: 'pbx.example.com is spoken to without encryption', hint: 'Choose TLS' }, { code: 'news', message: 'Something new', hint: null }] } },
  retrying: { state: { kind: 'retrying', ...TROUBLE, next_try: Date.now() + 3_665_000 } },
  stopped: { state: { kind: 'stopped', ...TROUBLE, field: null } },
  'wrong password': { parameters: { address: '201@pbx.example.com' }, state: { kind: 'stopped', code: 'sign_in_needed', message: 'pbx.example.com does not take this password', hint: 'Type it again', field: 'password' } },
  'sign-in': { kind: 'ringcentral', signed_in: false, state: { kind: 'stopped', code: 'sign_in_needed', message: 'Nobody signed in yet', hint: null, field: null } },
  'unknown kind': { kind: 'carrier-pigeon' },
};

const house = (...more: Partial<PhoneDto>[]): Fake => {
  const fake = new Fake();
  fake.phones = more.map((one, at) => phone(`Phone ${at}`, one));
  return fake;
};
const page = (fake: Fake, text?: Text) => start('main', { fake, page: 'phones', text });
const invalid = () => [...document.querySelectorAll<HTMLElement>('[aria-invalid=true]')].map((field) => field.dataset.testid);
const value = (id: string) => (get(id) as HTMLInputElement).value;

async function fill(id: string, text: string) {
  const field = get(id) as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  await settle();
}
async function form(kind: string, fake = new Fake(), text?: Text) {
  const all = await page(fake, text);
  await press('phone-add');
  await press(`phone-kind-${kind}`);
  return all;
}

afterEach(() => {
  vi.useRealTimers();
  speak(en);
});

describe('adding a phone', () => {
  it('finds a kind by what it is for', async () => {
    const { user, fake } = await page(new Fake());
    await press('phone-add');
    await user.keyboard('freepbx');
    await settle();
    expect([...document.querySelectorAll('[data-testid^=phone-kind-]')].map((row) => row.getAttribute('data-testid'))).toEqual(['phone-kind-asterisk']);
    await user.keyboard('{Enter}');
    await settle();
    expect(get('phone-field-device')).toBeTruthy();
    expect(asked(fake, 'phone_kinds')).toHaveLength(1);
  });

  it('sends what was filled in, and shows the phone', async () => {
    const { fake } = await form('sip');
    await press('phone-submit');
    expect(invalid()).toEqual(['phone-field-address', 'phone-field-password']);
    await fill('phone-field-address', '201@pbx.example.com');
    await fill('phone-field-password', 'one');
    await press('phone-submit');
    expect(asked(fake, 'add_phone')).toEqual([{ name: 'SIP account', kind: 'sip', trusted: true, parameters: { address: '201@pbx.example.com', transport: 'tls' }, secrets: { password: 'one' } }]);
    expect(get('phone').dataset.state).toBe('ready');
    expect(document.activeElement).toBe(get('phone'));
  });

  it('proposes a name that is free, whatever its case', async () => {
    const fake = house({});
    fake.phones = [phone('BARESIP')];
    await form('baresip', fake);
    expect((get('phone-name') as HTMLInputElement).placeholder).toBe('baresip 2');
    await fill('phone-name', 'Baresip');
    await press('phone-submit');
    expect(invalid()).toEqual(['phone-name']);
    expect(get('phone-form').textContent).toContain('There is a phone with this name already. Take another name');
  });

  it('keeps everything when it is refused, with the reason at its field', async () => {
    const { fake } = await form('sip');
    await fill('phone-field-address', '201@pbx.example.com');
    await fill('phone-field-password', 'wrong');
    await press('phone-submit');
    expect(invalid()).toEqual(['phone-field-password']);
    expect([value('phone-field-address'), value('phone-field-password')]).toEqual(['201@pbx.example.com', 'wrong']);
    expect(document.activeElement).toBe(get('phone-field-password'));
    await fill('phone-field-password', 'right');
    await fill('phone-field-address', '201@nobody.example.com');
    await press('phone-submit');
    expect(get('phone-form-error').textContent).toContain('nobody.example.com does not answer');
    expect(fake.phones).toEqual([]);
    // What is wrong now is another thing.
    await fill('phone-field-address', '');
    await press('phone-submit');
    expect([invalid(), maybe('phone-form-error')]).toEqual([['phone-field-address'], null]);
  });

  it('asks few for what few need, and never hides what is filled in or refused there', async () => {
    const { fake } = await form('sip');
    const fold = () => get('phone-field-rare') as HTMLDetailsElement;
    expect(fold().querySelector('summary')?.textContent).toBe('More: Login name, Server, and Certificate file');
    expect([...fold().querySelectorAll('input')].map((one) => one.dataset.testid)).toEqual(['phone-field-user', 'phone-field-server', 'phone-field-ca']);
    expect(fold().open).toBe(false);
    await fill('phone-field-address', '201@pbx.example.com');
    await fill('phone-field-password', 'one');
    fake.fail('add_phone', { code: 'invalid', message: 'this is no certificate', hint: null, field: 'ca' });
    await press('phone-submit');
    expect([fold().open, document.activeElement]).toEqual([true, get('phone-field-ca')]);
    await fill('phone-field-ca', 'company.pem');
    expect([fold().open, invalid()]).toEqual([true, []]);
    await press('nav-calls');
    await press('nav-phones');
    expect(fold().open).toBe(true);
    await press('phone-back');
    await press('phone-kind-asterisk');
    expect([maybe('phone-field-rare'), maybe('phone-field-ca') !== null]).toEqual([null, true]);
  });

  it('goes on being tried behind another page, and what comes of a cancelled attempt is taken back', async () => {
    const { fake } = await form('sip');
    await fill('phone-field-address', '201@pbx.example.com');
    await fill('phone-field-password', 'one');
    const first = fake.hold('add_phone');
    await press('phone-submit');
    expect(get('phone-progress').textContent).toContain('Connecting: SIP account is being tried');
    expect((get('phone-submit') as HTMLButtonElement).disabled).toBe(true);
    await press('nav-calls');
    await press('nav-phones');
    expect(get('phone-progress').textContent).toContain('Connecting');
    await press('phone-cancel');
    expect([value('phone-field-address'), value('phone-field-password')]).toEqual(['201@pbx.example.com', 'one']);
    expect(get('phone-progress').textContent?.trim()).toBe('');
    // A second attempt waits until nothing is left of the first.
    await press('phone-submit');
    expect(asked(fake, 'add_phone')).toHaveLength(1);
    first();
    await settle();
    await settle();
    expect(fake.asked.map((one) => one.name).filter((name) => name.endsWith('_phone'))).toEqual(['add_phone', 'cancel_add_phone', 'remove_phone', 'add_phone']);
    expect(get('phone').dataset.name).toBe('SIP account');
  });

  it('shows the lines with the token once, and those phones are not trusted unless told so', async () => {
    const { fake, container } = await form('program');
    await fill('phone-name', 'Desk');
    await press('phone-submit');
    expect(asked(fake, 'add_phone')).toMatchObject([{ name: 'Desk', kind: 'program', trusted: false, parameters: {} }]);
    expect(get('recipe-0').textContent).toContain('token=EXAMPLE');
    await press('phone-done');
    expect(container.textContent).not.toContain('EXAMPLE');
    expect(document.activeElement).toBe(get('phone'));
  });

  it('signs in in the browser at once, can be cancelled and begun again, and says why it failed', async () => {
    const { fake } = await form('ringcentral');
    await fill('phone-field-client_id', 'app-1');
    expect(get('phone-submit').textContent).toBe('Connect and sign in');
    await press('phone-submit');
    expect(get('phone-sign-in-waiting').textContent).toMatch(/[45]:\d\d left/);
    await press('sign-in-cancel');
    expect(asked(fake, 'cancel_phone_sign_in')).toEqual([{ name: 'RingCentral' }]);
    expect(maybe('phone-error')).toBeNull();
    await press('phone-sign-in');
    fake.phoneBrowser.end('RingCentral', { code: 'timeout', message: 'Nobody signed in within five minutes', hint: null, field: null });
    await settle();
    expect(get('phone-error').textContent).toContain('Nobody signed in within five minutes');
    await press('phone-sign-in');
    fake.phoneBrowser.end('RingCentral', phone('RingCentral', { kind: 'ringcentral', signed_in: true }));
    await settle();
    expect(get('phone').dataset.state).toBe('ready');
  });
});

it('a sign-in that was cancelled takes nothing from the next one', async () => {
  const { fake } = await page(house(STATES['sign-in'] ?? {}));
  vi.setSystemTime(Date.now());
  const late = fake.hold('sign_in_phone');
  await press('phone-sign-in');
  await press('sign-in-cancel');
  vi.setSystemTime(Date.now() + 1000);
  await press('phone-sign-in');
  fake.fail('sign_in_phone', { code: 'cancelled', message: 'the sign-in was cancelled', hint: null, field: null });
  late();
  await settle();
  expect(get('phone-sign-in-waiting')).toBeTruthy();
});

describe('consent to clear text', () => {
  it('is asked for while the transport needs it, and not sent when it does not', async () => {
    const { fake } = await form('sip');
    await fill('phone-field-address', '201@pbx.example.com');
    await fill('phone-field-password', 'one');
    expect(maybe('phone-field-clear_text')).toBeNull();
    await fill('phone-field-transport', 'udp');
    expect(get('phone-form').textContent).toContain('This is not encrypted');
    await press('phone-submit');
    expect(invalid()).toEqual(['phone-field-clear_text']);
    expect(asked(fake, 'add_phone')).toEqual([]);
    await press('phone-field-clear_text');
    await press('phone-submit');
    expect(asked(fake, 'add_phone')).toMatchObject([{ parameters: { transport: 'udp', clear_text: 'true' } }]);
  });

  it('is asked for at its field when the owner wants it all the same', async () => {
    const { fake } = await form('sip');
    await fill('phone-field-address', '201@pbx.example.com');
    await fill('phone-field-password', 'one');
    fake.fail('add_phone', { code: 'invalid', message: 'Only with your consent', hint: null, field: 'clear_text' });
    await press('phone-submit');
    expect(invalid()).toEqual(['phone-field-clear_text']);
  });

  it('is withdrawn with the change to an encrypted connection', async () => {
    const { fake } = await page(house({ parameters: { address: '201@pbx.example.com', transport: 'udp', clear_text: 'true' } }));
    await press('phone-change');
    expect((get('phone-field-clear_text') as HTMLInputElement).checked).toBe(true);
    expect((get('phone-field-password') as HTMLInputElement).placeholder).toBe('stays as it is; type to replace it');
    await fill('phone-field-transport', 'tls');
    expect(maybe('phone-field-clear_text')).toBeNull();
    await press('phone-submit');
    expect(asked(fake, 'change_phone')).toEqual([{ name: 'Phone 0', trusted: null, parameters: { transport: 'tls', clear_text: '' }, secrets: {} }]);
  });

  it('is needed for a baresip on another computer only, and always for desk phones', async () => {
    await form('baresip');
    expect(maybe('phone-field-clear_text')).toBeNull();
    await fill('phone-field-server', '192.168.1.9:4444');
    expect(get('phone-field-clear_text')).toBeTruthy();
    await fill('phone-field-server', '');
    expect(maybe('phone-field-clear_text')).toBeNull();
    await press('phone-back');
    await press('phone-kind-asterisk');
    await fill('phone-field-transport', 'tcp');
    expect(get('phone-field-clear_text')).toBeTruthy();
    await fill('phone-field-server', '127.0.0.1');
    expect(maybe('phone-field-clear_text')).toBeNull();
    await press('phone-back');
    await press('phone-kind-desk');
    expect(get('phone-form').textContent).toContain('Desk phones report without encryption');
    expect(get('phone-field-clear_text')).toBeTruthy();
  });

  it.each([
    ['127.0.0.1:4444', true],
    ['localhost', true],
    ['::1', true],
    ['[::1]:4444', true],
    ['192.168.1.9:4444', false],
    ['127.0.0.1.example.com', false],
    ['fe80::1', false],
    ['a b', false],
    ['', false],
  ])('%j is on this computer: %s', (server, here) => expect(isHere(server)).toBe(here));
});

