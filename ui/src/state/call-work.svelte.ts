// What was asked of single calls in the list: which of them is busy, and what was refused. A row that is pressed by its
// button and one that is pressed by a key do the same.

import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { asApiError } from '../backend/backend';
import type { ApiError, CallDto } from '../backend/generated';
import type { Calls } from './calls.svelte';
import { hasNumber, nextStep, whoFor } from './next-step';

export class CallWork {
  readonly busy = new SvelteSet<string>();
  readonly errors = new SvelteMap<string, ApiError>();

  constructor(readonly list: Calls) {}

  /** Asks again, live, past every cache. */
  refresh(call: CallDto): void {
    if (hasNumber(call)) void this.#attempt(call, (backend) => backend.call('refresh', { call: call.id }));
  }

  /** Logs on whom the row shows; where nobody is shown there is nothing to do. */
  log(call: CallDto): void {
    const who = whoFor(call);
    if (who && nextStep(call) === 'log') void this.#attempt(call, (backend) => backend.call('log', { call: call.id, contact: call.choice ? null : who.ref }));
  }

  openLog(call: CallDto): void {
    void this.#attempt(call, (backend) => backend.openLog(call.id));
  }

  link(call: CallDto): void {
    void this.#attempt(call, (backend) => backend.openSearch(call.id, true));
  }

  async #attempt({ id }: CallDto, work: (backend: Calls['house']['backend']) => Promise<CallDto | void>): Promise<void> {
    if (this.busy.has(id)) return;
    this.busy.add(id);
    this.errors.delete(id);
    try {
      const changed = await work(this.list.house.backend);
      if (changed) this.list.put(changed);
    } catch (reason) {
      this.errors.set(id, asApiError(reason));
    }
    this.busy.delete(id);
  }
}
