// How large everything is drawn, changed by the keys that people know from their browser, in whichever window they are. The
// shell zooms all of them once the setting is saved.

import type { Backend } from '../backend/backend';

/** In percent; the owner takes no others. */
export const TEXT_SIZES = [100, 115, 130, 150, 175, 200] as const;

/** The size that this key asks for, from this one. */
export function sized(now: number, key: string): number | null {
  if (key === '0') return TEXT_SIZES[0];
  // On many keyboards plus is on the key of the equals sign, with Shift.
  if (key === '+' || key === '=') return TEXT_SIZES.find((size) => size > now) ?? now;
  if (key === '-') return TEXT_SIZES.findLast((size) => size < now) ?? now;
  return null;
}

let queue: Promise<void> = Promise.resolve();

export function onSizeKey(backend: Backend, event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing || event.defaultPrevented) return;
  const { key } = event;
  if (sized(100, key) === null) return;
  event.preventDefault();
  // One after the other: each counts from what the one before made of it.
  queue = queue.then(async () => {
    const settings = await backend.call('settings', {});
    const wanted = sized(settings.text_size, key);
    if (wanted !== null && wanted !== settings.text_size) await backend.call('save_settings', { ...settings, text_size: wanted });
  }).catch(() => {
    // Settings that can't be saved are said in the main window, with what to do about it.
  });
}
