// The cards as they lie: which one is on top, and what the person is doing with each. The call that is talked on lies on
// top, then what rings, newest first, then what is over; and nothing moves under the hands of a person who is typing.

import { asApiError } from '../backend/backend';
import type { ApiError, CallDto, ContactRefDto } from '../backend/generated';
import { Closing } from './closing.svelte';
import type { Draft } from './draft.svelte';
import type { House } from './house.svelte';
import { LogFields } from './log-fields.svelte';
import { Note } from './note.svelte';
import { inOrder } from './picture';

export type Panel = 'face' | 'why' | 'create' | 'move';

/** What this window knows of one card beyond the call itself. */
export class CardState {
  panel = $state<Panel>('face');
  collapsed = $state(false);
  noteOpen = $state(false);
  /** The caret is to go into the note. */
  noteWanted = $state(false);
  /** A contact half made: it waits here while the person looks elsewhere. */
  draft: Draft | null = null;
  /** A command for this call is on its way. */
  busy = $state<string | null>(null);
  refreshing = $state(false);
  error = $state.raw<ApiError | null>(null);
  /** What the person has to know of the last thing done, such as that a number is linked here only. */
  notice = $state<string | null>(null);
  readonly note: Note;
  readonly fields: LogFields;
  readonly closing: Closing;

  constructor(house: House, call: CallDto, close: () => void) {
    this.note = new Note(house.backend, call);
    this.fields = new LogFields(house.backend, call);
    this.closing = new Closing(close);
  }
}

export class Deck {
  #states = new Map<string, CardState>();
  #picked = $state<string | null>(null);

  /** Open cards, the top one first. */
  readonly cards = $derived.by((): CallDto[] => {
    const shown = inOrder(this.house.calls);
    const at = shown.findIndex((call) => call.id === this.#picked);
    return at > 0 ? [...shown.splice(at, 1), ...shown] : shown;
  });
  readonly top = $derived(this.cards[0] ?? null);
  /** Calls that ring without a card, because there is no room for more. */
  readonly waiting = $derived.by(() => this.house.bare.filter((call) => call.state === 'ringing' && !this.#dismissed.has(call.id)).length);
  /** Cards that the person put away while their calls went on. */
  readonly #dismissed = new Set<string>();
  /** What lay on top after the last event. */
  #before: string | null = null;

  readonly #off: () => void;

  constructor(readonly house: House) {
    this.#off = house.on((event) => {
      if (event.kind === 'call') {
        const fresh = !this.#states.has(event.call.id) && house.call(event.call.id);
        if (this.typing() && this.#before && house.call(this.#before)) this.#picked = this.#before;
        else if (fresh) this.#picked = null;
        this.#states.get(event.call.id)?.note.adopt(event.call);
        if (event.call.is_over) this.#dismissed.delete(event.call.id);
      }
      if (event.kind === 'card_closed') this.#forget(event.id);
      this.#forgetGone();
      this.#before = this.top?.id ?? null;
    });
  }

  /** Whether the person is in the middle of a field. */
  typing(): boolean {
    return isField(document.activeElement);
  }

  of(call: CallDto): CardState {
    let state = this.#states.get(call.id);
    if (!state) {
      state = new CardState(this.house, call, () => void this.dismiss(call.id));
      this.#states.set(call.id, state);
    }
    return state;
  }

  show(id: string): void {
    this.#picked = id;
    this.#before = id;
  }

  /** Runs a command of one card; a refusal stays on that card, with words. */
  async run<T>(id: string, what: string, work: () => Promise<T>): Promise<T | null> {
    const state = this.#states.get(id);
    if (state) {
      state.busy = what;
      state.error = null;
    }
    try {
      return await work();
    } catch (reason) {
      if (state) state.error = asApiError(reason);
      return null;
    } finally {
      if (state) state.busy = null;
    }
  }

  choose = (id: string, contact: ContactRefDto | null) =>
    this.run(id, 'choose', () => this.house.backend.call('choose', { call: id, contact }));

  /** Logs after note and fields are safe; on `contact` it moves an earlier log there. */
  log = (id: string, contact: ContactRefDto | null = null) =>
    this.run(id, 'log', async () => {
      const { note, fields } = this.#states.get(id) ?? {};
      if (note && !(await note.flush())) throw note.error;
      if (fields && !(await fields.flush())) throw fields.error;
      const logged = await this.house.backend.call('log', { call: id, contact });
      if (note) note.edited = false;
      if (fields) fields.edited = false;
      return logged;
    });

  async refresh(id: string): Promise<void> {
    const state = this.#states.get(id);
    if (!state || state.refreshing) return;
    state.refreshing = true;
    await this.run(id, 'refresh', () => this.house.backend.call('refresh', { call: id }));
    state.refreshing = false;
  }

  /** Closes the card; the call stays in the list, and so does its note. */
  async dismiss(id: string): Promise<void> {
    const state = this.#states.get(id);
    state?.closing.stop();
    if (!this.house.call(id)?.is_over) this.#dismissed.add(id);
    await Promise.all([state?.note.flush(), state?.fields.flush()]);
    await this.run(id, 'close', () => this.house.backend.call('close_card', { call: id }));
  }

  flush(): void {
    for (const state of this.#states.values()) void state.note.flush();
  }

  stop(): void {
    this.#off();
    for (const [id] of this.#states) this.#forget(id);
  }

  /** Cards that the owner never opened go without a word. */
  #forgetGone(): void {
    if (this.#states.size <= this.house.calls.length) return;
    const open = new Set(this.house.calls.map((call) => call.id));
    for (const id of [...this.#states.keys()]) if (!open.has(id)) this.#forget(id);
  }

  #forget(id: string): void {
    const state = this.#states.get(id);
    state?.closing.stop();
    state?.note.stop();
    state?.fields.stop();
    state?.draft?.stop();
    this.#states.delete(id);
    if (this.#picked === id) this.#picked = null;
  }
}

export function isField(element: Element | null): boolean {
  return element instanceof HTMLElement && (element.matches('input:not([type=checkbox],[type=radio]), textarea, select') || element.isContentEditable);
}
