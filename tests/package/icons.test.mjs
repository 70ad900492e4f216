// The committed pictures are the SVGs': each is rendered again and compared. Without rsvg-convert or ImageMagick, which
// ./dev installs, there is nothing to compare with, and the test says so.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const icons = join(root, 'src-tauri/icons');
const work = mkdtempSync(join(tmpdir(), 'ringside-icons-'));
after(() => rmSync(work, { recursive: true }));

const there = (program) => spawnSync(program, ['--version']).error === undefined;
const missing = ['rsvg-convert', 'compare', 'mogrify'].filter((program) => !there(program));
const skip = missing.length > 0 && `${missing.join(', ')} not installed`;

/** A thousandth of the range of colours: what two versions of the renderer differ by at edges. */
const TOLERANCE = 0.001;

/** The mean difference of two pictures, 0 to 1, on a ground of its own so that what is transparent counts as that. */
function difference(one, other) {
  const flat = (file, name) => {
    const to = join(work, name);
    copyFileSync(file, to);
    execFileSync('mogrify', ['-background', '#808080', '-alpha', 'remove', '-alpha', 'off', to]);
    return to;
  };
  const { stderr } = spawnSync('compare', ['-metric', 'MAE', flat(one, 'one.png'), flat(other, 'other.png'), 'null:']);
  return Number(/\(([\d.e-]+)\)/.exec(String(stderr))?.[1] ?? 1);
}

function render(svg, size, name) {
  const to = join(work, name);
  execFileSync('rsvg-convert', ['--width', size, '--height', size, svg, '--output', to]);
  return to;
}

test('every size is the SVG at that size', { skip }, () => {
  const sizes = readdirSync(icons).filter((name) => /^\d+\.png$/.test(name));
  assert.ok(sizes.length >= 9, `only ${sizes}`);
  for (const name of sizes) {
    const size = Number.parseInt(name, 10);
    const off = difference(join(icons, name), render(join(icons, 'ringside.svg'), size, 'again.png'));
    assert.ok(off < TOLERANCE, `${name} is not ringside.svg (${off}): run ./dev icons`);
  }
});

test('every state of the tray is its own picture of the one SVG', { skip }, () => {
  const source = readFileSync(join(icons, 'tray.svg'), 'utf8');
  const states = ['normal', 'attention', 'quiet', 'trouble'];
  for (const state of states) {
    const svg = join(work, 'tray.svg');
    writeFileSync(svg, source.replace('class="normal"', `class="${state}"`));
    const off = difference(join(icons, `tray-${state}.png`), render(svg, 44, 'again.png'));
    assert.ok(off < TOLERANCE, `tray-${state}.png is not tray.svg (${off}): run ./dev icons`);
    for (const other of states.filter((one) => one !== state)) {
      const apart = difference(join(icons, `tray-${state}.png`), join(icons, `tray-${other}.png`));
      assert.ok(apart > 0.02, `${state} and ${other} look the same (${apart})`);
    }
  }
});

/** The PNGs in an .ico: a table of width, height, length and place behind six bytes. */
function inIco(bytes) {
  return Array.from({ length: bytes.readUInt16LE(4) }, (_, at) => {
    const entry = bytes.subarray(6 + 16 * at);
    const start = entry.readUInt32LE(12);
    return bytes.subarray(start, start + entry.readUInt32LE(8));
  });
}

/** The PNGs in an .icns: elements of four letters, a length and data. The smallest two sizes are in a coding of Apple's. */
function inIcns(bytes) {
  const found = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at + 4)) {
    found.push(bytes.subarray(at + 8, at + bytes.readUInt32BE(at + 4)));
  }
  return found.filter((data) => data.subarray(1, 4).toString() === 'PNG');
}

test('the icons of Windows and macOS hold the same mark, in the sizes those ask for', { skip }, () => {
  for (const [file, read, wanted] of [
    ['ringside.ico', inIco, [16, 24, 32, 48, 64, 256]],
    ['ringside.icns', inIcns, [32, 64, 128, 256, 512, 1024]],
  ]) {
    const sizes = new Set();
    for (const data of read(readFileSync(join(icons, file)))) {
      const png = join(work, 'inside.png');
      writeFileSync(png, data);
      const size = data.readUInt32BE(16);
      sizes.add(size);
      // Another renderer than ours: edges differ, and small pictures are mostly edges.
      const off = difference(png, render(join(icons, 'ringside.svg'), size, 'again.png'));
      assert.ok(off < TOLERANCE + 0.1 / size, `${size} px in ${file} is not ringside.svg (${off}): run ./dev icons`);
    }
    assert.deepEqual([...sizes].sort((a, b) => a - b), wanted, file);
  }
});
