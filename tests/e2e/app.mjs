// The real app under the real driver, in a profile of its own that is thrown away, and the real command line beside it.

import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Driver, until } from './driver.mjs';

const execute = promisify(execFile);

const DESKTOP = need('RINGSIDE_DESKTOP');
const CLI = need('RINGSIDE_CLI');
export const SCREENS = need('RINGSIDE_SCREENS');
/** Sample people live in this profile; every other one begins as on a new computer. */
const REHEARSAL = 'rehearsal';

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with ./dev e2e`);
  return value;
}

/** Until this window has the keyboard. The window manager says so a moment before the window hears its first key. */
export async function focused(env, title) {
  const active = () => execute('xdotool', ['getactivewindow', 'getwindowname'], { env }).catch(() => ({ stdout: '' }));
  await until(`"${title}" to have the keyboard`, async () => (await active()).stdout.trim() === title);
  await sleep(60);
}

/** A softphone's own id of a call, unlike any other in the world: what two machines of one user have in common. */
export const callId = () => `${randomUUID()}@pbx.example.com`;

/** One running Ringside. `driver` is on the card's window at first. */
export class App {
  /** @type {Driver} */ driver;

  /**
   * @param {{ hidden?: boolean, dark?: boolean, german?: boolean, env?: Record<string, string>, home?: string, profile?: string }} [options]
   *   `home`: goes on in the folder of an app that was stopped
   */
  static async start({ hidden = true, dark = false, german = false, env = {}, home, profile = REHEARSAL } = {}) {
    const app = new App();
    app.profile = profile;
    app.home = home ?? (await mkdtemp(join(tmpdir(), 'ringside-e2e-')));
    app.stagesFile = join(app.home, 'stages.jsonl');
    app.env = {
      ...process.env,
      LANG: german ? 'de_DE.UTF-8' : 'en_GB.UTF-8',
      LANGUAGE: german ? 'de' : 'en_GB',
      RINGSIDE_HOME: app.home,
      RINGSIDE_STAGES: app.stagesFile,
      ...(dark ? { GTK_THEME: 'Adwaita:dark' } : {}),
      ...env,
    };
    const began = performance.now();
    app.driver = await Driver.start({
      binary: DESKTOP,
      args: ['--profile', profile, ...(hidden ? ['--hidden'] : [])],
      env: app.env,
    });
    try {
      // A loaded machine may take its time to start; nothing is measured here.
      await app.driver.view('card', { within: 30_000 });
      await until('the page of the card', () => app.driver.run('return document.querySelector("main") !== null'), { within: 30_000 });
    } catch (error) {
      // An app left behind would keep its hotkeys from the next one.
      await app.stop({ keep: home !== undefined });
      throw error;
    }
    app.startedIn = performance.now() - began;
    return app;
  }

  /** Runs `ringside` and answers what it printed as JSON. "Nothing found" (1) and "not now" (4) are answers too. */
  async ringside(...args) {
    const { stdout } = await execute(CLI, ['--profile', this.profile, '--json', ...args], {
      env: this.env,
      timeout: 20_000,
    }).catch((error) => {
      if ([1, 4].includes(error.code) && error.stdout.startsWith('{')) return error;
      throw new Error(`ringside ${args[0]} failed: ${error.stdout}${error.stderr}`, { cause: error });
    });
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  /** Reports a call event with `ringside ring`. A busy app takes it from a folder a little later: what comes next comes after that. */
  async ring(event) {
    const args = Object.entries(event).flatMap(([name, value]) => [`--${name.replaceAll('_', '-')}`, value]);
    const rung = await this.ringside('ring', ...args);
    if (rung.became === 'waiting') {
      const kept = async () => (await readdir(this.home, { recursive: true })).filter((path) => path.includes('/run/ring-'));
      await until('the event to be taken', async () => (await kept()).length === 0);
      await this.ringside('status');
    }
    return rung;
  }

  /** The newest calls of the journal. */
  async calls() {
    return (await this.ringside('calls'))?.calls ?? [];
  }

  /** Waits until the newest call of the journal is as wanted. */
  call(what, wanted, options) {
    return until(`a call that ${what}`, async () => (await this.calls()).find(wanted), options);
  }

  /** A picture of the page in the current window. */
  async shoot(name) {
    await mkdir(SCREENS, { recursive: true });
    await execute('import', ['-window', 'root', join(SCREENS, `${name}.png`)], { env: this.env });
  }

  /** How long each stage of each call took, in microseconds since its event. */
  async stages() {
    const text = await readFile(this.stagesFile, 'utf8').catch(() => '');
    const calls = new Map();
    for (const line of text.split('\n').filter(Boolean)) {
      const { call, stage, us } = JSON.parse(line);
      // The search window is measured in the same file.
      if (!call) continue;
      calls.set(call, { ...calls.get(call), [stage]: us });
    }
    return calls;
  }

  /** Whether a window of this view can be seen on the screen. */
  async isShown(title) {
    const found = await execute('xdotool', ['search', '--onlyvisible', '--name', `^${title}$`], { env: this.env }).catch(
      () => ({ stdout: '' }),
    );
    return found.stdout.trim() !== '';
  }

  async stop({ keep = false } = {}) {
    await this.ringside('quit', '--force').catch((error) => console.log(`the app could not be told to quit: ${error.message}`));
    await this.driver?.stop();
    await this.#end();
    if (!keep) await rm(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Whoever did not quit is ended: an app left behind keeps its hotkeys from the next one, and this process from its end. */
  async #end() {
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      const patience = Date.now() + 3_000;
      for (;;) {
        const left = await running(this.home);
        if (left.length === 0) return;
        if (Date.now() > patience) {
          console.log(`an app of ${this.home} is still there: ${signal}`);
          left.forEach((pid) => process.kill(pid, signal));
          break;
        }
        await sleep(100);
      }
    }
  }
}

/** The processes of the desktop program whose home this is. */
async function running(home) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const is = async (pid) => {
    const [command, surroundings] = await Promise.all(['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')));
    return command.split('\0')[0] === DESKTOP && surroundings.split('\0').includes(`RINGSIDE_HOME=${home}`);
  };
  const found = await Promise.all(pids.map(is));
  return pids.filter((_, at) => found[at]).map(Number);
}

/** Runs `work` with an app, and ends the app whatever happens; a failure leaves a picture behind. */
export async function withApp(options, work) {
  const app = await App.start(options);
  try {
    await work(app, app.driver);
  } catch (error) {
    await app.shoot(`failed-${Date.now()}`).catch(() => {});
    throw error;
  } finally {
    for (const [call, stages] of await app.stages()) {
      const ms = (us) => (us === undefined ? '-' : `${(us / 1000).toFixed(1)} ms`);
      console.log(
        `stages of ${call.slice(0, 8)}: told ${ms(stages.told)}, sent ${ms(stages.sent)}, shown ${ms(stages.shown)}, painted ${ms(stages.painted)}`,
      );
    }
    await app.stop(options);
  }
}

/** Another program's window that has the keyboard: what is typed into it ends up in a file. */
export class OtherWindow {
  static async open(env) {
    const other = new OtherWindow();
    other.folder = await mkdtemp(join(tmpdir(), 'ringside-other-'));
    other.file = join(other.folder, 'typed');
    other.env = env;
    // Characters go into the file one by one, not line by line.
    other.process = spawn('xterm', ['-T', 'other window', '-e', 'sh', '-c', `stty -icanon -echo; exec cat > '${other.file}'`], {
      env,
      stdio: 'ignore',
    });
    await until('the other window to have the keyboard', async () => (await other.active()) === 'other window');
    return other;
  }

  /** The title of the window that has the keyboard, as the window manager says. */
  async active() {
    const { stdout } = await execute('xdotool', ['getactivewindow', 'getwindowname'], { env: this.env });
    return stdout.trim();
  }

  async type(text) {
    await execute('xdotool', ['type', '--delay', '15', text], { env: this.env, timeout: 60_000 });
  }

  typed() {
    return readFile(this.file, 'utf8');
  }

  async close() {
    this.process.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
