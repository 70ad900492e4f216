// A contact is created ten seconds after it was asked for: until then it can be taken back, and then nothing was ever sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { callId, withApp } from './app.mjs';
import { BOTH, handsOf } from './hands.mjs';

const NOBODY = { from: '+61255500199', to: '201' };
const named = async (app, name) => (await app.ringside('search', name)).rows.filter((row) => row.name === name).length;

for (const [hand, colours] of BOTH) {
  test(`creating: taken back, asked for again, and then it goes through: ${hand}`, async () => {
    await withApp(colours, async (app, page) => {
      const hands = handsOf(hand, app, page);
      await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+K');
      const id = callId();
      await app.ring({ ...NOBODY, call_id: id });
      await page.reads('not-found', /Not in Address book/);
      const form = async () => {
        if (hand === 'mouse') return hands.press('btn-create');
        await hands.key('ctrl+shift+k');
        await hands.focused('Ringside: call');
        await hands.key('c');
      };
      await form();
      await page.find('create-name');
      await hands.press('create-type-lead');
      await hands.write('create-name', 'Sofja Kowalewskaja');
      await hands.look('create-form');
      const submit = () => (hand === 'mouse' ? hands.press('create-submit') : hands.key('ctrl+Return'));
      await submit();
      await page.find('creation');
      await page.reads('btn-undo', /Undo \(\d+ s\)/);
      await hands.look('creation-waits');
      assert.equal(await named(app, 'Sofja Kowalewskaja'), 0, 'nothing is sent yet');
      assert.equal((await app.ringside('status')).creating, 1);

      if (hand === 'mouse') await hands.press('btn-undo');
      else await hands.key('z');
      await page.find('create-name');
      const typed = await page.run('return ["create-name", "create-number"].map((id) => document.querySelector(`[data-testid="${id}"]`).value)');
      assert.equal(typed[0], 'Sofja Kowalewskaja', 'all that was typed is back');
      assert.match(typed[1], /5550 0199|55500199/);
      assert.ok(await page.run('return document.querySelector("[data-testid=create-type-lead]").checked'), 'its type, too');
      assert.equal((await app.ringside('status')).creating, 0);
      await hands.look('creation-taken-back');

      // Corrected, and this time left alone: the ten seconds are waited for once.
      if (hand === 'keyboard') return;
      await hands.write('create-name', 'Sofja Kowalewskaja Jr');
      await submit();
      await page.reads('creation', /Will be created in Address book/);
      const call = await app.call('is about her', (call) => call.provider_call_id === id && call.choice?.contact.name === 'Sofja Kowalewskaja Jr', { within: 20_000 });
      assert.equal(call.choice.contact.contact_type ?? call.choice.contact.ref.contact_type, 'lead');
      assert.equal(await named(app, 'Sofja Kowalewskaja'), 0, 'the one that was taken back never came to be');
      assert.equal(await named(app, 'Sofja Kowalewskaja Jr'), 1);
      await page.gone('creation');
      await hands.look('creation-done');
    });
  });
}
