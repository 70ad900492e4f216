// The two programs that are compared, each started and ended the same way.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Owner } from './owner.mjs';
import { family } from './processes.mjs';

/** Both programs say this on standard error once their windows are made. */
const MADE = 'the windows are made';
const DEADLINE = 40_000;
export const PROFILE = 'bench';

/** What still runs when the bench breaks off must not stay behind. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A running program. `ready`: milliseconds from its start until it was. */
export class Program {
  /** Ringside, with all windows hidden. Ready: its windows are made, and it answers on its socket. */
  static async ringside({ desktop, home, env = {} }) {
    const program = new Program(desktop, ['--profile', PROFILE, '--hidden'], {
      RINGSIDE_HOME: home,
      RINGSIDE_LOG: 'warn,ringside_desktop=info',
      ...env,
    });
    await program.#made();
    program.owner = await Owner.open(join(home, `ringside-${PROFILE}`, 'run', 'owner'));
    const hello = await program.owner.ask('hello');
    program.ready = performance.now() - program.began;
    if (hello.pid !== program.pid) throw new Error('another Ringside answered');
    return program;
  }

  /** The app with empty windows. Ready: its windows are made. */
  static async empty(binary) {
    const program = new Program(binary, [], {});
    await program.#made();
    program.ready = performance.now() - program.began;
    return program;
  }

  constructor(binary, args, env) {
    this.said = '';
    this.began = performance.now();
    this.child = spawn(binary, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    this.pid = this.child.pid;
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.said = (this.said + text).slice(-20_000)));
    running.add(this.child);
    this.ended = new Promise((done) => this.child.once('close', done)).then(() => running.delete(this.child));
  }

  #made() {
    return new Promise((done, fail) => {
      const no = (why) => fail(new Error(`${this.child.spawnfile} ${why}\n${this.said}`));
      const late = setTimeout(() => no('made no windows'), DEADLINE);
      const look = () => {
        if (!this.said.includes(MADE)) return;
        clearTimeout(late);
        this.child.stderr.off('data', look);
        done();
      };
      this.child.stderr.on('data', look);
      this.child.once('close', () => no('ended'));
      this.child.once('error', (error) => no(error.message));
    });
  }

  /** Ends it, and waits until nothing of it is left. */
  async stop() {
    const processes = await family(this.pid);
    if (this.owner) await this.owner.ask('quit').catch(() => {});
    else this.child.kill();
    const late = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(late);
    this.owner?.close();
    const alive = ({ pid }) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    for (let turns = 0; processes.some(alive) && turns < 100; turns++) await sleep(50);
  }
}
