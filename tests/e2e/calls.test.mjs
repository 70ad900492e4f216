// The whole way of a call, in the real window: who it is, who it becomes, and what the journal holds in the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { until } from './driver.mjs';
import { callId, withApp } from './app.mjs';

// Numbers from the ranges that are kept free for fiction; see crates/sources/src/rehearsal/people.rs.
const ADA = { from: 'sip:+442079460123@pbx.example.com', to: '201' };
const SEVERAL = { from: '0012025550142', to: '201' };
const NOBODY = { from: '+61255500199', to: '201' };

test('a known caller: card with the name, choose, note, log, journal', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ ...ADA, call_id: id });
    assert.equal(await page.text('card-name'), 'Ada Lovelace');
    assert.match(await page.text('card-number'), /020 7946 0123/);
    assert.match(await page.text('card-grade'), /exact match/);
    assert.match(await page.text('card-source'), /Address book/);
    assert.ok(await app.isShown('Ringside: call'), 'the card is on the screen');
    await page.all('btn-refresh');
    await sleep(250);
    await app.shoot('known-ringing');

    await app.ring({ ...ADA, call_id: id, state: 'answered' });
    await page.type('note', 'Wants the drawings of the mill.');
    await page.reads('note-state', /saved/);
    await app.shoot('known-note');
    // Saved as typed: it is in the journal while the call goes on.
    await app.call('has the note', (call) => call.note === 'Wants the drawings of the mill.' && !call.is_over);

    await app.ring({ ...ADA, call_id: id, state: 'ended' });
    await page.reads('call-state', /Ended/);
    await page.click('btn-log');
    await page.reads('log-state', /Logged/);
    await app.shoot('known-logged');
    const call = await app.call('is logged', (call) => call.log.state === 'logged');
    assert.equal(call.log.contact_name, 'Ada Lovelace');
    assert.equal(call.note, 'Wants the drawings of the mill.');
    assert.equal(call.provider_call_id, id);
    assert.equal(call.direction, 'in');
  });
});

test('several matches: they wait for a choice, and stay where they are', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ ...SEVERAL, call_id: id });
    assert.match(await page.text('card-name'), /3 people at Harbor Compilers|3 possible callers/);
    const names = async () => Promise.all([1, 2, 3].map((place) => page.text(`match-${place}`)));
    const before = await names();
    await app.shoot('several');
    // Until the card rests: it ignores presses on what has just come or moved.
    await sleep(600);
    await page.click('match-2');
    const call = await app.call('has a choice', (call) => call.choice !== null);
    assert.equal(call.choice.by, 'person');
    assert.ok(before[1].includes(call.choice.contact.name), `${call.choice.contact.name} is not in ${before[1]}`);
    assert.deepEqual(
      (await names()).map((text) => text.split('\n')[0]),
      before.map((text) => text.split('\n')[0]),
      'nothing moved',
    );
  });
});

test('an unknown caller: search by name, assign, logged', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ ...NOBODY, call_id: id });
    await page.reads('not-found', /Not in Address book/);
    await sleep(250);
    await app.shoot('unknown');
    await page.click('btn-search');
    await page.view('search');
    await page.type('search-input', 'noether');
    await page.reads('search-row-0', /Emmy Noether/);
    await until('the search window on the screen', () => app.isShown('Ringside: search'));
    await app.shoot('search');
    await page.press('Enter');
    await until('the search window to go', async () => !(await app.isShown('Ringside: search')));
    await page.view('card');
    await page.reads('card-name', /Emmy Noether/);
    await app.ring({ ...NOBODY, call_id: id, state: 'answered' });
    await app.ring({ ...NOBODY, call_id: id, state: 'ended' });
    await page.reads('call-state', /Ended/);
    await page.click('btn-log');
    const call = await app.call('is logged', (call) => call.log.state === 'logged');
    assert.equal(call.log.contact_name, 'Emmy Noether');
  });
});

test('an unknown caller: create a Lead in the dialog, logged on it', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ ...NOBODY, call_id: id });
    await page.click('btn-create');
    await page.click('create-type-lead');
    await page.type('create-name', 'Hedy Lamarr');
    assert.match(await page.run('return document.querySelector("[data-testid=create-number]").value'), /61255500199|02 5550 0199|2 5550 0199/);
    await sleep(300);
    await app.shoot('create');
    await page.click('create-submit');
    await page.reads('card-name', /Hedy Lamarr/);
    await app.ring({ ...NOBODY, call_id: id, state: 'answered' });
    await app.ring({ ...NOBODY, call_id: id, state: 'ended' });
    await page.reads('call-state', /Ended/);
    await page.click('btn-log');
    const call = await app.call('is logged', (call) => call.log.state === 'logged');
    assert.equal(call.log.contact.contact_type, 'lead');
    assert.equal(call.log.contact_name, 'Hedy Lamarr');
    // The next call of this number is known.
    const next = callId();
    await app.ring({ ...NOBODY, call_id: next });
    await app.call('is recognised', (call) => call.provider_call_id === next && call.lookup.matches[0]?.contact.name === 'Hedy Lamarr');
  });
});

test('a person who is there already is offered before a second record is made', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ ...NOBODY, call_id: id });
    await page.click('btn-create');
    await page.type('create-name', 'Emmy Noether');
    await page.type('create-email', 'emmy@ring.example');
    await page.reads('dup', /Emmy Noether/);
    await sleep(300);
    await app.shoot('duplicate');
    await page.click('dup-add');
    await page.reads('card-name', /Emmy Noether/);
    const found = await app.ringside('lookup', NOBODY.from);
    assert.match(JSON.stringify(found), /Emmy Noether/, 'the number was added to her');
    const all = await app.ringside('search', 'Emmy Noether');
    assert.equal(all.rows.length, 1, 'and no second record was made');
  });
});

test('a contact added by another process: Refresh finds it', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ ...NOBODY, call_id: id });
    await page.reads('not-found', /Not in Address book/);
    await app.ringside('create', 'Katherine Johnson', '--number', NOBODY.from, '--company', 'Orbits');
    await page.click('btn-refresh');
    await page.reads('card-name', /Katherine Johnson/);
    await app.shoot('refreshed');
    await page.click('btn-why');
    await page.find('trace');
    assert.match(await page.text('trace'), /Address book/);
    await sleep(250);
    await app.shoot('why');
  });
});

test('a withheld number: a calm card and no lookup', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ from: 'anonymous', to: '201', call_id: id });
    assert.equal(await page.text('card-name'), 'Number withheld');
    assert.deepEqual(await page.all('not-found'), []);
    await sleep(250);
    await app.shoot('withheld');
    const call = await app.call('is withheld', (call) => call.provider_call_id === id);
    assert.equal(call.caller.kind, 'withheld');
    assert.deepEqual(call.lookup.asked, []);
  });
});

test('two calls at once: the newest on top, the other a strip away', async () => {
  await withApp({}, async (app, page) => {
    const [id, second] = [callId(), callId()];
    await app.ring({ ...ADA, call_id: id });
    await page.reads('card-name', /Ada Lovelace/);
    await app.ring({ from: '+493023125012', to: '202', call_id: second });
    await page.reads('card-name', /Konrad Zuse/);
    await sleep(250);
    await app.shoot('two-calls');
    assert.match(await page.text('card-strip'), /Ada Lovelace/);
    await page.click('card-strip');
    await page.reads('card-name', /Ada Lovelace/);
    await app.ring({ ...ADA, call_id: id, state: 'ended' });
    await app.ring({ from: '+493023125012', to: '202', call_id: second, state: 'answered' });
    const calls = await app.calls();
    assert.equal(calls.filter((call) => [id, second].includes(call.provider_call_id)).length, 2);
  });
});

test('a log on the wrong person is moved', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    await app.ring({ ...SEVERAL, call_id: id });
    await page.click('match-1');
    await app.ring({ ...SEVERAL, call_id: id, state: 'answered' });
    await app.ring({ ...SEVERAL, call_id: id, state: 'ended' });
    await page.reads('call-state', /Ended/);
    await page.click('btn-log');
    const first = await app.call('is logged', (call) => call.log.state === 'logged');
    await page.click('btn-move');
    await page.find('move');
    await page.click('move-2');
    const moved = await app.call('is logged elsewhere', (call) => call.log.state === 'logged' && call.log.contact.id !== first.log.contact.id);
    assert.equal(moved.id, first.id);
    await app.shoot('moved');
  });
});

test('an outgoing call stays off the card where the rules say so, also beside one that is on it', async () => {
  await withApp({}, async (app, page) => {
    await app.ringside('settings', 'set', 'pop', 'incoming');
    // The page reads the settings anew.
    await sleep(500);
    const [out, id] = [callId(), callId()];
    await app.ring({ from: '+493023125012', to: '201', direction: 'out', call_id: out });
    await app.call('is in the list', (call) => call.provider_call_id === out);
    await sleep(500);
    assert.equal(await app.isShown('Ringside: call'), false);
    await app.ring({ ...ADA, call_id: id });
    await page.reads('card-name', /Ada Lovelace/);
    await until('the card on the screen', () => app.isShown('Ringside: call'));
    assert.deepEqual(await page.all('card-strip'), []);
  });
});
