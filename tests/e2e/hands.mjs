// Two ways to work a window, with the same names: by mouse, and by a real keyboard alone, whose keys go to whatever window of
// the screen has it. Each has the colours of its own, so that a walk taken by both leaves a picture of every state in either.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { focused } from './app.mjs';

const execute = promisify(execFile);
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** As pages are held to in the tests of pictures: what a page of one's own, without a site around it, can be held to. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
let axe;

/** Walks that are taken once by each hand, each in the colours of its own. */
export const BOTH = [
  ['mouse', { dark: false }],
  ['keyboard', { dark: true }],
];

/** The one that this walk is taken with. */
export const handsOf = (name, app, page) => (name === 'mouse' ? new Mouse(app, page) : new Keyboard(app, page));

class Hands {
  constructor(app, page) {
    Object.assign(this, { app, page });
  }

  /** Leaves a picture of this state, and holds the page to what everybody needs of it. */
  async look(name) {
    await sleep(200);
    await this.app.shoot(`${name}-${this.theme}`);
    assert.deepEqual(await violations(this.page), [], `axe, in ${name}`);
    const wide = await this.page.run('const page = document.documentElement; return page.scrollWidth - page.clientWidth');
    assert.ok(wide <= 1, `${name}: ${wide} pixels stick out sideways`);
  }

  /** Keys of the whole desktop: hotkeys, and what is typed into the window that has the keyboard. */
  async key(...keys) {
    await execute('xdotool', ['key', '--delay', '25', ...keys], { env: this.app.env });
  }

  async type(text) {
    await execute('xdotool', ['type', '--delay', '12', text], { env: this.app.env, timeout: 30_000 });
  }

  /** Gives one of our windows the keyboard, as a click on it or Alt+Tab would. */
  async front(title) {
    await execute('xdotool', ['search', '--onlyvisible', '--name', `^${title}$`, 'windowactivate', '--sync'], { env: this.app.env });
    await this.focused(title);
  }

  focused(title) {
    return focused(this.app.env, title);
  }

  /** A file into a field for files: the system's dialog is not ours to test. */
  async file(id, path) {
    const [element] = await this.page.all(id);
    assert.ok(element, `there is no ${id}`);
    await this.page.call('POST', `/element/${element}/value`, { text: path });
  }
}

export class Mouse extends Hands {
  theme = 'light';
  name = 'mouse';

  async press(id) {
    // The main window has no guard against clicks that were meant for something else.
    const isMain = (await this.page.run('return new URLSearchParams(location.search).get("view")')) === 'main';
    await this.page.click(id, isMain ? { rest: 40 } : {});
  }

  /** Puts the text in the place of what stands there. */
  async write(id, text) {
    await this.press(id);
    await this.key('ctrl+a');
    await this.type(text);
  }

  async pick(id, label) {
    const field = await this.page.find(id);
    const option = await this.page.run(
      'return [...(arguments[0].matches("select") ? arguments[0] : arguments[0].querySelector("select")).options].find((one) => one.label.includes(arguments[1])) ?? null',
      { [ELEMENT]: field },
      label,
    );
    assert.ok(option, `${id} offers no ${label}`);
    await this.page.call('POST', `/element/${option[ELEMENT]}/click`);
  }
}

export class Keyboard extends Hands {
  theme = 'dark';
  name = 'keyboard';

  /** Tabs until the element has the focus, as somebody without a mouse does. What can't be reached is a fault. */
  async reach(id, { most = 120 } = {}) {
    await this.page.find(id);
    for (let step = 0; step < most; step++) {
      const where = await this.page.run(WHERE, id);
      if (where === 'there') return this.#seen(id);
      // Of radio buttons Tab finds the chosen one, and arrows the others.
      await this.key(where === 'beside' ? 'Down' : 'Tab');
    }
    assert.fail(`${id} can't be reached by Tab; the focus is on ${await this.page.run('return document.activeElement?.outerHTML.slice(0, 200)')}`);
  }

  /** Whoever tabs has to see where they are: a ring around it, or around what it stands in. */
  async #seen(id) {
    const ring = await this.page.run(`
      const one = document.activeElement;
      const drawn = (element) => { const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element); return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none'; };
      return drawn(one) || (one.parentElement !== null && drawn(one.parentElement)) ? '' : one.outerHTML.slice(0, 200) + (one.matches(':focus-visible') ? ' visible' : ' not visible') + getComputedStyle(one.parentElement).outline;`);
    assert.equal(ring, '', `${id} has the focus, and nothing shows it`);
  }

  async press(id) {
    await this.reach(id);
    const kind = await this.page.run('const one = document.activeElement; return one.matches("input[type=checkbox], input[type=radio], select") ? (one.checked && one.type === "radio" ? "" : "space") : "Return"');
    if (kind) await this.key(kind);
  }

  async write(id, text) {
    await this.reach(id);
    await this.key('ctrl+a');
    await this.type(text);
  }

  /** Of a closed list: its first letters lead near, arrows lead there. A blank would open it. */
  async pick(id, label) {
    await this.reach(id);
    await this.type(label.split(' ')[0]);
    await sleep(200);
    const steps = await this.page.run(
      'const all = document.activeElement; return [...all.options].findIndex((one) => one.label.includes(arguments[0])) - all.selectedIndex',
      label,
    );
    if (steps !== 0) await this.key(...Array(Math.abs(steps)).fill(steps < 0 ? 'Up' : 'Down'));
  }
}

const WHERE = `
  const wanted = [...document.querySelectorAll('[data-testid="' + CSS.escape(arguments[0]) + '"]')].find((one) => one.checkVisibility());
  const one = document.activeElement;
  if (!wanted || one === document.body) return 'away';
  if (wanted === one || wanted.contains(one)) return 'there';
  return one.type === 'radio' && wanted.type === 'radio' && one.name === wanted.name ? 'beside' : 'away';`;

/** What axe finds wrong in the page as it is painted, one line each. */
async function violations(page) {
  axe ??= await readFile(new URL('../../ui/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  if (!(await page.run('return Boolean(window.axe)'))) await page.run(`${axe}\nreturn true`);
  return page.run(
    `return axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'], rules: { 'page-has-heading-one': { enabled: false }, region: { enabled: false } } }).then(({ violations }) =>
       violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.target + (node.any[0] ? ' (' + node.any[0].message.replace(/\\s+/g, ' ').slice(0, 160) + ')' : '')).join('; ')))`,
    RULES,
  );
}
