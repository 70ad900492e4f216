// Times, durations, counts and countries for a person to read, all through Intl in the language of the window.

import { words } from './index';

/** `0:04`, `12:41`, `1:02:03`. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `0.3 s ago`, `4 min ago`, `yesterday`: how old an answer is. */
export function age(at: number, now: number): string {
  const t = words();
  const seconds = Math.max(0, now - at) / 1000;
  if (seconds < 0.1) return t.age.now;
  if (seconds < 10) return t.age.seconds(count(Math.round(seconds * 10) / 10));
  if (seconds < 60) return t.age.seconds(count(Math.round(seconds)));
  if (seconds < 3600) return t.age.minutes(count(Math.round(seconds / 60)));
  const relative = new Intl.RelativeTimeFormat(t.locale, { numeric: 'auto' });
  if (seconds < 86_400) return relative.format(-Math.round(seconds / 3600), 'hour');
  return relative.format(-Math.round(seconds / 86_400), 'day');
}

/** `today`, `yesterday`, `on Tuesday` within a week, else the date. */
export function day(at: number, now: number): string {
  const t = words();
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days >= 0 && days < 2) return new Intl.RelativeTimeFormat(t.locale, { numeric: 'auto' }).format(-days, 'day');
  if (days >= 2 && days < 7) return new Intl.DateTimeFormat(t.locale, { weekday: 'long' }).format(at);
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(t.locale, { day: 'numeric', month: 'short', year }).format(at);
}

/** The same as a heading, with a capital. */
export function dayTitle(at: number, now: number): string {
  const said = day(at, now);
  return said.charAt(0).toLocaleUpperCase(words().locale) + said.slice(1);
}

export const clock = (at: number): string =>
  new Intl.DateTimeFormat(words().locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);

/** With a capital where the first word is a plain one, and no name of a server: errors begin either way. */
export const begun = (text: string): string => text.replace(/^\p{Ll}(?=\p{Ll}*[ ,])/u, (letter) => letter.toUpperCase());

/** Words and the next step as sentences: errors come without a full stop. */
export const sentences = (...parts: (string | null | undefined)[]): string =>
  parts
    .map((part) => part?.trim() ?? '')
    .filter(Boolean)
    .map((part) => begun(/[.!?…:]$/.test(part) ? part : `${part}.`))
    .join(' ');

/** `115 %`, as the language writes it. */
export const percent = (n: number): string => new Intl.NumberFormat(words().locale, { style: 'percent' }).format(n / 100);

export const count = (n: number): string => new Intl.NumberFormat(words().locale).format(n);

/** `4.2 MB`, `80 kB`. */
export function bytes(n: number): string {
  const [unit, by] = n < 1_000_000 ? (['kilobyte', 1_000] as const) : n < 1_000_000_000 ? (['megabyte', 1_000_000] as const) : (['gigabyte', 1_000_000_000] as const);
  return new Intl.NumberFormat(words().locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: n < 1_000_000 ? 0 : 1 }).format(n / by);
}

/** `1.2 ms`, `0.21 s` from microseconds. */
export function took(us: number): string {
  const number = (value: number, digits: number) =>
    new Intl.NumberFormat(words().locale, { maximumFractionDigits: digits }).format(value);
  return us < 1_000_000 ? `${number(us / 1000, us < 100_000 ? 1 : 0)} ms` : `${number(us / 1_000_000, 2)} s`;
}

export const list = (items: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string =>
  new Intl.ListFormat(words().locale, { type }).format(items);

/** The country's name in the reader's language; the code itself where there is none. */
export function country(region: string): string {
  try {
    return new Intl.DisplayNames(words().locale, { type: 'region' }).of(region) ?? region;
  } catch {
    return region;
  }
}
