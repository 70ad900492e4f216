// The PBX of tests/sip, and sipp as those who call: from the first INVITE on the wire.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const parties = join(import.meta.dirname, '../../tests/sip');
const MODULES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];
const TABLES = ['version', 'presentity', 'active_watchers', 'watchers', 'xcap', 'pua'];

// Asked, not killed: Kamailio ends its children.
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill()));

function start(program, args, folder) {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  child.said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (child.said = (child.said + text).slice(-4_000)));
  running.add(child);
  child.ended = new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done(code));
  }).finally(() => running.delete(child));
  child.ended.catch(() => {});
  return child;
}

/** A port that is free for TCP and UDP, below those that the system hands out by itself. */
async function port() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 18_000);
    const isFree = (socket, bind) =>
      new Promise((done) => {
        socket.once('error', () => done(false));
        bind(() => socket.close(() => done(true)));
      });
    const [server, socket] = [createServer(), createSocket('udp4')];
    const stream = await isFree(server, (bound) => server.listen(port, '127.0.0.1', bound));
    if (stream && (await isFree(socket, (bound) => socket.bind(port, '127.0.0.1', bound)))) return port;
  }
}

/** When the first INVITE left, by what sipp noted in local time: `----- 2026-01-01 00:00:00.000000`. */
function firstInvite(notes) {
  const sent = /^-+ (\S+) (\S+)\n\w+ message sent[^\n]*\n+INVITE /m.exec(notes);
  if (!sent) throw new Error('sipp noted no INVITE');
  return new Date(`${sent[1]}T${sent[2]}`).getTime();
}

export class Pbx {
  static async start() {
    const pbx = new Pbx();
    pbx.folder = await mkdtemp(join(tmpdir(), 'ringside-pbx.'));
    pbx.port = await port();
    const places = MODULES.map((place) => join(place, 'kamailio/modules'));
    const found = await Promise.all(places.map((place) => stat(place).then(() => place, () => undefined)));
    const modules = found.find(Boolean) ?? '';
    const template = await readFile(join(parties, 'pbx/kamailio.cfg'), 'utf8');
    const values = { PORT: pbx.port, TLS: 0, FOLDER: pbx.folder, SHORTEST: 10, LONGEST: 3600, MODULES: modules };
    const config = template.replace(/%(\w+)%/g, (word, name) => values[name] ?? word);
    await writeFile(join(pbx.folder, 'kamailio.cfg'), config);
    for (const table of TABLES) await copyFile(join('/usr/share/kamailio/dbtext/kamailio', table), join(pbx.folder, table));
    const args = ['-DD', '-E', '-m', '64', '-M', '8', '-P', join(pbx.folder, 'pid'), '-Y', pbx.folder];
    pbx.server = start('kamailio', [...args, '-f', join(pbx.folder, 'kamailio.cfg')], pbx.folder);
    pbx.contact = await port();
    await pbx.#register('201');
    // It rings as long as the caller wants.
    await pbx.#party('phone', { RING_MS: 60_000 }, ['-p', pbx.contact, '-m', 100_000]);
    return pbx;
  }

  /** What a person fills in to watch the account 201. */
  get line() {
    const parameters = { address: '201@pbx.test', transport: 'tcp', server: `127.0.0.1:${this.port}`, clear_text: 'true' };
    return { kind: 'sip', parameters, secrets: { password: 'pw-201' } };
  }

  /** Calls from this number and gives up after this time; gives when the INVITE left, in milliseconds of the wall clock. */
  async rings(number, millis) {
    const notes = join(this.folder, 'caller.notes');
    await rm(notes, { force: true });
    const words = { FROM: `<sip:${number}@pbx.test;user=phone>`, RING_MS: millis };
    const args = ['-s', '201', '-m', 1, '-trace_msg', '-message_file', notes];
    const caller = await this.#party('canceller', words, [`127.0.0.1:${this.port}`, ...args]);
    const done = caller.ended.then(async (code) => {
      if (code !== 0) throw new Error(`sipp could not call: it ended with ${code}\n${caller.said}`);
      return firstInvite(await readFile(notes, 'utf8'));
    });
    done.catch(() => {});
    return done;
  }

  async #register(account) {
    for (let turns = 0; turns < 50; turns++, await sleep(100)) {
      const args = [`127.0.0.1:${this.port}`, '-s', account, '-au', account, '-ap', `pw-${account}`, '-m', 1];
      const party = await this.#party('register', { CONTACT: this.contact }, args);
      if ((await party.ended) === 0) return;
    }
    throw new Error(`the PBX takes no phone\n${this.server.said}`);
  }

  /** One of the parties of tests/sip, with its words filled in. */
  async #party(name, words, args) {
    const file = join(this.folder, `${name}.xml`);
    const text = await readFile(join(parties, 'parties', `${name}.xml`), 'utf8');
    const filled = Object.entries(words).reduce((all, [word, value]) => all.replaceAll(`%${word}%`, value), text);
    await writeFile(file, filled.replace('    %EXTRA%\n', ''));
    return start('sipp', [...args.map(String), '-sf', file, '-i', '127.0.0.1', '-nostdin'], this.folder);
  }

  async stop() {
    for (const child of running) if (child.spawnargs.some((word) => word.includes(this.folder))) child.kill();
    await sleep(300);
    await rm(this.folder, { recursive: true, force: true });
  }
}
