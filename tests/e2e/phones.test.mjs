// Phones in the real window: choosing and adding one, its states, "Call yourself now", and a storm of calls on a queue.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { callId, withApp } from './app.mjs';
import { freePort, until } from './driver.mjs';
import { Asterisk, Baresip } from './exchanges.mjs';

const execute = promisify(execFile);
// Numbers from the ranges that are kept free for fiction; see crates/sources/src/rehearsal/people.rs.
const ADA = '+442079460123';
/** One phone hears of 64 calls at most; these are the lines of one agent. */
const EXTENSIONS = ['201', '202', '203', '204'];
const themes = [
  ['light', {}],
  ['dark', { dark: true }],
];

/** A picture in this theme, of the page at rest. */
const picture = (app, theme) => async (name) => {
  await sleep(300);
  await app.shoot(theme === 'light' ? name : `${name}-${theme}`);
};

/** Types over what is in a field. */
async function fill(page, id, text) {
  await page.find(id);
  await page.run('const field = document.querySelector(`[data-testid="${arguments[0]}"]`); field.scrollIntoView({ block: "center" }); field.focus(); field.select();', id);
  await page.type(id, text);
}

const value = (page, id) => page.run('return document.querySelector(`[data-testid="${arguments[0]}"]`)?.value', id);
const focused = (page) => page.run('return document.activeElement?.dataset.testid ?? null');
const phoneState = (page) => page.run('return document.querySelector("[data-testid=phone]")?.dataset.state ?? null');
const marks = (page) => page.run('return [...document.querySelectorAll("[data-testid^=mark-]")].filter((mark) => mark.dataset.heard === "true").map((mark) => mark.dataset.testid.slice(5))');

/** Opens the form of this kind of phone, by its list. */
async function begin(page, kind) {
  await page.click('phone-add');
  await page.find(`phone-kind-${kind}`);
  await page.type('pick-input', kind);
  await page.press('Enter');
  await page.find('phone-form');
}

for (const [theme, options] of themes) {
  test(`phones: baresip is added, checked with a call, goes away, comes back and is removed (${theme})`, async () => {
    const baresip = await new Baresip().listen();
    try {
      await withApp({ hidden: false, ...options }, async (app, page) => {
        const shoot = picture(app, theme);
        await page.view('main');
        await page.click('nav-phones');
        await page.find('phone-add');
        await shoot('phones-empty');
        await page.click('phone-add');
        await page.find('phone-kind-baresip');
        await shoot('phones-pick');
        await page.type('pick-input', 'baresip');
        await page.press('Enter');
        await page.find('phone-form');
        assert.deepEqual(await page.all('phone-field-clear_text'), [], 'on this computer nobody listens in');
        await fill(page, 'phone-field-server', 'pbx.example.com:4444');
        await page.find('phone-field-clear_text');
        await fill(page, 'phone-field-server', baresip.address);
        await page.gone('phone-field-clear_text');
        await fill(page, 'phone-name', 'My softphone');
        await shoot('phones-form');
        await page.press('Enter');
        await until('the phone to be ready', async () => (await phoneState(page)) === 'ready');
        await shoot('phones-ready');

        await page.click('phone-check-begin');
        await page.reads('phone-check-said', /Waiting for your call/);
        const call = { id: callId(), from: ADA, name: 'Ada' };
        baresip.call('INCOMING', call);
        await until('the first marks', async () => (await marks(page)).join() === 'rang,number,name');
        await shoot('phones-check');
        await page.view('card');
        await page.reads('card-name', /Ada Lovelace/);
        baresip.call('ESTABLISHED', call);
        await page.reads('call-state', /In call/);
        baresip.call('CLOSED', call, 'Connection reset by peer');
        await page.reads('call-state', /Ended/);
        await page.click('btn-dismiss');
        await page.view('main');
        await until('all marks', async () => (await marks(page)).length === 5);
        await page.reads('phone-check-said', /It works/);
        await shoot('phones-checked');
        const heard = await app.call('was heard', (one) => one.provider_call_id === call.id && one.state === 'completed');
        assert.equal(heard.lookup.matches[0].contact.name, 'Ada Lovelace');
        assert.equal(heard.unverified, false);
        await page.click('nav-calls');
        await page.reads('main-call-row', /Ada Lovelace/);

        await page.click('nav-phones');
        await baresip.close();
        await until('the trouble', async () => (await phoneState(page)) === 'retrying');
        assert.match(await page.text('phone-trouble'), new RegExp(`${baresip.address.replaceAll('.', '\\.')}`));
        await shoot('phones-trouble');
        await baresip.listen();
        // It may come back by itself while the pointer is on its way.
        await page.click('phone-retry').catch(() => {});
        await until('the phone to be ready again', async () => (await phoneState(page)) === 'ready', { within: 20_000 });

        await page.click('phone-remove');
        await page.click('phone-remove-yes');
        await page.gone('phone');
        assert.deepEqual(await app.ringside('phone', 'list'), []);
        assert.deepEqual(baresip.faults, []);
      });
    } finally {
      await baresip.close();
    }
  });
}

test('phones: a SIP account that is refused keeps all that was typed, and clear text needs consent', async () => {
  await withApp({ hidden: false }, async (app, page) => {
    const shoot = picture(app, 'light');
    await page.view('main');
    await page.click('nav-phones');
    await begin(page, 'sip');
    await fill(page, 'phone-field-address', '201 at the office');
    await fill(page, 'phone-field-password', 'a-password');
    await page.press('Enter');
    await until('the refusal at the address', async () => (await focused(page)) === 'phone-field-address');
    assert.equal(await value(page, 'phone-field-address'), '201 at the office');
    assert.equal(await value(page, 'phone-field-password'), 'a-password');

    const closed = await freePort();
    await fill(page, 'phone-field-address', '201@pbx.example.com');
    // What few people need is behind a line that opens, so that the button is in sight.
    assert.equal(await page.run('return document.querySelector("[data-testid=phone-field-rare]").open'), false);
    await page.run('document.querySelector("[data-testid=phone-field-rare] summary").click()');
    await fill(page, 'phone-field-server', `127.0.0.1:${closed}`);
    assert.deepEqual(await page.all('phone-field-clear_text'), [], 'TLS needs no consent');
    await page.run('const field = document.querySelector("[data-testid=phone-field-transport]"); field.value = "tcp"; field.dispatchEvent(new Event("change", { bubbles: true }));');
    await page.find('phone-field-clear_text');
    await page.press('Enter');
    await until('the consent to be asked for', async () => (await focused(page)) === 'phone-field-clear_text');
    await shoot('phones-consent');
    await page.press(' ');
    await fill(page, 'phone-field-server', `127.0.0.1:${closed}`);
    await page.press('Enter');
    const said = await until('the refusal', () => page.run('return document.querySelector("[data-testid=phone-form-error], [aria-invalid=true]")?.closest("[data-testid=phone-form]")?.innerText.match(/.*127\\.0\\.0\\.1:\\d+.*/)?.[0] ?? null'), { within: 20_000 });
    assert.match(said, new RegExp(`127\\.0\\.0\\.1:${closed}`), said);
    assert.deepEqual(
      await Promise.all(['address', 'password', 'server', 'transport'].map((field) => value(page, `phone-field-${field}`))),
      ['201@pbx.example.com', 'a-password', `127.0.0.1:${closed}`, 'tcp'],
    );
    await shoot('phones-refused');
    assert.deepEqual(await app.ringside('phone', 'list'), [], 'nothing was kept');
    const status = await app.ringside('status');
    assert.ok(!JSON.stringify(status).includes('a-password'));
  });
});

for (const [theme, options] of themes) {
  test(`phones: 200 calls ring at once, and the window lives; who is answered lies on top (${theme})`, async (t) => {
    const asterisk = await new Asterisk().listen();
    try {
      await withApp({ hidden: true, ...options }, async (app, page) => {
        const shoot = picture(app, theme);
        for (const extension of EXTENSIONS) await add(app, asterisk, extension);
        // Of a queue: it is said, under who it is.
        const first = asterisk.ring(ADA, 'Support');
        await page.view('card');
        await page.reads('card-name', /Ada Lovelace/);
        assert.match(await page.run('return document.querySelector("main").innerText'), /Support/);
        await shoot('card-queue');
        asterisk.answer(first);
        asterisk.hangUp(first);
        await page.reads('call-state', /Ended/);
        await page.click('btn-dismiss');
        await until('the card to go', async () => !(await app.isShown('Ringside: call')));

        const moves = await watchWindow(app);
        const slowest = watchPage(page);
        t.after(() => Promise.allSettled([moves(), slowest()]));
        const queued = Array.from({ length: 200 }, (_, at) => asterisk.ring(`+442079460${300 + at}`, 'Support', EXTENSIONS[at % EXTENSIONS.length]));
        await until('all calls in the list', async () => (await ringing(app)) === 200, { within: 20_000, every: 500 });
        await until('the card on the screen', () => app.isShown('Ringside: call'));
        await page.reads('card-more', /\+19\d more calls/);
        assert.equal((await page.all('card-strip')).length, 3);
        await until('one notification for all', async () => (await notified(app)) === 1);
        const worst = await slowest();
        console.log(`the page's slowest answer in the storm: ${worst.toFixed(0)} ms`);
        // The figure is above; what is held here is that the page does not hang, on whatever machine.
        assert.ok(worst < 5000, `the page took ${worst} ms to answer in the storm`);
        await shoot('card-storm');

        // One that has no card: the agent picks it up, and it lies on top.
        const picked = queued.at(-1);
        const began = performance.now();
        asterisk.answer(picked);
        await page.reads('card-name', new RegExp(picked.from.slice(-4)), { within: 5_000 });
        const took = performance.now() - began;
        assert.doesNotMatch(await page.text('call-state'), /Ringing/);
        await shoot('card-storm-answered');
        const changes = await moves();
        console.log(`the answered call was on top after ${took.toFixed(0)} ms; the window was moved or resized ${changes.configured} times`);
        assert.ok(changes.unmapped === 0, `the card flickered: hidden ${changes.unmapped} times`);
        assert.ok(changes.configured < 60, `the card was moved or resized ${changes.configured} times`);

        for (const call of queued.slice(0, -1)) asterisk.giveUp(call);
        await page.reads('card-name', new RegExp(picked.from.slice(-4)));
        assert.deepEqual(asterisk.faults, []);
      });
    } finally {
      await asterisk.close();
    }
  });
}

/** Adds the exchange by the command line; the secret goes over standard input. */
async function add(app, asterisk, extension) {
  const adding = execute(
    process.env.RINGSIDE_CLI,
    ['--profile', 'rehearsal', 'phone', 'add', `Office ${extension}`, '--kind', 'asterisk', '--secrets-from-stdin']
      .concat([`server=${asterisk.address}`, 'transport=tcp', 'user=ringside', `device=PJSIP/${extension}`].flatMap((set) => ['--set', set])),
    { env: app.env, timeout: 20_000 },
  );
  adding.child.stdin.end('secret=listen-only\n');
  await adding;
}

async function ringing(app) {
  const page = await app.ringside('calls', '--limit', '250');
  return page.calls.filter((call) => call.state === 'ringing').length;
}

const notified = async (app) => Number((await execute('dunstctl', ['count', 'displayed'], { env: app.env })).stdout);

/** Asks the page something small again and again. Answers the longest time that it took, in milliseconds. */
function watchPage(page) {
  let worst = 0;
  let done = false;
  // A page that can't be asked any more ends the watching; what it means is the test's to say.
  const asking = (async () => {
    while (!done) {
      const began = performance.now();
      await page.run('return new Promise((drawn) => requestAnimationFrame(() => drawn(true)))');
      worst = Math.max(worst, performance.now() - began);
      await sleep(20);
    }
  })().catch(() => {});
  return async () => {
    done = true;
    await asking;
    return worst;
  };
}

/** Counts what happens to the card's window: how often it is taken off the screen, moved or resized. */
async function watchWindow(app) {
  const { stdout } = await execute('xdotool', ['search', '--name', '^Ringside: call$'], { env: app.env });
  const watcher = spawn('xev', ['-id', stdout.trim().split('\n')[0], '-event', 'structure'], { env: app.env, stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  watcher.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  await sleep(200);
  return async () => {
    watcher.kill();
    const count = (name) => text.split(`${name} event`).length - 1;
    return { unmapped: count('UnmapNotify'), configured: count('ConfigureNotify') };
  };
}
