// The secret store is locked when a call comes, and is unlocked while it goes on: said, kept, merged. By its name the last of
// these files: it takes the session's secret store away with it.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

import { callId, withApp } from './app.mjs';
import { until } from './driver.mjs';

const execute = promisify(execFile);
const COLLECTION = '/org/freedesktop/secrets/collection/login';

/** The daemon of this session in the place of the one before, with the same keyring. The last one stays until the end. */
let daemon;
async function restart({ locked }) {
  const before = daemon;
  daemon = spawn('gnome-keyring-daemon', ['--foreground', '--replace', '--components=secrets', ...(locked ? [] : ['--unlock'])], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  daemon.stdin.end(locked ? '' : process.env.RINGSIDE_KEYRING_PASSWORD);
  await until(`the keyring to be ${locked ? 'locked' : 'open'}`, async () => (await isLocked()) === locked);
  before?.kill();
}
after(() => daemon?.kill());

async function isLocked() {
  const { stdout } = await execute('dbus-send', [
    ...['--session', '--print-reply=literal', '--dest=org.freedesktop.secrets', COLLECTION],
    ...['org.freedesktop.DBus.Properties.Get', 'string:org.freedesktop.Secret.Collection', 'string:Locked'],
  ]);
  return /true/.test(stdout);
}

test('the keyring is locked, then unlocked', async () => {
  const id = callId();
  await restart({ locked: true });
  await withApp({}, async (app, page) => {
    await app.ring({ from: '+442079460123', to: '201', call_id: id });
    await page.find('card');
    await page.find('banner-memory');
    await app.ring({ from: '+442079460123', to: '201', call_id: id, state: 'answered' });
    await page.type('note', 'Said while locked');
    await page.reads('note-state', /memory|saved/);
    await app.shoot('locked');
    assert.equal((await app.ringside('status')).store.kind, 'in_memory');

    await restart({ locked: false });
    await page.click('btn-unlock');
    await page.gone('banner-memory');
    await app.shoot('unlocked');
    assert.equal((await app.ringside('status')).store.kind, 'open');
    const call = await app.call('was kept', (call) => call.provider_call_id === id);
    assert.equal(call.note, 'Said while locked');
  });
});
