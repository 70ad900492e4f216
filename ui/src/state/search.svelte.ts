// The search as it is typed. Every keystroke asks the index; the connections are asked after a pause. An answer that is
// older than the text is dropped, and what was selected stays selected.

import { asApiError, type Backend } from '../backend/backend';
import type { ApiError, CallDto, ContactDto, LiveSearchDto } from '../backend/generated';
import { refKey, sameContact } from './picture';

const IDLE = 150;
const LIVE_FROM = 3;
const LIMIT = 20;

/** Rows under one heading; `title: null` is the index. */
export interface Section {
  id: string;
  kind: 'suggested' | 'recent' | 'index' | 'live';
  name: string;
  /** The connection that answered; `null` is none. */
  connection: string | null;
  rows: ContactDto[];
  message: string | null;
}

export class Search {
  text = $state('');
  type = $state<string | null>(null);
  selected = $state<string | null>(null);
  asking = $state(false);
  error = $state.raw<ApiError | null>(null);
  #index = $state.raw<ContactDto[]>([]);
  #live = $state.raw<LiveSearchDto[]>([]);
  #idle = $state.raw<Section[]>([]);
  /** The text that the rows belong to. */
  answered = $state('');

  readonly sections = $derived.by((): Section[] => {
    if (!this.text.trim()) return this.#idle.filter((section) => section.rows.length > 0);
    const seen = new Set(this.#index.map((row) => refKey(row.ref)));
    const live = this.#live.map((part): Section => {
      const rows = part.rows.filter((row) => !seen.has(refKey(row.ref)));
      for (const row of rows) seen.add(refKey(row.ref));
      return { id: `live-${part.connection}`, kind: 'live', name: part.name, connection: part.connection, rows, message: part.message };
    });
    const index: Section = { id: 'index', kind: 'index', name: '', connection: null, rows: this.#index, message: null };
    return [index, ...live].filter((section) => section.rows.length > 0 || section.message);
  });
  readonly rows = $derived(this.sections.flatMap((section) => section.rows));
  readonly current = $derived(this.rows.find((row) => refKey(row.ref) === this.selected) ?? this.rows[0] ?? null);

  #token = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly backend: Backend) {}

  typed(text: string): void {
    this.text = text;
    this.#ask();
  }

  filter(type: string | null): void {
    this.type = type;
    this.#ask();
  }

  /** Without a text: whom this call may be with, and who called last. */
  async idle(call: CallDto | null): Promise<void> {
    const suggested = call?.lookup.matches.map((match) => match.contact) ?? [];
    const page = await this.backend
      .call('calls', { text: null, missed: false, not_logged: false, before: null, limit: 20 })
      .catch(() => ({ calls: [] }));
    const recent: ContactDto[] = [];
    for (const { choice } of page.calls) {
      const known = choice && [...suggested, ...recent].some((one) => sameContact(one.ref, choice.contact.ref));
      if (choice && !known && recent.length < 5) recent.push(choice.contact);
    }
    this.#idle = [
      { id: 'suggested', kind: 'suggested', name: '', connection: null, rows: suggested, message: null },
      { id: 'recent', kind: 'recent', name: '', connection: null, rows: recent, message: null },
    ];
  }

  move(by: number): void {
    const at = this.current ? this.rows.indexOf(this.current) : -1;
    const next = this.rows[Math.min(this.rows.length - 1, Math.max(0, at + by))];
    if (next) this.selected = refKey(next.ref);
  }

  stop(): void {
    this.#token++;
    clearTimeout(this.#timer);
  }

  #ask(): void {
    const token = ++this.#token;
    clearTimeout(this.#timer);
    this.#live = [];
    this.asking = false;
    this.selected = null;
    this.error = null;
    const text = this.text.trim();
    if (!text) {
      this.#index = [];
      this.answered = '';
      return;
    }
    const args = { text, types: this.type ? [this.type] : [], limit: LIMIT };
    this.backend.call('search', args).then(
      ({ rows }) => {
        if (token !== this.#token) return;
        this.#index = rows;
        this.answered = text;
      },
      (reason) => {
        if (token === this.#token) this.error = asApiError(reason);
      },
    );
    if (text.length >= LIVE_FROM) this.#timer = setTimeout(() => void this.#askLive(token, args), IDLE);
  }

  async #askLive(token: number, args: { text: string; types: string[]; limit: number }): Promise<void> {
    this.asking = true;
    const parts = await this.backend
      .call('search_live', args)
      .catch((reason): LiveSearchDto[] => [{ connection: '', name: '', rows: [], message: asApiError(reason).message }]);
    if (token !== this.#token) return;
    // The row that is selected now stays selected, whatever is added below it.
    this.selected = this.current ? refKey(this.current.ref) : null;
    this.#live = parts;
    this.asking = false;
  }
}
