// What the person decided once, on the card: keys, silence, presenting, whom a call is about, what is never logged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { callId, withApp } from './app.mjs';
import { until } from './driver.mjs';
import { BOTH, handsOf } from './hands.mjs';

const ADA = { from: '+442079460123', to: '201' };
const KONRAD = { from: '+493023125012', to: '201' };
const HOWARD = { from: '+12025550143', to: '201' };
const SEVERAL = { from: '0012025550142', to: '201' };
/** Everything of the page, whether it is in sight or not. */
const source = (page) => page.run('return document.documentElement.outerHTML');

async function rings(app, page, who) {
  const id = callId();
  await app.ring({ ...who, call_id: id });
  await until('the card on the screen', () => app.isShown('Ringside: call'));
  return id;
}

for (const [hand, colours] of BOTH) {
  test(`the keys of the card are on a panel; without single letters none is heard and none is shown: ${hand}`, async () => {
    await withApp(colours, async (app, page) => {
      const hands = handsOf(hand, app, page);
      await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+K');
      const id = await rings(app, page, ADA);
      await page.reads('card-name', /Ada Lovelace/);
      await hands.key('ctrl+shift+k');
      await hands.focused('Ringside: call');
      await hands.key('question');
      await page.reads('keys', /Note[^]*Log the call[^]*Ctrl\+Shift\+K/);
      await hands.look('card-keys');
      if (hand === 'mouse') await hands.press('btn-keys-back');
      else await hands.key('Escape');
      await page.gone('keys');
      await page.find('btn-note');

      await app.ringside('settings', 'set', 'letter_keys', 'off');
      await until('no letter on a button', () => page.run('return [...document.querySelectorAll("kbd")].every((one) => !/^[A-Z]$/.test(one.textContent))'));
      await hands.key('n', 'c', 'x', 'd', 'question');
      await sleep(300);
      for (const opened of ['note', 'create', 'trace', 'keys']) assert.deepEqual(await page.all(opened), [], `${opened} was opened by a letter`);
      await hands.look('card-no-letters');
      // What is no letter is heard as ever.
      await app.ring({ ...ADA, call_id: id, state: 'answered' });
      await app.ring({ ...ADA, call_id: id, state: 'ended' });
      await page.reads('call-state', /Ended/);
      await hands.key('ctrl+Return');
      await app.call('is logged', (call) => call.provider_call_id === id && call.log.state === 'logged');
      assert.equal((await app.calls())[0].note, '', 'and no letter went into the note');
    });
  });

  test(`while others see the screen the card names nobody, until it is asked: ${hand}`, async () => {
    await withApp(colours, async (app, page) => {
      const hands = handsOf(hand, app, page);
      await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+K');
      await app.ringside('present', 'on');
      const id = await rings(app, page, ADA);
      await app.call('is looked up', (call) => call.provider_call_id === id && call.lookup.matches[0]?.contact.name === 'Ada Lovelace');
      await page.reads('card-name', /Caller known/);
      assert.doesNotMatch(await source(page), /Lovelace|7946|Analytical|0123/, 'nothing of her is in the page');
      await hands.look('card-presenting');
      if (hand === 'mouse') await hands.press('btn-reveal');
      else await hands.key('ctrl+shift+k');
      await page.reads('card-name', /Ada Lovelace/);
      await hands.look('card-revealed');
      // The next one is a secret again.
      await app.ring({ ...ADA, call_id: id, state: 'ended' });
      await rings(app, page, KONRAD);
      await page.reads('card-name', /Caller known/);
      assert.doesNotMatch(await source(page), /Zuse|23125/);
      await app.ringside('present', 'off');
      await page.reads('card-name', /Konrad Zuse/);
    });
  });

  test(`a pause keeps the card away, and says so in the main window: ${hand}`, async () => {
    await withApp({ ...colours, hidden: false }, async (app, page) => {
      const hands = handsOf(hand, app, page);
      await page.view('main');
      await until('the main window', () => app.isShown('Ringside'));
      await hands.front('Ringside');
      await hands.press('quiet-half');
      await page.reads('quiet-paused', /Paused until (\w+ \d+, )?\d\d:\d\d/);
      const id = callId();
      await app.ring({ ...ADA, call_id: id });
      await page.reads('main-call-row', /Ada Lovelace/);
      await sleep(500);
      assert.equal(await app.isShown('Ringside: call'), false);
      await hands.look('main-paused');
      await app.ring({ ...ADA, call_id: id, state: 'ended' });
      await hands.press('quiet-resume');
      await page.find('quiet-half');
      await app.ring({ ...KONRAD, call_id: callId() });
      await until('the card', () => app.isShown('Ringside: call'));
    });
  });

  test(`several matches: the rule chooses, and the card says which one; a number on the list is never logged: ${hand}`, async () => {
    await withApp(colours, async (app, page) => {
      const hands = handsOf(hand, app, page);
      await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+K');
      await app.ringside('settings', 'set', 'several', 'first');
      const id = await rings(app, page, SEVERAL);
      await page.reads('log-state', /your rule: the first/);
      const [first] = await app.calls();
      assert.equal(first.choice.by, 'first');
      assert.deepEqual(first.choice.contact.ref, first.lookup.matches[0].contact.ref);
      await hands.look('card-rule-first');
      // The person knows better, and may take that back as well.
      if (hand === 'mouse') await hands.press('match-2');
      else {
        await hands.key('ctrl+shift+k');
        await hands.focused('Ringside: call');
        await hands.key('2');
      }
      await app.call('has another choice', (call) => call.choice?.by === 'person');
      if (hand === 'mouse') await hands.press('btn-undo');
      else await hands.key('z');
      await app.call('is as the rule said', (call) => call.choice?.by === 'first');
      await app.ring({ ...SEVERAL, call_id: id, state: 'ended' });

      // Spoken with last: one of the three, who called from a number of his own.
      const spoken = callId();
      for (const state of ['ringing', 'answered', 'ended']) await app.ring({ ...HOWARD, call_id: spoken, state });
      const { choice } = await app.call('is about him', (call) => call.provider_call_id === spoken && call.is_over && call.choice !== null);
      await app.ringside('settings', 'set', 'several', 'last_spoken');
      const again = await rings(app, page, SEVERAL);
      const call = await app.call('has a choice', (call) => call.provider_call_id === again && call.choice !== null);
      assert.deepEqual([call.choice.by, call.choice.contact.ref], ['last_spoken', choice.contact.ref]);
      await page.reads('log-state', /Howard Aiken[^]*your rule: spoke with last/);
      await hands.look('card-rule-last-spoken');
      await app.ring({ ...SEVERAL, call_id: again, state: 'ended' });

      await app.ringside('settings', 'set', 'log_rule', 'always');
      await app.ringside('settings', 'set', 'never_log', ADA.from);
      try {
        const private_ = await rings(app, page, ADA);
        await page.reads('log-state', /Never logged: this number is on your list/);
        await app.ring({ ...ADA, call_id: private_, state: 'answered' });
        await app.ring({ ...ADA, call_id: private_, state: 'ended' });
        await page.reads('call-state', /Ended/);
        await hands.look('card-never-log');
        await sleep(500);
        const { log } = (await app.calls()).find((call) => call.provider_call_id === private_);
        assert.ok(['not_logged', 'set_aside'].includes(log.state), `it is ${log.state}`);
        await assert.rejects(app.ringside('log', 'last'), /never logged/i);
      } finally {
        // It lies in the keyring of this session, which other tests share.
        await app.ringside('settings', 'set', 'never_log', '');
      }
    });
  });
}
