// The form of a connection, new or changed: what its connector asks for, what was typed, and what is wrong with it. A
// refusal lands on its field with everything kept. Secrets live here until the owner has them, and nowhere else.

import { asApiError } from '../backend/backend';
import type { ApiError, ConnectionDto, ConnectorDto, ConnectorFieldsDto, FieldOptionDto, ParameterDto } from '../backend/generated';
import { words } from '../text';
import { sentences } from '../text/format';
import { plain } from '../text/name';
import { placeName } from '../text/place';
import { readAddress } from './address';
import type { House } from './house.svelte';
import { textOf } from './own';

export class ConnectDraft {
  name = $state('');
  environment = $state('');
  server = $state('');
  /** Texts, choices, `true` and `false`, by the names of their parameters. */
  values = $state<Record<string, string>>({});
  secrets = $state<Record<string, string>>({});
  step = $state<'typing' | 'asking' | 'working'>('typing');
  /** By the name of the field. */
  refusals = $state.raw<Record<string, string>>({});
  /** A refusal that belongs to no field. */
  error = $state.raw<ApiError | null>(null);
  /** What the server itself wants, where the connector has to ask it. */
  asked = $state.raw<ConnectorFieldsDto | null>(null);

  readonly parameters = $derived.by((): ParameterDto[] => {
    return [...this.connector.parameters, ...(this.asked?.parameters ?? []).filter((one) => !this.#isOwn(one))];
  });
  readonly environments = $derived.by((): FieldOptionDto[] => (this.connector.environment.kind === 'choice' ? this.connector.environment.options : []));
  readonly signsInWithBrowser = $derived.by(() => this.asked?.signs_in_with_browser ?? this.connector.signs_in_with_browser);
  readonly busy = $derived(this.step !== 'typing');
  /** The server has to be asked before there is all to fill in. */
  readonly mustAsk = $derived.by(() => this.connector.asks_server && (this.asked === null || this.#askedFor !== this.#question()));

  #askedFor = $state('');
  /** Parameters that have the value they begin with, or what was typed since. */
  readonly #begun = new Set<string>();
  /** What the owner made of the address that was typed. */
  #confirmed = $state.raw<{ typed: string; used: string | null } | null>(null);

  constructor(
    readonly house: House,
    readonly connector: ConnectorDto,
    /** The one that is changed. */
    readonly connection: ConnectionDto | null = null,
  ) {
    this.name = connection?.name ?? '';
    this.server = connection?.server ?? '';
    this.environment = connection?.environment ?? (this.environments.length === 1 ? (this.environments[0]?.value ?? '') : '');
    this.#fill(connector.parameters);
  }

  /** What the connection will be called if the person gives it no name. */
  get title(): string {
    return this.connection ? placeName(this.connection.connector, this.connection.name) : placeName(this.connector.id, this.connector.name);
  }

  set(field: 'name' | 'environment' | 'server', value: string): void {
    this[field] = value;
    this.#forgive(field);
  }

  typed(parameter: ParameterDto): string {
    return textOf(parameter.kind === 'secret' ? this.secrets : this.values, parameter.name);
  }

  /** What is wrong with a field. */
  refusal = (field: string): string | null => textOf(this.refusals, field) || null;

  fill(parameter: ParameterDto, value: string): void {
    if (parameter.kind === 'secret') this.secrets[parameter.name] = value;
    else this.values[parameter.name] = value;
    this.#forgive(parameter.name);
  }

  /** A field was left: a slip in the address shows now, and once it is right the server is asked what it wants. */
  leave(): void {
    if (!this.server.trim() || this.busy) return;
    const wrong = this.#address();
    if (wrong) this.refusals = { ...this.refusals, server: wrong };
    else if (this.connector.asks_server && this.mustAsk) void this.ask();
    else if (!this.connector.asks_server) void this.#confirm();
  }

  /** The address as it will be used, where that is not what was typed. */
  get used(): string | null {
    const typed = this.server.trim();
    if (typed && this.#confirmed?.typed === typed) return this.#confirmed.used === typed ? null : this.#confirmed.used;
    const read = readAddress(typed);
    return typed && 'address' in read && read.address !== typed ? read.address : null;
  }

  /** Asks the server what else there is to fill in. */
  async ask(): Promise<boolean> {
    return this.#work('asking', async () => {
      const question = this.#question();
      const asked = await this.house.backend.call('connector_fields', {
        connector: this.connector.id,
        server: this.server.trim() || null,
        parameters: this.#filled(this.parameters),
      });
      // Something else was typed meanwhile: this is not its answer.
      if (question !== this.#question()) return;
      this.asked = asked;
      this.#confirmed = { typed: this.server.trim(), used: asked.server };
      this.#fill(asked.parameters);
      this.#askedFor = this.#question();
    });
  }

  /** Connects, or changes the connection. `null`: something is still to be filled in or put right. */
  async send(): Promise<ConnectionDto | null> {
    if (this.busy) return null;
    this.refusals = this.#check();
    if (Object.keys(this.refusals).length > 0) return null;
    if (this.mustAsk) {
      await this.ask();
      return null;
    }
    let made: ConnectionDto | null = null;
    await this.#work('working', async () => {
      made = this.connection ? await this.#change(this.connection) : await this.#add();
    });
    if (made) this.secrets = {};
    return made;
  }

  /** The connector may know more of its servers' addresses than anybody here. */
  async #confirm(): Promise<void> {
    const typed = this.server.trim();
    try {
      const answer = await this.house.backend.call('connector_fields', { connector: this.connector.id, server: typed, parameters: {} });
      if (typed === this.server.trim()) this.#confirmed = { typed, used: answer.server };
    } catch (reason) {
      const error = asApiError(reason);
      // Anything else is said when the person connects.
      if (error.field === 'server' && typed === this.server.trim()) this.#refuse(error);
    }
  }

  #add(): Promise<ConnectionDto> {
    return this.house.backend.call('add_connection', {
      connector: this.connector.id,
      name: this.name.trim() || null,
      environment: this.environment || null,
      server: this.server.trim() || null,
      parameters: this.#filled(this.parameters),
      secrets: this.#typed(),
    });
  }

  /** Only what is different goes: the owner keeps the rest. */
  #change(before: ConnectionDto): Promise<ConnectionDto> {
    const other = (now: string, old: string | null) => (now.trim() === (old ?? '') ? null : now.trim());
    const parameters = Object.fromEntries(this.#texts(this.parameters).filter(([name, value]) => value !== this.#kept(name)));
    return this.house.backend.call('change_connection', {
      connection: before.id,
      name: other(this.name, before.name),
      environment: other(this.environment, before.environment),
      server: other(this.server, before.server),
      parameters,
      secrets: this.#typed(),
    });
  }

  async #work(step: 'asking' | 'working', work: () => Promise<void>): Promise<boolean> {
    this.step = step;
    this.error = null;
    try {
      await work();
      return true;
    } catch (reason) {
      this.#refuse(asApiError(reason));
      return false;
    } finally {
      this.step = 'typing';
    }
  }

  #refuse(error: ApiError): void {
    const secrets = this.parameters.filter((one) => one.kind === 'secret');
    // A key that is not taken stands at the only field that it can be.
    const key = error.code === 'sign_in_needed' && !this.signsInWithBrowser && secrets.length === 1 ? secrets[0]?.name : undefined;
    const field = error.field ?? key ?? '';
    if (this.#inSight().includes(field)) this.refusals = { ...this.refusals, [field]: sentences(error.message, error.hint) };
    else this.error = error;
  }

  #inSight(): string[] {
    const { environment } = this.connector;
    const place = { fixed: [], choice: ['environment'], typed: ['server'] }[environment.kind];
    return ['name', ...place, ...this.parameters.map((one) => one.name)];
  }

  #check(): Record<string, string> {
    const t = words().connections;
    const wrong: Record<string, string> = {};
    const { environment } = this.connector;
    if (environment.kind === 'choice' && !this.environment) wrong.environment = t.needField(t.environment);
    if (environment.kind === 'typed') {
      // A server that has to be asked may be named by something else that was filled in.
      const otherwise = this.connector.asks_server && Object.keys(this.#filled(this.connector.parameters)).length > 0;
      const address = this.server.trim() ? this.#address() : otherwise ? null : t.needField(plain(environment.title));
      if (address) wrong.server = address;
    }
    for (const one of this.parameters) {
      const title = plain(one.title) || one.name;
      const value = this.typed(one).trim();
      const stays = one.kind === 'secret' && this.connection !== null;
      // Its pattern is left to the owner: a file's regular expression, run here, could hold the window up for ever.
      if (one.required && !value && !stays && one.default === null) wrong[one.name] = t.needField(title);
      else if (one.kind === 'int' && value && !/^[+-]?\d+$/.test(value)) wrong[one.name] = t.needInt(title);
    }
    return wrong;
  }

  #address(): string | null {
    const read = readAddress(this.server);
    return 'problem' in read ? words().connections.address[read.problem] : null;
  }

  #forgive(field: string): void {
    if (!(field in this.refusals)) return;
    const { [field]: _, ...rest } = this.refusals;
    this.refusals = rest;
  }

  /** Values that a parameter begins with; what was typed stays. */
  #fill(parameters: ParameterDto[]): void {
    for (const one of parameters) {
      if (one.kind !== 'secret' && !this.#begun.has(one.name)) this.values[one.name] = this.#beginsWith(one);
      this.#begun.add(one.name);
    }
  }

  #kept(name: string): string {
    const parameter = this.parameters.find((one) => one.name === name);
    return parameter ? this.#beginsWith(parameter) : '';
  }

  #beginsWith(parameter: ParameterDto): string {
    return textOf(this.connection?.parameters ?? {}, parameter.name) || (parameter.default ?? (parameter.kind === 'bool' ? 'false' : ''));
  }

  #filled(parameters: ParameterDto[]): Record<string, string> {
    return Object.fromEntries(this.#texts(parameters).filter(([, value]) => value !== ''));
  }

  /** Names and values of all but the secrets. */
  #texts(parameters: ParameterDto[]): [string, string][] {
    return parameters.filter((one) => one.kind !== 'secret').map((one) => [one.name, textOf(this.values, one.name).trim()]);
  }

  #typed(): Record<string, string> {
    const names = this.parameters.filter((one) => one.kind === 'secret').map((one) => one.name);
    return Object.fromEntries(names.map((name): [string, string] => [name, textOf(this.secrets, name)]).filter(([, value]) => value.trim() !== ''));
  }

  /** What the server's answer depends on: its address, what the connector asks for itself, and every choice. */
  #question(): string {
    return JSON.stringify([this.server.trim(), this.#filled(this.parameters.filter((one) => this.#isOwn(one) || one.kind === 'choice'))]);
  }

  /** The connector itself asks for it, not its server. */
  #isOwn(parameter: ParameterDto): boolean {
    return this.connector.parameters.some((one) => one.name === parameter.name);
  }
}
