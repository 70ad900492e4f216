// Names as strangers and CRMs send them: shown as text only, without the signs that turn a line around or hide in it.

import { words } from './index';

/** Overrides and isolates could reorder what stands around the name; controls and line breaks could break the row. */
const STEERING = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/gu;
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** Fit to be shown; empty where nothing could be seen. */
export function plain(text: string): string {
  const clean = text.replace(STEERING, '').replace(CONTROL, ' ').trim();
  return VISIBLE.test(clean) ? clean : '';
}

/** A contact's name, or words that say there is none. */
export const nameOf = (contact: { name: string }): string => plain(contact.name) || words().caller.noName;
