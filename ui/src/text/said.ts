// What the owner says, in the language of the window. The owner speaks English: its errors, hints and notices cross as whole
// sentences. They are found again by their English, whole or with gaps in them, so that one which changed is shown as it is
// instead of saying what was true before.

import type { Sentences } from './said/sentences';

/** Says a text in the window's language; a text that is not the owner's own passes through. */
export type Say = (text: string) => string;

/** One sentence with gaps: what stands between them, and what the gaps are called. */
interface Template {
  /** One more than there are gaps. */
  parts: string[];
  gaps: string[];
  said: string;
}

/** No sentence of ours is longer, whatever came into its gaps. */
const LONGEST = 4000;
/** A sentence in a gap of a sentence in a gap: there are no more. */
const DEEPEST = 3;
/** Several sentences are put together with these. */
const MOST_PIECES = 6;
const GAP = /\{(\w+)(!?)\}/g;

export function sayer(sentences: Sentences): Say {
  const whole = new Map(Object.entries(sentences));
  const templates = [...whole].filter(([english]) => english.search(GAP) >= 0).map(template);
  // The one with the most words of its own says it best.
  templates.sort((a, b) => size(b) - size(a));

  const one = (text: string, depth: number): string | null => {
    const exact = whole.get(text);
    if (exact !== undefined) return exact;
    for (const template of templates) {
      const values = matched(template, text);
      if (values) return filled(template, values, (value) => within(value, depth + 1));
    }
    return null;
  };

  /** Sentences one behind the other: `all` of them ours, or the first one at least. */
  const pieces = (text: string, depth: number, all: boolean): string | null => {
    for (const between of ['; ', '. ']) {
      const pieces = text.split(between, MOST_PIECES + 1);
      if (pieces.length < 2 || pieces.length > MOST_PIECES) continue;
      const said = pieces.map((piece) => one(piece, depth));
      const ours = all ? said.every((piece) => piece !== null) : said[0] !== null;
      if (ours) return said.map((piece, at) => piece ?? pieces[at]).join(between);
    }
    return null;
  };

  const about = (text: string, depth: number): string | null => {
    // What it is about stands in front, what went wrong behind: either may be a name.
    for (let at = text.indexOf(': '), n = 0; at >= 0 && n < MOST_PIECES; at = text.indexOf(': ', at + 2), n += 1) {
      const [name, what] = [text.slice(0, at), text.slice(at + 2)];
      const said = [one(name, depth), one(what, depth)];
      if (said[0] !== null || said[1] !== null) return `${said[0] ?? name}: ${said[1] ?? what}`;
    }
    return null;
  };

  const within = (text: string, depth: number): string =>
    depth > DEEPEST || text.length > LONGEST
      ? text
      : (whole.get(text) ?? pieces(text, depth, true) ?? one(text, depth) ?? pieces(text, depth, false) ?? about(text, depth) ?? text);
  return (text) => within(text, 0);
}

function template([english, said]: [string, string]): Template {
  const gaps = [...english.matchAll(GAP)].map(([, name]) => name ?? '');
  return { parts: english.split(/\{\w+\}/), gaps, said };
}

const size = ({ parts }: Template): number => parts.reduce((sum, part) => sum + part.length, 0);

/**
 * What stands in the gaps, or `null`. Every part is looked for once, behind the one before: the first place that fits leaves
 * the most for the rest, so nothing is ever tried twice, whatever the text is.
 */
function matched({ parts, gaps }: Template, text: string): Map<string, string> | null {
  const [first, last] = [parts[0] ?? '', parts.at(-1) ?? ''];
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return null;
  const values = new Map<string, string>();
  let begin = first.length;
  for (const [at, gap] of gaps.entries()) {
    const part = parts[at + 1] ?? '';
    const found = at === gaps.length - 1 ? end : text.indexOf(part, begin);
    if (found < begin || found + part.length > text.length) return null;
    values.set(gap, text.slice(begin, found));
    begin = found + part.length;
  }
  return values;
}

/** A function puts the values in: what `$&` or `{2}` in one looks like to `replace` does not matter. */
const filled = ({ said }: Template, values: Map<string, string>, say: Say): string =>
  said.replace(GAP, (gap, name: string, nested: string) => {
    const value = values.get(name);
    if (value === undefined) return gap;
    return nested ? say(value) : value;
  });
