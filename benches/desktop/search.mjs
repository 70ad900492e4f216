// The search window as a person uses it: its hotkey pressed and names typed, as keys that go through the X server.

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ringside's own until somebody sets another one. */
const HOTKEY = 'ctrl+shift+space';
const DEADLINE = 10_000;
/** Between two keys of somebody who types fast: eleven in a second. */
const PACE = 90;

/** One xdotool for all keys: what is measured is not its start. */
class Keyboard {
  constructor() {
    this.xdotool = spawn('xdotool', ['-'], { stdio: ['pipe', 'ignore', 'inherit'] });
    this.ended = new Promise((done) => this.xdotool.once('close', done));
  }

  does(...line) {
    this.xdotool.stdin.write(`${line.join(' ')}\n`);
  }

  async close() {
    this.xdotool.stdin.end();
    await this.ended;
  }
}

/** What the file of stages says that is new since `from`, and is of the search window. */
async function lines(file, from) {
  const text = await readFile(file, 'utf8').catch(() => '');
  // The last line may be half written.
  const all = text.slice(from).split('\n').slice(0, -1).map((line) => JSON.parse(line));
  return all.filter((line) => line.search !== undefined || line.keystroke !== undefined);
}

const length = (file) => readFile(file, 'utf8').then((text) => text.length, () => 0);

/** Looks at the new lines until `wanted` finds in them what it looks for. */
async function wait(what, file, from, wanted, within = DEADLINE) {
  for (const patience = performance.now() + within; performance.now() < patience; await sleep(4)) {
    const found = wanted(await lines(file, from));
    if (found) return found;
  }
  throw new Error(`waited ${within} ms for ${what}`);
}

/** Presses the hotkey once. Gives the milliseconds of each stage since it was heard, and from the key to all of it: `pressed`. */
async function press(keyboard, file, within) {
  const from = await length(file);
  const began = performance.now();
  keyboard.does('key', '--delay', '0', HOTKEY);
  const stages = (found) => Object.fromEntries(found.filter(({ search }) => search).map(({ stage, us }) => [stage, us / 1000]));
  const painted = (found) => (stages(found).painted === undefined ? undefined : stages(found));
  const reached = await wait('the search window', file, from, painted, within);
  return { ...reached, pressed: performance.now() - began };
}

/** Each turn of the hotkey, with the window hidden in between. The first ones, until the key is grabbed and all is warm, do not count. */
export async function hotkeys(file, turns, pause) {
  const keyboard = new Keyboard();
  const measured = [];
  try {
    const first = async (left) => press(keyboard, file, 2_000).catch((error) => (left > 0 ? first(left - 1) : Promise.reject(error)));
    await first(10);
    for (let turn = 0; turn < turns; turn++) {
      await sleep(pause());
      keyboard.does('key', 'Escape');
      await sleep(400 + pause());
      measured.push(await press(keyboard, file));
    }
  } finally {
    await keyboard.close();
  }
  return measured;
}

/** Types each name into the open search window. Gives the milliseconds of each keystroke until its answer and until its rows were painted. */
export async function typing(file, names) {
  const keyboard = new Keyboard();
  const took = { answered: [], painted: [] };
  try {
    for (const name of names) {
      const from = await length(file);
      keyboard.does('type', '--delay', String(PACE), `"${name}"`);
      const all = await wait(`the rows of ${name.length} keystrokes`, file, from, (found) => (found.length >= 2 * name.length ? found : undefined), DEADLINE + name.length * PACE);
      for (const { keystroke, us } of all) took[keystroke]?.push(us / 1000);
      // Clears the field, and leaves the window.
      keyboard.does('key', 'Escape');
      await sleep(400);
    }
  } finally {
    await keyboard.close();
  }
  return took;
}
