// What can be done with a call, in one place: the buttons show it, and the keys do it.

import type { CallDto } from '../../backend/generated';
import type { CardState, Deck } from '../../state/deck.svelte';
import { picture, type Picture, unlogged, wentOn, worthNoting } from '../../state/picture';
import { words } from '../../text';
import { plain } from '../../text/name';

export type ActionId = 'open' | 'choose' | 'note' | 'search' | 'create' | 'link' | 'why' | 'refresh' | 'log' | 'later' | 'dont_log' | 'outcome' | 'undo' | 'keys' | 'reveal' | 'else';

export interface Action {
  id: ActionId;
  label: string;
  /** As shown on the button. */
  key?: string;
  /** As told to assistive technology. */
  shortcut?: string;
  primary?: boolean;
  disabled?: boolean;
}

const LETTERS: Record<string, ActionId> = { n: 'note', c: 'create', l: 'link', s: 'search', '/': 'search', r: 'refresh', x: 'why', d: 'outcome', z: 'undo', '?': 'keys' };
export const letter = (key: string): ActionId | undefined => LETTERS[key.toLowerCase()];

export const hasNumber = (call: CallDto): boolean =>
  call.caller.kind === 'number' || call.caller.kind === 'extension' || call.caller.kind === 'sip_address';
export const lookedUp = (call: CallDto): boolean => hasNumber(call);

/** The note is in sight from the answer on, and before if the person opened it. */
export const noteShown = (call: CallDto, state: CardState): boolean =>
  state.noteOpen || (!wentOn(call) && (worthNoting(call) || !unlogged(call)));
/** The call is over, and it is time to log it. */
export const wantsLog = (call: CallDto): boolean => call.is_over && !wentOn(call) && worthNoting(call);

/** The call goes on, and it is known with whom: the card shrinks to the name and the note. */
export const talks = (call: CallDto): boolean =>
  (call.state === 'answered' || call.state === 'held') && ['known', 'creating', 'withheld', 'unreadable'].includes(picture(call).face) && !listed(call);

/** Who it may be stands in a list: several matches, and nobody else was chosen. */
export function listed(call: CallDto): boolean {
  const { face, match } = picture(call);
  return call.lookup.matches.length > 1 && (face === 'several' || match !== null);
}

/** The one company of all matches, where they have one. */
export function companyOf(call: CallDto): string | undefined {
  const all = new Set(call.lookup.matches.map((match) => plain(match.contact.company ?? '')));
  return all.size === 1 ? [...all][0] || undefined : undefined;
}

/** Over, and everybody knows who it was: the name moves to the first line, and the card's room goes to the note. */
export const faceFolds = (call: CallDto): boolean =>
  wantsLog(call) && ['known', 'creating', 'withheld', 'unreadable'].includes(picture(call).face) && !(call.lookup.matches.length > 1 && !call.choice);

/** Buttons under the face, the primary one first. */
export function faceActions(call: CallDto, state: CardState): Action[] {
  const t = words().card;
  const face = picture(call);
  const note: Action = { id: 'note', label: t.note, key: 'N', shortcut: 'N' };
  const search: Action = { id: 'search', label: t.search, key: 'S', shortcut: 'S' };
  const create: Action = { id: 'create', label: t.create, key: 'C', shortcut: 'C' };
  const why: Action = { id: 'why', label: t.why, key: 'X', shortcut: 'X' };
  const open: Action = { id: 'open', label: t.open, key: '↵', shortcut: 'Enter', primary: true };
  const shown = noteShown(call, state);
  switch (face.face) {
    case 'withheld':
      return [...(shown ? [] : [{ ...note, primary: true }]), search];
    case 'unreadable':
      return [...(shown ? [] : [{ ...note, primary: true }]), search, create];
    case 'nobody':
      return [{ id: 'link', label: t.link, key: 'L', shortcut: 'L', primary: !wantsLog(call) }, create, search, why];
    case 'creating':
      return [...(shown ? [] : [note]), search];
    case 'several':
      return [...(shown ? [] : [note]), search, create, ...(lookedUp(call) ? [why] : [])];
    case 'known':
    case 'probable': {
      const unsure = face.face === 'probable' && !call.choice;
      const first: Action[] = unsure
        ? [{ id: 'choose', label: t.chooseThis, key: '1', shortcut: '1', primary: true }]
        : canOpen(face)
          ? [{ ...open, primary: !shown }]
          : [];
      const noting = shown ? [] : [{ ...note, primary: !first.length }];
      return [...first, ...noting, search, ...(lookedUp(call) && !talks(call) ? [why] : [])];
    }
  }
}

/** Buttons under the note: what becomes of the call, and, while it goes on, what else can be done. */
export function noteActions(call: CallDto, state: CardState): Action[] {
  const t = words().card;
  const logged = call.log.state === 'logged' || call.log.state === 'waiting';
  const log: Action = { id: 'log', label: logged ? t.update : t.log, key: '⌃↵', shortcut: 'Control+Enter', primary: true, disabled: !canLog(call, state) };
  const out = mayLog(call, state) ? [log] : [];
  const folds = faceFolds(call);
  if (call.is_over && !logged && (folds || !inNote(call, state))) out.push({ id: 'later', label: t.later });
  if (call.is_over && !call.never_log && ['not_logged', 'refused'].includes(call.log.state)) out.push({ id: 'dont_log', label: t.dontLog });
  if (!folds && inNote(call, state)) out.push(...faceActions(call, state));
  return out;
}

/** Whether the face's buttons stand in the note's row: one row is enough where it is known who it is. */
export const inNote = (call: CallDto, state: CardState): boolean =>
  noteShown(call, state) && !['nobody', 'several'].includes(picture(call).face);

/** A log that is there or on its way is sent again only when something changed; an unsure one is decided in its own line. */
function mayLog(call: CallDto, { note, fields }: CardState): boolean {
  if (call.never_log) return false;
  switch (call.log.state) {
    case 'not_logged':
    case 'set_aside':
    case 'refused':
      return true;
    case 'logged':
      return call.log.changed;
    case 'waiting':
      return note.edited || fields.edited;
    case 'unsure':
      return false;
  }
}
export const canLog = (call: CallDto, state: CardState): boolean =>
  mayLog(call, state) && (call.choice !== null || ['known', 'creating'].includes(picture(call).face));
const canOpen = (face: Picture): boolean => Boolean(face.contact?.url);

/** What Enter does when the focus is on nothing that has a meaning for it. */
export function primary(call: CallDto, state: CardState): ActionId | null {
  const log = noteShown(call, state) && call.is_over ? noteActions(call, state).find((action) => action.primary && !action.disabled) : undefined;
  return (log ?? faceActions(call, state).find((action) => action.primary))?.id ?? null;
}

/** The search's own way to ask for people of one company. */
const companyQuery = (company: string): string => (/\s/.test(company) ? `co:"${company.replaceAll('"', '')}" ` : `co:${company} `);

/** What undo would take back, in words; `null`: there is nothing. The seconds are those in which nothing is sent. */
export function undoWords({ undo, creation }: CallDto, now: number): { label: string; left?: string } | null {
  const t = words().card;
  switch (undo?.kind) {
    case undefined:
      return null;
    case 'creation': {
      const left = Math.ceil((undo.until - now) / 1000);
      const counts = creation?.state.kind === 'waiting' && creation.state.why === null && left > 0;
      return counts ? { label: t.undo, left: t.undoIn(left) } : { label: t.undo };
    }
    case 'choice':
      return { label: t.undoChoice(plain(undo.before ?? '')) };
    case 'set_aside':
      return { label: t.undoSetAside };
  }
}

export async function perform(deck: Deck, call: CallDto, id: ActionId): Promise<void> {
  const { backend } = deck.house;
  const state = deck.of(call);
  switch (id) {
    case 'open': {
      const { contact } = picture(call);
      if (contact?.url) await deck.run(call.id, 'open', () => backend.openUrl(contact.ref));
      return;
    }
    case 'choose': {
      const { contact } = picture(call);
      if (contact) await deck.choose(call.id, contact.ref);
      return;
    }
    case 'note':
      state.panel = 'face';
      state.collapsed = false;
      state.noteOpen = true;
      state.wanted = 'note';
      return;
    case 'outcome':
      state.panel = 'face';
      state.collapsed = false;
      state.noteOpen = true;
      state.detailsOpen = true;
      state.wanted = 'outcome';
      return;
    case 'undo':
      return deck.undo(call);
    case 'reveal':
      return deck.reveal(call.id);
    case 'keys':
      state.collapsed = false;
      state.panel = state.panel === 'keys' ? 'face' : 'keys';
      return;
    case 'else': {
      const company = companyOf(call);
      await deck.run(call.id, 'search', () => backend.openSearch(call.id, false, company && companyQuery(company)));
      return;
    }
    case 'search':
      await deck.run(call.id, 'search', () => backend.openSearch(call.id, false));
      return;
    case 'link':
      if (hasNumber(call)) await deck.run(call.id, 'link', () => backend.openSearch(call.id, true));
      return;
    case 'create':
      state.collapsed = false;
      state.panel = 'create';
      return;
    case 'why':
      if (!lookedUp(call)) return;
      state.collapsed = false;
      state.panel = state.panel === 'why' ? 'face' : 'why';
      return;
    case 'refresh':
      if (lookedUp(call)) await deck.refresh(call.id);
      return;
    case 'log': {
      // An only exact match that nobody touched is logged as shown; the owner holds the same rule.
      const { contact } = picture(call);
      if (canLog(call, state) && state.fields.check()) await deck.log(call.id, call.choice ? null : (contact?.ref ?? null));
      return;
    }
    case 'later':
      return deck.dismiss(call.id);
    case 'dont_log':
      // The card stays for a moment, so that it can be taken back.
      await deck.run(call.id, 'set_aside', () => backend.call('set_aside', { call: call.id }));
  }
}
