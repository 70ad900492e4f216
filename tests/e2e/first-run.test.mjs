// A new computer: from the first start to a real call with a name, by the steps that Ringside offers. How long the walk took
// is printed; a person reads meanwhile, and has three minutes for all of it.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { callId, withApp } from './app.mjs';
import { until } from './driver.mjs';
import { BOTH, handsOf } from './hands.mjs';

const CSV = 'Name,Company,Phone\nHypatia Alexandrina,Museion,020 7946 0801\nEmmy Noether,Ring Theory,0131 496 0802\n';

for (const [hand, colours] of BOTH) {
  test(`the first run, to the first call with a name: ${hand}`, async () => {
    // A profile of its own name has keyring entries of its own, too.
    await withApp({ ...colours, hidden: false, profile: `first-${hand}` }, async (app, page) => {
      const hands = handsOf(hand, app, page);
      const began = Date.now();
      const step = async (name) => {
        await until(`the step ${name}`, () => page.run('return document.querySelector("[data-testid=first]")?.dataset.step === arguments[0]', name));
        await hands.look(`first-${name}`);
      };
      await page.view('main');
      await until('the main window', () => app.isShown('Ringside'));
      await hands.front('Ringside');
      await step('rehearsal');
      await hands.press('first-ring');
      await until('the card', () => app.isShown('Ringside: call'), { within: 15_000 });
      await page.view('card');
      await page.reads('card-name', /Ada Lovelace/);
      await hands.look('first-card');
      await page.view('main');
      await page.reads('first-call', /That was it/);
      await hands.press('first-next');
      await step('phone');
      assert.match(await page.text('first-next'), /Skip/);
      await hands.press('first-next');
      await step('contacts');
      await hands.press('first-way-file');
      const file = join(app.home, 'contacts.csv');
      await writeFile(file, CSV);
      await page.find('import');
      await hands.file('import-file', file);
      await page.reads('import', /2 people in contacts\.csv/);
      await hands.press('import-start');
      await page.reads('import-progress', /2 people are in the address book now/);
      await hands.look('first-contacts-taken');
      await hands.press('first-next');
      await step('numbers');
      await hands.pick('first-home', 'United Kingdom');
      await until('the country', async () => (await app.ringside('settings', 'show')).home === 'GB');
      await hands.press('first-next');
      await step('done');
      assert.match(await page.text('first-open'), /No phone yet/);
      await hands.press('first-finish');
      await page.gone('first');
      await hands.look('first-over');

      const id = callId();
      await app.ring({ from: '+442079460801', to: '201', call_id: id });
      await page.view('card');
      await page.reads('card-name', /Hypatia Alexandrina/);
      await until('the card on the screen', () => app.isShown('Ringside: call'));
      console.log(`first run, by ${hand}: ${((Date.now() - began) / 1000).toFixed(1)} s from the first window to a call with a name`);
      await hands.look('first-call');
      assert.equal((await app.ringside('settings', 'show')).welcomed, true, 'it does not come again');
    });
  });
}
