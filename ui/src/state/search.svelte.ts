// The search as it is typed. Every keystroke asks the index; the connections are asked after a pause, or at once when the
// person says so. An answer that is older than the text is dropped, and what was selected stays selected. The rows of the
// text before stay in sight until the new ones come; no key acts on them.

import { asApiError, type Backend } from '../backend/backend';
import type { ApiError, CallDto, ConnectionDto, ContactDto, InsteadDto, LiveSearchDto, SearchFilterDto } from '../backend/generated';
import { plain } from '../text/name';
import { refKey, sameContact } from './picture';

const IDLE = 300;
const LIVE_FROM = 3;
/** A newer live search of this one ends the one before. */
const TYPING = 'search window';
const LIMIT = 20;

const FILTERS = /(?<=^|\s)(?:t|type|typ|co|company|firma):(?:"[^"]*"?|\S*)/gi;
const NO_FILTER: SearchFilterDto = { text: '', types: [], company: null };

/** One kind of contact as people call it: what several CRMs call so is one, whatever ids they have for it. */
export interface TypeFilter {
  /** Its name in small letters: what tells it from the others. */
  key: string;
  label: string;
  ids: string[];
}

export function typeFilters(connections: ConnectionDto[]): TypeFilter[] {
  const all = new Map<string, TypeFilter>();
  for (const type of connections.flatMap((one) => one.types)) {
    const label = plain(type.label) || type.id;
    const key = label.toLowerCase();
    const known = all.get(key);
    if (!known) all.set(key, { key, label, ids: [type.id] });
    else if (!known.ids.includes(type.id)) known.ids.push(type.id);
  }
  return [...all.values()];
}

/** Rows under one heading; `near`: nobody is called so, these are spelt nearly so. */
export interface Section {
  id: string;
  kind: 'suggested' | 'recent' | 'index' | 'near' | 'live';
  name: string;
  /** The connection that answered; `null` is none. */
  connection: string | null;
  rows: ContactDto[];
  message: string | null;
}

export class Search {
  text = $state('');
  type = $state.raw<TypeFilter | null>(null);
  selected = $state<string | null>(null);
  asking = $state(false);
  error = $state.raw<ApiError | null>(null);
  #index = $state.raw<ContactDto[]>([]);
  #live = $state.raw<LiveSearchDto[]>([]);
  #idle = $state.raw<Section[]>([]);
  /** How often the index answered. */
  answers = $state(0);
  /** The text that the rows belong to. */
  answered = $state('');
  /** The text that the connections answered to. */
  askedLive = $state<string | null>(null);
  /** What the text meant besides words. */
  filter = $state.raw<SearchFilterDto>(NO_FILTER);
  /** Names that may have been meant. */
  instead = $state.raw<InsteadDto[]>([]);

  readonly sections = $derived.by((): Section[] => {
    if (!this.text.trim()) return this.#idle.filter((section) => section.rows.length > 0);
    const seen = new Set(this.#index.map((row) => refKey(row.ref)));
    const live = this.#live.map((part): Section => {
      const rows = part.rows.filter((row) => !seen.has(refKey(row.ref))).slice(0, LIMIT);
      for (const row of rows) seen.add(refKey(row.ref));
      return { id: `live-${part.connection}`, kind: 'live', name: part.name, connection: part.connection, rows, message: part.message };
    });
    const kind = this.instead.length > 0 ? 'near' : 'index';
    const index: Section = { id: 'index', kind, name: '', connection: null, rows: this.#index, message: null };
    return [index, ...live].filter((section) => section.rows.length > 0 || section.message);
  });
  readonly rows = $derived(this.sections.flatMap((section) => section.rows));
  /** The text without its filters: the name of somebody to create. */
  readonly name = $derived(this.answered === this.text.trim() ? this.filter.text : this.text.trim());
  readonly current = $derived(this.rows.find((row) => refKey(row.ref) === this.selected) ?? this.rows[0] ?? null);

  #token = 0;
  /** The index has answered to the text as it stands, or can't. */
  #answering: Promise<void> = Promise.resolve();
  /** Its rows belong to the text before. */
  #old = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly backend: Backend) {}

  typed(text: string): void {
    this.text = text;
    this.#ask();
  }

  /** Whether only such contacts are looked for, by choice or by what was typed. */
  wants(type: TypeFilter): boolean {
    if (this.type?.key === type.key) return true;
    const typed = this.filter.types.filter((id) => !this.type?.ids.includes(id));
    return typed.length > 0 && type.ids.every((id) => typed.includes(id));
  }

  only(type: TypeFilter | null): void {
    this.type = type;
    this.#ask();
  }

  /** Asks the connections at once, whatever the length of the text. */
  live(): void {
    if (!this.text.trim() || this.asking) return;
    clearTimeout(this.#timer);
    void this.#askLive(this.#token, this.#args());
  }

  /** A suggestion is taken: it replaces the words, and the filters stay. */
  take(text: string): void {
    const filters = this.text.match(FILTERS) ?? [];
    this.typed([text, ...filters].join(' '));
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

  /** Others see the screen: nobody stands there before something is typed. */
  hush(): void {
    this.#idle = [];
  }

  move(by: number): void {
    const at = this.current ? this.rows.indexOf(this.current) : -1;
    const next = this.rows[Math.min(this.rows.length - 1, Math.max(0, at + by))];
    if (next) this.selected = refKey(next.ref);
  }

  /** The index is still answering to the text as it stands. */
  get waits(): boolean {
    return this.#old;
  }

  /**
   * Whom a key is meant for that was pressed now: the answer to the text as it stands is waited for. Nobody, if the text was
   * changed meanwhile, or if who was selected is not in that answer.
   */
  async meant(): Promise<ContactDto | null> {
    const token = this.#token;
    const { selected } = this;
    await this.#answering;
    const gone = selected !== null && !this.rows.some((row) => refKey(row.ref) === selected);
    return token !== this.#token || gone ? null : this.current;
  }

  stop(): void {
    this.#token++;
    clearTimeout(this.#timer);
    if (this.asking) this.#end();
  }

  /** What is still asked of the connections is for a text that is not there any more. */
  #end(): void {
    this.asking = false;
    void this.backend.call('search_live', { text: '', types: [], limit: LIMIT, typing: TYPING }).catch(() => []);
  }

  #ask(): void {
    const token = ++this.#token;
    clearTimeout(this.#timer);
    this.#live = [];
    if (this.asking) this.#end();
    this.selected = null;
    this.error = null;
    this.askedLive = null;
    const text = this.text.trim();
    this.#old = true;
    this.#answering = Promise.resolve();
    if (!text) {
      this.#index = [];
      this.#old = false;
      this.answered = '';
      this.filter = NO_FILTER;
      this.instead = [];
      return;
    }
    const args = this.#args();
    this.#answering = this.backend.call('search', args).then(
      ({ rows, filter, instead }) => {
        if (token !== this.#token) return;
        this.#index = rows;
        this.#old = false;
        this.filter = filter;
        this.instead = instead;
        this.answered = text;
        this.answers++;
      },
      (reason) => {
        if (token !== this.#token) return;
        this.error = asApiError(reason);
        this.#index = [];
        this.#old = false;
        this.instead = [];
      },
    );
    if (text.length >= LIVE_FROM) this.#timer = setTimeout(() => void this.#askLive(token, args), IDLE);
  }

  #args() {
    // The blank after a word says that it is whole.
    return { text: this.text.trimStart(), types: this.type?.ids ?? [], limit: LIMIT };
  }

  async #askLive(token: number, args: { text: string; types: string[]; limit: number }): Promise<void> {
    this.asking = true;
    const parts = await this.backend
      .call('search_live', { ...args, typing: TYPING })
      .catch((reason): LiveSearchDto[] => [{ connection: '', name: '', rows: [], message: asApiError(reason).message }]);
    if (token !== this.#token) return;
    // The row that is selected now stays selected, whatever is added below it, or above: the index may be the later one.
    // What leads the rows of the text before was selected by nobody.
    const old = this.#old && this.#index.length > 0;
    const before = old && this.selected === null ? null : this.current;
    this.#live = parts;
    const selected = before ?? (old ? null : this.current);
    this.selected = selected ? refKey(selected.ref) : null;
    this.askedLive = this.text.trim();
    this.asking = false;
  }
}
