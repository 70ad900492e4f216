import { afterEach, describe, expect, it, vi } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import { noCheck, phone, phoneKinds } from '../src/backend/fake/phones';
import type { PhoneDto, PhoneKindDto } from '../src/backend/generated';
import { verdict } from '../src/state/check';
import type { Text } from '../src/text';
import { speak } from '../src/text';
import { de } from '../src/text/de';
import { en } from '../src/text/en';
import { inWords } from '../src/text/phone-kinds';
import { accessible, asked, get, LANGUAGES, maybe, press, settle, start } from './help';

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

describe.each(LANGUAGES)('phones in %s', (_, text) => {
  it.each(Object.keys(STATES))('%s is said in words and is accessible', async (state) => {
    const { container } = await page(house(STATES[state] ?? {}), text);
    const shown = get('phone').dataset.state as keyof typeof text.phones.state;
    expect(get('phone-state').textContent).toContain(text.phones.state[shown]);
    await accessible(container);
  });

  it.each(['sip', 'ringcentral', 'program', 'desk', 'baresip', 'asterisk'])('the form of %s is accessible, empty and refused', async (kind) => {
    const { container } = await form(kind, new Fake(), text);
    await accessible(container);
    await press('phone-submit');
    await accessible(container);
  });

  it('the choice, the lines to copy and the local network are accessible', async () => {
    const fake = new Fake();
    fake.settings = { ...fake.settings, intake_on: true, intake_lan: '192.168.1.20' };
    fake.setStatus({ intake: { kind: 'listening', port: 17655, lan: null } });
    const { container } = await page(fake, text);
    expect(get('lan-silent').textContent).toContain('192.168.1.20');
    await accessible(container);
    await press('phone-add');
    await accessible(container);
    await press('phone-kind-program');
    await press('phone-submit');
    expect(get('phone-recipes')).toBeTruthy();
    await accessible(container);
  });

  it.each([
    ['waiting', {}],
    ['going', { rang: true, number: true }],
    ['numberless', { rang: true, answered: true }],
    ['works', { rang: true, number: true, answered: true, ended: true, done: true }],
  ] as const)('a trial call that is %s is said in words and is accessible', async (found, marks) => {
    const { fake, container } = await page(house({}), text);
    await press('phone-check-begin');
    fake.turn('Phone 0', { check: { ...noCheck(Date.now()), ...marks } });
    await settle();
    expect(get('phone-check').dataset.verdict).toBe(found);
    expect(get('phone-check-said').textContent).toContain(text.phones.check[found]);
    await accessible(container);
  });

  it('waiting for the browser is accessible', async () => {
    const { container } = await page(house(STATES['sign-in'] ?? {}), text);
    await press('phone-sign-in');
    expect(get('phone-sign-in-waiting')).toBeTruthy();
    await accessible(container);
  });
});

describe('a phone', () => {
  it('says the reason, when it tries again, and can be tried now', async () => {
    const { fake } = await page(house(STATES.retrying ?? {}));
    expect(get('phone-trouble').textContent).toBe('pbx.example.com does not answer. Look whether it runs.');
    expect(get('phone').textContent).toMatch(/Tries again by itself in 1:0\d:\d\d\./);
    await press('phone-retry');
    expect(asked(fake, 'retry_phone')).toEqual([{ name: 'Phone 0' }]);
    expect(get('phone').dataset.state).toBe('connecting');
    fake.turn('Phone 0', { state: { kind: 'ready', notes: [] } });
    await settle();
    expect(get('phone').dataset.state).toBe('ready');
  });

  it('leads from a wrong password to its field, with the reason there', async () => {
    const { fake } = await page(house(STATES['wrong password'] ?? {}));
    await press('phone-mend');
    expect(invalid()).toEqual(['phone-field-password']);
    expect(document.activeElement).toBe(get('phone-field-password'));
    expect(get('phone-form').textContent).toContain('does not take this password. Type it again.');
    await fill('phone-field-password', 'right');
    await press('phone-submit');
    expect(asked(fake, 'change_phone')).toMatchObject([{ name: 'Phone 0', trusted: null, secrets: { password: 'right' } }]);
    expect(document.activeElement).toBe(get('phone'));
  });

  it('shows notes with their hints, and what was last heard', async () => {
    await page(house(STATES['ready with notes'] ?? {}));
    expect(get('phone-notes').textContent).toBe('Not encrypted. pbx.example.com is spoken to without encryption. Choose TLS.Something new.');
    expect(get('phone').textContent).toContain('Connected. Good to know:');
    expect(get('phone').textContent).not.toContain('every call');
    expect(get('phone').textContent).toContain('no call heard yet');
  });

  it('that reports by itself says that nobody listens, and starts it', async () => {
    const { fake } = await page(house(STATES['off, by itself'] ?? {}));
    await press('phone-listen');
    expect(asked(fake, 'save_settings')).toMatchObject([{ intake_on: true }]);
    expect((get('settings-intake') as HTMLInputElement).checked).toBe(true);
  });

  it('is removed only after a second thought, and a refusal stays with it', async () => {
    const { fake, user } = await page(house({}));
    await press('phone-remove');
    expect(document.activeElement).toBe(get('phone-remove-no'));
    await user.keyboard('{Enter}');
    await settle();
    expect(asked(fake, 'remove_phone')).toEqual([]);
    fake.fail('remove_phone', { code: 'keyring_locked', message: 'The secret store is locked.', hint: 'Unlock it.', field: null });
    await press('phone-remove');
    await press('phone-remove-yes');
    expect(get('phone-error').textContent).toContain('The secret store is locked.');
    fake.fail('remove_phone', null);
    await press('phone-remove-yes');
    expect(maybe('phone')).toBeNull();
  });

  it('may be called anything', async () => {
    const fake = new Fake();
    fake.phones = [phone('constructor'), phone('__proto__', { state: { kind: 'stopped', ...TROUBLE, field: null } }), phone('<b>bold</b>\u202E')];
    await page(fake);
    expect(document.querySelectorAll('[data-testid=phone]')).toHaveLength(3);
    expect(document.querySelector('article b, article script')?.textContent ?? '').not.toContain('bold');
    await press('phone-retry');
    expect(asked(fake, 'retry_phone')).toEqual([{ name: '__proto__' }]);
  });

  it('of a kind that this version does not know can still be removed', async () => {
    await page(house(STATES['unknown kind'] ?? {}));
    expect(get('phone').textContent).toContain('knows no kind of phone “carrier-pigeon”');
    expect([maybe('phone-change'), maybe('phone-remove') !== null]).toEqual([null, true]);
  });

  it('shows the newest answer, whatever order answers come in', async () => {
    const { fake } = await page(house({}));
    const late = fake.hold('phones');
    fake.turn('Phone 0', { state: { kind: 'connecting' } });
    fake.turn('Phone 0', { state: { kind: 'off' } });
    await settle();
    late();
    await settle();
    expect(get('phone').dataset.state).toBe('off');
  });
});

describe('call yourself now', () => {
  const marks = () => [...document.querySelectorAll<HTMLElement>('[data-testid^=mark-]')].filter((one) => one.dataset.heard === 'true').map((one) => one.dataset.testid);

  it('ticks each mark as it happens, and says that it works', async () => {
    const { fake } = await page(house({}));
    await press('phone-check-begin');
    expect(asked(fake, 'check_phone')).toEqual([{ name: 'Phone 0' }]);
    expect(document.activeElement).toBe(get('phone-check'));
    expect(marks()).toEqual([]);
    const check = noCheck(Date.now());
    for (const [change, heard] of [
      [{ rang: true, number: true }, ['mark-rang', 'mark-number']],
      [{ answered: true }, ['mark-rang', 'mark-number', 'mark-answered']],
      [{ ended: true, done: true }, ['mark-rang', 'mark-number', 'mark-answered', 'mark-ended']],
    ] as const) {
      Object.assign(check, change);
      fake.turn('Phone 0', { check: { ...check } });
      await settle();
      expect(marks()).toEqual(heard);
    }
    expect(get('phone-check-said').textContent).toContain('It works: Ringside hears everything about your calls. No name came along.');
    await press('phone-check-close');
    expect(maybe('phone-check')).toBeNull();
    expect(document.activeElement).toBe(get('phone'));
  });

  it('says what to look at when nothing comes for 30 seconds', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await page(house({ kind: 'baresip' }));
    await press('phone-check-begin');
    expect(get('phone-check').dataset.verdict).toBe('waiting');
    await vi.advanceTimersByTimeAsync(31_000);
    await settle();
    expect(get('phone-check').dataset.verdict).toBe('silent');
    expect(get('phone-check-said').textContent).toContain('is its module ctrl_tcp switched on');
  });

  it.each([
    ['sip', 'add this phone once more as “Asterisk or FreePBX, by its manager”'],
    ['desk', 'take the whole line once more'],
    ['carrier-pigeon', 'Try a call from a phone that shows its number.'],
  ])('says what to try when the number is missing at a phone of kind %s', async (kind, words) => {
    const { fake } = await page(house({ kind }));
    fake.turn('Phone 0', { check: { ...noCheck(Date.now()), rang: true, answered: true } });
    await settle();
    expect(get('phone-check-said').textContent).toContain('It rings, but nobody says who calls.');
    expect(get('phone-check-said').textContent).toContain(words);
  });

  it('begun at the command line is seen here too, and an old one is not brought up again', async () => {
    const { fake } = await page(house({ check: { ...noCheck(1), rang: true, number: true, answered: true, ended: true, done: true } }));
    expect(maybe('phone-check')).toBeNull();
    fake.turn('Phone 0', { check: noCheck(Date.now()) });
    await settle();
    expect(get('phone-check').dataset.verdict).toBe('waiting');
    expect(document.activeElement).toBe(document.body);
    await press('phone-check-close');
    fake.turn('Phone 0', { last_seen: Date.now() });
    await settle();
    expect(maybe('phone-check')).toBeNull();
    await press('phone-check-begin');
    expect(get('phone-check')).toBeTruthy();
  });

  const at = noCheck(1000);
  it.each([
    ['waiting', {}, 30_999],
    ['silent', {}, 31_000],
    ['never', { done: true }, 200_000],
    ['going', { rang: true }, 2000],
    ['going', { rang: true, number: true, answered: true }, 2000],
    ['numberless', { rang: true, answered: true }, 2000],
    ['numberless', { rang: true, done: true }, 2000],
    ['unanswered', { rang: true, number: true, ended: true, done: true }, 2000],
    ['endless', { rang: true, number: true, answered: true, done: true }, 2000],
    ['works', { rang: true, number: true, answered: true, ended: true, done: true }, 2000],
  ] as const)('%s', (found, change, now) => expect(verdict({ ...at, ...change }, now)).toBe(found));
});

describe('phones that report by themselves', () => {
  it('are listened for here, and a taken port is said', async () => {
    const fake = new Fake();
    fake.setStatus({ intake: { kind: 'failed', port: 17655, message: 'another program listens there' } });
    await page(fake);
    expect(get('intake-state').textContent).toContain('Port 17655 can’t be used: another program listens there. Choose another port.');
    await press('settings-intake');
    expect(get('intake-state').textContent).toBe('Listening on 127.0.0.1, port 17655.');
  });

  it('may be desk phones in the local network, after clear words about it', async () => {
    const fake = new Fake();
    fake.settings = { ...fake.settings, intake_on: true };
    await page(fake);
    expect(maybe('settings-lan-address')).toBeNull();
    await press('settings-lan');
    expect(document.body.textContent).toContain('Desk phones report without encryption');
    expect(asked(fake, 'save_settings')).toEqual([]);
    await fill('settings-lan-address', '203.0.113.9');
    expect(invalid()).toEqual(['settings-lan-address']);
    expect(value('settings-lan-address')).toBe('203.0.113.9');
    expect([...document.querySelectorAll('[data-testid=lan-use]')].map((one) => one.textContent)).toEqual(['192.168.1.20', '10.0.0.7']);
    document.querySelector<HTMLElement>('[data-testid=lan-use]')?.click();
    await settle();
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ intake_lan: '192.168.1.20' });
    expect(get('intake-state').textContent).toBe('Listening on 127.0.0.1 and, for desk phones, on 192.168.1.20, port 17655.');
    await press('settings-lan');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ intake_lan: null });
    expect(maybe('settings-lan-address')).toBeNull();
  });
});

it('a notice about a phone leads to the phones', async () => {
  const fake = house({});
  fake.setStatus({ notices: [{ code: 'phone_trouble', message: 'A phone is not heard', hint: null }] });
  await start('main', { fake });
  await press('notice-phones');
  expect(get('phone')).toBeTruthy();
  expect(maybe('notice-phones')).toBeNull();
});

describe('kinds in the words of the language', () => {
  it('are translated by id, and what is not known stays in English', () => {
    const sip = new Fake().kinds[0]!;
    expect(inWords(sip)).toEqual(sip);
    speak(de);
    const german = inWords({ ...sip, summary: 'A new sentence.', parameters: [...sip.parameters, { ...sip.parameters[0]!, name: 'constructor', title: 'New field' }] });
    expect(german.name).toBe('SIP-Konto');
    expect(german.summary).toBe('A new sentence.');
    expect(german.parameters.map((one) => one.title)).toEqual(['SIP-Adresse', 'SIP-Passwort', 'Verbindung', 'Ich bin einverstanden, dass andere im Netz mithören können', 'Anmeldename', 'Server', 'Zertifikatsdatei', 'New field']);
    expect(german.parameters[2]!.options.map((one) => one.label)).toContain('TLS (verschlüsselt)');
  });

  it('are the same words in the fake as in the owner, so all of them are there in German', () => {
    speak(de);
    const said = (kind: PhoneKindDto) => [kind.summary, ...kind.needs, ...kind.limits, ...kind.parameters.flatMap((one) => [one.title, one.help ?? ''])];
    for (const kind of phoneKinds()) {
      const german = said(inWords(kind));
      said(kind).forEach((english, at) => expect(english === '' || english === 'Server' || german[at] !== english, `${kind.id}: ${english}`).toBe(true));
    }
  });
});
