// The system's WebKit with one frame in it, in which a scene is shown, worked and looked at.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

import { Driver, until } from '../e2e/driver.mjs';
import { FORCE } from './forced.mjs';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
/** Where distributions put it: the package of WebKitWebDriver brings it along. */
const PLACES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/libexec', '/usr/lib'].map((place) => `${place}/webkit2gtk-4.1/MiniBrowser`);

/** Rules of axe that a page inside of a frame, without a browser around it, can be held to. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** How long nothing may change in a page before it is looked at, and how long that is waited for, in milliseconds. */
const REST = 60;
/** Longer than the pause after which a connection is asked about what was typed. */
const REST_TYPED = 240;
const PATIENCE = 1500;

function binary() {
  const found = PLACES.find((place) => existsSync(place));
  if (!found) throw new Error('MiniBrowser is missing: it comes with the package of WebKitWebDriver');
  return found;
}

/** The engine that paints, as `WebKitGTK 2.48.3`. */
export async function engine() {
  const { stdout } = await promisify(execFile)(binary(), ['--version']);
  return stdout.trim();
}

export class Browser {
  /** `env`: what this browser's surroundings are like besides. */
  static async start({ address, dark = false, env = {} }) {
    const browser = new Browser();
    browser.driver = await Driver.start({
      binary: binary(),
      args: ['--automation'],
      env: { ...process.env, TZ: 'UTC', LANG: 'en_GB.UTF-8', GTK_THEME: dark ? 'Adwaita:dark' : 'Adwaita', WEBKIT_DISABLE_COMPOSITING_MODE: '1', ...env },
    });
    browser.address = address;
    await browser.driver.call('POST', '/window/rect', { x: 0, y: 0, width: 1560, height: 2940 });
    await browser.driver.call('POST', '/url', { url: `${address}/frame` });
    return browser;
  }

  /**
   * Shows a scene, does what is to be done in it, and gives it the height that it wants: a card is as high as what it says,
   * and of a page all of it is seen unless it is a window of fixed size. `more` goes to the page's address.
   */
  async show(scene, { zoom = 1, language = 'en', ...more } = {}) {
    const { name, view, scene: state, width, height, query = {}, steps = [], fixed = false, typed = false } = scene;
    await this.driver.call('POST', '/frame', { id: null });
    const asked = new URLSearchParams({ view, scene: state, language, zoom: String(zoom), ...query, ...more });
    await this.driver.run(
      `document.querySelector('iframe')?.remove();
       const frame = document.createElement('iframe');
       [frame.src, frame.width, frame.height] = arguments;
       document.body.append(frame);`,
      `/?${asked}`,
      Math.round(width * zoom),
      Math.round(height * zoom),
    );
    this.frame = await until(`the frame of ${name}`, async () => (await this.driver.call('POST', '/elements', { using: 'css selector', value: 'iframe' }))[0]);
    await this.driver.call('POST', '/frame', { id: this.frame });
    await until(`the page of ${name}`, () => this.driver.run('return document.readyState === "complete" && document.querySelector("main") !== null'));
    await this.#rest();
    for (const step of steps) await this.#do(step);
    if (typed) await this.#rest(REST_TYPED);
    await this.#ring();
    if (!fixed) await this.#grow(height, zoom);
    if ('forced' in more) await this.driver.run(FORCE);
  }

  /** A field that has the focus shows it however it came there. */
  #ring() {
    return this.driver.run(`const field = document.activeElement; if (field?.matches('input, textarea, select')) field.dataset.ring = ''`);
  }

  /** Until the letters are there and nothing has changed for a moment, and then until it is painted. */
  #rest(rest = REST) {
    return this.driver.run(
      `return document.fonts.ready.then(() => new Promise((rested) => {
         let timer = setTimeout(done, arguments[0]);
         const last = setTimeout(done, arguments[1]);
         const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, arguments[0]); });
         watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
         function done() { watch.disconnect(); clearTimeout(last); clearTimeout(timer); requestAnimationFrame(() => requestAnimationFrame(() => rested(true))); }
       }))`,
      rest,
      PATIENCE,
    );
  }

  /** Sizes inside of the page are before it is magnified. */
  async #grow(least, zoom) {
    await this.driver.run(
      `const frame = window.frameElement;
       const main = document.querySelector('main');
       const wanted = document.body.dataset.view === 'card'
         ? Math.ceil(main.getBoundingClientRect().height)
         : Math.max(arguments[0], ...[main, document.querySelector('nav'), document.documentElement].map((box) => box?.scrollHeight ?? 0));
       frame.height = Math.round(Math.max(wanted, 40) * arguments[1]);`,
      Math.round(least),
      zoom,
    );
    await this.#rest();
  }

  /** A step of a scene. Clicks come without a pointer, so that none is held back by the click guard. */
  async #do({ press, find, css, key, type, text, focus, run, file, ...held }) {
    const at = async (id) => ({ [ELEMENT]: await this.driver.find(id) });
    if (press) await this.driver.run('arguments[0].click()', await at(press));
    if (find) await this.driver.find(find);
    if (css) await this.driver.run('document.querySelector(arguments[0]).click()', css);
    if (focus) await this.driver.run('arguments[0].focus(); arguments[0].dataset.ring = ""', await at(focus));
    if (key) await this.driver.run('(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key: arguments[0], bubbles: true, cancelable: true, ...arguments[1] }))', key, held);
    if (type) await this.driver.run('const [field, text] = arguments; field.focus(); field.value = text; for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }))', await at(type), text);
    if (file) await this.driver.run('const [field, name, text] = arguments; const given = new DataTransfer(); given.items.add(new File([text], name)); field.files = given.files; field.dispatchEvent(new Event("change", { bubbles: true }))', await at(file), held.name, text);
    // What the owner tells meanwhile: the demo's owner is the page's `fake`.
    if (run) await this.driver.run(`return (${run})(window.fake)`);
    await this.#rest();
  }

  /** The picture of the frame, as a PNG. */
  async picture() {
    await this.driver.call('POST', '/frame', { id: null });
    const base64 = await this.driver.call('GET', `/element/${this.frame[ELEMENT]}/screenshot`);
    await this.driver.call('POST', '/frame', { id: this.frame });
    return Buffer.from(base64, 'base64');
  }

  /** What axe finds wrong in the page, contrast included, one line each. `only`: these rules. */
  violations(only = RULES) {
    return this.driver.run(
      `return axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'], rules: { 'page-has-heading-one': { enabled: false }, region: { enabled: false }, 'label-content-name-mismatch': { enabled: true } } }).then(({ violations }) =>
         violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.target + (node.any[0] ? ' (' + node.any[0].message.replace(/\\s+/g, ' ').slice(0, 160) + ')' : '')).join('; ')))`,
      only,
    );
  }

  /** Whether something sticks out of the window sideways, in pixels. */
  overflow() {
    return this.driver.run('return Math.max(...[document.documentElement, ...document.querySelectorAll("main, .results, .list")].map((box) => box.scrollWidth - box.clientWidth - 1), 0)');
  }

  stop() {
    return this.driver.stop();
  }
}
