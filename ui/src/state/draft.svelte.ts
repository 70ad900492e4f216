// A contact about to be made: the name splits and the duplicates are looked for while it is typed, and a refusal lands
// on its field with everything kept.

import { asApiError } from '../backend/backend';
import type { ApiError, CallDto, ConnectionDto, ContactDto, ContactTypeDto, DraftDto, DuplicateDto } from '../backend/generated';
import { words } from '../text';
import { plain } from '../text/name';
import type { House } from './house.svelte';

/** Idle time after a keystroke before the owner is asked; the checks read the index and are cheap. */
const PAUSE = 120;
const MORE_FIELDS = ['company', 'title', 'email'] as const;
export type MoreField = (typeof MORE_FIELDS)[number];

/** The preset used last, as long as the window lives. */
let last: { connection: string; type: string } | null = null;

export class Draft {
  /** What the person picked; before that, the last preset or the connection that logs. */
  #connectionId = $state<string | null>(null);
  #typeId = $state<string | null>(null);
  name = $state('');
  given = $state<string | null>(null);
  family = $state<string | null>(null);
  more = $state<Record<MoreField, string>>({ company: '', title: '', email: '' });
  number = $state('');
  /** The name stands there because the phone said so; nobody proved it. */
  suggested = $state(false);
  duplicates = $state.raw<DuplicateDto[]>([]);
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);

  readonly places = $derived.by(() => this.house.connections.filter((one) => one.can_create && one.types.some((type) => type.creatable)));
  readonly connection = $derived.by(
    (): ConnectionDto | null =>
      this.places.find((one) => one.id === this.#connectionId) ??
      this.places.find((one) => one.id === last?.connection) ??
      this.places.find((one) => one.logs_here) ??
      this.places[0] ??
      null,
  );
  readonly types = $derived(this.connection?.types.filter((type) => type.creatable) ?? []);
  readonly type = $derived.by(
    (): ContactTypeDto | null =>
      this.types.find((type) => type.id === this.#typeId) ??
      this.types.find((type) => type.id === last?.type) ??
      this.types.find((type) => !type.is_company) ??
      this.types[0] ??
      null,
  );
  readonly fields = $derived(
    MORE_FIELDS.flatMap((name) => {
      const spec = this.type?.fields.find((field) => field.name === name);
      return spec ? [{ name, label: spec.label, required: spec.required }] : [];
    }),
  );
  /** A record that surely is the same: the first offer is to use it. */
  readonly strong = $derived(this.duplicates.find((one) => one.because !== 'like_name') ?? null);

  /** What the duplicates in sight were found for. They say nothing about anything typed since. */
  #foundFor: string | null = null;
  #splitByHand = false;
  #token = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly house: House,
    readonly call: CallDto | null,
    text = '',
  ) {
    const display = plain(call?.caller.display ?? '');
    this.name = text || display;
    this.suggested = !text && display !== '';
    this.number = call && call.caller.kind !== 'withheld' ? call.caller.text || (call.caller.e164 ?? '') : '';
  }

  /** The form is in sight: split and duplicates are looked for at once. */
  look(): void {
    this.#soon(0);
  }

  setType(id: string): void {
    this.#typeId = id;
    this.#splitByHand = false;
    this.#soon();
  }

  setConnection(id: string): void {
    this.#connectionId = id;
    this.#splitByHand = false;
    this.#soon();
  }

  set(field: 'name' | 'number' | 'given' | 'family' | MoreField, value: string): void {
    if (this.error?.field === field) this.error = null;
    if (field === 'given' || field === 'family') {
      this.#splitByHand = true;
      this[field] = value;
    } else if (field === 'name' || field === 'number') {
      this[field] = value;
      if (field === 'name') this.suggested = false;
    } else {
      this.more[field] = value;
    }
    this.#soon();
  }

  /** The refusal of one field; `phone` is what connectors call the number. */
  refusal(field: string): string | null {
    const at = this.error?.field === 'phone' ? 'number' : this.error?.field;
    return at === field && this.error ? [this.error.message, this.error.hint].filter(Boolean).join(' ') : null;
  }

  /** A refusal that belongs to no field in sight. */
  get otherError(): ApiError | null {
    const shown = ['name', 'number', 'phone', ...(this.type?.is_company ? [] : ['given', 'family']), ...this.fields.map((field) => field.name)];
    return this.error && !(this.error.field && shown.includes(this.error.field)) ? this.error : null;
  }

  /** Creates, unless there are duplicates of exactly this input that nobody has seen yet; then it shows them. */
  create(): Promise<ContactDto | null> {
    return this.#work(async () => {
      const missing = this.#missing();
      if (missing) throw missing;
      const draft = this.#dto();
      const seen = this.duplicates.length > 0 && this.#isFoundFor(draft);
      const made = await this.house.backend.call('create_contact', { draft, call: this.call?.id ?? null, force: seen });
      if (made.kind === 'duplicates') {
        this.#show(made.found, draft);
        return null;
      }
      last = { connection: this.connection?.id ?? '', type: this.type?.id ?? '' };
      return made.contact;
    });
  }

  /**
   * Uses the record that is there: gives it the number if it lacks it, and assigns the call to it. One that was found for
   * older input is looked for once more, and left alone if it is no match for the same reason any more.
   */
  use(offered: DuplicateDto): Promise<ContactDto | null> {
    return this.#work(async () => {
      const found = await this.#confirm(offered);
      if (!found) return null;
      const { ref } = found.contact;
      const call = this.call?.id ?? null;
      if (found.because !== 'same_number' && this.number.trim()) {
        return this.house.backend.call('add_number', { contact: ref, number: this.number.trim(), call });
      }
      if (call) await this.house.backend.call('choose', { call, contact: ref });
      return found.contact;
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#token++;
  }

  async #work(work: () => Promise<ContactDto | null>): Promise<ContactDto | null> {
    if (this.busy) return null;
    this.busy = true;
    this.error = null;
    try {
      return await work();
    } catch (reason) {
      this.error = asApiError(reason);
      return null;
    } finally {
      this.busy = false;
    }
  }

  #missing(): ApiError | null {
    const t = words().create;
    const refuse = (field: string, message: string): ApiError => ({ code: 'invalid', message, hint: null, field });
    if (!plain(this.name)) return refuse('name', t.needName);
    const empty = this.fields.find((field) => field.required && !this.more[field.name].trim());
    return empty ? refuse(empty.name, t.needField(empty.label)) : null;
  }

  #soon(pause = PAUSE): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), pause);
  }

  async #check(): Promise<void> {
    const token = ++this.#token;
    const { backend } = this.house;
    const fresh = () => token === this.#token;
    if (!this.connection || !this.type) return;
    if (!this.type.is_company && !this.#splitByHand) {
      const name = this.name.trim();
      const split = name
        ? await backend.call('split_name', { connection: this.connection.id, contact_type: this.type.id, name }).catch(() => null)
        : null;
      if (!fresh()) return;
      this.given = split?.given ?? null;
      this.family = split?.family ?? null;
    }
    const draft = this.#dto();
    const found = await backend.call('duplicates', draft).catch(() => []);
    if (fresh()) this.#show(found, draft);
  }

  #show(found: DuplicateDto[], draft: DraftDto): void {
    this.duplicates = found;
    this.#foundFor = JSON.stringify(draft);
  }

  #isFoundFor(draft: DraftDto): boolean {
    return this.#foundFor === JSON.stringify(draft);
  }

  async #confirm(offered: DuplicateDto): Promise<DuplicateDto | null> {
    if (!this.#isFoundFor(this.#dto())) {
      clearTimeout(this.#timer);
      await this.#check();
      if (!this.#isFoundFor(this.#dto())) return null;
    }
    const { ref } = offered.contact;
    const is = ({ contact, because }: DuplicateDto) =>
      because === offered.because && contact.ref.connection === ref.connection && contact.ref.contact_type === ref.contact_type && contact.ref.id === ref.id;
    return this.duplicates.find(is) ?? null;
  }

  #dto(): DraftDto {
    const shown = (field: MoreField) => (this.fields.some((one) => one.name === field) ? this.more[field].trim() || null : null);
    const split = !this.type?.is_company;
    return {
      connection: this.connection?.id ?? '',
      contact_type: this.type?.id ?? '',
      name: this.name.trim(),
      given: split ? this.given?.trim() || null : null,
      family: split ? this.family?.trim() || null : null,
      company: shown('company'),
      title: shown('title'),
      email: shown('email'),
      number: this.number.trim() || null,
    };
  }
}
