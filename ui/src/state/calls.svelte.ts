// The list of calls: pages from the owner, kept current by events. What is filtered for is asked of the owner, because the
// list holds only what was scrolled to.

import { asApiError } from '../backend/backend';
import type { ApiError, CallDto, CallFilterDto, LogStateDto } from '../backend/generated';
import type { House } from './house.svelte';

const PAGE = 50;
/** Idle time before a typed filter is asked for: the journal reads it, not the index. */
const PAUSE = 80;
/** For so long after the pointer moved over the list, new calls wait: nothing moves away from under a click. */
const STILL = 2000;

/** What a log can be filtered by; one at a time. */
export type Fate = Extract<LogStateDto, 'not_logged' | 'waiting' | 'refused' | 'unsure'>;

export class Calls {
  rows = $state.raw<CallDto[]>([]);
  more = $state(false);
  loaded = $state(false);
  error = $state.raw<ApiError | null>(null);
  text = $state('');
  missed = $state(false);
  fate = $state<Fate | null>(null);
  /** Calls that began while the list had to stay still, newest first. */
  fresh = $state.raw<CallDto[]>([]);
  /** The list is scrolled, or rows are being selected: new calls wait until the person wants them. */
  still = $state(false);

  readonly filtered = $derived(this.text.trim() !== '' || this.missed || this.fate !== null);
  /** As many rows as were asked for: a list that is left open over night does not grow with it. */
  #room = PAGE;
  #token = 0;
  #looking = false;
  /** What changed while the list was being read: it may have been read before that. */
  #since: CallDto[] | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pointer: ReturnType<typeof setTimeout> | undefined;
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
    clearTimeout(this.#pointer);
    this.#token++;
  }

  type(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), PAUSE);
  }

  toggleMissed(): void {
    this.missed = !this.missed;
    void this.load();
  }

  /** The same filter again takes it away. */
  toggle(fate: Fate): void {
    this.fate = this.fate === fate ? null : fate;
    void this.load();
  }

  showAll(): void {
    this.text = '';
    this.missed = false;
    this.fate = null;
    void this.load();
  }

  async load(): Promise<void> {
    clearTimeout(this.#timer);
    const since: CallDto[] = (this.#since = []);
    const page = await this.#page(null);
    if (this.#since === since) this.#since = null;
    if (!page) return;
    this.rows = page.calls;
    this.fresh = [];
    this.#room = PAGE;
    this.more = page.more;
    this.loaded = true;
    for (const call of since) this.put(call);
  }

  async loadMore(): Promise<void> {
    const page = await this.#page(this.rows.at(-1)?.id ?? null);
    if (!page) return;
    const known = new Set(this.rows.map((row) => row.id));
    this.rows = [...this.rows, ...page.calls.filter((row) => !known.has(row.id))];
    this.#room = Math.max(this.rows.length, PAGE);
    this.more = page.more;
  }

  /** The person looks at the list: nobody in it is newly missed any more. */
  async look(): Promise<void> {
    if (this.#looking || !this.loaded) return;
    this.#looking = true;
    try {
      await this.house.backend.call('see_missed', {});
    } catch {
      // They stay new, and the next look says it again.
    } finally {
      this.#looking = false;
    }
  }

  /** The pointer moves over the list: it may be about to click. */
  hover(): void {
    clearTimeout(this.#pointer);
    this.#pointer = setTimeout(() => {
      this.#pointer = undefined;
      if (!this.still) this.admit();
    }, STILL);
  }

  /** Lets in what waited. */
  admit(): void {
    const waited = this.fresh;
    this.fresh = [];
    for (const call of waited.toReversed()) this.#insert(call);
  }

  /**
   * A call changed. Under a filter a row stays until the list is asked again, so nothing vanishes under the pointer; and only
   * among missed calls a new one comes in, as the person who looks at them has seen it then.
   */
  put(call: CallDto): void {
    this.#since?.push(call);
    const at = this.rows.findIndex((row) => row.id === call.id);
    if (at >= 0) this.rows = this.rows.with(at, call);
    else if (this.filtered && !this.#joins(call)) return;
    else if (this.still || this.#pointer !== undefined) this.#hold(call);
    else this.#insert(call);
  }

  /** As the owner filters for missed calls; what else is filtered for only the owner can tell. */
  #joins(call: CallDto): boolean {
    return this.missed && this.fate === null && this.text.trim() === '' && call.state === 'missed' && call.direction === 'in';
  }

  #hold(call: CallDto): void {
    const at = this.fresh.findIndex((one) => one.id === call.id);
    if (at >= 0) this.fresh = this.fresh.with(at, call);
    else if (call.started >= (this.rows[0]?.started ?? 0)) this.fresh = [call, ...this.fresh].slice(0, PAGE);
  }

  #insert(call: CallDto): void {
    const after = this.rows.findIndex((row) => row.started <= call.started);
    const rest = after < 0 && this.more;
    if (rest) return;
    const rows = this.rows.toSpliced(after < 0 ? this.rows.length : after, 0, call);
    this.rows = rows.slice(0, this.#room);
    this.more ||= rows.length > this.#room;
  }

  async #page(before: string | null) {
    const token = ++this.#token;
    const { fate } = this;
    const filter: CallFilterDto = {
      text: this.text.trim() || null,
      missed: this.missed,
      not_logged: fate === 'not_logged',
      ...(fate && fate !== 'not_logged' ? { log: fate } : {}),
      before,
      limit: PAGE,
    };
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
