// What the person is doing with their phones: which form is open, which sign-in waits for the browser, which trial call is
// watched. It outlives a look at another page.

import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { asApiError } from '../backend/backend';
import type { ApiError, NewPhoneDto, PhoneCheckDto, PhoneDto, PhoneKindDto } from '../backend/generated';
import { inWords } from '../text/phone-kinds';
import type { House } from './house.svelte';
import { PhoneDraft } from './phone-draft.svelte';

export type PhoneWork = 'retry' | 'check' | 'remove' | 'listen';

/** A sign-in that waits for a person. */
export interface PhoneSignIn {
  /** When it ends by itself; Unix milliseconds. */
  until: number;
  cancelling: boolean;
}

/** As long as the owner waits for the browser. */
const PATIENCE = 5 * 60_000;

/** What only other words in the form put right. */
const IN_THE_FORM = ['invalid', 'sign_in_needed', 'forbidden', 'not_found', 'unsupported', 'conflict'];
export const wantsChange = ({ state }: PhoneDto): boolean => state.kind === 'stopped' && (state.field !== null || IN_THE_FORM.includes(state.code));

export class Phones {
  list = $state.raw<PhoneDto[] | null>(null);
  kinds = $state.raw<PhoneKindDto[] | null>(null);
  /** The phones or the kinds could not be read. */
  error = $state.raw<ApiError | null>(null);
  view = $state<'list' | 'pick' | 'form' | 'made'>('list');
  draft = $state.raw<PhoneDraft | null>(null);
  /** A phone with lines to copy, shown once. */
  made = $state.raw<NewPhoneDto | null>(null);
  /** The phone that the focus is to go to. */
  wanted = $state<string | null>(null);
  // Maps, because people name their phones: one may be called `constructor`.
  readonly refused = new SvelteMap<string, ApiError>();
  readonly busy = new SvelteMap<string, PhoneWork>();
  readonly waiting = new SvelteMap<string, PhoneSignIn>();
  /** Phones whose trial call was begun here, and when one began that is not to be seen any more. */
  readonly watched = new SvelteSet<string>();
  readonly #unseen = new SvelteMap<string, number>();

  #token = 0;
  /** An attempt that was cancelled, being taken back. */
  #leftover: Promise<void> = Promise.resolve();

  constructor(readonly house: House) {
    house.on((event) => {
      if (this.list && (event.kind === 'phones' || event.kind === 'settings')) void this.load();
    });
  }

  /** The page comes into sight. */
  async look(): Promise<void> {
    await Promise.all([this.load(), this.#loadKinds()]);
  }

  async load(): Promise<void> {
    const token = ++this.#token;
    try {
      const list = await this.house.backend.call('phones', {});
      if (token !== this.#token) return;
      this.list = list;
      this.error = null;
    } catch (reason) {
      if (token === this.#token) this.error = asApiError(reason);
    }
  }

  async #loadKinds(): Promise<void> {
    try {
      this.kinds = (await this.house.backend.call('phone_kinds', {})).map(inWords);
    } catch (reason) {
      this.error = asApiError(reason);
    }
  }

  kindOf(phone: PhoneDto): PhoneKindDto | null {
    return this.kinds?.find((one) => one.id === phone.kind) ?? null;
  }

  pick(): void {
    this.view = 'pick';
    if (!this.kinds) void this.#loadKinds();
  }

  begin(kind: PhoneKindDto): void {
    this.draft = new PhoneDraft(this.house, kind, null, (this.list ?? []).map((one) => one.name));
    this.view = 'form';
  }

  change(phone: PhoneDto): void {
    const kind = this.kindOf(phone);
    if (!kind) return;
    this.refused.delete(phone.name);
    this.draft = new PhoneDraft(this.house, kind, phone, []);
    this.view = 'form';
  }

  /** Back: from the lines to copy and from a changed phone to the list, from a new phone's form to the choice. */
  leave(): void {
    const { draft, made } = this;
    this.draft = null;
    this.made = null;
    this.view = this.view === 'form' && draft && !draft.phone ? 'pick' : 'list';
    this.wanted = draft?.phone?.name ?? made?.phone.name ?? null;
  }

  /** Sends the form. A phone that came of it is in the list, and where it wants a sign-in, that begins. */
  async send(): Promise<boolean> {
    const { draft } = this;
    const made = await draft?.send(this.#leftover);
    if (!draft || !made) return false;
    const { phone } = made;
    this.#put(phone);
    this.draft = null;
    this.made = made.recipes.length > 0 ? made : null;
    this.view = this.made ? 'made' : 'list';
    if (phone.signed_in === false && !draft.phone) void this.signIn(phone.name);
    else if (!this.made) this.wanted = phone.name;
    return true;
  }

  /** Stops waiting for a phone that is being tried; the form stays as it is. */
  cancel(): void {
    const { draft } = this;
    if (draft) this.#leftover = Promise.all([this.#leftover, draft.cancel()]).then(() => {});
  }

  retry = (name: string) => this.#work(name, 'retry', async () => this.#put(await this.house.backend.call('retry_phone', { name })));

  check = (name: string) =>
    this.#work(name, 'check', async () => {
      this.#put(await this.house.backend.call('check_phone', { name }));
      this.watched.add(name);
    });

  /** The trial call to show: one that goes on, and the one that was begun here until it is put away. */
  trial(phone: PhoneDto): PhoneCheckDto | null {
    const { check, name } = phone;
    if (!check || this.#unseen.get(name) === check.since) return null;
    return !check.done || this.watched.has(name) ? check : null;
  }

  unwatch({ name, check }: PhoneDto): void {
    this.watched.delete(name);
    if (check) this.#unseen.set(name, check.since);
    this.wanted = name;
  }

  remove = (name: string) =>
    this.#work(name, 'remove', async () => {
      this.list = await this.house.backend.call('remove_phone', { name });
      void this.load();
      this.waiting.delete(name);
      this.watched.delete(name);
      if (this.made?.phone.name === name) this.made = null;
    });

  /** Switches the listening for phones on. */
  listen = (name: string) =>
    this.#work(name, 'listen', async () => {
      const { settings } = this.house;
      if (settings) this.house.settings = await this.house.backend.call('save_settings', { ...settings, intake_on: true });
      await this.load();
    });

  /** Opens the browser and waits for the person. */
  async signIn(name: string): Promise<void> {
    if (this.waiting.has(name)) return;
    this.refused.delete(name);
    const until = Date.now() + PATIENCE;
    this.waiting.set(name, { until, cancelling: false });
    try {
      this.#put(await this.house.backend.call('sign_in_phone', { name }));
      this.wanted = name;
    } catch (reason) {
      const error = asApiError(reason);
      if (error.code !== 'cancelled') this.refused.set(name, error);
    } finally {
      // Another one may have begun since this was cancelled.
      if (this.waiting.get(name)?.until === until) this.waiting.delete(name);
    }
  }

  async cancelSignIn(name: string): Promise<void> {
    const one = this.waiting.get(name);
    if (!one) return;
    this.waiting.set(name, { ...one, cancelling: true });
    await this.house.backend.call('cancel_phone_sign_in', { name }).catch(() => {});
    this.waiting.delete(name);
    this.wanted = name;
  }

  async #work(name: string, what: PhoneWork, work: () => Promise<void>): Promise<void> {
    if (this.busy.has(name)) return;
    this.busy.set(name, what);
    this.refused.delete(name);
    try {
      await work();
    } catch (reason) {
      this.refused.set(name, asApiError(reason));
    } finally {
      this.busy.delete(name);
    }
  }

  /** Shows an answer at once, and asks for the list: what was told meanwhile may be newer. */
  #put(changed: PhoneDto): void {
    const all = this.list ?? [];
    const at = all.findIndex((one) => one.name === changed.name);
    this.list = at < 0 ? [...all, changed] : all.with(at, changed);
    void this.load();
  }
}
