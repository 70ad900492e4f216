// The phones of the fake owner: every kind, an owner that tries a phone as the real one does, a browser and a trial call
// that only a test can move.

import { refuse } from './refuse';
import type { Args, CommandName, OwnerEvent, Reply } from '../backend';
import type { PhoneCheckDto, PhoneDto, PhoneKindDto, SettingsDto } from '../generated';
import { Browser, parameter } from './connect';


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

// The words of the kinds are the owner's own: a test holds that each is there in German, too.

const transport = (help: string | null, options: [string, string][]) =>
  parameter('transport', 'Connection', { kind: 'choice', required: false, default: 'tls', help, options: options.map(([value, label]) => ({ value, label })) });
const consent = (title: string, help: string, required = false) => parameter('clear_text', title, { kind: 'bool', required, help });
const certificate = (help: string) => parameter('ca', 'Certificate file', { required: false, help });

export const phoneKinds = (): PhoneKindDto[] => [
  kind('sip', 'SIP account', 'Any phone on a SIP server that tells watchers about calls: the server is asked, the phone stays as it is', {
    needs: ['The SIP address and password that your phone registers with'],
    limits: ['Some servers, older Asterisk among them, tell that the phone rings, but not who calls'],
    evidence: { kind: 'real_server', note: 'Kamailio 5.6, over UDP, TCP and TLS' },
    parameters: [
      parameter('address', 'SIP address', { help: "Your extension or account, an @, and the server's name, as in your phone's settings", placeholder: '201@pbx.example.com' }),
      parameter('password', 'SIP password', { kind: 'secret', help: "The password that your phone registers with. It is kept in this computer's keyring" }),
      transport('Only TLS is encrypted. What you choose is never changed behind your back', [
        ['tls', 'TLS (encrypted)'],
        ['tcp', 'TCP'],
        ['udp', 'UDP'],
        ['udp-tcp', 'UDP, large messages over TCP'],
      ]),
      consent('Others on the network may listen in', 'Without TLS, everybody on the way sees who calls you. The password itself is not sent, but can be guessed at'),
      parameter('user', 'Login name', { required: false, help: 'Only if it differs from the part before the @: some servers call it authentication ID' }),
      parameter('server', 'Server', { required: false, help: 'Only if it differs from the part after the @: an outbound proxy, as host or host:port', placeholder: 'sip.example.com:5061' }),
      certificate("Only if your company's own authority signed the server's certificate: its certificate, PEM or DER"),
    ],
  }),
  kind('ringcentral', 'RingCentral', 'For RingCentral users, whatever phone or app they take their calls with', {
    limits: ['A call that becomes a conference ends here when it does'],
    evidence: { kind: 'documentation', note: "RingCentral's guides and SDKs; no account was at hand" },
    parameters: [
      parameter('client_id', 'Client ID of your app', { help: "In the RingCentral Developer Console, under the app's credentials" }),
      parameter('client_secret', 'Client secret', { kind: 'secret', required: false, help: 'Only if your app is a server-side one; a client-side app has none' }),
    ],
    signs_in_with_browser: true,
  }),
  kind('program', 'Softphone or script on this computer', 'For softphones that can run a command or open an address when a call comes: MicroSIP, Twinkle, Zoiper, scripts', {
    limits: ['Many softphones do not tell when a call ends, or have no id for it'],
    evidence: { kind: 'real_server', note: 'Twinkle, curl' },
    uses_intake: true,
  }),
  kind('desk', 'Desk phone in the local network', 'For desk phones with action URLs: Yealink, Snom, Grandstream, Poly, Mitel', {
    needs: ['An address of this computer in your network that stays the same'],
    evidence: { kind: 'documentation', note: "The makers' documentation of action URLs; no such phone was at hand" },
    parameters: [
      parameter('address', 'Address of the phone', { required: false, help: 'Reports are taken from this address only. Empty: from the one that reports first', placeholder: '192.168.1.40' }),
      consent("The phone's reports are not encrypted, and I agree", "Whoever can listen in your network sees who calls, and the phone's token. With the token one can report calls that never happened, and nothing else", true),
    ],
    uses_intake: true,
  }),
  kind('baresip', 'baresip', 'For the softphone baresip on this computer', {
    limits: ['It serves one program at a time: another one that connects takes the calls away from Ringside'],
    evidence: { kind: 'real_server', note: 'baresip 1.0.0' },
    parameters: [
      parameter('server', 'Control address', { required: false, default: '127.0.0.1:4444', help: "What ctrl_tcp_listen says in baresip's config", placeholder: '127.0.0.1:4444' }),
      consent('baresip runs on another computer, and I agree that everybody in between can listen in', 'The control connection has no password and no encryption: whoever reaches it hears of every call, and can make calls with this phone'),
    ],
  }),
  kind('asterisk', 'Asterisk or FreePBX, by its manager', 'For phones on an Asterisk whose extensions tell no number: needs an account of the manager interface', {
    needs: ['TLS switched on there (tlsenable = yes), or a VPN'],
    evidence: { kind: 'documentation', note: "docs.asterisk.org for Asterisk 16 to 22, and Asterisk's source; tried on a strict stand-in, no Asterisk was at hand" },
    parameters: [
      parameter('server', 'Server', { help: 'With a port if it is not 5039 with TLS or 5038 without', placeholder: 'pbx.example.com' }),
      transport(null, [
        ['tls', 'TLS'],
        ['tcp', 'TCP, not encrypted'],
      ]),
      consent('Not encrypted, and I agree that everybody in between can read who calls whom', 'The secret is not sent as it is, but whoever listens in can try to guess it, and hears of every call'),
      parameter('user', 'User', { help: 'The name of the section in manager.conf' }),
      parameter('secret', 'Secret', { kind: 'secret' }),
      parameter('device', 'Your device', { help: 'As the exchange names it. More than one with commas between them', placeholder: 'PJSIP/201' }),
      certificate("The authority's certificate, if this computer does not know it (PEM)"),
    ],
  }),
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
    if (!found) throw refuse('not_found', 'there is no such phone');
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
    if (clear && values.clear_text !== 'true') throw refuse('invalid', 'Without TLS everybody on the network can see who calls you', 'clear_text', 'Choose TLS, or agree to a connection that is not encrypted');
    const wrong = Object.entries(secrets).find(([, value]) => value?.startsWith('wrong'));
    if (wrong) throw refuse('sign_in_needed', 'pbx.example.com does not take this password', wrong[0], 'Type it again');
    if (`${values.address ?? ''} ${values.server ?? ''}`.includes('nobody')) throw refuse('unavailable', 'nobody.example.com does not answer', null, 'Look at the address, and whether the server runs');
  };
  return {
    phones: () => owner.phones,
    phone_kinds: () => owner.kinds,
    add_phone: ({ name, kind: id, trusted, parameters, secrets }) => {
      const of = owner.kinds.find((one) => one.id === (id ?? 'program'));
      if (!of) throw refuse('invalid', 'there is no such kind of phone', 'kind');
      if (owner.phones.some((one) => one.name.toLowerCase() === name.toLowerCase())) throw refuse('conflict', 'there is a phone with this name already', 'name', 'Take another name, or remove that phone first');
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
      browser.end(name, refuse('cancelled', 'the sign-in was cancelled'));
      return {};
    },
  };
}
