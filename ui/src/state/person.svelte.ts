// What is kept of one person: found by name or number, looked at, saved, erased.

import { asApiError } from '../backend/backend';
import type { ApiError, ContactDto, ErasedDto, PersonArgs, PersonDto, SavedFileDto } from '../backend/generated';
import { nameOf } from '../text/name';
import type { House } from './house.svelte';

export class Person {
  text = $state('');
  /** Those whom the text may mean; `null`: not looked for yet. */
  candidates = $state.raw<ContactDto[] | null>(null);
  /** The text is a number that can be looked for as well. */
  number = $state<string | null>(null);
  asked = $state.raw<{ args: PersonArgs; name: string } | null>(null);
  kept = $state.raw<PersonDto | null>(null);
  saved = $state.raw<SavedFileDto | null>(null);
  erased = $state.raw<ErasedDto | null>(null);
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);

  readonly isNothing = $derived(this.kept !== null && this.kept.contacts.length + this.kept.call_count + this.kept.creations.length + this.kept.remembered + this.kept.owed === 0);

  constructor(readonly house: House) {}

  find(): Promise<void> {
    const text = this.text.trim();
    return this.#work(async () => {
      this.#forget();
      if (!text) return;
      const [found, read] = await Promise.all([this.house.backend.call('search', { text, types: [], limit: 8 }), this.house.backend.call('read_number', { text })]);
      this.candidates = found.rows;
      this.number = read.e164 ?? (read.kind === 'extension' ? text : null);
    });
  }

  pick(contact: ContactDto): Promise<void> {
    return this.#look({ contact: contact.ref, number: null }, nameOf(contact));
  }

  pickNumber(number: string): Promise<void> {
    return this.#look({ contact: null, number }, number);
  }

  save(): Promise<void> {
    return this.#work(async () => {
      if (this.asked) this.saved = await this.house.backend.call('export_person', this.asked.args);
    });
  }

  erase(): Promise<void> {
    return this.#work(async () => {
      if (!this.asked) return;
      this.erased = await this.house.backend.call('erase_person', this.asked.args);
      this.asked = null;
      this.kept = null;
      this.saved = null;
      this.text = '';
    });
  }

  #look(args: PersonArgs, name: string): Promise<void> {
    return this.#work(async () => {
      this.kept = await this.house.backend.call('person', args);
      this.asked = { args, name };
      this.candidates = null;
      this.number = null;
      this.saved = null;
    });
  }

  #forget(): void {
    this.candidates = null;
    this.number = null;
    this.asked = null;
    this.kept = null;
    this.saved = null;
    this.erased = null;
  }

  async #work(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await work();
    } catch (reason) {
      this.error = asApiError(reason);
    }
    this.busy = false;
  }
}
