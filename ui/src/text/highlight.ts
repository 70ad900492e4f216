// Why a row matched: marks the words of the query in a name, blind to case and accents, as the index is. A word that is
// spelt only nearly so is marked whole, and of initials the letters that they stand for.

export interface Piece {
  text: string;
  hit: boolean;
}

const SPECIAL: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', þ: 'th', ı: 'i' };

const foldChar = (char: string): string => {
  const lower = char.toLowerCase();
  return SPECIAL[lower] ?? lower.normalize('NFD').replace(/\p{M}/gu, '');
};

/** The folded text, and for each of its characters the place in the original where it came from. */
function fold(text: string): { folded: string; from: number[]; to: number[] } {
  let folded = '';
  const from: number[] = [];
  const to: number[] = [];
  let at = 0;
  for (const char of text) {
    const part = foldChar(char);
    for (let i = 0; i < part.length; i++) {
      from.push(at);
      to.push(at + char.length);
    }
    folded += part;
    at += char.length;
  }
  return { folded, from, to };
}

/** Marks each word of `query` once in `text`: where a word begins, else, unless only `starts` are wanted, anywhere. */
export function highlight(text: string, query: string, only?: 'starts'): Piece[] {
  const folded = fold(text);
  const hit = new Array<boolean>(text.length).fill(false);
  for (const word of wordsOf(query)) mark(hit, folded, placeOf(folded.folded, word, only), word.length);
  return pieces(text, hit);
}

/** As `highlight`, for the texts of one row: a word that none of them has as it was typed is looked for nearly so, in turn. */
export function highlightRow(texts: string[], query: string): Piece[][] {
  const asked = wordsOf(query);
  const has = (text: string, at: number, word: string) => placeOf(fold(text).folded, word, at > 0 ? 'starts' : undefined) >= 0;
  let left = asked.filter((word) => !texts.some((text, at) => has(text, at, word)));
  return texts.map((text, at) => {
    const folded = fold(text);
    const words = wordsIn(folded.folded);
    const hit = new Array<boolean>(text.length).fill(false);
    for (const word of asked) mark(hit, folded, placeOf(folded.folded, word, at > 0 ? 'starts' : undefined), word.length);
    left = left.filter((word) => {
      const near = nearest(words, word);
      if (near) mark(hit, folded, near.at, near.word.length);
      return !near;
    });
    const [initials] = left;
    if (at === 0 && left.length === 1 && initials && words.map((one) => one.word[0]).join('').startsWith(initials)) {
      for (const one of words.slice(0, initials.length)) mark(hit, folded, one.at, 1);
      left = [];
    }
    return pieces(text, hit);
  });
}

type Folded = ReturnType<typeof fold>;
interface Word {
  word: string;
  at: number;
}

const wordsOf = (query: string): string[] => fold(query.slice(0, LONGEST)).folded.split(/[\s,;]+/).filter(Boolean).slice(0, 8);
const wordsIn = (folded: string): Word[] => [...folded.slice(0, LONGEST).matchAll(/[\p{L}\p{N}]+/gu)].map((found) => ({ word: found[0], at: found.index }));

function mark(hit: boolean[], { from, to }: Folded, at: number, length: number): void {
  if (at >= 0) hit.fill(true, from[at], to[at + length - 1]);
}

/** More of a text is not compared letter by letter. */
const LONGEST = 120;

/** The word that was most likely meant, if one is near enough; where the last letters were not typed yet, by its beginning. */
function nearest(words: Word[], typed: string): Word | null {
  if (typed.length < 3) return null;
  let best: { word: Word; slips: number } | null = null;
  for (const word of words) {
    const slips = Math.min(edits(typed, word.word), edits(typed, word.word.slice(0, typed.length)));
    const most = Math.max(typed.length, word.word.length) >= 8 ? 3 : 2;
    if (slips <= most && slips < typed.length - 1 && (!best || slips < best.slips)) best = { word, slips };
  }
  return best?.word ?? null;
}

/** Letters too many, missing, wrong, or swapped with their neighbour. */
function edits(one: string, other: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= one.length; i++) {
    const row: number[] = [];
    for (let j = 0; j <= other.length; j++) {
      const up = rows[i - 1];
      if (!up || j === 0) {
        row.push(i + j);
        continue;
      }
      let least = Math.min((up[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (up[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[one.length]?.[other.length] ?? 0;
}

/** Marks a number where its digits agree with the query's, whatever stands between them. */
export function highlightDigits(text: string, query: string): Piece[] {
  const wanted = query.replace(/\D/g, '').replace(/^0+/, '');
  const places = [...text].flatMap((char, at) => (/\d/.test(char) ? [at] : []));
  const at = wanted.length < 2 ? -1 : places.map((place) => text[place]).join('').indexOf(wanted);
  const hit = new Array<boolean>(text.length).fill(false);
  if (at >= 0) hit.fill(true, places[at], (places[at + wanted.length - 1] ?? 0) + 1);
  return pieces(text, hit);
}

function placeOf(folded: string, word: string, only?: 'starts'): number {
  for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(folded[at - 1] ?? '')) return at;
  }
  return only ? -1 : folded.indexOf(word);
}

function pieces(text: string, hit: boolean[]): Piece[] {
  const out: Piece[] = [];
  for (let at = 0; at < text.length; ) {
    let end = at + 1;
    while (end < text.length && hit[end] === hit[at]) end++;
    out.push({ text: text.slice(at, end), hit: hit[at] ?? false });
    at = end;
  }
  return out;
}
