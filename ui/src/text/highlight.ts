// Why a row matched: marks the words of the query in a name, blind to case and accents, as the index is.

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
  const { folded, from, to } = fold(text);
  const hit = new Array<boolean>(text.length).fill(false);
  for (const word of fold(query).folded.split(/[\s,;]+/).filter(Boolean)) {
    const at = placeOf(folded, word, only);
    if (at >= 0) hit.fill(true, from[at], to[at + word.length - 1]);
  }
  return pieces(text, hit);
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
