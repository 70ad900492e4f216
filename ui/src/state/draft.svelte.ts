// A contact about to be made: the name splits and the duplicates are looked for while it is typed, and a refusal lands
// on its field with everything kept.

import { asApiError } from '../backend/backend';
import type { ApiError, CallDto, ConnectionDto, ContactTypeDto, CreationDto, DraftDto, DuplicateDto, FieldDto, NumberAddedDto } from '../backend/generated';
import { words } from '../text';
import { list, sentences } from '../text/format';
import { nameOf, plain } from '../text/name';
import type { House } from './house.svelte';
import { logsAtOnce } from './next-step';
import { textOf } from './own';
import { readSignature } from './signature';

/** Idle time after a keystroke before the owner is asked; it reads its index, and asks the CRMs once typing rests. */
const PAUSE = 120;
/** Fields that every CRM calls by the same name; what else a type asks for is its own. */
const COMMON = ['company', 'title', 'email'];
/** The form has these in any case. */
const ALWAYS = ['name', 'given', 'family', 'number', 'phone'];

/** Fields of a form that are in sight at once, those that are needed first. */
const SHOWN = 5;

/** The preset used last in any window, as long as this one lives. */
let last: { connection: string; type: string } | null = null;
export function usedLast({ draft }: CreationDto): void {
  last = { connection: draft.connection, type: draft.contact_type };
}

/** A server may learn to write its types in another case while the form is open. */
const called = (types: ContactTypeDto[], id: string | null | undefined): ContactTypeDto | undefined =>
  types.find((type) => type.id === id) ?? types.find((type) => type.id.toLowerCase() === id?.toLowerCase());

/** Who came of it, by name: created, about to be, or there already. */
type Named = { name: string };

/** What a field is called in the form: in our words where every CRM has it. */
export function labelOf({ name, label }: FieldDto): string {
  const t = words().create;
  const ours: Record<string, string> = { company: t.company, title: t.jobTitle, email: t.email };
  return textOf(ours, name) || plain(label) || name;
}

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
  /** The number as its CRM will store it; `null`: as it stands there. */
  stored = $state<string | null>(null);
  /** The name stands there because the phone said so; nobody proved it. */
  suggested = $state(false);
  duplicates = $state.raw<DuplicateDto[]>([]);
  busy = $state(false);
  /** What the person has to read once the form is gone: a number that is linked on this computer only, a log that did not go. */
  notice = $state<string | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** The words for what a pasted signature filled in. */
  pasted = $state<string | null>(null);
  /** Others see the screen: the number of the call stays out of sight, and is filled in when it is sent. */
  covered = $state(false);
  /** The person asked for the fields that few need. */
  all = $state(false);

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
      called(this.types, this.#typeId) ??
      called(this.types, last?.type) ??
      this.types.find((type) => !type.is_company) ??
      this.types[0] ??
      null,
  );
  /** What is needed first, else in the order in which the connector asks for them. */
  readonly fields = $derived.by((): FieldDto[] => {
    const asked = this.type?.fields.filter((field) => !ALWAYS.includes(field.name)) ?? [];
    return asked.toSorted((a, b) => Number(b.required) - Number(a.required));
  });
  /** Those in sight: a few, and whatever is needed, filled in or refused. */
  readonly inSight = $derived.by(() =>
    this.all ? this.fields : this.fields.filter((field, at) => at < SHOWN || field.required || field.name === this.error?.field || textOf(this.more, field.name) !== ''),
  );
  /** A record that surely is the same: the first offer is to use it. */
  readonly strong = $derived(this.duplicates.find((one) => one.because !== 'like_name') ?? null);

  /** The call ended, perhaps while the form was open, and waits for nobody but this person: it is logged on them, too. */
  get logs(): boolean {
    const call = this.call && (this.house.call(this.call.id) ?? this.call);
    return call !== null && logsAtOnce(call, this.house.settings?.log_rule);
  }

  /** What was missing when the form was sent last, and was not touched since. */
  #wanting = $state.raw<string[]>([]);
  /** What the duplicates in sight were found for. They say nothing about anything typed since. */
  #foundFor: string | null = null;
  /** The person typed how the name splits. Else the owner splits the name that is sent, as it splits the one in sight. */
  #splitByHand = false;
  /** The one that was refused or taken back, and that this one is made of. */
  #insteadOf: string | null = null;
  /** What was sent when its CRM said that this contact is there already. */
  #there: string | null = null;
  #token = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly house: House,
    readonly call: CallDto | null,
    text = '',
    covered = false,
  ) {
    this.covered = covered;
    const display = covered ? '' : plain(call?.caller.display ?? '');
    this.name = text || display;
    this.suggested = !text && display !== '';
    this.number = covered ? '' : this.#callNumber;
  }

  get #callNumber(): string {
    const { call } = this;
    return call && call.caller.kind !== 'withheld' ? call.caller.text || (call.caller.e164 ?? '') : '';
  }

  /** Others begin or stop to see the screen. What the person typed stays. */
  cover(on: boolean): void {
    if (on === this.covered) return;
    this.covered = on;
    if (on) {
      if (this.number === this.#callNumber) this.number = '';
      if (this.suggested) this.name = '';
      this.suggested = false;
    } else if (!this.number) this.number = this.#callNumber;
    this.stored = null;
    this.duplicates = [];
    this.#soon(0);
  }

  /** Found by the number that nobody may see: who it is would say whose number that is. */
  conceals = ({ because }: DuplicateDto): boolean => this.covered && because === 'same_number' && !this.number.trim();

  /** What was typed once more: a contact that was taken back, or that its CRM refused. */
  static again(house: House, call: CallDto | null, { id, draft }: CreationDto, error: ApiError | null): Draft {
    const again = new Draft(house, call, draft.name);
    again.#insteadOf = id;
    again.#connectionId = draft.connection;
    again.#typeId = draft.contact_type;
    again.given = draft.given;
    again.family = draft.family;
    again.#splitByHand = draft.given !== null || draft.family !== null;
    again.number = draft.number ?? '';
    for (const name of COMMON) again.more[name] = draft[name as 'company' | 'title' | 'email'] ?? '';
    for (const { name, value } of draft.extra) again.more[name] = value;
    again.error = error;
    if (error?.code === 'conflict' && error.field === 'force') again.#there = JSON.stringify(again.#dto());
    return again;
  }

  /** Its CRM said that this very contact is there already: sent once more, it is meant. */
  get insists(): boolean {
    return this.#there !== null && this.#there === JSON.stringify(this.#dto());
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
    const at = this.error?.field === 'phone' ? 'number' : this.error?.field;
    if (at === field) this.error = null;
    this.#wanting = this.#wanting.filter((one) => one !== field);
    if (field === 'given' || field === 'family') {
      this.#splitByHand = true;
      this[field] = value;
    } else if (field === 'name' || field === 'number') {
      this[field] = value;
      // A name that is corrected is split anew.
      if (field === 'name') this.suggested = this.#splitByHand = false;
    } else {
      this.more[field] = value;
    }
    this.#soon();
  }

  /**
   * A signature fills what is empty and what the type asks for; the name is what it was pasted over. False where the text is
   * none, and is to be pasted as it is.
   */
  paste(text: string): boolean {
    const read = readSignature(text);
    if (!read) return false;
    const t = words().create;
    const filled: string[] = [];
    const name = this.type?.is_company ? (read.company ?? read.name) : (read.name ?? '');
    if (name) {
      this.set('name', name);
      filled.push(this.type?.is_company ? t.companyName : t.name);
    }
    for (const field of COMMON) {
      const value = read[field as 'company' | 'title' | 'email'];
      const asked = this.fields.find((one) => one.name === field);
      if (!value || textOf(this.more, field) || !asked) continue;
      this.set(field, value);
      filled.push(labelOf(asked));
    }
    if (read.phone && !this.number.trim()) {
      this.set('number', read.phone);
      filled.push(t.phone);
    }
    this.pasted = filled.length > 0 ? t.pasted(list(filled)) : null;
    return filled.length > 0;
  }

  /** What is wrong with one field: it is missing, or refused; `phone` is what connectors call the number. */
  refusal(field: string): string | null {
    const missing = this.#wanting.includes(field) ? this.#missing().get(field) : undefined;
    if (missing) return missing;
    const at = this.error?.field === 'phone' ? 'number' : this.error?.field;
    return at === field && this.error ? sentences(this.error.message, this.error.hint) : null;
  }

  /** A refusal that belongs to no field in sight. */
  get otherError(): ApiError | null {
    const shown = ['name', 'number', 'phone', ...(this.type?.is_company ? [] : ['given', 'family']), ...this.inSight.map((field) => field.name)];
    return this.error && !(this.error.field && shown.includes(this.error.field)) ? this.error : null;
  }

  /**
   * Has it created after the ten seconds in which it can be taken back, unless there are duplicates of exactly this input
   * that nobody has seen yet; then it shows them.
   */
  create(): Promise<Named | null> {
    return this.#work(async () => {
      this.#wanting = [...this.#missing().keys()];
      if (this.#wanting.length > 0) return null;
      const draft = this.#dto();
      const seen = this.insists || (this.duplicates.length > 0 && this.#isFoundFor(draft));
      const made = await this.house.backend.call('create_contact', { draft, call: this.call?.id ?? null, force: seen, later: true, instead_of: this.#insteadOf });
      if (made.kind === 'duplicates') {
        this.#show(made.found, draft);
        return null;
      }
      last = { connection: this.connection?.id ?? '', type: this.type?.id ?? '' };
      await this.#log();
      return made.kind === 'created' ? made.contact : made.creation.draft;
    });
  }

  /**
   * Uses the record that is there: gives it the number if it lacks it, and assigns the call to it. One that was found for
   * older input is looked for once more, and left alone if it is no match for the same reason any more.
   */
  use(offered: DuplicateDto): Promise<Named | null> {
    return this.#work(async () => {
      const found = await this.#confirm(offered);
      if (!found) return null;
      const { ref } = found.contact;
      // The one that waited for its correction is not wanted any more.
      if (this.#insteadOf) await this.house.backend.call('settle_creation', { creation: this.#insteadOf, decision: 'drop' }).catch(() => null);
      const call = this.call?.id ?? null;
      const { number } = this.#dto();
      if (found.because !== 'same_number' && number) {
        const added = await this.house.backend.call('add_number', { contact: ref, number, call, with_choice: false });
        if (added.linked_only) this.notice = linkedOnly(added);
        await this.#log();
        return added.contact;
      }
      if (call) await this.house.backend.call('choose', { call, contact: ref });
      await this.#log();
      return found.contact;
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#token++;
  }

  async #work(work: () => Promise<Named | null>): Promise<Named | null> {
    if (this.busy) return null;
    this.busy = true;
    this.error = null;
    this.#wanting = [];
    try {
      return await work();
    } catch (reason) {
      this.error = asApiError(reason);
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** The person is named by now, so a refusal is no reason to send the form again: it is said beside the call. */
  async #log(): Promise<void> {
    if (!this.logs || !this.call) return;
    await this.house.backend.call('log', { call: this.call.id, contact: null }).catch((reason) => {
      const { message, hint } = asApiError(reason);
      this.notice = [this.notice, sentences(words().create.notLogged, message, hint)].filter(Boolean).join(' ');
    });
  }

  /** Whatever is needed and empty, and the words for it. */
  #missing(): Map<string, string> {
    const t = words().create;
    const empty = this.fields.filter((field) => field.required && !this.#typed(field));
    const fields = empty.map((field): [string, string] => [field.name, t.needField(labelOf(field))]);
    return new Map(plain(this.name) ? fields : [['name', t.needName], ...fields]);
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
    const [name, number] = [this.name.trim(), this.number.trim() || null];
    const becomes =
      name || number ? await backend.call('split_name', { connection: this.connection.id, contact_type: this.type.id, name, number }).catch(() => null) : null;
    if (!fresh()) return;
    this.stored = becomes?.number ?? null;
    if (!this.type.is_company && !this.#splitByHand) {
      this.given = becomes?.given ?? null;
      this.family = becomes?.family ?? null;
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
    const split = this.#splitByHand && !this.type?.is_company;
    return {
      connection: this.connection?.id ?? '',
      contact_type: this.type?.id ?? '',
      name: this.name.trim(),
      given: split ? this.given?.trim() || null : null,
      family: split ? this.family?.trim() || null : null,
      company: shown('company'),
      title: shown('title'),
      email: shown('email'),
      // With the number of the call, also where it is not shown.
      number: this.number.trim() || (this.covered && this.#callNumber.trim()) || null,
      extra: extra.filter((one) => one.value !== ''),
    };
  }

  /** A choice of another type that this one does not offer counts as none. */
  #typed(field: FieldDto): string {
    const value = textOf(this.more, field.name).trim();
    return field.options.length === 0 || field.options.some((option) => option.value === value) ? value : '';
  }
}
