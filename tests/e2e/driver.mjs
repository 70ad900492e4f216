// A WebDriver client of the size this suite needs: the W3C protocol over fetch, against WebKitWebDriver.
//
// Everything that waits has a deadline and, when it passes, says what it waited for and what was on the page instead.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** Keys as WebDriver spells them. */
export const KEY = {
  Enter: '\uE007',
  Escape: '\uE00C',
  Tab: '\uE004',
  Shift: '\uE008',
  Control: '\uE009',
  ArrowUp: '\uE013',
  ArrowDown: '\uE015',
  Backspace: '\uE003',
};

/**
 * Polls `question` until it answers something true.
 * @template T
 * @param {string} what  said when the deadline passes
 * @param {() => Promise<T> | T} question
 * @param {{ within?: number, every?: number }} [options]  milliseconds
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, question, { within = 10_000, every = 40 } = {}) {
  const deadline = Date.now() + within;
  let last;
  for (;;) {
    try {
      const answer = await question();
      if (answer) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${within} ms for ${what}`, last ? { cause: last } : undefined);
    }
    await sleep(every);
  }
}

/** A free port on the loopback address. */
export async function freePort() {
  const server = createServer();
  await new Promise((ready, failed) => server.once('error', failed).listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

export class WebDriverError extends Error {
  constructor(status, value) {
    super(`${value?.error ?? status}: ${value?.message ?? ''}`);
    this.code = value?.error;
  }
}

/** One WebKitWebDriver process with one session: one running app, all its windows. */
export class Driver {
  #base;
  #process;
  #session;

  /** Starts the driver, which starts `binary` with `args` in `env`. */
  static async start({ binary, args = [], env }) {
    const driver = new Driver();
    const port = await freePort();
    driver.#base = `http://127.0.0.1:${port}`;
    driver.#process = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      env: { ...env, TAURI_WEBVIEW_AUTOMATION: 'true' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    driver.log = '';
    driver.#process.stderr.setEncoding('utf8').on('data', (text) => {
      driver.log += text;
      if (process.env.RINGSIDE_E2E_LOG) process.stderr.write(text);
    });
    await until('WebKitWebDriver', async () => (await fetch(`${driver.#base}/status`)).ok, { within: 15_000 });
    try {
      const { sessionId } = await driver.#send('POST', '/session', {
        capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args } } },
      });
      driver.#session = sessionId;
      await driver.call('POST', '/timeouts', { implicit: 0, script: 10_000, pageLoad: 20_000 });
    } catch (error) {
      await driver.stop();
      throw new Error(`the app did not start under the driver: ${error.message}\n${driver.log}`, { cause: error });
    }
    return driver;
  }

  async #send(method, path, body) {
    const answer = await fetch(this.#base + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(30_000),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new WebDriverError(answer.status, value);
    return value;
  }

  /** A command of the session. */
  call(method, path, body) {
    return this.#send(method, `/session/${this.#session}${path}`, body ?? (method === 'POST' ? {} : undefined));
  }

  /** Runs a function body in the current window; a promise is awaited. */
  run(script, ...args) {
    return this.call('POST', '/execute/sync', { script, args });
  }

  /** Switches to the window that shows this view, `card`, `search` or `main`. */
  async view(name, options) {
    await until(
      `the window "${name}"`,
      async () => {
        for (const handle of await this.call('GET', '/window/handles')) {
          await this.call('POST', '/window', { handle });
          if ((await this.run('return new URLSearchParams(location.search).get("view")')) === name) return true;
        }
        return false;
      },
      options,
    );
  }

  /** Elements with this `data-testid`, at once. */
  async all(id) {
    const found = await this.call('POST', '/elements', { using: 'css selector', value: `[data-testid="${id}"]` });
    return found.map((element) => element[ELEMENT]);
  }

  /** Waits for an element with this `data-testid` that can be seen. */
  async find(id, options) {
    try {
      return await until(`[data-testid="${id}"]`, async () => {
        for (const element of await this.all(id)) {
          // The driver's own "displayed" takes texts that are cut with an ellipsis for hidden ones.
          if (await this.run('return arguments[0].checkVisibility({ visibilityProperty: true })', { [ELEMENT]: element })) return element;
        }
        return undefined;
      }, options);
    } catch (error) {
      throw new Error(`${error.message}; there is:\n${await this.describe()}`, { cause: error });
    }
  }

  async gone(id, options) {
    await until(`[data-testid="${id}"] to go`, async () => (await this.all(id)).length === 0, options);
  }

  /** The text as a person sees it. */
  async text(id, options) {
    return this.#textOf(await this.find(id, options));
  }

  // The driver's own text leaves out what is cut with an ellipsis.
  #textOf(element) {
    return this.run('return arguments[0].innerText.trim()', { [ELEMENT]: element });
  }

  /** Waits until the element's text matches. Answers the text. */
  async reads(id, pattern, options) {
    let text;
    try {
      await until(`[data-testid="${id}"] to read ${pattern}`, async () => {
        const [element] = await this.all(id);
        text = element && (await this.#textOf(element));
        return text !== undefined && pattern.test(text);
      }, options);
    } catch (error) {
      throw new Error(`${error.message}; it reads ${JSON.stringify(text)}; there is:\n${await this.describe()}`, { cause: error });
    }
    return text;
  }

  /**
   * Clicks as a person does: the pointer comes, rests for a moment and presses. The card and the search ignore faster clicks.
   * @param {{ within?: number, rest?: number }} [options]  milliseconds
   */
  async click(id, { rest = 800, ...options } = {}) {
    const origin = { [ELEMENT]: await this.find(id, options) };
    await until('the window on the screen', () => this.run('return document.visibilityState === "visible"'), options);
    await this.run('arguments[0].scrollIntoView({ block: "nearest" })', origin);
    const pointer = (actions) => ({ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions });
    const come = [0, 1].map((x) => ({ type: 'pointerMove', origin, x, y: 0, duration: 0 }));
    const press = [{ type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }];
    await this.call('POST', '/actions', { actions: [pointer(come)] });
    await sleep(rest);
    await this.call('POST', '/actions', { actions: [pointer([...come, ...press])] });
  }

  async type(id, text, options) {
    const element = await this.find(id, options);
    await this.call('POST', `/element/${element}/value`, { text });
  }

  /** Presses keys on whatever has the focus in the page: `press('Control', 'Enter')` holds the first. */
  async press(...keys) {
    const values = keys.map((key) => KEY[key] ?? key);
    const down = values.map((value) => ({ type: 'keyDown', value }));
    const up = values.toReversed().map((value) => ({ type: 'keyUp', value }));
    await this.call('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions: [...down, ...up] }] });
  }

  /** What can be found on the page, for an error message. */
  async describe() {
    try {
      return await this.run(`
        return location.href + '\\n' + [...document.querySelectorAll('[data-testid]')]
          .map((e) => '  ' + e.dataset.testid + ': ' + e.innerText.replace(/\\s+/g, ' ').slice(0, 120)).join('\\n')`);
    } catch (error) {
      return `(the page can't be asked: ${error.message})`;
    }
  }

  /** Ends the session and the driver. The app goes with the session. */
  async stop() {
    if (this.#session) await this.#send('DELETE', `/session/${this.#session}`).catch(() => {});
    this.#session = undefined;
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((done) => this.#process.once('exit', done));
      this.#process.kill();
      await Promise.race([ended, sleep(3_000).then(() => this.#process.kill('SIGKILL'))]);
    }
  }
}
