// What the person is doing with the connections: which form is open, which sign-in waits for the browser, what the last
// command answered. It outlives a look at another page.

import { asApiError } from '../backend/backend';
import type { ApiError, ConnectionDto, ConnectorDto } from '../backend/generated';
import { words } from '../text';
import { plain } from '../text/name';
import { ConnectDraft } from './connect.svelte';
import type { House } from './house.svelte';

export type Work = 'test' | 'log_here' | 'sign_out' | 'agree' | 'remove' | 'finish';

/** What the last command about a connection answered: words for success, or the refusal. */
export type Said = { good: string } | { refused: ApiError };

/** A sign-in that waits for a person. */
export interface Waiting {
  /** When it ends by itself; Unix milliseconds. */
  until: number;
  /** The browser can't come back: the address of its last page is pasted. */
  paste: boolean;
  cancelling: boolean;
}

/** As long as the owner waits for the browser. */
const PATIENCE = 5 * 60_000;

export class Connections {
  connectors = $state.raw<ConnectorDto[] | null>(null);
  /** The connectors could not be read. */
  error = $state.raw<ApiError | null>(null);
  view = $state<'list' | 'pick' | 'form'>('list');
  draft = $state.raw<ConnectDraft | null>(null);
  /** The connection that the focus is to go to. */
  wanted = $state<string | null>(null);
  said = $state.raw<Record<string, Said>>({});
  busy = $state.raw<Record<string, Work>>({});
  waiting = $state.raw<Record<string, Waiting>>({});

  constructor(readonly house: House) {
    // A file of the person's own may have changed; what is chosen from is as fresh as the list.
    house.on((event) => event.kind === 'settings' && this.connectors && void this.load());
  }

  /** The page comes into sight: files and sign-ins may have changed since. */
  async look(): Promise<void> {
    await Promise.all([this.house.loadConnections(), this.load()]);
  }

  async load(): Promise<void> {
    try {
      this.connectors = await this.house.backend.call('connectors', {});
      this.error = null;
    } catch (reason) {
      this.error = asApiError(reason);
    }
  }

  connectorOf(connection: ConnectionDto): ConnectorDto | null {
    return this.connectors?.find((one) => one.id === connection.connector) ?? null;
  }

  /** Why a connector can't be chosen now. */
  hindrance(connector: ConnectorDto): 'onlyOnce' | 'faulty' | null {
    if (connector.problems.length > 0) return 'faulty';
    return connector.only_once && this.house.connections.some((one) => one.connector === connector.id) ? 'onlyOnce' : null;
  }

  pick(): void {
    this.view = 'pick';
    void this.load();
  }

  begin(connector: ConnectorDto): void {
    if (this.hindrance(connector)) return;
    this.draft = new ConnectDraft(this.house, connector);
    this.view = 'form';
  }

  change(connection: ConnectionDto): void {
    const connector = this.connectorOf(connection);
    if (!connector) return;
    this.draft = new ConnectDraft(this.house, connector, connection);
    this.view = 'form';
    if (connector.asks_server && connection.server) void this.draft.ask();
  }

  /** Back without connecting: from a new connection's form to the choice, else to the list. */
  leave(): void {
    const { draft } = this;
    this.draft = null;
    this.view = this.view === 'form' && draft && !draft.connection ? 'pick' : 'list';
    this.wanted = draft?.connection?.id ?? null;
  }

  /** Sends the form. A connection that came of it is in the list, and where it wants a sign-in, that begins. */
  async send(): Promise<boolean> {
    const { draft } = this;
    const made = await draft?.send();
    if (!draft || !made) return false;
    const t = words().connections;
    this.#put(made);
    if (made.state.kind === 'ready') {
      this.#say(made.id, { good: draft.connection ? naming(made, t.changed, t.changedAs) : naming(made, t.connected, t.connectedAs) });
    }
    this.draft = null;
    this.view = 'list';
    if (made.state.kind === 'sign_in_needed' && made.can_sign_in && !draft.connection) void this.signIn(made.id);
    else this.wanted = made.id;
    return true;
  }

  test = (id: string) =>
    this.#work(id, 'test', async () => {
      const t = words().connections;
      const answer = await this.house.backend.call('test_connection', { connection: id });
      this.#put(answer);
      const refused = { code: 'unavailable', message: answer.message ?? '', hint: answer.hint, field: null };
      // It said whose account it is: a message beside that is what this account may not see.
      const works = !answer.message || (answer.state.kind === 'ready' && answer.account !== null);
      this.#say(id, works ? { good: naming(answer, t.works, t.worksAs) } : { refused });
    });

  logHere = (id: string) =>
    this.#work(id, 'log_here', async () => {
      this.house.connections = await this.house.backend.call('log_here', { connection: id });
    });

  remove = (id: string) =>
    this.#work(id, 'remove', async () => {
      this.house.connections = await this.house.backend.call('remove_connection', { connection: id });
      this.waiting = without(this.waiting, id);
    });

  signOut = (id: string) =>
    this.#work(id, 'sign_out', async () => {
      this.#put(await this.house.backend.call('sign_out', { connection: id }));
    });

  agree = (id: string, after: string) =>
    this.#work(id, 'agree', async () => {
      this.#put(await this.house.backend.call('agree_to_connector', { connection: id, after }));
    });

  /** Opens the browser and waits for the person. */
  async signIn(id: string): Promise<void> {
    if (this.waiting[id]) return;
    this.said = without(this.said, id);
    this.waiting = { ...this.waiting, [id]: { until: Date.now() + PATIENCE, paste: false, cancelling: false } };
    try {
      const answer = await this.house.backend.call('sign_in', { connection: id });
      if (answer.kind === 'done') this.#signedIn(answer.connection);
      else if (this.waiting[id]) this.waiting = { ...this.waiting, [id]: { ...this.waiting[id], paste: true } };
    } catch (reason) {
      const error = asApiError(reason);
      this.waiting = without(this.waiting, id);
      if (error.code !== 'cancelled') this.#say(id, { refused: error });
    }
  }

  finishSignIn = (id: string, address: string) =>
    this.#work(id, 'finish', async () => {
      this.#signedIn(await this.house.backend.call('finish_sign_in', { connection: id, address }));
    });

  async cancelSignIn(id: string): Promise<void> {
    const one = this.waiting[id];
    if (!one) return;
    this.waiting = { ...this.waiting, [id]: { ...one, cancelling: true } };
    await this.house.backend.call('cancel_sign_in', { connection: id }).catch(() => {});
    this.waiting = without(this.waiting, id);
    this.wanted = id;
  }

  #signedIn(connection: ConnectionDto): void {
    const t = words().connections;
    this.#put(connection);
    this.waiting = without(this.waiting, connection.id);
    this.#say(connection.id, { good: naming(connection, t.connected, t.connectedAs) });
    this.wanted = connection.id;
  }

  async #work(id: string, what: Work, work: () => Promise<void>): Promise<boolean> {
    if (this.busy[id]) return false;
    this.busy = { ...this.busy, [id]: what };
    this.said = without(this.said, id);
    try {
      await work();
      return true;
    } catch (reason) {
      this.#say(id, { refused: asApiError(reason) });
      return false;
    } finally {
      this.busy = without(this.busy, id);
    }
  }

  #say(id: string, said: Said): void {
    this.said = { ...this.said, [id]: said };
  }

  #put(changed: ConnectionDto): void {
    const all = this.house.connections;
    const at = all.findIndex((one) => one.id === changed.id);
    this.house.connections = at < 0 ? [...all, changed] : all.with(at, changed);
  }
}

/** The words with the account, where it is known. */
function naming({ account }: ConnectionDto, words: string, as: (account: string) => string): string {
  const name = plain(account ?? '');
  return name ? as(name) : words;
}

function without<T>(all: Record<string, T>, id: string): Record<string, T> {
  const { [id]: _, ...rest } = all;
  return rest;
}
