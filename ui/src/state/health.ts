// What is not as it should be, each with its one next step: worked out from what the windows know anyway.

import type { ConnectionDto, PhoneDto, SettingsDto, StatusDto } from '../backend/generated';
import { words } from '../text';
import { count, day, list, sentences } from '../text/format';
import { plain } from '../text/name';

export interface Point {
  id: string;
  /** What it is, in a sentence. */
  what: string;
  step: string;
  /** Where the step leads: a page, and what to show on it. */
  page: string;
  show?: string;
  /** Calls are missed or lost meanwhile. */
  grave: boolean;
}

export interface Known {
  status: StatusDto | null;
  settings: SettingsDto | null;
  connections: ConnectionDto[];
  /** `null`: not read yet. */
  phones: PhoneDto[] | null;
}

/** An office that hears no call for so long either has a holiday or a broken phone. */
const SILENCE = 4 * 86_400_000;

/** Where something can be done about a notice, and the words that lead there. */
const NOTICES: Record<string, [page: string, step: 'hotkey' | 'notice' | 'phoneTrouble' | 'connectionTrouble' | 'lists' | 'privacy']> = {
  hotkey: ['rules', 'hotkey'],
  settings_broken: ['rules', 'notice'],
  settings_unknown: ['rules', 'notice'],
  lists_damaged: ['numbers', 'lists'],
  phones: ['phones', 'phoneTrouble'],
  phone_trouble: ['phones', 'phoneTrouble'],
  intake_lan: ['phones', 'phoneTrouble'],
  connectors: ['connections', 'connectionTrouble'],
  sign_in: ['connections', 'connectionTrouble'],
  journal: ['privacy', 'privacy'],
  key_not_kept: ['privacy', 'privacy'],
};

export function openPoints({ status, settings, connections, phones }: Known, now: number): Point[] {
  const t = words().about.points;
  const points: Point[] = [];
  const add = (id: string, { what, step }: { what: string; step: string }, page: string, grave: boolean, show?: string) => points.push({ id, what, step, page, grave, ...(show ? { show } : {}) });

  if (status?.store.kind === 'in_memory') add('store', t.store, 'privacy', true);
  if (phones) phonePoints(phones, now, add);
  const helpless = connections.filter((one) => one.state.kind !== 'ready');
  if (helpless.length > 0) add('connection_trouble', { ...t.connectionTrouble, what: t.connectionTrouble.what(list(helpless.map((one) => plain(one.name)))) }, 'connections', true);
  else if (!connections.some((one) => one.connector !== 'address-book')) add('no_crm', t.noCrm, 'connections', false);
  if (settings && !settings.home) add('no_home', t.noHome, 'numbers', false);
  if (!status) return points;

  const counted = (id: string, text: { what: (n: string, count: number) => string; step: string }, n: number, page: string, grave: boolean, show = id) =>
    n > 0 && add(id, { step: text.step, what: text.what(count(n), n) }, page, grave, show);
  counted('refused', t.refused, status.refused, 'calls', true);
  counted('unsure', t.unsure, status.unsure, 'calls', true);
  counted('creating', t.creating, status.creating, 'calls', false);
  counted('unreadable', t.unreadable, status.unreadable, 'numbers', false);
  status.notices.forEach((notice, at) => {
    // The phones themselves say it above.
    if (notice.code === 'phone_trouble') return;
    const [page, step] = NOTICES[notice.code] ?? ['rules', 'notice'];
    const said = t[step];
    add(`${notice.code}-${at}`, { step: typeof said === 'string' ? said : said.step, what: t.notice.what(sentences(notice.message, notice.hint)) }, page, false);
  });
  return points.sort((a, b) => Number(b.grave) - Number(a.grave));
}

function phonePoints(phones: PhoneDto[], now: number, add: (id: string, text: { what: string; step: string }, page: string, grave: boolean) => void): void {
  const t = words().about.points;
  const troubled = phones.filter(({ state }) => state.kind === 'stopped' || state.kind === 'retrying');
  const heard = Math.max(0, ...phones.map((one) => one.last_seen ?? 0));
  const oldest = Math.min(...phones.map((one) => one.created));
  // A program that runs `ringside ring` is heard without saying which of the phones it is.
  const nameless = phones.every((one) => one.kind === 'program');
  if (phones.length === 0) add('no_phone', t.noPhone, 'phones', true);
  else if (troubled.length > 0) add('phone_trouble', { ...t.phoneTrouble, what: t.phoneTrouble.what(list(troubled.map((one) => plain(one.name)))) }, 'phones', true);
  else if (heard === 0) {
    if (!nameless) add('never_heard', t.neverHeard, 'phones', false);
  } else if (now - Math.max(heard, oldest) > SILENCE) add('silent', { ...t.silent, what: t.silent.what(day(heard, now)) }, 'phones', false);
}
