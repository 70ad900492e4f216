// What the CRM of the chosen contact wants to know about a call beside the note: the matter, the deal. Asked for when
// somebody is chosen, and saved as it is chosen. A default is the CRM's: the owner sends it with the log, unless the person chooses
// otherwise.

import { asApiError, type Backend } from '../backend/backend';
import type { ApiError, CallDto, ChosenFieldDto, LogDto, LogFieldDto } from '../backend/generated';
import { words } from '../text';
import { sentences } from '../text/format';
import { plain } from '../text/name';
import { textOf } from './own';
import { refKey } from './picture';

/** Connections that want nothing answer at once: nothing is said about asking before this. */
const PATIENCE = 300;

export class LogFields {
  fields = $state.raw<LogFieldDto[]>([]);
  /** By the names of the fields; what was not chosen is not in it. */
  chosen = $state.raw<Record<string, string>>({});
  state = $state<'idle' | 'asking' | 'ready' | 'failed'>('idle');
  /** The asking takes long enough to be said. */
  slow = $state(false);
  /** Why they could not be asked for. */
  failure = $state.raw<ApiError | null>(null);
  /** Why the choice is not saved, and the field that was refused or is missing. */
  error = $state.raw<ApiError | null>(null);
  /** A log was wanted while something was missing for it: the first of it. */
  lack = $state.raw<ApiError | null>(null);
  /** Changed here since the call was last logged. */
  edited = $state(false);

  /** What the CRM refused of the log. */
  #refused = $state.raw<LogDto | null>(null);

  readonly #id: string;
  /** The contact that the fields are for. */
  #about: string | null = null;
  #dirty = false;
  #token = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<boolean> | null = null;

  constructor(
    readonly backend: Backend,
    call: CallDto,
  ) {
    this.#id = call.id;
    this.chosen = byName(call.fields);
  }

  /** Follows the call: another contact has other fields, and what another window chose is shown here. */
  follow(call: CallDto): void {
    this.#refused = call.log.field && call.log.message ? call.log : null;
    const about = call.choice ? refKey(call.choice.contact.ref) : null;
    if (about !== this.#about) {
      this.#about = about;
      this.#dirty = false;
      this.error = null;
      this.chosen = byName(call.fields);
      void this.ask();
    } else if (!this.#dirty && !this.#sending && !isSame(this.chosen, call.fields)) {
      this.chosen = byName(call.fields);
    }
  }

  async ask(): Promise<void> {
    const token = ++this.#token;
    const about = this.#about;
    clearTimeout(this.#timer);
    this.fields = [];
    this.lack = null;
    this.failure = null;
    this.slow = false;
    this.state = about ? 'asking' : 'idle';
    if (!about) return;
    this.#timer = setTimeout(() => (this.slow = true), PATIENCE);
    try {
      const answer = await this.backend.call('log_fields', { call: this.#id });
      if (token !== this.#token) return;
      // Somebody else may have been chosen since; the call's next event asks for them.
      this.fields = answer.contact && refKey(answer.contact) === about ? answer.fields : [];
      this.state = 'ready';
    } catch (reason) {
      if (token !== this.#token) return;
      this.failure = asApiError(reason);
      this.state = 'failed';
    } finally {
      if (token === this.#token) {
        clearTimeout(this.#timer);
        this.slow = false;
      }
    }
  }

  /** What was typed; where nothing is, the default counts. */
  typed = (field: LogFieldDto): string => textOf(this.chosen, field.name);

  /** What counts: the choice, else the CRM's default. */
  value = (field: LogFieldDto): string => textOf(this.chosen, field.name) || (field.default ?? '');

  refusal = (field: LogFieldDto): string | null => {
    if (this.lack && this.#lacks(field)) return needs(field);
    if (this.error?.field === field.name) return sentences(this.error.message, this.error.hint);
    const refused = this.#dirty || this.edited ? null : this.#refused;
    return refused?.field === field.name ? sentences(refused.message ?? '', refused.hint) : null;
  };

  /** What there is to choose from, and what could not be asked for. */
  get shown(): LogFieldDto[] {
    return this.fields.filter((field) => !field.failed || field.options.length > 0);
  }
  get missing(): LogFieldDto[] {
    return this.fields.filter((field) => field.failed);
  }

  /** A refusal that belongs to no field in sight. */
  get otherError(): ApiError | null {
    return this.error && !this.fields.some((field) => field.name === this.error?.field) ? this.error : null;
  }

  pick(name: string, value: string): void {
    const { [name]: _, ...rest } = this.chosen;
    this.chosen = value ? { ...rest, [name]: value } : rest;
    this.error = null;
    this.#dirty = true;
    this.edited = true;
    void this.flush();
  }

  /** Saves what is not saved yet. True when everything chosen is durable. */
  async flush(): Promise<boolean> {
    if (this.#sending) {
      const saved = await this.#sending;
      return this.#dirty && saved ? this.flush() : saved;
    }
    if (!this.#dirty) return true;
    this.#sending = this.#send();
    const saved = await this.#sending;
    return saved && this.#dirty ? this.flush() : saved;
  }

  /** Whether nothing that is required is missing; else every field that lacks something says so. */
  check(): boolean {
    const missing = this.shown.find(this.#lacks);
    this.lack = missing ? { code: 'invalid', message: needs(missing), hint: null, field: missing.name } : null;
    if (this.lack) this.error = this.lack;
    return !missing;
  }

  #lacks = (field: LogFieldDto): boolean => field.required && !this.value(field).trim();

  stop(): void {
    void this.flush();
    this.#token++;
    clearTimeout(this.#timer);
  }

  async #send(): Promise<boolean> {
    this.#dirty = false;
    const about = this.#about;
    try {
      const fields = Object.entries(this.chosen).map(([name, value]) => ({ name, value }));
      await this.backend.call('set_log_fields', { call: this.#id, fields });
      return true;
    } catch (reason) {
      if (about !== this.#about) return true;
      this.#dirty = true;
      this.error = asApiError(reason);
      return false;
    } finally {
      this.#sending = null;
    }
  }
}

/** What a field is called; where the CRM gives no label, its name. */
export const labelOf = (field: LogFieldDto): string => plain(field.label) || field.name;

const needs = (field: LogFieldDto): string => words().log.needField(labelOf(field));

const byName = (fields: ChosenFieldDto[]): Record<string, string> => Object.fromEntries(fields.map(({ name, value }) => [name, value]));

/** Spaces at the end of what is being typed are not saved; that they are missing there is no news. */
const isSame = (chosen: Record<string, string>, saved: ChosenFieldDto[]): boolean =>
  Object.keys(chosen).length === saved.length && saved.every(({ name, value }) => textOf(chosen, name).trim() === value);
