import { afterEach, describe, expect, it, vi } from 'vitest';
import { connection, parameter } from '../src/backend/fake/connect';
import { Fake } from '../src/backend/fake/fake';
import type { ConnectionDto, ConnectionStateDto } from '../src/backend/generated';
import { accessible, asked, fill, get, LANGUAGES, maybe, press, settle, start } from './help';

const ACME = { allowed_hosts: ['*.acme.example'], auth: { bearer: '{{ secret.key }}' } };
const BEFORE = JSON.stringify(ACME);
const AFTER = JSON.stringify({ ...ACME, allowed_hosts: ['*.elsewhere.example'] });
const PROBLEM = { message: 'There is no operation “find_contacts”.', hint: 'Did you mean “find_contact”?', line: 14, column: 2, path: 'find_contacts' };
const STATES: Record<string, Partial<ConnectionDto>> = {
  ready: {},
  sign_in_needed: { state: { kind: 'sign_in_needed' }, can_sign_in: true },
  key_needed: { state: { kind: 'sign_in_needed' } },
  changed: { state: { kind: 'changed', before: BEFORE, after: AFTER }, own: true },
  unknown_before: { state: { kind: 'changed', before: null, after: AFTER } },
  broken: { state: { kind: 'broken', problems: [PROBLEM] }, connector: 'own/broken', own: true },
  unfit: { state: { kind: 'unfit', error: { code: 'invalid', message: 'The address of the server is missing', hint: 'It looks like this: crm.example.com', field: 'server' } } },
  missing: { state: { kind: 'missing' }, connector: 'gone' },
};

function house(...more: Partial<ConnectionDto>[]): Fake {
  const fake = new Fake();
  fake.connections = [...fake.connections, ...more.map((one, at) => connection(`c${at}`, 'HubSpot', { connector: 'hubspot', ...one }))];
  return fake;
}
const page = (fake: Fake, more: { text?: (typeof LANGUAGES)[number][1] } = {}) => start('main', { fake, page: 'connections', ...more });
const value = (id: string) => (get(id) as HTMLInputElement).value;
const invalid = () => [...document.querySelectorAll<HTMLElement>('[aria-invalid=true]')].map((field) => field.dataset.testid);

async function form(connector: string, fake = new Fake()) {
  const all = await page(fake);
  await press('connection-add');
  await press(`connector-${connector}`);
  return all;
}

afterEach(() => void vi.useRealTimers());

describe.each(LANGUAGES)('connections in %s', (_, text) => {
  it.each(Object.keys(STATES))('%s is said in words and is accessible', async (state) => {
    const { container } = await page(house(STATES[state] ?? {}), { text });
    const kind = STATES[state]?.state?.kind ?? 'ready';
    expect(get('connection-c0').textContent).toContain(text.connections.state[kind]);
    if (maybe('connection-see')) await press('connection-see');
    await accessible(container);
  });

  it('the choice, and a form of every kind of field, are accessible, empty and refused', async () => {
    const { container } = await page(new Fake(), { text });
    await press('connection-add');
    await accessible(container);
    await press('connector-bullhorn');
    await accessible(container);
    await press('connect-submit');
    expect(invalid()).toEqual(['connect-environment', 'connect-username', 'connect-client_secret', 'connect-action']);
    expect(get('connect-progress').textContent).toContain(text.connections.mend(4));
    await accessible(container);
  });

  it('waiting for the browser, and pasting, are accessible', async () => {
    const { container, fake } = await page(house(STATES.sign_in_needed ?? {}), { text });
    await press('connection-sign-in');
    await accessible(container);
    await press('sign-in-cancel');
    fake.pastes = true;
    await press('connection-sign-in');
    await accessible(container);
  });

  it('calls the address book by its name in the language, until somebody names it', async () => {
    const fake = house({ id: 'address-book', name: 'Address book', connector: 'address-book' }, { id: 'named', name: 'Mine', connector: 'address-book' });
    await page(fake, { text });
    expect(get('connection-address-book').querySelector('h3')?.textContent).toBe(text.connections.addressBook);
    expect(get('connection-named').querySelector('h3')?.textContent).toBe('Mine');
  });
});

describe('a connection', () => {
  it('shows old and new side by side before anybody can agree', async () => {
    const { fake } = await page(house(STATES.changed ?? {}));
    expect(maybe('connection-agree')).toBeNull();
    await press('connection-see');
    const rows = [...get('compare').querySelectorAll('tbody tr')].map((row) => [row.querySelector('del')?.textContent, row.querySelector('ins')?.textContent]);
    expect(rows).toContainEqual(['removed:    "*.acme.example"', 'added:    "*.elsewhere.example"']);
    expect(rows.filter(([gone]) => gone)).toHaveLength(1);
    await press('connection-agree');
    expect(asked(fake, 'agree_to_connector')).toEqual([{ connection: 'c0', after: AFTER }]);
    expect(get('connection-c0').dataset.state).toBe('ready');
  });

  it('does not agree to what came after it was looked at', async () => {
    const { fake } = await page(house(STATES.changed ?? {}));
    await press('connection-see');
    const later: ConnectionStateDto = { kind: 'changed', before: BEFORE, after: '{"allowed_hosts":[]}' };
    fake.connections = fake.connections.map((one) => (one.id === 'c0' ? { ...one, state: later } : one));
    await press('connection-agree');
    expect(get('connection-error').textContent).toContain('changed again');
    expect(get('connection-c0').dataset.state).toBe('changed');
  });

  it('says line, column and what to do about a broken file', async () => {
    await page(house(STATES.broken ?? {}));
    expect(get('problems').textContent).toContain('Line 14, column 2');
    expect(get('problems').textContent).toContain('Did you mean “find_contact”?');
    expect(get('connection-c0').textContent).toContain('broken.toml');
    expect(get('connection-c0').querySelector('[data-testid=connection-test]')).toBeNull();
  });

  it('tests, and says what is in the way with the next step', async () => {
    const { fake } = await page(house({ account: 'anna@acme.example' }));
    const test = () => get('connection-c0').querySelector<HTMLElement>('[data-testid=connection-test]')?.click();
    test();
    await settle();
    expect(get('connection-c0').textContent).toContain('It works. Connected as anna@acme.example.');
    fake.connections = fake.connections.map((one) => (one.id === 'c0' ? { ...one, state: { kind: 'sign_in_needed' }, message: 'The key was refused', hint: 'Give it another one' } : one));
    test();
    await settle();
    expect(get('connection-error').textContent).toContain('The key was refused');
    expect(get('connection-new-key')).toBeTruthy();
  });

  it('works, and says which callers this account can’t find', async () => {
    const message = 'Not all of it can be searched by number: Lead: HubSpot does not allow this account to do that';
    await page(house({ account: 'anna@acme.example', message, hint: 'Ask for the right' }));
    get('connection-c0').querySelector<HTMLElement>('[data-testid=connection-test]')?.click();
    await settle();
    expect(get('connection-c0').textContent).toContain('It works. Connected as anna@acme.example.');
    expect(get('connection-limits').textContent).toBe(`${message}. Ask for the right.`);
    expect(maybe('connection-error')).toBeNull();
  });

  it('says what stays before it is removed, and keeps it at a second thought', async () => {
    const { fake, user } = await page(house({}));
    const remove = () => get('connection-c0').querySelector<HTMLElement>('[data-testid=connection-remove]')?.click();
    remove();
    await settle();
    expect(get('connection-c0').textContent).toContain('Nothing is deleted in the CRM');
    expect(document.activeElement).toBe(get('connection-remove-no'));
    await user.keyboard('{Enter}');
    await settle();
    expect(asked(fake, 'remove_connection')).toEqual([]);
    remove();
    await settle();
    await press('connection-remove-yes');
    expect(maybe('connection-c0')).toBeNull();
  });
});

describe('choosing a connector', () => {
  it('takes the first that fits with Enter, and walks with the arrows', async () => {
    const { user } = await page(new Fake());
    await press('connection-add');
    expect(document.activeElement).toBe(get('pick-input'));
    await user.keyboard('{ArrowDown}{ArrowDown}');
    expect(document.activeElement).toBe(get('connector-hubspot'));
    await user.keyboard('{ArrowUp}{ArrowUp}candid');
    await settle();
    expect(document.querySelectorAll('[data-testid^=connector-]')).toHaveLength(1);
    await user.keyboard('{Enter}');
    await settle();
    expect(get('connect').textContent).toContain('Connect Bullhorn');
    expect(document.activeElement).toBe(get('connect-environment'));
    await user.keyboard('{Escape}');
    await settle();
    expect(get('pick')).toBeTruthy();
    await user.keyboard('{Escape}');
    await settle();
    expect(get('connection-add')).toBeTruthy();
  });

  it('says why one can’t be taken, on what each was proved, and which are the person’s own', async () => {
    await page(house({ id: 'address-book', connector: 'address-book' }));
    await press('connection-add');
    expect((get('connector-address-book') as HTMLButtonElement).disabled).toBe(true);
    expect(get('connector-address-book').textContent).toContain('there can be only one');
    expect((get('connector-own/broken') as HTMLButtonElement).disabled).toBe(true);
    expect(get('pick').textContent).toContain('Line 14, column 2');
    expect(get('connector-hubspot').querySelector('[data-testid=evidence]')?.textContent).toBe('checked against the specification');
    // What was done to prove it is for the form: whoever chooses a CRM looks for its name.
    expect(get('pick').textContent).not.toContain('Every request checked');
    expect(get('connector-own/acme').querySelector('[data-testid=made-by-you]')).toBeTruthy();
  });
});

it('reads the connectors again when a file of the person’s own was mended', async () => {
  const { fake } = await page(house(STATES.broken ?? {}));
  await press('connection-add');
  expect((get('connector-own/broken') as HTMLButtonElement).disabled).toBe(true);
  fake.connectors = fake.connectors.map((one) => ({ ...one, problems: [] }));
  fake.connections = fake.connections.map((one) => ({ ...one, state: { kind: 'ready' } }));
  fake.emit({ kind: 'settings' });
  await settle();
  expect((get('connector-own/broken') as HTMLButtonElement).disabled).toBe(false);
  await press('pick-back');
  expect(get('connection-c0').dataset.state).toBe('ready');
});

describe('the form', () => {
  it('masks the key, shows it only while wanted, and connects', async () => {
    const { fake, user } = await form('hubspot');
    const key = get('connect-token') as HTMLInputElement;
    expect(document.activeElement).toBe(key);
    expect(get('connect').textContent).toContain('A service key');
    await user.keyboard('pat-1');
    expect(key.type).toBe('password');
    await press('connect-token-reveal');
    expect(key.type).toBe('text');
    key.focus();
    const go = fake.hold('add_connection');
    await user.keyboard('{Enter}');
    await settle();
    expect(get('connect-progress').textContent).toContain('Signing in to HubSpot…');
    expect((get('connect-submit') as HTMLButtonElement).disabled).toBe(true);
    go();
    await settle();
    expect(asked(fake, 'add_connection')).toEqual([{ connector: 'hubspot', name: null, environment: null, server: null, parameters: {}, secrets: { token: 'pat-1' } }]);
    expect(get('connection-hubspot').textContent).toContain('Connected as anna@acme.example.');
    expect(document.activeElement).toBe(get('connection-hubspot'));
    expect(document.body.innerHTML).not.toContain('pat-1');
  });

  it('puts a refusal on its field, keeps everything, and goes there', async () => {
    const { fake } = await form('bullhorn');
    await fill('connect-environment', 'us');
    await fill('connect-username', 'anna');
    await fill('connect-client_secret', 'wrong-one');
    await fill('connect-days', 'many');
    await fill('connect-action', 'call');
    await press('connect-submit');
    expect(invalid()).toEqual(['connect-days']);
    expect(document.activeElement).toBe(get('connect-days'));
    await fill('connect-days', '14');
    await press('connect-submit');
    expect(invalid()).toEqual(['connect-client_secret']);
    const secret = get('connect-client_secret');
    expect(document.activeElement).toBe(secret);
    expect(document.getElementById(secret.getAttribute('aria-describedby') ?? '')?.textContent).toBe('The server does not take this key. Copy it again, whole.');
    expect([value('connect-username'), value('connect-client_secret'), value('connect-environment')]).toEqual(['anna', 'wrong-one', 'us']);
    expect(asked(fake, 'add_connection')[0]).toMatchObject({ environment: 'us', parameters: { username: 'anna', days: '14', private_notes: 'false', action: 'call', placeholder_company: 'Unknown company' } });
  });

  it('puts a key that is not taken at the only key there is, whatever the owner called it', async () => {
    const { fake } = await form('hubspot');
    fake.fail('add_connection', { code: 'sign_in_needed', message: 'HubSpot does not accept the sign-in', hint: null, field: null });
    await fill('connect-token', 'pat-1');
    await press('connect-submit');
    expect(invalid()).toEqual(['connect-token']);
    expect(maybe('connect-error')).toBeNull();
  });

  it('says what belongs to no field above the buttons', async () => {
    const { fake } = await form('hubspot');
    fake.fail('add_connection', { code: 'unavailable', message: 'HubSpot does not answer', hint: 'Try again later', field: null });
    await fill('connect-token', 'pat-1');
    await press('connect-submit');
    expect(get('connect-error').textContent).toContain('HubSpot does not answer');
    expect(value('connect-token')).toBe('pat-1');
  });

  it('reads the address while it is typed, and says at once what is wrong with it', async () => {
    const { fake } = await form('own/acme');
    await fill('connect-server', 'Acme.Example/deals/?x=1', false);
    expect(get('connect').textContent).toContain('Used as https://acme.example/deals');
    for (const [typed, words] of [
      ['http://acme.example', 'others can read them'],
      ['https://anna:secret@acme.example', 'Leave out user name and password'],
      ['ftp://acme.example', 'has to begin with https://'],
      ['https://', 'not an address'],
    ] as const) {
      await fill('connect-server', typed);
      expect(invalid(), typed).toEqual(['connect-server']);
      expect(get('connect').textContent, typed).toContain(words);
    }
    expect(asked(fake, 'connector_fields')).toEqual([]);
    await fill('connect-server', 'nobody.example');
    expect(get('connect').textContent).toContain('Nobody answers at this address. Look at the address.');
    await fill('connect-server', 'http://127.0.0.1:8080');
    expect(invalid()).toEqual([]);
  });

  it('asks an App Connect server what it wants, and asks for that', async () => {
    const { fake, user, container } = await form('app-connect');
    expect(get('connect-submit').textContent).toContain('Continue');
    await press('connect-submit');
    expect(invalid()).toEqual(['connect-server']);
    await fill('connect-server', 'nobody.example', false);
    await press('connect-submit');
    expect(invalid()).toEqual(['connect-server']);
    expect(document.activeElement).toBe(get('connect-server'));
    await fill('connect-server', 'connect.acme.example', false);
    get('connect-server').focus();
    await user.keyboard('{Enter}');
    await settle();
    expect(get('connect-asked').textContent).toBe('This server connects you to Clio.');
    expect(document.activeElement).toBe(get('connect-apiKey'));
    await accessible(container);
    await fill('connect-apiKey', 'key-1');
    await press('connect-submit');
    expect(asked(fake, 'add_connection')).toEqual([{ connector: 'app-connect', name: null, environment: null, server: 'connect.acme.example', parameters: {}, secrets: { apiKey: 'key-1' } }]);
  });

  it('a server that only a manifest names is said, and its settings may stay as they are', async () => {
    const fake = new Fake();
    fake.serverFields = {
      ...fake.serverFields,
      parameters: [...fake.serverFields.parameters, parameter('setting_billable', 'Billable by default', { kind: 'choice', required: false, is_setting: true, options: [{ value: 'yes', label: 'Yes' }] })],
    };
    const { user } = await form('app-connect', fake);
    await fill('connect-platform', 'clio');
    fake.serverFields = { ...fake.serverFields, server: 'https://connect.example\u202e' };
    await press('connect-submit');
    expect(get('connect-named').textContent).toBe('What you type here goes to https://connect.example.');
    const settings = get('connect-settings-rare') as HTMLDetailsElement;
    expect([settings.open, get('connect-settings-setting_billable').closest('details')]).toEqual([false, settings]);
    // A setting decides nothing that the server would have to be asked about again.
    await user.selectOptions(get('connect-settings-setting_billable'), 'yes');
    const before = asked(fake, 'connector_fields').length;
    await fill('connect-apiKey', 'key-1');
    await press('connect-submit');
    expect(asked(fake, 'connector_fields').length).toBe(before);
    // The one that was shown, whatever a manifest says when it is read again.
    expect(asked(fake, 'add_connection')[0]).toMatchObject({ server: 'https://connect.example\u202e', parameters: { platform: 'clio', setting_billable: 'yes' } });
  });

  it('drops an older server’s answer, and asks again when the address changes', async () => {
    const { fake } = await form('app-connect');
    const late = fake.hold('connector_fields');
    await fill('connect-server', 'one.example');
    await fill('connect-server', 'two.example', false);
    late();
    await settle();
    expect(maybe('connect-asked')).toBeNull();
    await press('connect-submit');
    expect(get('connect-asked')).toBeTruthy();
    await fill('connect-server', 'three.example', false);
    expect(maybe('connect-apiKey')).toBeNull();
    expect(get('connect-submit').textContent).toContain('Continue');
    expect(asked(fake, 'add_connection')).toEqual([]);
  });

  it('never shows a kept key, and sends only what was changed', async () => {
    const fake = new Fake();
    fake.connections = [connection('bullhorn', 'Bullhorn', { environment: 'us', parameters: { username: 'anna', action: 'call' } })];
    await page(fake);
    await press('connection-change');
    expect(value('connect-client_secret')).toBe('');
    expect((get('connect-client_secret') as HTMLInputElement).placeholder).toBe('stays as it is; type to replace it');
    await fill('connect-username', 'berta');
    await fill('connect-placeholder_company', '');
    await press('connect-submit');
    expect(asked(fake, 'change_connection')).toEqual([{ connection: 'bullhorn', name: null, environment: null, server: null, parameters: { username: 'berta', placeholder_company: '' }, secrets: {} }]);
    expect(get('connection-bullhorn').textContent).toContain('Changed. Connected as anna@acme.example.');
  });

  it('keeps what was typed while another page is looked at', async () => {
    await form('hubspot');
    await fill('connect-token', 'pat-1');
    await press('nav-calls');
    await press('nav-connections');
    expect(value('connect-token')).toBe('pat-1');
  });
});

it.each(['constructor', 'toString', '__proto__', 'a"b<c'])('a server may call its field %s', async (name) => {
  const fake = new Fake();
  fake.serverFields = { ...fake.serverFields, parameters: [parameter(name, 'Odd one', { required: false })] };
  await form('app-connect', fake);
  await fill('connect-server', 'connect.acme.example');
  expect(value(`connect-${name}`)).toBe('');
  await press('connect-submit');
  expect(asked(fake, 'add_connection')).toHaveLength(1);
});

describe('signing in in the browser', () => {
  async function waiting(fake = new Fake()) {
    const all = await form('bullhorn', fake);
    await fill('connect-environment', 'us');
    await fill('connect-username', 'anna');
    await fill('connect-client_secret', 'one');
    await fill('connect-action', 'call');
    expect(get('connect-submit').textContent).toContain('Connect and sign in');
    await press('connect-submit');
    return all;
  }
  const done = (fake: Fake) => {
    const one = fake.connections.find((each) => each.id === 'bullhorn');
    if (one) fake.browser.end('bullhorn', { kind: 'done', connection: { ...one, state: { kind: 'ready' }, account: 'anna@acme.example' } });
    return settle();
  };

  it('begins at once, waits, and says whose account it is', async () => {
    const { fake } = await waiting();
    expect(get('sign-in-waiting').textContent).toContain('callers are not looked up there, and logs wait');
    expect(get('sign-in-waiting').textContent).toContain('Waiting for your browser');
    expect(get('sign-in-waiting').textContent).toMatch(/[45]:\d\d left/);
    expect(document.activeElement).toBe(get('sign-in-cancel'));
    await done(fake);
    expect(get('connection-bullhorn').dataset.state).toBe('ready');
    expect(get('connection-bullhorn').textContent).toContain('Connected as anna@acme.example.');
    expect(asked(fake, 'sign_in')).toEqual([{ connection: 'bullhorn' }]);
  });

  it('says that spaces around a key are left out, while there are any', async () => {
    await form('hubspot');
    const said = () => document.getElementById(get('connect-token').getAttribute('aria-describedby') ?? '')?.textContent ?? '';
    const before = said();
    await fill('connect-token', 'pat-1 ', false);
    expect(said()).toBe(`${before} Spaces at the beginning and the end are left out.`.trim());
    await fill('connect-token', 'pat-1', false);
    expect(said()).toBe(before);
  });

  it('is cancelled without an error, and can be begun again', async () => {
    const { fake } = await waiting();
    await press('sign-in-cancel');
    expect(asked(fake, 'cancel_sign_in')).toEqual([{ connection: 'bullhorn' }]);
    expect(maybe('sign-in-waiting')).toBeNull();
    expect(maybe('connection-error')).toBeNull();
    expect(document.activeElement).toBe(get('connection-bullhorn'));
    await press('connection-sign-in');
    await done(fake);
    expect(get('connection-bullhorn').dataset.state).toBe('ready');
  });

  it('says why it failed, and goes on waiting while another page is looked at', async () => {
    const { fake } = await waiting();
    await press('nav-calls');
    await press('nav-connections');
    expect(get('sign-in-waiting')).toBeTruthy();
    fake.browser.end('bullhorn', { code: 'timeout', message: 'Nobody signed in within five minutes', hint: 'Try again', field: null });
    await settle();
    expect(get('connection-error').textContent).toContain('Nobody signed in within five minutes');
    expect(get('connection-sign-in')).toBeTruthy();
  });

  it('takes the address of the last page where the browser can’t come back', async () => {
    const fake = new Fake();
    fake.pastes = true;
    await waiting(fake);
    expect(get('sign-in-waiting').dataset.paste).toBe('true');
    expect(document.activeElement).toBe(get('sign-in-address'));
    await fill('sign-in-address', 'https://www.example.com/');
    await press('sign-in-finish');
    expect(invalid()).toEqual(['sign-in-address']);
    expect(maybe('connection-error')).toBeNull();
    await fill('sign-in-address', 'https://www.example.com/?code=1');
    await press('sign-in-finish');
    expect(get('connection-bullhorn').dataset.state).toBe('ready');
  });

  it('signs out', async () => {
    const { fake } = await page(house({ can_sign_in: true }));
    await press('connection-sign-out');
    expect(asked(fake, 'sign_out')).toEqual([{ connection: 'c0' }]);
    expect(get('connection-c0').dataset.state).toBe('sign_in_needed');
  });
});
