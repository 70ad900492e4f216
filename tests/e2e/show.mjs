// `./dev run` where there is no display: rings the rehearsal's known caller on a virtual one, saves a picture of the card,
// prints the match as text, and ends. Runs inside tests/e2e/session.sh.

import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { until } from './driver.mjs';

const execute = promisify(execFile);
const { RINGSIDE_DESKTOP, RINGSIDE_CLI, RINGSIDE_SCREENS, RINGSIDE_SESSION } = process.env;
const PROFILE = 'rehearsal';

const stagesFile = join(RINGSIDE_SESSION, 'stages.jsonl');
const env = { LANG: 'en_GB.UTF-8', ...process.env, RINGSIDE_HOME: join(RINGSIDE_SESSION, 'home'), RINGSIDE_STAGES: stagesFile };

const ringside = async (...args) => {
  const { stdout } = await execute(RINGSIDE_CLI, ['--profile', PROFILE, ...args], { env, timeout: 20_000 });
  return stdout.trimEnd();
};

/** Microseconds from the call event to the painted card. */
async function painted() {
  const lines = (await readFile(stagesFile, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line)).find(({ stage }) => stage === 'painted')?.us;
}

async function shownWindow() {
  const { stdout } = await execute('xdotool', ['search', '--onlyvisible', '--name', '^Ringside'], { env });
  return stdout.trim().split('\n')[0];
}

const app = spawn(RINGSIDE_DESKTOP, ['--profile', PROFILE, '--hidden', '--rehearse=known'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
const ended = new Promise((done) => app.once('exit', done));
let failed;
try {
  const us = await until('the painted card', painted, { within: 40_000 });
  const window = await until('the card on the screen', shownWindow);
  await mkdir(RINGSIDE_SCREENS, { recursive: true });
  const picture = join(RINGSIDE_SCREENS, 'card.png');
  // The card slides in for 120 ms; the picture is of the card at rest.
  await new Promise((rested) => setTimeout(rested, 300));
  await execute('import', ['-window', window, picture], { env });

  const answer = JSON.parse(await ringside('--json', 'calls', '--limit', '1'));
  const [call] = answer.calls ?? answer;
  console.log(`\nA call rang, and the card was painted ${(us / 1000).toFixed(0)} ms after its event.\n`);
  console.log(`  caller   ${call.caller.text}`);
  for (const { contact, grade } of call.lookup.matches) {
    const who = [contact.name, contact.title, contact.company].filter(Boolean).join(', ');
    console.log(`  match    ${who}\n           ${contact.type_label} in ${contact.connection_name}, ${grade.replaceAll('_', ' ')}`);
  }
  if (call.lookup.matches.length === 0) throw new Error('the known caller was not found');
  console.log(`  picture  ${picture}\n`);
} catch (error) {
  failed = error;
  console.error(error.message);
} finally {
  await ringside('quit').catch(() => app.kill());
  const late = setTimeout(() => app.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(late);
}
process.exit(failed ? 1 : 0);
