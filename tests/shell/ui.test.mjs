// Rules of the UI that a compiler does not hold: names and numbers are text and never markup, every sentence is in ui/src/text,
// and nothing is animated that has to be laid out or painted anew.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '../..');
const source = join(root, 'ui/src');

const files = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => /\.(svelte|ts|css)$/.test(path) && !path.includes('/generated/'));
const all = files(source).map((path) => ({ name: relative(root, path), text: readFileSync(path, 'utf8') }));
/** Every place where a pattern occurs, as `file:line`. */
const places = (pattern, wanted = all) =>
  wanted.flatMap(({ name, text }) => text.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${name}:${at + 1}: ${line.trim()}`] : [])));

test('nothing that a CRM or a caller says can become markup or code', () => {
  assert.deepEqual(places(/\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function\(|srcdoc/), []);
  // A handler in an attribute would need a policy that lets inline scripts in.
  assert.deepEqual(places(/\son[a-z]+="/), []);
  assert.deepEqual(places(/javascript:/), []);
});

test('only opacity and transform are animated: the compositor does it, and no text is laid out for it', () => {
  for (const { name, text } of all) {
    for (const [, body] of text.matchAll(/@keyframes\s+[\w-]+\s*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}/g)) {
      const moved = [...body.matchAll(/([\w-]+)\s*:/g)].map(([, property]) => property);
      assert.deepEqual(moved.filter((property) => !['opacity', 'transform'].includes(property)), [], `${name} animates`);
    }
    for (const [, value] of text.matchAll(/[\s;{]transition\s*:\s*([^;}]+)/g)) {
      const moved = value.split(',').map((one) => one.trim().split(/\s+/)[0]);
      assert.deepEqual(moved.filter((property) => !['none', 'opacity', 'transform'].includes(property)), [], `${name} has a transition`);
    }
  }
});

test('every sentence is in ui/src/text, so that every language has it', () => {
  const found = [];
  for (const { name, text } of all.filter(({ name }) => name.endsWith('.svelte'))) {
    const markup = text
      .replace(/<script[\s\S]*?<\/script>/g, '')
      .replace(/<style[\s\S]*?<\/style>/g, '')
      .replace(/<!--[\s\S]*?-->/g, '');
    const plain = withoutBraces(markup).replace(/&\w+;/g, ' ');
    for (const [, words] of plain.matchAll(/>([^<>]*\p{L}{2}[^<>]*)</gu)) found.push(`${name}: ${words.trim()}`);
    for (const [, attribute, words] of plain.matchAll(/\s(aria-label|title|placeholder|alt)="([^"]*\p{L}{2}[^"]*)"/gu)) found.push(`${name}: ${attribute}="${words}"`);
  }
  assert.deepEqual(found, []);
});

test('the size of what is shipped is printed, and stays small enough to start at once', { skip: !existsSync(join(root, 'ui/dist/assets')) && 'the UI is not built' }, () => {
  const assets = join(root, 'ui/dist/assets');
  const sums = { js: [0, 0], css: [0, 0], woff2: [0, 0] };
  for (const name of readdirSync(assets)) {
    const sum = sums[name.split('.').at(-1)];
    if (!sum) continue;
    const path = join(assets, name);
    sum[0] += statSync(path).size;
    sum[1] += gzipSync(readFileSync(path)).length;
  }
  const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
  for (const [kind, [size, packed]] of Object.entries(sums)) console.log(`UI bundle: ${kind} ${kB(size)}, ${kB(packed)} compressed`);
  assert.ok(sums.js[1] < 250_000, 'the scripts are more than 250 kB compressed');
});

/** Without what stands in braces, however deep: those are expressions, and their texts come from ui/src/text. */
function withoutBraces(text) {
  let depth = 0;
  let out = '';
  for (const sign of text) {
    if (sign === '{') depth += 1;
    else if (sign === '}') depth = Math.max(0, depth - 1);
    else if (depth === 0) out += sign;
  }
  return out;
}

test('every notice of the owner leads to the page where something can be done about it', () => {
  const rust = readdirSync(join(root, 'crates/app/src'), { recursive: true })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => readFileSync(join(root, 'crates/app/src', name), 'utf8'))
    .join('\n');
  const said = [...rust.matchAll(/\.notice\(\s*"(\w+)"|NoticeDto \{\s*code: "(\w+)"/g)].map(([, one, other]) => one ?? other);
  assert.ok(said.includes('hotkey') && said.includes('journal') && said.includes('lists_damaged'));
  const table = /const NOTICES[^=]*= \{([^}]*)\}/.exec(readFileSync(join(source, 'state/health.ts'), 'utf8'))?.[1] ?? '';
  const known = [...table.matchAll(/^\s*(\w+):/gm)].map(([, code]) => code);
  assert.deepEqual([...new Set(said)].sort(), known.sort());
});
