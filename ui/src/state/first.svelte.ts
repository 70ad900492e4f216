// The first steps: which one it is, what has been seen of the rehearsal, and that they are done.

import { asApiError } from '../backend/backend';
import type { ApiError } from '../backend/generated';
import type { House } from './house.svelte';

export const STEPS = ['rehearsal', 'phone', 'contacts', 'numbers', 'done'] as const;
export type Step = (typeof STEPS)[number];

/** A rehearsal call that has not come by then does not come. */
const PATIENCE = 8_000;

export class First {
  step = $state<Step>('rehearsal');
  /** How the rehearsal call is doing. `quiet`: it came, and no card with it. */
  call = $state<'none' | 'rings' | 'came' | 'quiet'>('none');
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);
  /** A profile for trying out is never asked to be set up. */
  rehearsal = $state(true);
  /** Opened by the person, although they had been through it. */
  wanted = $state(false);

  readonly at = $derived(STEPS.indexOf(this.step));
  readonly shown = $derived.by(() => this.wanted || (this.house.settings !== null && !this.house.settings.welcomed && !this.rehearsal));

  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly house: House,
    rehearsal = false,
  ) {
    this.rehearsal = rehearsal;
    house.on((event) => {
      if (event.kind !== 'call' || !event.call.rehearsal || this.call !== 'rings') return;
      clearTimeout(this.#timer);
      this.call = event.call.card && !this.house.status?.quiet.paused_until && this.house.settings?.pop !== 'never' ? 'came' : 'quiet';
    });
  }

  open(): void {
    this.step = 'rehearsal';
    this.call = 'none';
    this.wanted = true;
  }

  go(by: 1 | -1): void {
    this.step = STEPS[Math.min(STEPS.length - 1, Math.max(0, this.at + by))] ?? this.step;
  }

  async ring(): Promise<void> {
    this.call = 'rings';
    this.error = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.call = this.call === 'rings' ? 'none' : this.call), PATIENCE);
    try {
      await this.house.backend.call('rehearse', { part: 'known' });
    } catch (reason) {
      clearTimeout(this.#timer);
      this.call = 'none';
      this.error = asApiError(reason);
    }
  }

  /** Done, or skipped: it does not come by itself again. */
  async finish(): Promise<void> {
    const { settings } = this.house;
    this.wanted = false;
    if (!settings || settings.welcomed) return;
    this.busy = true;
    try {
      this.house.settings = await this.house.backend.call('save_settings', { ...settings, welcomed: true });
    } catch (reason) {
      // The file can't be written: the person is not kept here for that, and asked again at the next start.
      this.error = asApiError(reason);
      this.house.settings = { ...settings, welcomed: true };
    }
    this.busy = false;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
