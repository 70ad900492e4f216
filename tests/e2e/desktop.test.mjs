// Ringside among other programs: focus, keys, a second start, links, notifications, the page's prison.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { OtherWindow, callId, focused, withApp } from './app.mjs';
import { until } from './driver.mjs';

const execute = promisify(execFile);
const ADA = { from: '+442079460123', to: '201' };
const KEYS = 'The quick brown fox jumps over the lazy dog. ';

test('the card does not take the keyboard from another window', async () => {
  await withApp({}, async (app, page) => {
    const id = callId();
    const other = await OtherWindow.open(app.env);
    try {
      const typing = other.type(KEYS.repeat(6));
      await sleep(300);
      await app.ring({ ...ADA, call_id: id });
      await page.reads('card-name', /Ada Lovelace/);
      await until('the card on the screen', () => app.isShown('Ringside: call'));
      assert.equal(await other.active(), 'other window', 'while it is typed into');
      await app.ring({ ...ADA, call_id: id, state: 'answered' });
      await page.find('note');
      assert.equal(await other.active(), 'other window', 'when the card changes');
      await app.shoot('focus');
      await typing;
      await until('all that was typed', async () => (await other.typed()).length >= KEYS.length * 6);
      assert.equal(await other.typed(), KEYS.repeat(6), 'every key went to the other window');
      assert.equal(await page.run('return document.querySelector("[data-testid=note]").value'), '');

      // A click is another matter: the person wants the card.
      const { stdout } = await execute('xdotool', ['search', '--onlyvisible', '--name', '^Ringside: call$'], { env: app.env });
      await execute('xdotool', ['mousemove', '--window', stdout.trim(), '190', '60', 'click', '1'], { env: app.env });
      await focused(app.env, 'Ringside: call');
    } finally {
      await other.close();
    }
  });
});

test('keyboard only: hotkey, note, log, close, search', async () => {
  await withApp({}, async (app, page) => {
    const key = (...keys) => execute('xdotool', ['key', '--delay', '40', ...keys], { env: app.env });
    const type = (text) => execute('xdotool', ['type', '--delay', '15', text], { env: app.env });
    await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+K');
    await app.ringside('settings', 'set', 'search_hotkey', 'Ctrl+Shift+F');
    const id = callId();
    const other = await OtherWindow.open(app.env);
    try {
      await app.ring({ ...ADA, call_id: id });
      await page.reads('card-name', /Ada Lovelace/);
      await until('the card on the screen', () => app.isShown('Ringside: call'));
      await key('ctrl+shift+k');
      await focused(app.env, 'Ringside: call');
      await key('n');
      await type('By hand, no mouse');
      await page.reads('note-state', /saved/);
      await key('Escape');
      await app.ring({ ...ADA, call_id: id, state: 'answered' });
      await app.ring({ ...ADA, call_id: id, state: 'ended' });
      await page.reads('call-state', /Ended/);
      await key('ctrl+Return');
      const call = await app.call('is logged', (call) => call.log.state === 'logged');
      assert.equal(call.note, 'By hand, no mouse');
      await key('shift+Escape');
      await until('the card to go', async () => !(await app.isShown('Ringside: call')));

      await key('ctrl+shift+f');
      await focused(app.env, 'Ringside: search');
      await type('hopper');
      await page.view('search');
      await page.reads('search-row-0', /Grace Hopper/);
      await key('Escape', 'Escape');
      await until('the search window to go', async () => !(await app.isShown('Ringside: search')));
      assert.equal(await other.typed(), '', 'and not one key went to the other window');
    } finally {
      await other.close();
    }
  });
});

test('closing the windows leaves the app; a second start shows the main window', async () => {
  await withApp({ hidden: false }, async (app, page) => {
    await until('the main window', () => app.isShown('Ringside'));
    await page.view('main');
    await app.ring({ ...ADA, call_id: callId() });
    await page.reads('main-call-row', /Ada Lovelace/);
    await sleep(250);
    await app.shoot('main');
    // As a person does it: the window manager asks the window to close.
    await execute('xdotool', ['search', '--onlyvisible', '--name', '^Ringside$', 'windowactivate', '--sync'], { env: app.env });
    await execute('xdotool', ['key', 'alt+F4'], { env: app.env });
    await until('the main window to go', async () => !(await app.isShown('Ringside')));
    const id = callId();
    // Nothing is lost with it: the next call is still looked up.
    await app.ring({ from: '+493023125012', to: '201', call_id: id });
    await app.call('is looked up', (call) => call.provider_call_id === id && call.lookup.matches[0]?.contact.name === 'Konrad Zuse');
    const missed = async () => (await app.ringside('status')).missed;
    await app.ring({ from: '+493023125012', to: '201', call_id: id, state: 'ended' });
    await until('a missed call that nobody has seen', async () => (await missed()) === 1);

    const second = await execute(process.env.RINGSIDE_DESKTOP, ['--profile', 'rehearsal'], { env: app.env, timeout: 10_000 });
    assert.equal(second.stderr, '', 'the second start ends by itself, without complaint');
    await until('the main window again', () => app.isShown('Ringside'));
    await until('the missed call to be seen with it', async () => (await missed()) === 0);
  });
});

test('a link opens a search and nothing else', async () => {
  await withApp({}, async (app, page) => {
    await execute(process.env.RINGSIDE_DESKTOP, ['--profile', 'rehearsal', 'ringside:search?q=Germain'], { env: app.env, timeout: 10_000 });
    await until('the search window', () => app.isShown('Ringside: search'));
    await page.view('search');
    await page.reads('search-row-0', /Sophie Germain/);
    await execute(process.env.RINGSIDE_DESKTOP, ['--profile', 'rehearsal', 'ringside:call?number=%2B442079460123'], { env: app.env, timeout: 10_000 });
    await sleep(500);
    assert.deepEqual(await app.calls(), [], 'a link makes no call');
  });
});

test('the notification names the caller, and goes with the call', async () => {
  await withApp({}, async (app) => {
    const id = callId();
    const shown = async () => Number((await execute('dunstctl', ['count', 'displayed'], { env: app.env })).stdout);
    const before = await shown();
    await app.ring({ ...ADA, call_id: id });
    await until('the notification', async () => (await shown()) === before + 1);
    await sleep(250);
    await app.shoot('notification');
    // Answered: one that was missed would be told of in the place of this one.
    await app.ring({ ...ADA, call_id: id, state: 'answered' });
    await app.ring({ ...ADA, call_id: id, state: 'ended' });
    await until('the notification to go', async () => (await shown()) === before);
  });
});

test('the page is locked in: no network, no other page, no other command', async () => {
  // A peer that would let every page in: if it hears nothing, that is the policy's doing, not a missing network's.
  let heard = 0;
  const peer = createServer((_, answer) => {
    heard++;
    answer.writeHead(200, { 'access-control-allow-origin': '*' }).end('welcome');
  });
  peer.on('upgrade', (_, socket) => {
    heard++;
    socket.destroy();
  });
  await new Promise((ready, failed) => peer.once('error', failed).listen(0, '127.0.0.1', ready));
  const host = `127.0.0.1:${peer.address().port}`;
  try {
    assert.equal(await (await fetch(`http://${host}/`)).text(), 'welcome', 'the peer is there');
    heard = 0;
    await lockedIn(host);
    assert.equal(heard, 0, 'and the peer heard nothing of the page');
  } finally {
    peer.closeAllConnections();
    await new Promise((closed) => peer.close(closed));
  }
});

async function lockedIn(host) {
  await withApp({}, async (app, page) => {
    const tried = await page.run(`
      const violations = [];
      document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
      const outcome = async (work) => { try { await work(); return 'done'; } catch { return 'refused'; } };
      const image = new Image(); image.src = 'http://${host}/x.png';
      const inline = document.createElement('script'); inline.textContent = 'window.inlineRan = true'; document.body.append(inline);
      return Promise.all([
        outcome(() => fetch('http://${host}/')),
        outcome(() => new Promise((yes, no) => { const socket = new WebSocket('ws://${host}/'); socket.onopen = yes; socket.onerror = no; })),
        outcome(() => new Function('return 1')()),
        outcome(() => window.__TAURI_INTERNALS__.invoke('plugin:window|close')),
        outcome(() => window.__TAURI_INTERNALS__.invoke('plugin:event|emit', { event: 'ringside', payload: {} })),
        outcome(() => window.__TAURI_INTERNALS__.invoke('shell', { action: { kind: 'quit' } })),
        outcome(() => window.__TAURI_INTERNALS__.invoke('api', { command: { command: 'hello', args: {} } })),
      ]).then((outcomes) => new Promise((ready) => setTimeout(() => ready({ outcomes, violations, inline: window.inlineRan ?? false }), 300)));`);
    assert.deepEqual(tried.outcomes, ['refused', 'refused', 'refused', 'refused', 'refused', 'refused', 'done']);
    assert.equal(tried.inline, false, 'no script but the bundle runs');
    for (const blocked of [`connect-src http://${host}/`, `connect-src ws://${host}/`, `img-src http://${host}/x.png`]) {
      assert.ok(tried.violations.some((violation) => violation.startsWith(blocked)), `${blocked} is not in: ${tried.violations.join()}`);
    }
    await page.run(`location.href = "http://${host}/"; return 1`).catch(() => {});
    await sleep(500);
    assert.match(await page.run('return location.href'), /^tauri:\/\/localhost/);
  });
}

test('windows leave nothing on the disk', async () => {
  // Without a driver, which needs views that keep things.
  const home = await mkdtemp(join(tmpdir(), 'ringside-e2e-'));
  const env = { ...process.env, RINGSIDE_HOME: home, XDG_DATA_HOME: join(home, 'xdg'), XDG_CACHE_HOME: join(home, 'xdg') };
  const ringside = (...args) => execute(process.env.RINGSIDE_CLI, ['--profile', 'rehearsal', ...args], { env, timeout: 20_000 });
  const app = spawn(process.env.RINGSIDE_DESKTOP, ['--profile', 'rehearsal', '--rehearse=known'], { env, stdio: 'ignore' });
  const ended = new Promise((done) => app.once('exit', done));
  try {
    const shown = async () => (await execute('xdotool', ['search', '--onlyvisible', '--name', '^Ringside: call$'], { env })).stdout;
    await until('the card', shown, { within: 20_000 });
    const { stdout } = await ringside('--json', 'calls');
    assert.match(stdout, /Ada Lovelace/);
    await ringside('quit');
    await ended;
    const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const allowed = /^(config\.toml|windows\.json|ringside\.(db(-wal|-shm)?|lock|[\d-]+\.log)|index)$/;
    assert.deepEqual(files.map((file) => file.name).filter((name) => !allowed.test(name)), []);
    for (const file of files) {
      const text = await readFile(join(file.parentPath ?? file.path, file.name), 'latin1');
      assert.ok(!/Lovelace|79460123/.test(text), `${file.name} names the caller in clear`);
    }
  } finally {
    app.kill();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});

for (const [name, options] of [
  ['dark', { dark: true }],
  ['german', { german: true }],
]) {
  test(`every window can be looked at: ${name}`, async () => {
    await withApp({ ...options, hidden: false }, async (app, page) => {
      const [id, second] = [callId(), callId()];
      await app.ring({ from: '0012025550142', to: '201', call_id: id });
      await page.find('match-1');
      await sleep(300);
      await app.shoot(`${name}-several`);
      await app.ring({ from: '0012025550142', to: '201', call_id: id, state: 'ended' });
      await app.ring({ ...ADA, call_id: second });
      await page.reads('card-name', /Ada Lovelace/);
      await app.ring({ ...ADA, call_id: second, state: 'answered' });
      await page.find('note');
      await page.view('main');
      await page.find('main-call-row');
      if (options.german) assert.match(await page.run('return document.body.innerText'), /Anrufe[^]*im Gespräch/i);
      if (options.dark) {
        const [red, green, blue] = (await page.run('return getComputedStyle(document.body).backgroundColor')).match(/\d+/g).map(Number);
        assert.ok(Math.max(red, green, blue) < 80, `the page is not dark: ${red} ${green} ${blue}`);
      }
      await sleep(300);
      await app.shoot(`${name}-main`);
    });
  });
}
