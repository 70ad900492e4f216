// The programs that are compared, and the CRM that both ask.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { KEY } from './connectors.mjs';
import { FORMATS } from './cases.mjs';

const real = join(import.meta.dirname, '../../tests/real');
/** What still runs when the bench breaks off must not stay behind. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGTERM')));
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.on(signal, () => process.exit(code));

function start(command, args, env = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ended`);
    return value;
  };
  const stop = async () => {
    const ended = once(child, 'close');
    child.stdin.end();
    child.kill('SIGTERM');
    await ended;
  };
  return { child, line, stop };
}

const post = (url, body, headers) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

/** The App Connect server with the bench's connectors, and the CRM that comes with it. */
export async function appConnect() {
  const folder = await mkdtemp(join(tmpdir(), 'ringside-'));
  const port = start('node', [join(real, 'port.mjs')]);
  const pids = join(folder, 'pid');
  const program = start(join(real, 'app-connect/start.sh'), [await port.line(), join(folder, 'data')], {
    RINGSIDE_CONNECTORS: join(import.meta.dirname, 'connectors.mjs'),
    RINGSIDE_PIDS: pids,
  });
  const [, url, , , , crm] = (await program.line()).split(' ');
  const pid = Number(await readFile(pids, 'utf8'));
  const formats = FORMATS.join(',');
  const tokens = new Map();

  /** One lookup, as the browser extension does it. */
  const lookup = async (platform, number) => {
    if (!tokens.has(platform)) {
      const login = await (await post(`${url}/apiKeyLogin`, { platform, apiKey: KEY, hostname: 'crm.example.com' })).json();
      if (!login.jwtToken) throw new Error(`the peer refused the login: ${JSON.stringify(login)}`);
      tokens.set(platform, login.jwtToken);
    }
    const query = new URLSearchParams({ phoneNumber: number, overridingFormat: formats, isExtension: 'false' });
    const began = performance.now();
    const response = await fetch(`${url}/contact?${query}`, { headers: { authorization: `Bearer ${tokens.get(platform)}` } });
    const answer = await response.json();
    const ms = performance.now() - began;
    const people = (answer.contact ?? []).filter(({ isNewContact }) => !isNewContact);
    return { ms, people, why: answer.returnMessage?.message };
  };
  const stop = async () => {
    await program.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { crm, pid, lookup, stop };
}

/** The CRM's knobs, and what it was asked since the last reset. */
export const control = async (crm, body) => (await post(`${crm}/_control`, body)).json();

/** One plain request to the CRM: what a round trip costs from here. */
export async function roundTrip(crm) {
  const began = performance.now();
  const response = await fetch(`${crm}/contacts?phone=none`, {
    headers: { authorization: `Basic ${Buffer.from(`${KEY}:`).toString('base64')}` },
  });
  await response.text();
  return performance.now() - began;
}

/**
 * Ringside's lookup through a manifest, in a process that has learned nothing yet: a line with a number in, a line with what
 * it found out.
 */
export function ringside(binary, crm, { types, limit = 0, manifest = 'mock.toml' }) {
  const program = start(binary, [join(import.meta.dirname, manifest), crm, KEY, types.join(','), FORMATS.join('\t'), String(limit)]);
  const lookup = async (number) => {
    program.child.stdin.write(`${number}\n`);
    return JSON.parse(await program.line());
  };
  return { pid: program.child.pid, lookup, stop: program.stop };
}
