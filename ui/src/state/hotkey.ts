// Keys that are pressed, in the words of the settings: `Ctrl+Shift+K`.

/** Named as `KeyboardEvent.code` names them, which is how a global key is named too. */
const NAMED = new Set([
  'Backquote', 'Backslash', 'BracketLeft', 'BracketRight', 'Comma', 'Equal', 'Minus', 'Period', 'Quote', 'Semicolon', 'Slash',
  'Space', 'Enter', 'Tab', 'Delete', 'Insert', 'Home', 'End', 'PageUp', 'PageDown', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Pause',
]);

export type Problem = 'plain' | 'everywhere';
export type Pressed = { keys: string } | { problem: 'incomplete' | Problem };

type Keys = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'>;

/**
 * What a key event stands for. `incomplete`: only modifiers so far, or a key that has no name. `plain`: it would be gone in
 * every other program, as nothing is held with it; function keys may stand alone.
 */
export function pressed(event: Keys): Pressed {
  const name = nameOf(event);
  if (!name) return { problem: 'incomplete' };
  const modifiers = [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', event.shiftKey && 'Shift', event.metaKey && 'Super'];
  const keys = [...modifiers.filter(Boolean), name].join('+');
  const problem = problemOf(keys);
  return problem ? { problem } : { keys };
}

/** Why no program may have these keys for itself; `null`: it may. The owner looks at them by the same rule. */
export function problemOf(keys: string): Problem | null {
  const parts = split(keys);
  const others = parts.filter((part) => !MODIFIERS.includes(part));
  if (!parts.some((part) => part !== 'shift' && MODIFIERS.includes(part)) && !others.some((part) => /^f([1-9]|1\d|2[0-4])$/.test(part))) return 'plain';
  const only = parts.length === 2 && parts.includes(MAIN) && others[0];
  return only && ['x', 'c', 'v', 'z', 'a'].includes(only) ? 'everywhere' : null;
}

/** Letters by what the keyboard's layout makes of them, everything else by its place. */
function nameOf({ key, code }: Keys): string | null {
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  if (/^Digit\d$/.test(code)) return code.slice(-1);
  if (/^F([1-9]|1\d|2[0-4])$/.test(key)) return key;
  return NAMED.has(code) ? code : null;
}

/** Whether two texts mean the same keys: order and capitals do not matter. */
export const sameKeys = (a: string, b: string): boolean => split(a).join('+') === split(b).join('+');

const MODIFIERS = ['ctrl', 'alt', 'shift', 'super'];
/** What is held for copying and pasting. */
const MAIN = /mac/i.test(navigator.platform) ? 'super' : 'ctrl';
const SHORT: Record<string, string> = { control: 'ctrl', cmd: 'super', command: 'super', meta: 'super', win: 'super', option: 'alt', cmdorctrl: MAIN, commandorcontrol: MAIN };
const split = (keys: string): string[] => [
  ...new Set(
    keys
      .toLowerCase()
      .split('+')
      .map((part) => SHORT[part.trim()] ?? part.trim().replace(/^(key|digit)(?=.$)/, ''))
      .sort(),
  ),
];
