// What every window holds of the owner: a snapshot, then events. An event carries a whole call, so there is nothing to
// merge; the only care needed is that no event is lost between the listening and the snapshot.

import { asApiError, type Backend, type OwnerEvent } from '../backend/backend';
import type { CallDto, ConnectionDto, SettingsDto, StatusDto } from '../backend/generated';

/** How long to wait before the owner is asked again when it does not answer. */
const RETRY = 2000;

export class House {
  /** Calls with an open card, newest first. */
  calls = $state.raw<CallDto[]>([]);
  /** Calls that go on without a card, newest first: the rules say so, or the person closed it. */
  bare = $state.raw<CallDto[]>([]);
  status = $state.raw<StatusDto | null>(null);
  connections = $state.raw<ConnectionDto[]>([]);
  settings = $state.raw<SettingsDto | null>(null);
  /** The owner did not answer the first question; it is being asked again. */
  lost = $state<string | null>(null);

  readonly inMemory = $derived(this.status?.store.kind === 'in_memory' ? this.status.store : null);
  /** The connection that logs unless the person chooses otherwise. */
  readonly logsHere = $derived(this.connections.find((connection) => connection.logs_here) ?? null);

  readonly #handlers = new Set<(event: OwnerEvent) => void>();
  /** Cards closed in this window's life: a late delivery must not bring them back. */
  readonly #closed = new Set<string>();
  #ended = false;
  #unlisten = () => {};

  constructor(readonly backend: Backend) {}

  /** Listens first and asks then; what comes in between waits its turn. */
  async start(): Promise<void> {
    let early: OwnerEvent[] | null = [];
    const unlisten = await this.backend.listen((event) => (early ? early.push(event) : this.#apply(event)));
    if (this.#ended) return unlisten();
    this.#unlisten = unlisten;
    while (!this.#ended) {
      try {
        const snapshot = await this.backend.call('snapshot', {});
        this.calls = snapshot.calls;
        this.status = snapshot.status;
        this.lost = null;
        break;
      } catch (reason) {
        this.lost = asApiError(reason).message;
        await new Promise((wake) => setTimeout(wake, RETRY));
      }
    }
    const waited = early;
    early = null;
    for (const event of waited) this.#apply(event);
    await Promise.all([this.loadConnections(), this.loadSettings()]);
  }

  stop(): void {
    this.#ended = true;
    this.#unlisten();
  }

  /** Hears every event after the house has taken it in. */
  on(handler: (event: OwnerEvent) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  call(id: string): CallDto | undefined {
    return this.calls.find((call) => call.id === id);
  }

  async loadConnections(): Promise<void> {
    this.connections = await this.backend.call('connections', {}).catch(() => this.connections);
  }

  async loadSettings(): Promise<void> {
    this.settings = await this.backend.call('settings', {}).catch(() => this.settings);
  }

  #apply(event: OwnerEvent): void {
    switch (event.kind) {
      case 'call':
        this.#put(event.call);
        break;
      case 'card_closed':
        this.#closed.add(event.id);
        this.#drop(event.id);
        break;
      case 'status':
        this.status = event.status;
        break;
      case 'settings':
        void this.loadSettings();
        void this.loadConnections();
        break;
      case 'open_search':
      case 'open_main':
      case 'quit_asked':
        break;
    }
    for (const handler of this.#handlers) handler(event);
  }

  #put(call: CallDto): void {
    const at = this.calls.findIndex((known) => known.id === call.id);
    if (at >= 0) {
      this.calls = this.calls.with(at, call);
      return;
    }
    const bare = this.bare.some((known) => known.id === call.id);
    if (bare) this.bare = this.bare.map((known) => (known.id === call.id ? call : known)).filter((known) => !known.is_over);
    // A call that is over at first sight comes from the list, such as a log that was delivered late: no card.
    else if (!call.is_over) this.#begin(call);
  }

  /**
   * A call began. The card can't wait for a question, so it is shown as the rules say, and then the owner, who knows all
   * of them, is asked whether it opened one.
   */
  #begin(call: CallDto): void {
    const pop = this.settings?.pop ?? 'always';
    const card = !this.#closed.has(call.id) && (pop === 'always' || (pop === 'incoming' && call.direction === 'in'));
    if (!card) {
      this.bare = [call, ...this.bare];
      return;
    }
    this.calls = [call, ...this.calls];
    this.backend.call('snapshot', {}).then(
      (snapshot) => snapshot.calls.some((open) => open.id === call.id) || this.#drop(call.id),
      () => {},
    );
  }

  #drop(id: string): void {
    const call = this.call(id);
    this.calls = this.calls.filter((known) => known.id !== id);
    if (call && !call.is_over) this.bare = [call, ...this.bare];
  }
}
