// The form of a connection, new or changed: what its connector asks for, and what its server wants beyond that.

import { asApiError } from '../backend/backend';
import type { ApiError, ConnectionDto, ConnectorDto, ConnectorFieldsDto, FieldOptionDto, ParameterDto } from '../backend/generated';
import { words } from '../text';
import { plain } from '../text/name';
import { placeName } from '../text/place';
import { readAddress } from './address';
import { ParameterForm } from './form.svelte';
import type { House } from './house.svelte';

export class ConnectDraft extends ParameterForm {
  name = $state('');
  environment = $state('');
  server = $state('');
  step = $state<'typing' | 'asking' | 'working'>('typing');
  /** What the server itself wants, where the connector has to ask it. */
  asked = $state.raw<ConnectorFieldsDto | null>(null);

  readonly parameters = $derived.by((): ParameterDto[] => {
    return [...this.connector.parameters, ...(this.asked?.parameters ?? []).filter((one) => !this.#isOwn(one))];
  });
  /** What the server wants; then what its CRM can be set to, which may all stay as it is. */
  readonly wanted = $derived.by(() => this.parameters.filter((one) => !this.#isOwn(one) && !one.is_setting));
  readonly settings = $derived.by(() => this.parameters.filter((one) => !this.#isOwn(one) && one.is_setting));
  readonly environments = $derived.by((): FieldOptionDto[] => (this.connector.environment.kind === 'choice' ? this.connector.environment.options : []));
  readonly signsInWithBrowser = $derived.by(() => this.asked?.signs_in_with_browser ?? this.connector.signs_in_with_browser);
  readonly busy = $derived(this.step !== 'typing');
  /** The server has to be asked before there is all to fill in. */
  readonly mustAsk = $derived.by(() => this.connector.asks_server && (this.asked === null || this.#askedFor !== this.#question()));

  #askedFor = $state('');
  /** What the owner made of the address that was typed. */
  #confirmed = $state.raw<{ typed: string; used: string | null } | null>(null);

  constructor(
    house: House,
    readonly connector: ConnectorDto,
    /** The one that is changed. */
    readonly connection: ConnectionDto | null = null,
  ) {
    super(house, connection?.parameters ?? null);
    this.name = connection?.name ?? '';
    this.server = connection?.server ?? '';
    this.environment = connection?.environment ?? (this.environments.length === 1 ? (this.environments[0]?.value ?? '') : '');
    this.begin(connector.parameters);
  }

  /** What the connection will be called if the person gives it no name. */
  get title(): string {
    return this.connection ? placeName(this.connection.connector, this.connection.name) : placeName(this.connector.id, this.connector.name);
  }

  set(field: 'name' | 'environment' | 'server', value: string): void {
    this[field] = value;
    this.forgive(field);
  }

  /** A slip in the address shows now, and once it is right the server is asked what it wants. */
  override leave(): void {
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

  /** The server that something else than the person named: what they type goes there, and nowhere else. */
  get named(): string | null {
    return this.server.trim() ? null : (this.asked?.server ?? null);
  }

  /** Asks the server what else there is to fill in. */
  async ask(): Promise<boolean> {
    return this.#work('asking', async () => {
      const question = this.#question();
      const asked = await this.house.backend.call('connector_fields', {
        connector: this.connector.id,
        server: this.server.trim() || null,
        parameters: this.filled(this.parameters),
      });
      // Something else was typed meanwhile: this is not its answer.
      if (question !== this.#question()) return;
      this.asked = asked;
      this.#confirmed = { typed: this.server.trim(), used: asked.server };
      this.begin(asked.parameters);
      this.#askedFor = this.#question();
    });
  }

  /** Connects, or changes the connection. `null`: something is still to be filled in or put right. */
  async send(): Promise<ConnectionDto | null> {
    if (this.busy) return null;
    // What was said of the attempt before is about something else than what stands here now.
    this.error = null;
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
      server: this.server.trim() || this.named,
      parameters: this.filled(this.parameters),
      secrets: this.typedSecrets(),
    });
  }

  #change(before: ConnectionDto): Promise<ConnectionDto> {
    const other = (now: string, old: string | null) => (now.trim() === (old ?? '') ? null : now.trim());
    return this.house.backend.call('change_connection', {
      connection: before.id,
      name: other(this.name, before.name),
      environment: other(this.environment, before.environment),
      server: other(this.server.trim() || (this.named ?? ''), before.server),
      parameters: this.changed(),
      secrets: this.typedSecrets(),
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
    this.refuse(error, error.field ?? key ?? '', this.#inSight());
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
      const otherwise = this.connector.asks_server && Object.keys(this.filled(this.connector.parameters)).length > 0;
      const address = this.server.trim() ? this.#address() : otherwise ? null : t.needField(plain(environment.title));
      if (address) wrong.server = address;
    }
    return { ...wrong, ...this.lacking() };
  }

  #address(): string | null {
    const read = readAddress(this.server);
    return 'problem' in read ? words().connections.address[read.problem] : null;
  }

  /** What the server's answer depends on: its address, what the connector asks for itself, and every choice but a setting. */
  #question(): string {
    return JSON.stringify([this.server.trim(), this.filled(this.parameters.filter((one) => this.#isOwn(one) || (one.kind === 'choice' && !one.is_setting)))]);
  }

  /** The connector itself asks for it, not its server. */
  #isOwn(parameter: ParameterDto): boolean {
    return this.connector.parameters.some((one) => one.name === parameter.name);
  }
}

