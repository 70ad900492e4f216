// Several calls at once: which are selected, and doing the same with each of them, one after the other, so that a CRM gets
// no burst and every refusal has a name.

import { SvelteSet } from 'svelte/reactivity';
import { asApiError } from '../backend/backend';
import type { ApiError, CallDto } from '../backend/generated';
import type { Calls } from './calls.svelte';
import { DEEDS, may, whoFor, type Deed } from './next-step';

export interface Failure {
  call: CallDto;
  error: ApiError;
}

export class Bulk {
  /** Rows are being selected: the boxes are in sight. */
  on = $state(false);
  readonly picked = new SvelteSet<string>();
  /** While it works. */
  progress = $state.raw<{ done: number; all: number } | null>(null);
  /** What the last round did. */
  result = $state.raw<{ done: number; left: number; failures: Failure[] } | null>(null);

  /** The selected ones that are in the list, in its order. */
  readonly calls = $derived.by(() => this.list.rows.filter((call) => this.picked.has(call.id)));
  readonly offers = $derived.by(() => DEEDS.map((deed) => ({ deed, calls: this.calls.filter((call) => may(deed, call)) })).filter((one) => one.calls.length > 0));

  #anchor: string | null = null;
  #stopped = false;

  constructor(readonly list: Calls) {}

  begin(): void {
    this.on = true;
    this.result = null;
  }

  end(): void {
    this.on = false;
    this.picked.clear();
    this.#anchor = null;
    this.result = null;
    this.stop();
  }

  /** Adds or takes out one; what is extended next begins here. */
  toggle(id: string): void {
    this.begin();
    if (!this.picked.delete(id)) this.picked.add(id);
    this.#anchor = id;
  }

  /** All from the last one that was picked to this one. */
  extend(id: string, from = this.#anchor ?? id): void {
    this.begin();
    this.#anchor ??= from;
    const ids = this.list.rows.map((row) => row.id);
    const [a, b] = [ids.indexOf(this.#anchor), ids.indexOf(id)];
    if (a < 0 || b < 0) return;
    this.picked.clear();
    for (const one of ids.slice(Math.min(a, b), Math.max(a, b) + 1)) this.picked.add(one);
  }

  all(): void {
    this.begin();
    const every = this.list.rows.every((row) => this.picked.has(row.id));
    this.picked.clear();
    if (!every) for (const row of this.list.rows) this.picked.add(row.id);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** A call that was refused stays selected, so that it can be tried again. */
  async run(deed: Deed, calls: CallDto[]): Promise<void> {
    if (this.progress) return;
    this.#stopped = false;
    this.result = null;
    const failures: Failure[] = [];
    let at = 0;
    for (const call of calls) {
      if (this.#stopped) break;
      this.progress = { done: at, all: calls.length };
      try {
        this.list.put(await this.#do(deed, call));
        this.picked.delete(call.id);
      } catch (reason) {
        failures.push({ call, error: asApiError(reason) });
      }
      at++;
    }
    this.progress = null;
    this.result = { done: at - failures.length, left: calls.length - at, failures };
  }

  #do(deed: Deed, call: CallDto): Promise<CallDto> {
    const { backend } = this.list.house;
    switch (deed) {
      case 'log':
        return backend.call('log', { call: call.id, contact: call.choice ? null : (whoFor(call)?.ref ?? null) });
      case 'retry':
        if (call.log.state === 'waiting') return backend.call('retry', { call: call.id });
        return backend.call('settle', { call: call.id, write: call.log.write ?? '', decision: 'send_again' });
      case 'set_aside':
        return backend.call('set_aside', { call: call.id });
    }
  }
}
