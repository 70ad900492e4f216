// Which language the window speaks: the first one of the system's that we have, else English.

import { de } from './de';
import { en, type Text } from './en';

export type { Text };
const LANGUAGES: Record<string, Text> = { en, de };

/** Picks by language, whatever the region: `de-AT` is German. */
export function pick(wanted: readonly string[]): Text {
  for (const tag of wanted) {
    const found = LANGUAGES[tag.toLowerCase().split('-')[0] ?? ''];
    if (found) return found;
  }
  return en;
}

let current: Text = pick(typeof navigator === 'undefined' ? [] : navigator.languages);

/** The words of the current language. It does not change while a window is open. */
export const words = (): Text => current;

/** For `main.ts` and tests, before anything is painted. */
export function speak(text: Text): void {
  current = text;
  document.documentElement.lang = text.locale;
}
