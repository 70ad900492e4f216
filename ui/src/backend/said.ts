// The owner in the language of the window: whatever it answers or tells goes through here before a view or a state sees it,
// so that no view can forget to say a message in German. An English window has the owner itself.

import type { Say } from '../text/said';
import { asApiError, type Backend, type OwnerEvent } from './backend';

/** The members that hold sentences of the owner. What people and CRMs write has other names: note, text, name, title. */
const SENTENCES: ReadonlySet<string> = new Set(['message', 'hint', 'reason', 'place', 'help', 'needs', 'limits', 'said', 'failed']);

export function saying(owner: Backend, say: Say): Backend {
  return new Proxy(owner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'listen') return (handler: (event: OwnerEvent) => void) => target.listen((event) => handler(inWords(event, say)));
      return async (...args: unknown[]) => {
        try {
          return inWords(await (value as (...args: unknown[]) => unknown).apply(target, args), say);
        } catch (reason) {
          throw inWords(asApiError(reason), say);
        }
      };
    },
  });
}

/** The same value with its sentences said; what has none is the very same object. */
export function inWords<T>(value: T, say: Say): T {
  return walked(value, say, false) as T;
}

function walked(value: unknown, say: Say, sentence: boolean): unknown {
  if (typeof value === 'string') return sentence ? say(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const all = value.map((one) => walked(one, say, sentence));
    return all.every((one, at) => one === value[at]) ? value : all;
  }
  let changed: Record<string, unknown> | null = null;
  for (const [name, member] of Object.entries(value)) {
    const said = walked(member, say, isSentence(name, value));
    if (said !== member) (changed ??= { ...value })[name] = said;
  }
  return changed ?? value;
}

/** A title is the owner's where it stands with a field's help or a recipe's place; a note, where it is of evidence. */
const isSentence = (name: string, of: object): boolean =>
  SENTENCES.has(name) || (name === 'title' && ('help' in of || 'place' in of)) || (name === 'note' && 'kind' in of && !('id' in of));
