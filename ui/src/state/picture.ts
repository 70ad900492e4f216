// What a call looks like, worked out from its data alone: who it is, in which words, how sure. Shared by the card, its
// one-line strip, the search window and the list, so that all of them call a caller by the same name.

import type { CallDto, CallerDto, ChosenByDto, ContactDto, ContactRefDto, CreationDto, GradeDto, MatchDto } from '../backend/generated';
import { words } from '../text';
import { country, duration, list } from '../text/format';
import { nameOf, plain } from '../text/name';
import { placeName } from '../text/place';

/** `creating`: whom the person is about to create for this call. */
export type Face = 'withheld' | 'unreadable' | 'known' | 'probable' | 'several' | 'nobody' | 'creating';

export interface Picture {
  face: Face;
  /** The largest words on the card. */
  title: string;
  /** Role and company, or the place of an unknown number. */
  sub: string;
  /** Whom the card shows: the choice, else the only match. */
  contact: ContactDto | null;
  match: MatchDto | null;
}

export const sameContact = (a: ContactRefDto, b: ContactRefDto): boolean =>
  a.connection === b.connection && a.contact_type === b.contact_type && a.id === b.id;

export const refKey = (ref: ContactRefDto): string => JSON.stringify([ref.connection, ref.contact_type, ref.id]);

/** Grades that may be preselected are proof; the others are called by what they are. */
const PROOF: ReadonlySet<GradeDto> = new Set(['exact_with_extension', 'exact', 'alias']);
export const isProof = (grade: GradeDto): boolean => PROOF.has(grade);

/** Nobody chose: a memory or a rule did, and the person sees among whom. */
const BY_RULE: ReadonlySet<ChosenByDto> = new Set(['remembered', 'first', 'last_spoken', 'earliest_created']);

export function picture(call: CallDto): Picture {
  const t = words();
  const { matches } = call.lookup;
  const chosen = call.choice?.contact ?? null;
  const none = { contact: null, match: null };
  const settled = chosen && !(matches.length > 1 && call.choice && BY_RULE.has(call.choice.by) && matchOf(call, chosen));
  if (settled) return { face: 'known', ...person(chosen), contact: chosen, match: matchOf(call, chosen) };
  if (!chosen && call.creation) return { face: 'creating', ...drafted(call.creation), ...none };
  if (call.caller.kind === 'withheld') return { face: 'withheld', title: t.caller.withheld, sub: '', ...none };
  if (matches.length > 1) {
    return { face: 'several', title: several(call), sub: '', contact: chosen, match: chosen && matchOf(call, chosen) };
  }
  const [only] = matches;
  if (only) {
    const { title, sub } = person(only.contact);
    const sure = isProof(only.grade) && !only.gone;
    return { face: sure ? 'known' : 'probable', title: sure ? title : t.caller.probably(title), sub, contact: only.contact, match: only };
  }
  if (call.caller.kind === 'unreadable') {
    return { face: 'unreadable', title: t.caller.unreadable, sub: plain(call.caller.text), ...none };
  }
  return { face: 'nobody', title: numberOf(call.caller) || t.caller.unreadable, sub: place(call), ...none };
}

/** Whom a call may be logged on: the choice first where no match has it, then all matches. */
export function candidates(call: CallDto): ContactDto[] {
  const all = call.lookup.matches.map((match) => match.contact);
  const chosen = call.choice?.contact;
  return chosen && !all.some((one) => sameContact(one.ref, chosen.ref)) ? [chosen, ...all] : all;
}

/** The match whose person this is, as itself or as one of its other records. */
export function matchOf(call: CallDto, contact: ContactDto): MatchDto | null {
  const is = (other: ContactDto) => sameContact(other.ref, contact.ref);
  return call.lookup.matches.find((match) => is(match.contact) || match.also.some(is)) ?? null;
}

export function person(contact: ContactDto): { title: string; sub: string } {
  const parts = [contact.title, contact.is_company ? null : contact.company].map((part) => plain(part ?? ''));
  return { title: nameOf(contact), sub: parts.filter(Boolean).join(', ') };
}

/** Somebody who is not created yet, by what was typed. */
function drafted({ draft, type_label, connection_name }: CreationDto): { title: string; sub: string } {
  const parts = [draft.title, draft.company].map((part) => plain(part ?? '')).filter(Boolean);
  const place = words().caller.toBe(placeName(draft.connection, connection_name));
  return { title: nameOf(draft), sub: [[...parts, plain(type_label)].filter(Boolean).join(', '), place].join(' · ') };
}

/** What may be said of a caller while others see the screen: whether it is somebody one knows, and no more. */
export function hiddenName(call: CallDto): string {
  const { face } = picture(call);
  return face === 'known' || face === 'several' || face === 'creating' ? words().caller.hiddenKnown : words().caller.hiddenUnknown;
}

/** Country and kind of line, as far as the number plan knows. */
export function place(call: CallDto): string {
  if (call.caller.kind === 'extension') return words().caller.internal;
  const line = call.caller.line_type ? (words().caller.lineType[call.caller.line_type] ?? '') : '';
  return [call.caller.region ? country(call.caller.region) : '', line].filter(Boolean).join(', ');
}

/** The number as it is read out; an extension in the words of the language. */
export function numberOf(caller: CallerDto): string {
  const text = plain(caller.text);
  const extension = caller.kind === 'extension' ? /^ext\. (.+)$/.exec(text)?.[1] : undefined;
  return extension ? words().caller.extension(extension) : text;
}

/** The way a call took to us: its queue, and who passed it on. Shown, and never taken for who is calling. */
export function route(call: CallDto): string {
  const t = words().state;
  const queue = plain(call.queue ?? '');
  const through = call.diverted_by.map(passing).filter(Boolean);
  // The line may be the queue itself, and stands in the first line already.
  const via = queue && queue !== plain(call.line ?? '') ? [t.viaQueue(queue)] : [];
  return [...via, ...(through.length > 0 ? [t.forwardedBy(list(through))] : [])].join(' · ');
}

function passing(caller: CallerDto): string {
  if (caller.kind === 'withheld') return words().caller.withheld;
  const [name, number] = [plain(caller.display ?? ''), numberOf(caller)];
  return name && number && name !== number ? `${name} (${number})` : name || number;
}

/** The call went on without anybody here: there is nothing to write down. */
export const wentOn = (call: CallDto): boolean => call.state === 'answered_elsewhere' || (call.state === 'forwarded' && call.answered === null);

/** Nobody did anything about its log yet. The owner by itself sets a call aside whose number is never logged. */
export const unlogged = ({ log, never_log }: CallDto): boolean => log.state === 'not_logged' || (log.state === 'set_aside' && never_log !== null);

/** People talked, or we tried to reach somebody: there is something to write down. A missed call only asks to be returned. */
export const worthNoting = (call: CallDto): boolean =>
  ['answered', 'held', 'completed', 'unknown'].includes(call.state) || call.answered !== null || (call.is_over && call.direction === 'out');

/**
 * What the person is busy with first: who is talked to, who is held or called, what rings for them alone, what rings for a
 * whole queue, what is over; each newest first.
 */
export const inOrder = (calls: CallDto[]): CallDto[] => calls.toSorted((a, b) => rank(a) - rank(b) || b.started - a.started);

function rank(call: CallDto): number {
  if (call.is_over) return 4;
  if (call.state === 'answered') return 0;
  if (call.state === 'held' || call.direction === 'out') return 1;
  return call.queue === null ? 2 : 3;
}

/** A short name for the other end, for strips, the list and the search window's foot. */
export function shortName(call: CallDto): string {
  const { face, contact, title } = picture(call);
  return contact && face !== 'several' ? nameOf(contact) : title;
}

export function stateWord(call: CallDto): string {
  const t = words().state;
  if (call.state === 'ringing') return call.direction === 'in' ? t.ringingIn : t.ringingOut;
  if (call.state === 'missed' && call.direction === 'out') return t.notReached;
  if (call.state === 'completed' && call.direction === 'out') return t.called;
  return t[call.state];
}

/** What the timer shows: counting while the call lives, the time talked afterwards; empty where it is not known. */
export function timer(call: CallDto, now: number): string {
  if (!call.is_over) return duration(now - (call.answered ?? call.started));
  return call.talked === null ? '' : duration(call.talked);
}

function several({ direction, lookup: { matches } }: CallDto): string {
  const t = words().caller;
  const companies = new Set(matches.map(({ contact }) => plain(contact.company ?? '')));
  const [company] = companies;
  return companies.size === 1 && company ? t.manyAt(matches.length, company) : direction === 'in' ? t.many(matches.length) : t.manyOut(matches.length);
}
