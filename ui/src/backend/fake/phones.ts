// The phones of the fake owner: every kind, an owner that tries a phone as the real one does, a browser and a trial call
// that only a test can move.

import type { Args, CommandName, OwnerEvent, Reply } from '../backend';
import type { ApiError, PhoneCheckDto, PhoneDto, PhoneKindDto, SettingsDto } from '../generated';
import { Browser, parameter } from './connect';

const refuse = (code: string, message: string, field: string | null = null, hint: string | null = null): ApiError => ({ code, message, hint, field });

const kind = (id: string, name: string, summary: string, more: Partial<PhoneKindDto> = {}): PhoneKindDto => ({
  id,
  name,
  summary,
  parameters: [],
  needs: [],
  limits: [],
  evidence: { kind: 'real_server', note: 'Run against a real server.' },
  signs_in_with_browser: false,
  uses_intake: false,
  ...more,
});

const transport = parameter('transport', 'Connection', {
  kind: 'choice',
  default: 'tls',
  options: [
    { value: 'tls', label: 'TLS (encrypted)' },
    { value: 'tcp', label: 'TCP' },
    { value: 'udp', label: 'UDP' },
  ],
});
const consent = parameter('clear_text', 'I agree that others can listen in', { kind: 'bool', required: false });

export const phoneKinds = (): PhoneKindDto[] => [
  kind('sip', 'SIP account', 'Any phone on a SIP server that tells watchers about calls: the server is asked, the phone stays as it is', {
    needs: ['The extension’s address and password, as in the phone itself.'],
    limits: ['Older Asterisk versions do not tell who calls.'],
    parameters: [parameter('address', 'SIP address', { help: 'Your extension or account, an @, and the server’s name', placeholder: '201@pbx.example.com' }), parameter('password', 'SIP password', { kind: 'secret' }), transport, consent, parameter('server', 'Server', { required: false })],
  }),
  kind('ringcentral', 'RingCentral', 'For people whose company uses RingCentral', {
    evidence: { kind: 'documentation', note: 'Written from the documentation; no account was at hand.' },
    parameters: [parameter('client_id', 'Client ID of your app')],
    signs_in_with_browser: true,
  }),
  kind('program', 'Softphone or script on this computer', 'For softphones that can run a command', { uses_intake: true }),
  kind('desk', 'Desk phone in the local network', 'For desk phones with action URLs', { uses_intake: true, parameters: [parameter('address', 'Address of the phone', { required: false }), consent] }),
  kind('baresip', 'baresip', 'For the softphone baresip', { parameters: [parameter('server', 'Control address', { required: false, default: '127.0.0.1:4444' }), consent] }),
  kind('asterisk', 'Asterisk or FreePBX, by its manager', 'For phones on an Asterisk whose extensions tell no number: needs an account of the manager interface', { parameters: [parameter('server', 'Server'), transport, consent, parameter('user', 'User'), parameter('secret', 'Secret', { kind: 'secret' }), parameter('device', 'Your device', { placeholder: 'PJSIP/201' })] }),
];

export const phone = (name: string, more: Partial<PhoneDto> = {}): PhoneDto => ({
  name,
  kind: 'sip',
  trusted: true,
  created: Date.now() - 86_400_000,
  last_seen: null,
  state: { kind: 'ready', notes: [] },
  parameters: {},
  signed_in: null,
  check: null,
  ...more,
});

export const noCheck = (since: number): PhoneCheckDto => ({ since, done: false, rang: false, number: false, name: false, answered: false, ended: false });

/** What the rest of the fake owner lends to this part. */
interface Owner {
  phones: PhoneDto[];
  kinds: PhoneKindDto[];
  settings: SettingsDto;
  now: () => number;
  emit: (event: OwnerEvent) => void;
}

type Names = Extract<CommandName, 'phones' | 'phone_kinds' | 'add_phone' | 'cancel_add_phone' | 'change_phone' | 'remove_phone' | 'check_phone' | 'retry_phone' | 'sign_in_phone' | 'cancel_phone_sign_in'>;
type Handlers = { [K in Names]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

export function phoneHandlers(owner: Owner, browser: Browser<PhoneDto>): Handlers {
  const find = (name: string): PhoneDto => {
    const found = owner.phones.find((one) => one.name === name);
    if (!found) throw refuse('not_found', 'There is no such phone.');
    return found;
  };
  const put = (name: string, change: Partial<PhoneDto>): PhoneDto => {
    const changed = { ...find(name), ...change };
    owner.phones = owner.phones.map((one) => (one.name === name ? changed : one));
    owner.emit({ kind: 'phones' });
    return changed;
  };
  const texts = (values: Record<string, string | undefined>): Record<string, string> => Object.fromEntries(Object.entries(values).filter((one): one is [string, string] => Boolean(one[1])));
  /** As the owner tries it. */
  const attempt = (of: PhoneKindDto, values: Record<string, string>, secrets: Record<string, string | undefined>) => {
    const here = of.id === 'asterisk' && values.server?.startsWith('127.');
    const clear = of.id === 'desk' || (!here && values.transport !== undefined && values.transport !== 'tls');
    if (clear && values.clear_text !== 'true') throw refuse('invalid', 'Without encryption only with your consent', 'clear_text');
    const wrong = Object.entries(secrets).find(([, value]) => value?.startsWith('wrong'));
    if (wrong) throw refuse('sign_in_needed', 'pbx.example.com does not take this password', wrong[0], 'Type it again');
    if (`${values.address ?? ''} ${values.server ?? ''}`.includes('nobody')) throw refuse('unavailable', 'nobody.example.com does not answer', null, 'Look at the address, and whether the server runs');
  };
  return {
    phones: () => owner.phones,
    phone_kinds: () => owner.kinds,
    add_phone: ({ name, kind: id, trusted, parameters, secrets }) => {
      const of = owner.kinds.find((one) => one.id === (id ?? 'program'));
      if (!of) throw refuse('invalid', 'There is no such kind of phone.', 'kind');
      if (owner.phones.some((one) => one.name.toLowerCase() === name.toLowerCase())) throw refuse('conflict', 'There is a phone of this name already', 'name');
      attempt(of, texts(parameters), secrets);
      const browsed = of.signs_in_with_browser;
      const made = phone(name, {
        kind: of.id,
        trusted,
        created: owner.now(),
        parameters: texts(parameters),
        signed_in: browsed ? false : null,
        state: browsed ? { kind: 'stopped', code: 'sign_in_needed', message: 'Nobody signed in yet', hint: null, field: null } : { kind: 'ready', notes: [] },
      });
      owner.phones = [...owner.phones, made];
      owner.emit({ kind: 'phones' });
      const line = `http://127.0.0.1:${owner.settings.intake_port}/call?token=EXAMPLE&from=`;
      const recipes = [
        { title: 'MicroSIP', place: 'In microsip.ini, section [Settings].', text: `cmdIncomingCall=curl "${line}%1"` },
        { title: 'Twinkle', place: 'In the user profile, under Scripts.', text: `${line}$from` },
      ];
      return { phone: made, recipes: of.uses_intake ? recipes : [] };
    },
    cancel_add_phone: () => ({}),
    change_phone: ({ name, trusted, parameters, secrets }) => {
      const before = find(name);
      const of = owner.kinds.find((one) => one.id === before.kind);
      const after = texts({ ...before.parameters, ...parameters });
      if (of) attempt(of, after, secrets);
      return put(name, { trusted: trusted ?? before.trusted, parameters: after, state: { kind: 'ready', notes: [] } });
    },
    remove_phone: ({ name }) => {
      find(name);
      owner.phones = owner.phones.filter((one) => one.name !== name);
      owner.emit({ kind: 'phones' });
      return owner.phones;
    },
    check_phone: ({ name }) => put(name, { check: noCheck(owner.now()) }),
    retry_phone: ({ name }) => put(name, { state: { kind: 'connecting' } }),
    sign_in_phone: ({ name }) => browser.wait(name).then((done) => put(name, done)),
    cancel_phone_sign_in: ({ name }) => {
      browser.end(name, refuse('cancelled', 'The sign-in was cancelled.'));
      return {};
    },
  };
}
