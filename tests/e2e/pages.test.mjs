// The main window: every page, the list of calls and what is done in it, by mouse and by keyboard alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { callId, withApp } from './app.mjs';
import { until } from './driver.mjs';
import { BOTH, handsOf } from './hands.mjs';

const ADA = { from: '+442079460123', to: '201' };
const KONRAD = { from: '+493023125012', to: '201' };
const NOBODY = { from: '+61255500199', to: '201' };
const PAGES = ['connections', 'phones', 'contacts', 'numbers', 'rules', 'privacy', 'about', 'calls'];

/** Three calls that are over. Their cards would lie on the pages that are looked at. */
async function some(app) {
  await app.ringside('settings', 'set', 'pop', 'never');
  for (const who of [KONRAD, NOBODY, ADA]) {
    const id = callId();
    for (const state of ['ringing', 'answered', 'ended']) await app.ring({ ...who, call_id: id, state });
  }
  await app.call('is in the list', (call) => call.is_over && call.lookup.matches[0]?.contact.name === 'Ada Lovelace');
}
const rows = (page) => page.run('return [...document.querySelectorAll("[data-testid=main-call-row]")].length');

for (const [hand, colours] of BOTH) {
  test(`every page of the main window, and the work in the list: ${hand}`, async () => {
    await withApp({ ...colours, hidden: false }, async (app, page) => {
      const hands = handsOf(hand, app, page);
      await some(app);
      await page.view('main');
      await until('the main window', () => app.isShown('Ringside'));
      await until('three rows', async () => (await rows(page)) === 3);
      await hands.front('Ringside');
      for (const name of PAGES) {
        await hands.press(`nav-${name}`);
        await until(`the page ${name}`, () => page.run('return document.querySelector(`[data-testid="nav-${arguments[0]}"]`).getAttribute("aria-current") === "page"', name));
        await hands.look(`page-${name}`);
      }

      // Unreadable numbers: from the side bar to the list of them.
      await hands.press('index-unreadable');
      await page.find('unreadable-row');
      assert.match(await page.text('unreadable'), /Ada Lovelace[^]*n\/a/);
      await hands.look('page-unreadable');

      await hands.press('nav-calls');
      await hands.write('calls-filter', 'zuse');
      await until('one row', async () => (await rows(page)) === 1);
      await hands.look('calls-filtered');
      await hands.write('calls-filter', 'zz');
      await page.find('calls-all');
      await hands.press('calls-all');
      await until('three rows', async () => (await rows(page)) === 3);

      // A note of later, in the row that is opened.
      if (hand === 'mouse') await hands.press('main-call-open-0');
      else {
        await hands.reach('main-call-open-0');
        await hands.key('Down', 'Up', 'Return');
      }
      await hands.write('details-note', 'Call her back on Tuesday');
      await app.call('has the note', (call) => call.note === 'Call her back on Tuesday');
      await hands.press('details-why');
      await page.reads('trace', /Local index|Address book/);
      await hands.look('calls-details');
      await hands.press('main-call-open-0');
      await page.gone('call-details');

      // Several at once.
      if (hand === 'mouse') {
        await hands.press('calls-select');
        await hands.press('bulk-all');
      } else {
        await hands.reach('main-call-open-0');
        await hands.key('shift+Down', 'shift+Down');
      }
      await page.reads('bulk-count', /3 selected/);
      await hands.look('calls-selected');
      await hands.press('bulk-set_aside');
      await page.reads('bulk-result', /3 calls done/);
      assert.deepEqual((await app.calls()).map((call) => call.log.state), ['set_aside', 'set_aside', 'set_aside']);
      if (hand === 'mouse') await hands.press('bulk-done');
      else {
        await hands.reach('bulk-done');
        await hands.key('Escape');
      }
      await page.gone('bulk');
      await hands.look('calls-set-aside');
    });
  });
}

test('every page of the main window: german', async () => {
  await withApp({ german: true, hidden: false }, async (app, page) => {
    await some(app);
    await page.view('main');
    await until('three rows', async () => (await rows(page)) === 3);
    const hands = handsOf('mouse', app, page);
    for (const name of PAGES) {
      await page.run('document.querySelector(`[data-testid="nav-${arguments[0]}"]`).click()', name);
      await hands.look(`german-${name}`);
      // Words of the two languages that both can't have.
      assert.doesNotMatch(await page.run('return document.querySelector("main").innerText'), /\b(the|with|and|your|which|Choose|Settings)\b/, `English on the page ${name}`);
    }
  });
});
