// A contact about to be made: the name splits and the duplicates are looked for while it is typed, and a refusal lands
// on its field with everything kept.

import { asApiError } from '../backend/backend';
import type { ApiError, CallDto, ConnectionDto, ContactDto, ContactTypeDto, DraftDto, DuplicateDto, FieldDto, NumberAddedDto } from '../backend/generated';
import { words } from '../text';
import { sentences } from '../text/format';
import { nameOf, plain } from '../text/name';
import type { House } from './house.svelte';
import { textOf } from './own';

/** Idle time after a keystroke before the owner is asked; the checks read the index and are cheap. */
const PAUSE = 120;
/** Fields that every CRM calls by the same name; what else a type asks for is its own. */
const COMMON = ['company', 'title', 'email'];
/** The form has these in any case. */
const ALWAYS = ['name', 'given', 'family', 'number', 'phone'];

/** The preset used last, as long as the window lives. */
let last: { connection: string; type: string } | null = null;

/** Words for a number that its CRM had no room for. */
export const linkedOnly = ({ contact, message }: NumberAddedDto): string =>
  sentences(words().create.linkedOnly(nameOf(contact)), message);

export class Draft {
  /** What the person picked; before that, the last preset or the connection that logs. */
  #connectionId = $state<string | null>(null);
  #typeId = $state<string | null>(null);
  name = $state('');
  given = $state<string | null>(null);
  family = $state<string | null>(null);
  /** What was typed for the type's fields, by name; it stays when another type is looked at. */
  more = $state<Record<string, string>>({});
  number = $state('');
  /** The name stands there because the phone said so; nobody proved it. */
  suggested = $state(false);
  duplicates = $state.raw<DuplicateDto[]>([]);
  busy = $state(false);
  /** The number that was to be added is linked on this computer only: why, for the person. */
  linkedOnly = $state<string | null>(null);
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
  /** In the order in which the connector asks for them. */
  readonly fields = $derived.by((): FieldDto[] => this.type?.fields.filter((field) => !ALWAYS.includes(field.name)) ?? []);
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

  set(field: string, value: string): void {
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
    return at === field && this.error ? sentences(this.error.message, this.error.hint) : null;
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
        const added = await this.house.backend.call('add_number', { contact: ref, number: this.number.trim(), call });
        if (added.linked_only) this.linkedOnly = linkedOnly(added);
        return added.contact;
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
    const empty = this.fields.find((field) => field.required && !this.#typed(field));
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
    const shown = (name: string) => {
      const field = this.fields.find((one) => one.name === name);
      return field ? this.#typed(field) || null : null;
    };
    const extra = this.fields.filter((field) => !COMMON.includes(field.name)).map((field) => ({ name: field.name, value: this.#typed(field) }));
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
      extra: extra.filter((one) => one.value !== ''),
    };
  }

  /** A choice of another type that this one does not offer counts as none. */
  #typed(field: FieldDto): string {
    const value = textOf(this.more, field.name).trim();
    return field.options.length === 0 || field.options.some((option) => option.value === value) ? value : '';
  }
}
