// Larger text: every window grows with it, nothing is cut off, and the keys of a browser change it wherever the keyboard is.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { callId, focused, withApp } from './app.mjs';
import { until } from './driver.mjs';

const execute = promisify(execFile);
const ADA = { from: '+442079460123', to: '201' };
/** Nobody has it: the card offers all there is to do. */
const STRANGER = { from: '+442079460077', to: '201' };

/** Place and size of the window on the screen, in its pixels. */
async function geometry(app, title) {
  const { stdout } = await execute('xdotool', ['search', '--onlyvisible', '--name', `^${title}$`, 'getwindowgeometry', '--shell'], { env: app.env });
  const read = (name) => Number(new RegExp(`^${name}=(-?\\d+)$`, 'm').exec(stdout)?.[1]);
  return { x: read('X'), y: read('Y'), width: read('WIDTH'), height: read('HEIGHT') };
}

const sized = (app, title, what, wanted) =>
  until(`${title} ${what}`, async () => {
    const now = await geometry(app, title);
    return wanted(now) && now;
  });

/** The window on the screen: 1280 × 800, as tests/e2e/session.sh makes it. */
function inSight({ x, y, width, height }) {
  return x >= 0 && y >= 0 && x + width <= 1280 && y + height <= 800;
}

/** What sticks out of the window to the side, or below where no scrolling leads to it. */
const cutOff = (page) =>
  page.run(`
    const scroller = document.scrollingElement;
    const scrolls = getComputedStyle(document.body).overflowY === 'auto';
    const inner = (element) => {
      for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(up).overflow)) return true;
      }
      return false;
    };
    const out = [...document.querySelectorAll('button, input, select, textarea, [data-testid]')]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !inner(element))
      .map((element) => [element.dataset.testid ?? element.tagName, element.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && (box.left < -0.5 || box.right > innerWidth + 0.5 || (!scrolls && box.bottom > innerHeight + 0.5)))
      .map(([name, box]) => name + ' ' + [box.left, box.top, box.right, box.bottom].map(Math.round).join(','));
    if (scroller.scrollWidth > innerWidth) out.push('the page: ' + scroller.scrollWidth + ' of ' + innerWidth);
    return out;`);

/** The person's pointer, on the window as it stands on the screen: the driver knows of no zoom. */
async function click(app, page, id) {
  await page.find(id);
  const zoom = (await app.ringside('settings', 'show')).text_size / 100;
  const [x, y] = await page.run(`
    const box = document.querySelector('[data-testid="${id}"]').getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];`);
  const { stdout } = await execute('xdotool', ['search', '--onlyvisible', '--name', '^Ringside: call$'], { env: app.env });
  const at = [x, y].map((one) => String(Math.round(one * zoom)));
  await execute('xdotool', ['mousemove', '--window', stdout.trim(), ...at], { env: app.env });
  // The card ignores presses on what has just come.
  await sleep(800);
  await execute('xdotool', ['click', '1'], { env: app.env });
}

async function nothingCutOff(page) {
  let out = [];
  await until('nothing to be cut off', async () => (out = await cutOff(page)).length === 0).catch(() => assert.deepEqual(out, []));
}

test('at 200 % the card is twice as wide, all of it is in sight, and its buttons are reached', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ ...ADA, call_id: id });
    await page.reads('card-name', /Ada Lovelace/);
    const small = await sized(app, 'Ringside: call', 'at 100 %', ({ width }) => width === 380);
    await sleep(300);
    const { height } = await geometry(app, 'Ringside: call');
    // Live, while the card is there.
    await app.ringside('settings', 'set', 'text_size', '200');
    const large = await sized(app, 'Ringside: call', 'at 200 %', (now) => now.width === 760 && Math.abs(now.height - 2 * height) <= 2);
    assert.ok(inSight(large), JSON.stringify(large));
    assert.equal(large.y, small.y, 'in the corner where it was');
    assert.equal(large.x + large.width, small.x + small.width);
    await until('the page to be as wide as before', async () => (await page.run('return innerWidth')) === 380);
    await nothingCutOff(page);
    await sleep(250);
    await app.shoot('card-200');
    await click(app, page, 'btn-note');
    await page.find('note');
    await nothingCutOff(page);
    await app.ring({ ...ADA, call_id: id, state: 'ended' });
    await page.reads('call-state', /Missed/);
    await nothingCutOff(page);
    await click(app, page, 'btn-dismiss');
    await until('the card to go', async () => !(await app.isShown('Ringside: call')));

    // One that needs more room than the screen has: what is below scrolls into sight.
    const stranger = callId();
    await app.ring({ ...STRANGER, call_id: stranger });
    await page.reads('card-name', /7946 0077|0077/);
    await click(app, page, 'btn-create');
    await page.find('create-submit');
    const form = await sized(app, 'Ringside: call', 'with the form', (now) => now.width === 760 && now.height > 600);
    assert.ok(inSight(form), JSON.stringify(form));
    await nothingCutOff(page);
    const reached = await page.run(`
      const button = document.querySelector('[data-testid=create-submit]');
      button.scrollIntoView({ block: 'nearest' });
      const box = button.getBoundingClientRect();
      return box.top >= -1 && box.bottom <= innerHeight + 1;`);
    assert.ok(reached, 'the last button of the form');
    await sleep(250);
    await app.shoot('card-200-create');
  });
});

test('a fresh start comes up in the size that was set, also the search window, and Ctrl with plus, minus and 0 changes it', async () => {
  await withApp({}, async (app, page) => {
    await app.ringside('settings', 'set', 'text_size', '150');
    await app.ringside('search');
    await until('the search window', () => app.isShown('Ringside: search'));
    const size = (width, height) => sized(app, 'Ringside: search', `${width} × ${height}`, (now) => now.width === width && now.height === height);
    assert.ok(inSight(await size(960, 630)));
    await page.view('search');
    assert.equal(await page.run('return innerWidth'), 640);
    await focused(app.env, 'Ringside: search');
    const key = (name) => execute('xdotool', ['key', name], { env: app.env });
    const percent = (wanted) => until(`${wanted} %`, async () => (await app.ringside('settings', 'show')).text_size === wanted);
    await key('ctrl+plus');
    await percent(175);
    await key('ctrl+plus');
    await percent(200);
    // As large as the screen lets it be.
    assert.ok(inSight(await size(1248, 768)));
    assert.deepEqual(await cutOff(page), []);
    await sleep(250);
    await app.shoot('search-200');
    await key('ctrl+minus');
    await percent(175);
    await key('ctrl+0');
    await percent(100);
    await size(640, 420);
    await assert.rejects(app.ringside('settings', 'set', 'text_size', '300'), /100, 115, 130, 150, 175, 200/);
  });
});
