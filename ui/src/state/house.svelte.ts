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
  #ended = false;
  /** Events that came in since events were lost, for as long as nobody knows which of the two a snapshot holds. */
  #since: OwnerEvent[] | null = null;
  #unlisten = () => {};

  #heard = () => {};
  /** From here on no event is missed: whoever keeps a list of their own asks for it after this. */
  readonly listening = new Promise<void>((heard) => (this.#heard = heard));

  constructor(readonly backend: Backend) {}

  /** Listens first and asks then; what comes in between waits its turn. */
  async start(): Promise<void> {
    let early: OwnerEvent[] | null = [];
    const unlisten = await this.backend.listen((event) => (early ? early.push(event) : this.#apply(event)));
    this.#heard();
    if (this.#ended) return unlisten();
    this.#unlisten = unlisten;
    while (!this.#ended) {
      try {
        const [snapshot] = await Promise.all([this.backend.call('snapshot', {}), this.loadSettings()]);
        this.calls = snapshot.calls.filter((call) => this.#pops(call));
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
    await this.loadConnections();
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
    this.#since?.push(event);
    this.#take(event);
    switch (event.kind) {
      case 'behind':
        void this.#catchUp();
        return;
      case 'settings':
        void this.loadSettings();
        void this.loadConnections();
        break;
      case 'call':
      case 'card_closed':
      case 'status':
      case 'heard':
      case 'phones':
      case 'open_search':
      case 'open_main':
      case 'quit_asked':
        break;
    }
    this.#tell(event);
  }

  #tell(event: OwnerEvent): void {
    for (const handler of this.#handlers) handler(event);
  }

  /** What an event says of the calls and of the house. */
  #take(event: OwnerEvent): void {
    if (event.kind === 'call') this.#put(event.call);
    else if (event.kind === 'card_closed') this.#close(event.id);
    else if (event.kind === 'status') this.status = event.status;
  }

  /** Events were lost: what is held may be long over. Goes on showing events meanwhile, and takes them once more after that. */
  async #catchUp(): Promise<void> {
    const since: OwnerEvent[] = (this.#since = []);
    // A newer one begins all over.
    while (!this.#ended && this.#since === since) {
      try {
        const [snapshot, newest] = await Promise.all([
          this.backend.call('snapshot', {}),
          this.backend.call('calls', { text: null, missed: false, not_logged: false, before: null, limit: 200 }),
        ]);
        if (this.#since !== since) return;
        this.#since = null;
        const closed = this.calls.filter((call) => !snapshot.calls.some((open) => open.id === call.id));
        this.calls = snapshot.calls.filter((call) => this.#pops(call));
        this.bare = newest.calls.filter((call) => !call.is_over && !this.call(call.id));
        this.status = snapshot.status;
        this.lost = null;
        for (const event of since) this.#take(event);
        for (const { id } of closed) if (!this.call(id)) this.#tell({ kind: 'card_closed', id });
        this.#tell({ kind: 'behind' });
        await Promise.all([this.loadSettings(), this.loadConnections()]);
        return;
      } catch (reason) {
        this.lost = asApiError(reason).message;
        await new Promise((wake) => setTimeout(wake, RETRY));
      }
    }
  }

  /** The owner says whose card is open: in a storm one may lose its card, and get it back. */
  #put(call: CallDto): void {
    const at = this.calls.findIndex((known) => known.id === call.id);
    if (!call.card || (at < 0 && !this.#pops(call))) {
      this.#drop(call);
      return;
    }
    this.calls = at < 0 ? [call, ...this.calls] : this.calls.with(at, call);
    if (this.bare.some((known) => known.id === call.id)) this.bare = this.bare.filter((known) => known.id !== call.id);
  }

  /** Whether the person wants to see the card of such a call; the shell shows the window by the same setting. */
  #pops(call: CallDto): boolean {
    const pop = this.settings?.pop ?? 'always';
    return pop === 'always' || (pop === 'incoming' && call.direction === 'in');
  }

  #close(id: string): void {
    const call = this.call(id);
    if (call) this.#drop({ ...call, card: false });
  }

  /** Without a card: kept in mind for as long as it goes on. */
  #drop(call: CallDto): void {
    const others = (all: CallDto[]) => (all.some((known) => known.id === call.id) ? all.filter((known) => known.id !== call.id) : all);
    const at = this.bare.findIndex((known) => known.id === call.id);
    this.calls = others(this.calls);
    if (call.is_over) this.bare = others(this.bare);
    else this.bare = at < 0 ? [call, ...this.bare] : this.bare.with(at, call);
  }
}
