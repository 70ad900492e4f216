// Effort is a feature: how many keys a person presses from a call to its log, counted with a real keyboard in the real window.
// What they have to say themselves (a name, a query) is not counted, nor is the hotkey that gives a window the keyboard.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { callId, focused as hasKeyboard, withApp } from './app.mjs';
import { until } from './driver.mjs';

const execute = promisify(execFile);
const ADA = { from: '+442079460123', to: '201' };
const NOBODY = { from: '+61255500199', to: '201' };

/** A keyboard that counts. */
function keyboard(app) {
  const counted = [];
  return {
    counted,
    /** Gives a window the keyboard. */
    hotkey: (keys) => execute('xdotool', ['key', keys], { env: app.env }),
    press: async (keys) => {
      counted.push(keys);
      await execute('xdotool', ['key', keys], { env: app.env });
    },
    type: (text) => execute('xdotool', ['type', '--delay', '20', text], { env: app.env }),
  };
}

const focused = (app, title) => hasKeyboard(app.env, title);

/** A call that rang, was answered and is over. */
async function over(app, page, who) {
  const id = callId();
  await app.ring({ ...who, call_id: id });
  await page.view('card');
  await page.find('call-state');
  await app.ring({ ...who, call_id: id, state: 'answered' });
  await app.ring({ ...who, call_id: id, state: 'ended' });
  await page.reads('call-state', /Ended/);
  return id;
}

const logged = (app, id, name) => app.call(`is logged on ${name}`, (call) => call.provider_call_id === id && call.log.state === 'logged' && call.log.contact_name === name, { within: 20_000 });
const say = (what, keys, most) => {
  console.log(`effort: ${what}: ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}${keys.length ? ` (${keys.join(', ')})` : ''}`);
  assert.ok(keys.length <= most, `${what} takes ${keys.length} keys, and ${most} are enough`);
};

test('from a call to its log, in keys', async () => {
  await withApp({}, async (app, page) => {
    await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+K');
    await app.ringside('settings', 'set', 'search_hotkey', 'Ctrl+Shift+F');

    // One exact match.
    let keys = keyboard(app);
    let id = await over(app, page, ADA);
    await keys.hotkey('ctrl+shift+k');
    await focused(app, 'Ringside: call');
    await keys.press('ctrl+Return');
    await logged(app, id, 'Ada Lovelace');
    say('one exact match, logged', keys.counted, 1);
    await app.ringside('quit').catch(() => {});
  });

  await withApp({}, async (app, page) => {
    // Nobody: searched by name.
    await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+K');
    const keys = keyboard(app);
    const id = await over(app, page, NOBODY);
    await keys.hotkey('ctrl+shift+k');
    await focused(app, 'Ringside: call');
    await keys.press('s');
    await focused(app, 'Ringside: search');
    await keys.type('noether');
    await page.view('search');
    await page.reads('search-row-0', /Emmy Noether/);
    await keys.press('Return');
    await logged(app, id, 'Emmy Noether');
    say('unknown, searched, logged: the query and', keys.counted, 2);
  });

  await withApp({}, async (app, page) => {
    // Nobody: a new Lead. What was created last is the type that the form begins with.
    await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+K');
    const first = await over(app, page, { from: '+61255500198', to: '201' });
    await page.click('btn-create');
    await page.click('create-type-lead');
    await page.type('create-name', 'Grete Hermann');
    await page.click('create-submit');
    await app.call('waits for its contact', (call) => call.provider_call_id === first && call.creation !== null);

    const keys = keyboard(app);
    const id = await over(app, page, NOBODY);
    await keys.hotkey('ctrl+shift+k');
    await focused(app, 'Ringside: call');
    await keys.press('c');
    await until('the caret in the name', () => page.run('return document.activeElement?.dataset.testid === "create-name"'));
    await keys.type('Hedy Lamarr');
    await keys.press('ctrl+Return');
    const call = await logged(app, id, 'Hedy Lamarr');
    assert.equal(call.log.contact.contact_type, 'lead');
    say('unknown, new Lead, logged: the name and', keys.counted, 2);
  });
});

test('no key at all, by rule', async () => {
  await withApp({}, async (app, page) => {
    await app.ringside('settings', 'set', 'log_rule', 'always');
    await app.ringside('rehearse', 'known');
    await page.view('card');
    await page.reads('card-name', /Ada Lovelace/);
    await app.call('is logged by rule', (call) => call.log.state === 'logged' && call.log.contact_name === 'Ada Lovelace', { within: 30_000 });
    say('one exact match, logged by rule', [], 0);
  });
});
