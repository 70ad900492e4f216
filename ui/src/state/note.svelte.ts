// Keeps a note safe while it is typed. A batch of keystrokes is sent at most 150 ms after its first, and at once when
// the field or the window loses the person; one request at a time, so the last text always wins.

import { asApiError, type Backend } from '../backend/backend';
import type { ApiError, CallDto, OutcomeDto } from '../backend/generated';

const BATCH = 150;
/** A note that could not be saved is tried again after this long, as long as the card lives. */
const AGAIN = 2000;

export class Note {
  text = $state('');
  outcome = $state<OutcomeDto | null>(null);
  state = $state<'idle' | 'saving' | 'saved' | 'failed'>('idle');
  error = $state.raw<ApiError | null>(null);
  /** Changed here since it was last logged. */
  edited = $state(false);

  readonly #id: string;
  #dirty = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<boolean> | null = null;

  constructor(
    readonly backend: Backend,
    call: CallDto,
  ) {
    this.#id = call.id;
    this.text = call.note;
    this.outcome = call.outcome;
  }

  /** Another window wrote a note: shown, unless this one has something newer. */
  adopt(call: CallDto): void {
    if (this.#dirty || this.#sending || this.state === 'failed') return;
    this.text = call.note;
    this.outcome = call.outcome;
  }

  type(text: string): void {
    this.text = text;
    this.#touched();
  }

  pick(outcome: OutcomeDto | null): void {
    this.outcome = outcome;
    this.#touched();
  }

  /** Saves what is not saved yet. True when everything typed is durable. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending) {
      await this.#sending;
      return this.#dirty ? this.flush() : this.state !== 'failed';
    }
    if (!this.#dirty) return true;
    this.#sending = this.#send();
    const saved = await this.#sending;
    return saved && this.#dirty ? this.flush() : saved;
  }

  stop(): void {
    void this.flush();
  }

  #touched(): void {
    this.#dirty = true;
    this.edited = true;
    this.state = 'saving';
    this.#timer ??= setTimeout(() => void this.flush(), BATCH);
  }

  async #send(): Promise<boolean> {
    this.#dirty = false;
    try {
      await this.backend.call('note', { call: this.#id, note: this.text, outcome: this.outcome });
      this.error = null;
      if (!this.#dirty) this.state = 'saved';
      return true;
    } catch (reason) {
      this.#dirty = true;
      this.error = asApiError(reason);
      this.state = 'failed';
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.flush(), AGAIN);
      return false;
    } finally {
      this.#sending = null;
    }
  }
}
