// The cards as they lie: which one is on top, and what the person is doing with each. The call that is talked on lies on
// top, then what rings, newest first, then what is over; and nothing moves under the hands of a person who is typing.

import { asApiError, type OwnerEvent } from '../backend/backend';
import type { ApiError, CallDto, ContactRefDto, CreationDecision, CreationDto, StatusDto } from '../backend/generated';
import { sentences } from '../text/format';
import { Closing } from './closing.svelte';
import { Draft, usedLast } from './draft.svelte';
import type { House } from './house.svelte';
import { LogFields } from './log-fields.svelte';
import { Note } from './note.svelte';
import { inOrder, picture } from './picture';

export type Panel = 'face' | 'why' | 'create' | 'move' | 'keys';

/** What this window knows of one card beyond the call itself. */
export class CardState {
  panel = $state<Panel>('face');
  collapsed = $state(false);
  noteOpen = $state(false);
  /** Outcome and person are in sight while the call goes on: the person asked for them. */
  detailsOpen = $state(false);
  /** The field that the caret is to go to. */
  wanted = $state<'note' | 'outcome' | null>(null);
  /** A contact half made: it waits here while the person looks elsewhere. */
  draft = $state.raw<Draft | null>(null);
  /** A command for this call is on its way. */
  busy = $state<string | null>(null);
  refreshing = $state(false);
  error = $state.raw<ApiError | null>(null);
  /** What the person has to know of the last thing done, such as that a number is linked here only. */
  notice = $state<string | null>(null);
  /** The person asked to see who it is although they present. */
  revealed = $state(false);
  readonly note: Note;
  readonly fields: LogFields;
  readonly closing: Closing;
  /** What was last seen of the contact that is to be created: a refusal opens its form once. */
  creation: string | null = null;
  /** The rule for unknown callers has opened the form once. */
  offered = false;
  /** The call was over when it was last heard of. */
  over = false;

  constructor(house: House, call: CallDto, close: () => void) {
    this.note = new Note(house.backend, call);
    this.fields = new LogFields(house.backend, call);
    this.closing = new Closing(close);
    this.over = call.is_over;
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
  /** Others see this screen. */
  readonly presenting = $derived.by(() => this.house.status?.quiet.presenting ?? false);
  /** Cards that the person put away while their calls went on. */
  readonly #dismissed = new Set<string>();
  /** What lay on top after the last event. */
  #before: string | null = null;
  #presented = false;

  readonly #off: () => void;

  constructor(readonly house: House) {
    this.#off = house.on((event) => this.#hear(event));
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

  /** Nothing of the person may be said: others see the screen, and nobody asked for this call. */
  hides(call: CallDto): boolean {
    return this.presenting && !this.of(call).revealed;
  }

  reveal(id: string): void {
    const state = this.#states.get(id);
    if (state) state.revealed = true;
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
      // Done with this call: a caret left in its note would hold the card, and take the keys meant for the next one.
      if (this.house.call(id)?.is_over && this.typing()) (document.activeElement as HTMLElement).blur();
      return logged;
    });

  async refresh(id: string): Promise<void> {
    const state = this.#states.get(id);
    if (!state || state.refreshing) return;
    state.refreshing = true;
    await this.run(id, 'refresh', () => this.house.backend.call('refresh', { call: id }));
    state.refreshing = false;
  }

  /** Takes back the newest thing. A contact that was to be created comes back into its form, with all that was typed. */
  async undo(call: CallDto): Promise<void> {
    const { creation, undo } = call;
    if (undo?.kind !== 'creation' || !creation) {
      if (undo) await this.run(call.id, 'undo', () => this.house.backend.call('undo', { call: call.id }));
      return;
    }
    const undone = await this.run(call.id, 'undo', () => this.house.backend.call('undo_creation', { creation: creation.id }));
    if (undone) this.#reopen(call, undone, null);
  }

  settle = (id: string, creation: CreationDto, decision: CreationDecision) =>
    this.run(id, 'settle', () => this.house.backend.call('settle_creation', { creation: creation.id, decision }));

  /** The form of a refused contact again, with the words of the refusal at its field. */
  fix(call: CallDto): void {
    const { creation } = call;
    if (creation?.state.kind === 'refused') this.#reopen(call, creation, creation.state.error);
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

  /** What follows from the state of a call, whether an event told it or the first snapshot. */
  attend(call: CallDto): void {
    const state = this.of(call);
    const { creation } = call;
    const seen = creation ? `${creation.id} ${creation.state.kind}` : null;
    if (seen !== state.creation) {
      state.creation = seen;
      // Nothing takes a note away from somebody who is writing it: then the foot says it, and leads there.
      if (creation?.state.kind === 'refused' && state.panel === 'face' && !this.typing()) this.fix(call);
    }
    if (!state.offered && this.house.settings?.nobody === 'create' && mayOffer(call, this.house.status)) {
      state.offered = true;
      if (state.panel === 'face' && !this.typing()) {
        state.collapsed = false;
        state.panel = 'create';
      }
    }
  }

  #hear(event: OwnerEvent): void {
    if (event.kind === 'call') {
      const { call } = event;
      const known = this.#states.get(call.id);
      const fresh = !known && this.house.call(call.id);
      if (this.typing() && this.#before && this.house.call(this.#before)) this.#picked = this.#before;
      else if (fresh) this.#picked = null;
      known?.note.adopt(call);
      if (call.is_over) {
        this.#dismissed.delete(call.id);
        if (known && !known.over) known.revealed = false;
      }
      if (known) known.over = call.is_over;
    }
    if (event.kind === 'creation') {
      usedLast(event.creation);
      this.#tell(event.creation);
    }
    if (event.kind === 'reveal' && this.top) this.reveal(this.top.id);
    const shown = event.kind === 'show' ? this.house.call(event.call) : undefined;
    if (shown) {
      this.of(shown).collapsed = false;
      this.show(shown.id);
    }
    if (event.kind === 'status') {
      if (this.presenting && !this.#presented) for (const state of this.#states.values()) state.revealed = false;
      this.#presented = this.presenting;
    }
    if (event.kind === 'card_closed') this.#forget(event.id);
    this.#forgetGone();
    this.#before = this.top?.id ?? null;
  }

  /** The contact is there, and something is to be read with it: the face of the card says nothing more of it. */
  #tell({ call, said, state }: CreationDto): void {
    const card = call && said && state.kind === 'created' ? this.#states.get(call) : undefined;
    if (card) card.notice = sentences(said);
  }

  #reopen(call: CallDto, creation: CreationDto, error: ApiError | null): void {
    const state = this.of(call);
    state.draft?.stop();
    state.draft = Draft.again(this.house, call, creation, error);
    state.collapsed = false;
    state.panel = 'create';
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

/**
 * Answered, and surely nobody is known by this outside number: a form for a new contact makes sense, unless others may read the
 * screen or nothing is to come up. The shell opens the search under the same conditions (`src-tauri/rules.rs`).
 */
const mayOffer = (call: CallDto, status: StatusDto | null): boolean =>
  status !== null &&
  !(status.quiet.locked || status.quiet.presenting) &&
  (call.vip || !(status.quiet.paused_until !== null || status.quiet.do_not_disturb)) &&
  call.state === 'answered' &&
  !call.unverified &&
  !call.rehearsal &&
  (call.caller.kind === 'number' || call.caller.kind === 'sip_address') &&
  !call.lookup.running &&
  call.lookup.checked !== null &&
  picture(call).face === 'nobody';

export function isField(element: Element | null): boolean {
  return element instanceof HTMLElement && (element.matches('input:not([type=checkbox],[type=radio]), textarea, select') || element.isContentEditable);
}
