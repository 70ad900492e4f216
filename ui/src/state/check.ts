// What a trial call has shown so far. The marks are facts; here they become the one thing to say.

import type { PhoneCheckDto } from '../backend/generated';

/** The marks, in the order in which they come. */
export const MARKS = ['rang', 'number', 'name', 'answered', 'ended'] as const;
export type Mark = (typeof MARKS)[number];

/** Without a ring for this long, something is wrong with the setup. */
const SILENCE = 30_000;

/**
 * `waiting` for the call, `silent` for too long, `never` came; `going`; `numberless`: it rings, but nobody says who calls;
 * `unanswered` or `endless`, as far as the phone told; `works`.
 */
export type Verdict = 'waiting' | 'silent' | 'never' | 'going' | 'numberless' | 'unanswered' | 'endless' | 'works';

export function verdict(check: PhoneCheckDto, now: number): Verdict {
  if (!check.rang) return check.done ? 'never' : now - check.since < SILENCE ? 'waiting' : 'silent';
  // The number comes with the ring, or not at all.
  if (!check.number && (check.answered || check.ended || check.done)) return 'numberless';
  if (!check.done) return 'going';
  if (!check.ended) return 'endless';
  return check.answered ? 'works' : 'unanswered';
}
