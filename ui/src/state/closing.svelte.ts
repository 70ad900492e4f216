// When a card goes away by itself: counted in seconds that can be seen, started anew by pointer and keyboard, and
// stopped by the person (WCAG 2.2.1).

import type { CallDto, CreationDto } from '../backend/generated';
import { unlogged, wentOn } from './picture';

const TICK = 250;
/** Milliseconds a card stays after the call; `null`: it stays. */
export function stay(call: CallDto): number | null {
  if (!call.is_over) return null;
  if (wentOn(call)) return 3000;
  if (call.creation && unsettled(call.creation)) return null;
  if (call.log.state === 'refused' || call.log.state === 'unsure') return null;
  if (call.log.changed) return 30_000;
  if (!unlogged(call)) return 6000;
  return wantsNote(call) ? 30_000 : 10_000;
}

/** A contact that can still be taken back, or that somebody has to decide about: its card stays. One that waits does not. */
const unsettled = ({ state }: CreationDto): boolean => (state.kind === 'waiting' ? state.why === null : state.kind !== 'created' && state.kind !== 'undone');

/** People talked, so there may be something to write down. */
export const wantsNote = (call: CallDto): boolean =>
  unlogged(call) && (call.state === 'completed' || call.state === 'unknown' || call.answered !== null);

export class Closing {
  /** Seconds left; `null`: it does not close by itself. */
  left = $state<number | null>(null);
  /** The person said "Keep open". */
  kept = $state(false);

  #span: number | null = null;
  #deadline = 0;
  readonly #held = new Set<string>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(readonly close: () => void) {}

  /** Follows the call: a new span starts a new count. */
  follow(call: CallDto): void {
    const span = stay(call);
    if (span === this.#span) return;
    this.#span = span;
    this.#restart();
  }

  /** The person moved the pointer or pressed a key. */
  touch(): void {
    if (this.#timer) this.#restart();
  }

  /** Nothing closes under a resting pointer, while a field has the caret, or unseen below another card. */
  hold(reason: 'pointer' | 'field' | 'below', held: boolean): void {
    if (this.#held.has(reason) === held) return;
    if (held) this.#held.add(reason);
    else this.#held.delete(reason);
    this.touch();
  }

  keep(): void {
    this.kept = true;
    this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.left = null;
  }

  #restart(): void {
    this.stop();
    if (this.#span === null || this.kept) return;
    this.#deadline = Date.now() + this.#span;
    this.left = Math.ceil(this.#span / 1000);
    this.#timer = setInterval(() => this.#tick(), TICK);
  }

  #tick(): void {
    if (this.#held.size > 0 && this.#span !== null) this.#deadline = Date.now() + this.#span;
    const left = this.#deadline - Date.now();
    this.left = Math.max(0, Math.ceil(left / 1000));
    if (left > 0) return;
    this.stop();
    this.close();
  }
}
