// Two texts side by side, line by line: what is equal, what went, what came.

export interface Line {
  kind: 'equal' | 'changed';
  before: string | null;
  after: string | null;
}

/** A run of equal lines that is too long to be read. */
export interface Fold {
  kind: 'fold';
  count: number;
}

/** Equal lines that stay in sight beside a change. */
const AROUND = 2;
/** More lines than this are not aligned but shown as all gone and all new: the table of the comparison would not fit. */
const MOST = 3000;

/** JSON with its keys on lines of their own; anything else as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A comma at the end only says that another line follows. */
const same = (a: string | undefined, b: string | undefined): boolean => a !== undefined && b !== undefined && a.replace(/,$/, '') === b.replace(/,$/, '');

export function compare(before: string, after: string): (Line | Fold)[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (same(old[head], now[head])) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && same(old.at(-1 - tail), now.at(-1 - tail))) tail++;
  const equal = (before: string[], after: string[]) => before.map((text, at): Line => ({ kind: 'equal', before: text, after: after[at] ?? text }));
  return folded([
    ...equal(old.slice(0, head), now.slice(0, head)),
    ...aligned(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...equal(old.slice(old.length - tail), now.slice(now.length - tail)),
  ]);
}

/** By the longest common subsequence; what went and what came at the same place stand beside each other. */
function aligned(old: string[], now: string[]): Line[] {
  if (old.length > MOST || now.length > MOST) return beside(old, now);
  const width = now.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  const at = (a: number, b: number) => longest[a * width + b] ?? 0;
  for (let a = old.length - 1; a >= 0; a--) {
    for (let b = now.length - 1; b >= 0; b--) {
      longest[a * width + b] = same(old[a], now[b]) ? at(a + 1, b + 1) + 1 : Math.max(at(a + 1, b), at(a, b + 1));
    }
  }
  const lines: Line[] = [];
  let [went, came]: [string[], string[]] = [[], []];
  let [a, b] = [0, 0];
  while (a < old.length || b < now.length) {
    const [left, right] = [old[a], now[b]];
    if (left !== undefined && right !== undefined && same(left, right)) {
      lines.push(...beside(went, came), { kind: 'equal', before: left, after: right });
      [went, came] = [[], []];
      a++;
      b++;
    } else if (right === undefined || (left !== undefined && at(a + 1, b) >= at(a, b + 1))) {
      went.push(left ?? '');
      a++;
    } else {
      came.push(right);
      b++;
    }
  }
  return [...lines, ...beside(went, came)];
}

const beside = (went: string[], came: string[]): Line[] =>
  Array.from({ length: Math.max(went.length, came.length) }, (_, at) => ({ kind: 'changed', before: went[at] ?? null, after: came[at] ?? null }));

function folded(lines: Line[]): (Line | Fold)[] {
  const near = new Uint8Array(lines.length);
  lines.forEach((line, at) => line.kind === 'changed' && near.fill(1, Math.max(0, at - AROUND), at + AROUND + 1));
  const out: (Line | Fold)[] = [];
  lines.forEach((line, at) => {
    if (near[at]) return out.push(line);
    const last = out.at(-1);
    return last?.kind === 'fold' ? last.count++ : out.push({ kind: 'fold', count: 1 });
  });
  return out;
}
