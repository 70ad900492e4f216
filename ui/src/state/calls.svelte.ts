// The list of calls: pages from the owner, kept current by events.

import { asApiError } from '../backend/backend';
import type { ApiError, CallDto, CallFilterDto } from '../backend/generated';
import type { House } from './house.svelte';

const PAGE = 50;
/** Idle time before a typed filter is asked for: the journal reads it, not the index. */
const PAUSE = 80;

export class Calls {
  rows = $state.raw<CallDto[]>([]);
  more = $state(false);
  loaded = $state(false);
  error = $state.raw<ApiError | null>(null);
  text = $state('');
  missed = $state(false);
  notLogged = $state(false);

  readonly filtered = $derived(this.text.trim() !== '' || this.missed || this.notLogged);
  /** As many rows as were asked for: a list that is left open over night does not grow with it. */
  #room = PAGE;
  #token = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #off: () => void;

  constructor(readonly house: House) {
    this.#off = house.on((event) => {
      if (event.kind === 'call') this.put(event.call);
      else if (event.kind === 'behind' && this.loaded) void this.load();
    });
  }

  stop(): void {
    this.#off();
    clearTimeout(this.#timer);
    this.#token++;
  }

  type(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), PAUSE);
  }

  toggle(which: 'missed' | 'notLogged'): void {
    this[which] = !this[which];
    void this.load();
  }

  async load(): Promise<void> {
    const page = await this.#page(null);
    if (!page) return;
    this.rows = page.calls;
    this.#room = PAGE;
    this.more = page.more;
    this.loaded = true;
  }

  async loadMore(): Promise<void> {
    const page = await this.#page(this.rows.at(-1)?.id ?? null);
    if (!page) return;
    const known = new Set(this.rows.map((row) => row.id));
    this.rows = [...this.rows, ...page.calls.filter((row) => !known.has(row.id))];
    this.#room = Math.max(this.rows.length, PAGE);
    this.more = page.more;
  }

  /** A call changed. Under a filter a row stays until the list is asked again, so nothing vanishes under the pointer. */
  put(call: CallDto): void {
    const at = this.rows.findIndex((row) => row.id === call.id);
    if (at >= 0) this.rows = this.rows.with(at, call);
    else if (!this.filtered) {
      const after = this.rows.findIndex((row) => row.started <= call.started);
      const rest = after < 0 && this.more;
      if (rest) return;
      const rows = this.rows.toSpliced(after < 0 ? this.rows.length : after, 0, call);
      this.rows = rows.slice(0, this.#room);
      this.more ||= rows.length > this.#room;
    }
  }

  async #page(before: string | null) {
    const token = ++this.#token;
    const filter: CallFilterDto = { text: this.text.trim() || null, missed: this.missed, not_logged: this.notLogged, before, limit: PAGE };
    try {
      const page = await this.house.backend.call('calls', filter);
      if (token !== this.#token) return null;
      this.error = null;
      return page;
    } catch (reason) {
      if (token === this.#token) this.error = asApiError(reason);
      return null;
    }
  }
}
