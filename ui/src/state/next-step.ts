// The one next step of a call in the list, and what can be done with several at once: worked out from the call alone.

import type { CallDto, ContactDto, SettingsDto } from '../backend/generated';
import { picture, wentOn, worthNoting } from './picture';

export type Step = 'open_log' | 'details' | 'fix' | 'decide' | 'log' | 'link' | 'note';

/** What may be done with several calls, one after the other. */
export type Deed = 'log' | 'retry' | 'set_aside';
export const DEEDS: readonly Deed[] = ['log', 'retry', 'set_aside'];

export const hasNumber = ({ caller }: CallDto): boolean => caller.kind !== 'withheld' && caller.kind !== 'unreadable';

/** Whom the call would be logged on without another question. */
export function whoFor(call: CallDto): ContactDto | null {
  const face = picture(call);
  return call.choice?.contact ?? (face.face === 'known' ? face.contact : null);
}

/** The call is over and only waits for somebody: naming them in the search or in the form of a new contact logs it, too. */
export const logsAtOnce = (call: CallDto, rule: SettingsDto['log_rule'] | undefined): boolean =>
  call.is_over && !wentOn(call) && worthNoting(call) && call.log.state === 'not_logged' && call.never_log === null && rule !== 'never';

export function nextStep(call: CallDto): Step {
  switch (call.log.state) {
    case 'logged':
      return call.log.url ? 'open_log' : 'details';
    case 'waiting':
    case 'set_aside':
      return 'details';
    case 'refused':
      return 'fix';
    case 'unsure':
      return 'decide';
    case 'not_logged':
      if (call.never_log) return 'details';
      if (whoFor(call)) return 'log';
      return hasNumber(call) ? 'link' : 'note';
  }
}

/** An unsure log is not among them: only a person who looked there can decide. */
export function may(deed: Deed, call: CallDto): boolean {
  const { state } = call.log;
  switch (deed) {
    case 'log':
      return state === 'not_logged' && call.never_log === null && whoFor(call) !== null;
    case 'retry':
      return state === 'waiting' || state === 'refused';
    case 'set_aside':
      return state === 'not_logged' || state === 'refused';
  }
}
