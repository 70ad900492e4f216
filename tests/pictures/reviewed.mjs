// The reviewed pictures, docs/screens/states, and how a new one is held against its own.
//
// They were painted by one version of WebKit, which engine.txt names. Every version smooths letters a little differently, so
// another one is held to less; that is said.

import { execFile } from 'node:child_process';
import { copyFile, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { engine } from './browser.mjs';

const execute = promisify(execFile);
/** Of 255: how far one colour may be off before a pixel counts. */
const FUZZ = '4%';
/** The part of a picture's pixels that may count: with the version that painted the reviewed set, and with another. */
const TOLERANCE = 0.002;
const TOLERANCE_ELSEWHERE = 0.02;
const ACCEPT = process.env.RINGSIDE_PICTURES === 'accept';

export class Reviewed {
  /** `made`: where the new pictures are; `folder`: the reviewed ones. */
  static async open(made, folder) {
    const reviewed = new Reviewed();
    Object.assign(reviewed, { made, folder, paints: await engine() });
    const file = join(folder, 'engine.txt');
    await mkdir(folder, { recursive: true });
    // Of a part of the set nobody says that this version painted it.
    if (ACCEPT && !process.env.ONLY) await writeFile(file, `${reviewed.paints}\n`);
    const painted = (await readFile(file, 'utf8').catch(() => '')).trim();
    reviewed.tolerance = painted === reviewed.paints ? TOLERANCE : TOLERANCE_ELSEWHERE;
    if (painted !== reviewed.paints) {
      console.log(`# The reviewed pictures were painted by ${painted || 'an unknown version'}, these by ${reviewed.paints}: up to ${TOLERANCE_ELSEWHERE * 100} % of one may differ.`);
    }
    return reviewed;
  }

  /** Fails when a picture is not what was reviewed, and says where to look; or takes it in. */
  async holds(name) {
    const [made, known, changed] = [join(this.made, name), join(this.folder, name), join(this.made, name.replace('.png', '.changed.png'))];
    const accept = 'if it is right: ./dev pictures accept';
    const said = await this.#difference(made, known, changed);
    if (!said) return rm(changed, { force: true });
    if (ACCEPT) return take(made, known);
    throw new Error(`${name} ${said}: look at target/screens/states/${name}; ${accept}`);
  }

  async #difference(made, known, changed) {
    const [is, was] = [await sizeOf(made), await sizeOf(known).catch(() => null)];
    if (!was) return 'has not been reviewed';
    if (is.text !== was.text) return `is ${is.text} and was ${was.text}`;
    // `compare` says how many pixels differ on its error channel, and fails when one does.
    const { stderr } = await execute('compare', ['-metric', 'AE', '-fuzz', FUZZ, made, known, changed]).catch((error) => error);
    const part = Number.parseFloat(stderr) / (is.width * is.height);
    if (!Number.isFinite(part)) return `can't be compared: ${stderr}`;
    return part <= this.tolerance ? null : `changed, ${(part * 100).toFixed(1)} % of it, marked in .changed.png beside it`;
  }

  /** Names in the reviewed set that no scene paints any more. */
  async left(names) {
    const known = (await readdir(this.folder)).filter((name) => name.endsWith('.png') && !names.has(name));
    if (!ACCEPT) return known;
    for (const name of known) await rm(join(this.folder, name));
    return [];
  }
}

/** Into the reviewed set, small: few colours, and without the time of making, so that the same picture is the same file. */
async function take(made, known) {
  await execute('convert', [made, '-strip', '-define', 'png:exclude-chunks=date,time', '-define', 'png:compression-level=9', '+dither', '-colors', '128', `png8:${known}`]).catch(() => copyFile(made, known));
}

/** A PNG says its size in its first bytes: width and height, four bytes each from the sixteenth on. */
async function sizeOf(file) {
  const opened = await open(file);
  try {
    const { buffer } = await opened.read(Buffer.alloc(24), 0, 24, 0);
    const [width, height] = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
    return { width, height, text: `${width}x${height}` };
  } finally {
    await opened.close();
  }
}
