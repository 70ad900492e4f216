// The connections of the fake owner: connectors of every kind, and an owner that checks a form, signs in through a browser
// that only a test can move, and refuses a key that is called wrong.

import { refuse } from './refuse';
import type { Args, CommandName, Reply } from '../backend';
import type { ApiError, ConnectionDto, ConnectorDto, ConnectorFieldsDto, ParameterDto, SignedInDto } from '../generated';


export const parameter = (name: string, title: string, more: Partial<ParameterDto> = {}): ParameterDto => ({
  name,
  title,
  kind: 'text',
  help: null,
  placeholder: null,
  required: true,
  default: null,
  pattern: null,
  is_setting: false,
  options: [],
  ...more,
});

const connector = (id: string, name: string, more: Partial<ConnectorDto> = {}): ConnectorDto => ({
  id,
  name,
  origin: { kind: 'shipped' },
  docs: `https://docs.${id.replace('/', '-')}.example/api`,
  needs: [],
  limits: [],
  evidence: { kind: 'documentation', note: 'Written from the vendor’s documentation, and run against a strict fake made of it.' },
  environment: { kind: 'fixed' },
  parameters: [],
  asks_server: false,
  signs_in_with_browser: false,
  operations: ['find_contact', 'create_contact', 'log_call'],
  types: ['Contact'],
  only_once: false,
  problems: [],
  ...more,
});

export const connectors = (): ConnectorDto[] => [
  connector('address-book', 'Address book', { origin: { kind: 'built_in' }, docs: null, evidence: null, types: ['Person', 'Company', 'Lead'], only_once: true }),
  connector('app-connect', 'App Connect server', {
    origin: { kind: 'built_in' },
    needs: ['The address of your App Connect server.'],
    evidence: { kind: 'real_server', note: 'Run against the server of version 1.7.' },
    environment: { kind: 'typed', title: 'Address of the server', placeholder: 'https://connect.example.com', help: 'As your admin gave it to you.' },
    parameters: [parameter('platform', 'CRM', { required: false, help: 'The server’s own name of the CRM; only needed where it connects to several' })],
    asks_server: true,
  }),
  connector('hubspot', 'HubSpot', {
    needs: ['A service key: Development → Keys → Service keys in HubSpot. A super admin can create one.'],
    limits: ['HubSpot allows about four searches a second for the whole account.'],
    evidence: { kind: 'specification', note: 'Every request checked against the published specification.' },
    parameters: [parameter('token', 'Service key', { kind: 'secret' })],
    types: ['Contact', 'Company'],
  }),
  connector('bullhorn', 'Bullhorn', {
    needs: ['An OAuth client id and secret, with the redirect address http://127.0.0.1:47824/callback.'],
    limits: ['A new Contact needs a company.'],
    environment: { kind: 'choice', options: [{ value: 'emea', label: 'Europe' }, { value: 'us', label: 'United States' }] },
    parameters: [
      parameter('username', 'Bullhorn user name', { help: 'It says in which data centre your company’s data lie.' }),
      parameter('client_secret', 'OAuth client secret', { kind: 'secret' }),
      parameter('placeholder_company', 'Company for contacts without one', { required: false, default: 'Unknown company' }),
      parameter('days', 'Days to look back', { kind: 'int', required: false, default: '30' }),
      parameter('private_notes', 'Keep notes private', { kind: 'bool', required: false, default: 'false' }),
      parameter('action', 'Action of the note', { kind: 'choice', options: [{ value: 'call', label: 'Phone call' }, { value: 'other', label: 'Other' }] }),
    ],
    signs_in_with_browser: true,
    types: ['Candidate', 'ClientContact', 'Lead'],
  }),
  connector('own/acme', 'Acme CRM', {
    origin: { kind: 'own', file: 'acme.toml' },
    docs: null,
    environment: { kind: 'typed', title: 'Address of your Acme', placeholder: 'https://acme.example', help: null },
    parameters: [parameter('key', 'API key', { kind: 'secret' })],
    types: ['Customer'],
  }),
  connector('own/broken', 'broken.toml', {
    origin: { kind: 'own', file: 'broken.toml' },
    docs: null,
    evidence: null,
    types: [],
    problems: [{ message: 'There is no operation “find_contacts”.', hint: 'Did you mean “find_contact”?', line: 14, column: 2, path: 'find_contacts' }],
  }),
];

export function connection(id: string, name: string, more: Partial<ConnectionDto> = {}): ConnectionDto {
  return {
    id,
    name,
    connector: id,
    connector_name: name,
    state: { kind: 'ready' },
    logs_here: false,
    types: [{ id: 'contact', label: 'Contact', is_company: false, creatable: true, fields: [] }],
    can_create: true,
    can_log: true,
    can_sign_in: false,
    own: false,
    evidence: null,
    needs: [],
    limits: [],
    environment: null,
    server: null,
    parameters: {},
    account: null,
    message: null,
    hint: null,
    ...more,
  };
}

/** What the rest of the fake owner lends to this part. */
interface Owner {
  connections: ConnectionDto[];
  connectors: ConnectorDto[];
  /** What a server asks for. */
  serverFields: ConnectorFieldsDto;
  /** Whether the browser can come back by itself. */
  pastes: boolean;
}

type Names = Extract<CommandName, 'connections' | 'test_connection' | 'log_here' | 'connectors' | 'connector_fields' | 'add_connection' | 'change_connection' | 'sign_in' | 'finish_sign_in' | 'cancel_sign_in' | 'sign_out' | 'agree_to_connector' | 'remove_connection'>;
type Handlers = { [K in Names]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

/** A sign-in that ends when a test says so. */
export class Browser<Answer extends { kind: string }> {
  readonly #waiting = new Map<string, { done: (answer: Answer) => void; failed: (error: ApiError) => void }>();

  wait(id: string): Promise<Answer> {
    return new Promise((done, failed) => this.#waiting.set(id, { done, failed }));
  }

  end(id: string, answer: Answer | ApiError): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if ('kind' in answer) waiting?.done(answer);
    else waiting?.failed(answer);
  }
}

export function handlers(owner: Owner, browser: Browser<SignedInDto>): Handlers {
  const get = (id: string): ConnectionDto => {
    const found = owner.connections.find((one) => one.id === id);
    if (!found) throw refuse('not_found', 'There is no such connection.');
    return found;
  };
  const put = (id: string, change: Partial<ConnectionDto>): ConnectionDto => {
    const changed = { ...get(id), ...change };
    owner.connections = owner.connections.map((one) => (one.id === id ? changed : one));
    return changed;
  };
  const check = (secrets: Record<string, string>) => {
    const wrong = Object.entries(secrets).find(([, value]) => value.startsWith('wrong'));
    if (wrong) throw refuse('sign_in_needed', 'The server does not take this key', wrong[0], 'Copy it again, whole');
  };
  const find = (id: string): ConnectorDto => {
    const found = owner.connectors.find((one) => one.id === id);
    if (!found) throw refuse('invalid', 'There is no such connector.', 'connector');
    return found;
  };
  return {
    connections: () => owner.connections,
    test_connection: ({ connection }) => get(connection),
    log_here: ({ connection }) => (owner.connections = owner.connections.map((one) => ({ ...one, logs_here: one.id === connection }))),
    connectors: () => owner.connectors,
    connector_fields: ({ connector, server }) => {
      if (server?.includes('nobody')) throw refuse('unavailable', 'Nobody answers at this address', 'server', 'Look at the address');
      const of = find(connector);
      return of.asks_server ? { ...owner.serverFields, server: server ?? owner.serverFields.server } : { name: of.name, server, parameters: of.parameters, signs_in_with_browser: of.signs_in_with_browser };
    },
    add_connection: ({ connector, name, environment, server, parameters, secrets }) => {
      const of = find(connector);
      check(secrets);
      const browser = of.signs_in_with_browser;
      const made = connection(owner.connections.some((one) => one.id === connector) ? `${connector}-2` : connector, name ?? of.name, {
        connector,
        connector_name: of.name,
        own: of.origin.kind === 'own',
        evidence: of.evidence,
        needs: of.needs,
        limits: of.limits,
        environment,
        server,
        parameters: Object.fromEntries(Object.entries(parameters).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
        can_sign_in: browser,
        state: { kind: browser ? 'sign_in_needed' : 'ready' },
        account: browser ? null : 'anna@acme.example',
      });
      owner.connections = [...owner.connections, made];
      return made;
    },
    change_connection: ({ connection, name, environment, server, parameters, secrets }) => {
      const before = get(connection);
      check(secrets);
      return put(connection, {
        name: name ?? before.name,
        environment: environment ?? before.environment,
        server: server ?? before.server,
        parameters: { ...before.parameters, ...parameters },
        state: { kind: 'ready' },
        message: null,
        account: 'anna@acme.example',
      });
    },
    sign_in: ({ connection }) => (owner.pastes ? { kind: 'paste' } : browser.wait(connection)),
    finish_sign_in: ({ connection, address }) => {
      if (!address.includes('code=')) throw refuse('invalid', 'There is no code in this address', 'address', 'Copy the whole address of the last page');
      return put(connection, { state: { kind: 'ready' }, account: 'anna@acme.example' });
    },
    cancel_sign_in: ({ connection }) => {
      browser.end(connection, refuse('cancelled', 'The sign-in was cancelled.'));
      return {};
    },
    sign_out: ({ connection }) => put(connection, { state: { kind: 'sign_in_needed' }, account: null }),
    agree_to_connector: ({ connection, after }) => {
      const { state } = get(connection);
      if (state.kind !== 'changed' || state.after !== after) throw refuse('conflict', 'The file changed again.', null, 'Look at it once more.');
      return put(connection, { state: { kind: 'ready' } });
    },
    remove_connection: ({ connection }) => (owner.connections = owner.connections.filter((one) => one.id !== connection)),
  };
}
