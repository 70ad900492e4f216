// The desktop's manners: pauses, locks, presenting, hotkeys that are taken, and windows that stand where they stood.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { OtherWindow, callId, focused, withApp } from './app.mjs';
import { until } from './driver.mjs';

const execute = promisify(execFile);
const ADA = { from: '+442079460123', to: '201' };
const KONRAD = { from: '+493023125012', to: '201' };

const quiet = async (app) => (await app.ringside('status')).quiet;
const isQuiet = (app, what, is) => until(`${what}: ${is}`, async () => Boolean((await quiet(app))[what]) === is);
const cardIsShown = async (app) => (await app.isShown('Ringside: call')) || (await app.isShown('Ringside: Anruf'));
/** What is not to happen gets the time in which it would. */
const staysAway = async (app) => {
  await sleep(700);
  assert.equal(await cardIsShown(app), false, 'the card stays away');
};

/** All that is said to the notification service from now on, as dbus-monitor writes it. */
async function notifications(env) {
  const monitor = spawn('dbus-monitor', ['--session', "interface='org.freedesktop.Notifications',member='Notify'"], { env });
  const heard = { text: '', stop: () => monitor.kill() };
  monitor.stdout.setEncoding('utf8').on('data', (text) => (heard.text += text));
  await until('dbus-monitor', () => heard.text.includes('NameAcquired'));
  return heard;
}

/** As a screen locker tells everybody on the bus of the session. */
const lock = (app, on) =>
  execute('dbus-send', ['--session', '--type=signal', '/org/freedesktop/ScreenSaver', 'org.freedesktop.ScreenSaver.ActiveChanged', `boolean:${on}`], { env: app.env });

/** Another program has the keyboard. */
async function withOther(app, work) {
  const other = await OtherWindow.open(app.env);
  try {
    await work(other);
  } finally {
    await other.close();
  }
}

/** The keys of new settings are grabbed a moment after they are saved. */
const grabbed = () => sleep(500);

async function windowOf(app, title) {
  const { stdout } = await execute('xdotool', ['search', '--onlyvisible', '--name', `^${title}$`], { env: app.env });
  return stdout.trim().split('\n')[0];
}

async function geometry(app, title) {
  const { stdout } = await execute('xdotool', ['getwindowgeometry', '--shell', await windowOf(app, title)], { env: app.env });
  return Object.fromEntries([...stdout.matchAll(/^(X|Y|WIDTH|HEIGHT)=(-?\d+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}

test('a pause keeps cards and notifications away, lasts over a restart, and lets in who is never to be missed', async () => {
  const home = await mkdtemp(join(tmpdir(), 'ringside-e2e-'));
  try {
    await withApp({ home, keep: true }, async (app) => {
      await app.ringside('settings', 'set', 'vip', ADA.from);
      const said = await notifications(app.env);
      try {
        assert.ok((await app.ringside('pause', '5')).paused_until > Date.now());
        const id = callId();
        await app.ring({ ...KONRAD, call_id: id });
        await app.call('is looked up and listed', (call) => call.provider_call_id === id && call.lookup.matches[0]?.contact.name === 'Konrad Zuse');
        await staysAway(app);
        assert.doesNotMatch(said.text, /Zuse/);
        assert.doesNotMatch(await app.driver.run('return document.body.textContent'), /Zuse/, 'nor does its page hold who it is');
        await app.ring({ ...KONRAD, call_id: id, state: 'ended' });
        await app.ring({ ...ADA, call_id: callId() });
        await until('the card of who is never to be missed', () => cardIsShown(app));
        await until('the notification', () => /Incoming call: Ada Lovelace/.test(said.text));
      } finally {
        said.stop();
        // It lies in the keyring of this session, which other tests share.
        await app.ringside('settings', 'set', 'vip', '');
      }
    });
    await withApp({ home }, async (app, page) => {
      await isQuiet(app, 'paused_until', true);
      const id = callId();
      await app.ring({ ...KONRAD, call_id: id });
      await app.call('is listed', (call) => call.provider_call_id === id);
      await staysAway(app);
      // Its hotkey brings what was kept back, with the keyboard.
      await withOther(app, async () => {
        await execute('xdotool', ['key', 'ctrl+shift+k'], { env: app.env });
        await focused(app.env, 'Ringside: call');
      });
      await page.reads('card-name', /Konrad Zuse/);
      await app.ring({ ...KONRAD, call_id: id, state: 'ended' });
      await app.ringside('pause', 'off');
      await isQuiet(app, 'paused_until', false);
      const next = callId();
      await app.ring({ ...ADA, call_id: next });
      await until('cards again', () => cardIsShown(app));
    });
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});

for (const german of [false, true]) {
  test(`while the session is locked nothing says who calls${german ? ': german' : ''}`, async () => {
    await withApp({ german }, async (app, page) => {
      const said = await notifications(app.env);
      try {
        await lock(app, true);
        await isQuiet(app, 'locked', true);
        await app.ring({ ...ADA, call_id: callId() });
        await until('the notification', () => (german ? /Eingehender Anruf"/ : /Incoming call"/).test(said.text));
        await app.call('is looked up', (call) => call.lookup.matches[0]?.contact.name === 'Ada Lovelace');
        await staysAway(app);
        assert.doesNotMatch(said.text, /Ada|Lovelace|7946|0123/);
        await lock(app, false);
        await until('the card, once somebody is there', () => cardIsShown(app));
        await page.reads('card-name', /Ada Lovelace/);
        await until('the name', () => said.text.includes('Ada Lovelace'));
      } finally {
        said.stop();
      }
    });
  });
}

test('while the person presents, notifications name nobody; a hotkey switches', async () => {
  await withApp({}, async (app) => {
    await app.ringside('settings', 'set', 'present_hotkey', 'Ctrl+Shift+F7');
    const said = await notifications(app.env);
    try {
      await grabbed();
      await execute('xdotool', ['key', 'ctrl+shift+F7'], { env: app.env });
      await isQuiet(app, 'presenting', true);
      await app.ring({ ...ADA, call_id: callId() });
      await until('the notification', () => /Incoming call"/.test(said.text));
      await sleep(500);
      assert.doesNotMatch(said.text, /Ada|Lovelace|7946|0123/);
      assert.equal((await app.ringside('present', 'off')).presenting, false);
      await until('the name', () => said.text.includes('Incoming call: Ada Lovelace'));
    } finally {
      said.stop();
    }
  });
});

test('a desktop that is not to be disturbed is left alone, unless the person says otherwise', async () => {
  const settings = join(process.env.XDG_CONFIG_HOME, 'glib-2.0', 'settings');
  await mkdir(settings, { recursive: true });
  const gnome = (banners) => writeFile(join(settings, 'keyfile'), `[org/gnome/desktop/notifications]\nshow-banners=${banners}\n`);
  await withApp({ env: { GSETTINGS_BACKEND: 'keyfile' } }, async (app) => {
    const dunst = (paused) => execute('dunstctl', ['set-paused', String(paused)], { env: app.env });
    try {
      await dunst(true);
      await isQuiet(app, 'do_not_disturb', true);
      const missed = callId();
      await app.ring({ ...ADA, call_id: missed });
      await staysAway(app);
      await app.ring({ ...ADA, call_id: missed, state: 'ended' });
      await dunst(false);
      await isQuiet(app, 'do_not_disturb', false);
    } finally {
      await dunst(false);
    }
    await gnome(false);
    await isQuiet(app, 'do_not_disturb', true);
    await gnome(true);
    await isQuiet(app, 'do_not_disturb', false);

    const film = spawn('xterm', ['-fullscreen', '-T', 'film'], { env: app.env, stdio: 'ignore' });
    try {
      await isQuiet(app, 'do_not_disturb', true);
      await app.ring({ ...KONRAD, call_id: callId() });
      await staysAway(app);
      await app.ringside('settings', 'set', 'respect_do_not_disturb', 'off');
      await isQuiet(app, 'do_not_disturb', false);
      await until('the card of who still rings', () => cardIsShown(app));
    } finally {
      film.kill();
    }
  });
});

test('missed calls are told of in one notification', async () => {
  await withApp({}, async (app) => {
    const said = await notifications(app.env);
    try {
      for (const caller of [ADA, KONRAD]) {
        const id = callId();
        await app.ring({ ...caller, call_id: id });
        await until('the call by name', () => said.text.includes(caller === ADA ? 'Incoming call: Ada' : 'Incoming call: Konrad'));
        await app.ring({ ...caller, call_id: id, state: 'ended' });
      }
      await until('the notification', () => /2 missed calls"/.test(said.text));
      assert.match(said.text, /Konrad Zuse, Ada Lovelace/);
      const shown = async () => Number((await execute('dunstctl', ['count', 'displayed'], { env: app.env })).stdout);
      await until('one notification for both', async () => (await shown()) === 1);
      // Who searches has not looked at the list.
      await app.ringside('search');
      await until('the search window', () => app.isShown('Ringside: search'));
      await sleep(300);
      assert.equal((await app.ringside('status')).missed, 2);
      await app.calls();
      await until('it to go, once somebody looked at the list', async () => (await shown()) === 0);
    } finally {
      said.stop();
    }
  });
});

test('hotkeys that another program has are said, with what they are for; two of our own are not let be the same', async () => {
  const home = await mkdtemp(join(tmpdir(), 'ringside-e2e-'));
  // Another X client that grabs keys: a Ringside that is nobody's here.
  const env = { ...process.env, RINGSIDE_HOME: home };
  const ringside = (...args) => execute(process.env.RINGSIDE_CLI, ['--profile', 'rehearsal', ...args], { env, timeout: 20_000 });
  const program = spawn(process.env.RINGSIDE_DESKTOP, ['--profile', 'rehearsal', '--hidden'], { env, stdio: 'ignore' });
  const ended = new Promise((done) => program.once('exit', done));
  try {
    await until('the other program', () => ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+F5'), { within: 30_000 });
    await grabbed();
    await withApp({}, async (app, page) => {
      const notice = async () => (await app.ringside('status')).notices.find((notice) => notice.code === 'hotkey')?.message;
      await app.ringside('settings', 'set', 'search_hotkey', 'Ctrl+Shift+F6');
      await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+F5');
      await until('the notice', async () => (await notice()) === 'Ctrl+Shift+F5, for the card, is taken by another program');
      await assert.rejects(app.ringside('settings', 'set', 'say_hotkey', 'shift+control+f6'), /already the hotkey for the search/);
      await app.ringside('settings', 'set', 'card_hotkey', 'Ctrl+Shift+F8');
      await until('no notice', async () => (await notice()) === undefined);
      // At once, without a restart.
      await app.ring({ ...ADA, call_id: callId() });
      await page.reads('card-name', /Ada Lovelace/);
      await until('the card', () => cardIsShown(app));
      await withOther(app, async () => {
        await execute('xdotool', ['key', 'ctrl+shift+F8'], { env: app.env });
        await focused(app.env, 'Ringside: call');
      });
    });
  } finally {
    await ringside('quit').catch(() => program.kill());
    await ended;
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});

test('a key of the desktop that runs `ringside search` opens the search', async () => {
  await withApp({}, async (app) => {
    await app.ringside('search');
    await until('the search window', () => app.isShown('Ringside: search'));
    const { X, Y, WIDTH, HEIGHT } = await geometry(app, 'Ringside: search');
    assert.ok(Math.abs(X + WIDTH / 2 - 640) <= 2 && Math.abs(Y + HEIGHT / 2 - 400) <= 20, `in the middle: ${X},${Y}`);
  });
});

test('the card goes where it was dragged to, and the main window where it stood, after a restart', async () => {
  const home = await mkdtemp(join(tmpdir(), 'ringside-e2e-'));
  const main = { X: 150, Y: 90, WIDTH: 900, HEIGHT: 620 };
  try {
    let corner;
    await withApp({ home, keep: true, hidden: false }, async (app, page) => {
      await app.ring({ ...ADA, call_id: callId() });
      await page.reads('card-name', /Ada Lovelace/);
      await until('the card', () => cardIsShown(app));
      await sleep(500);
      const before = await geometry(app, 'Ringside: call');
      assert.ok(before.X > 640, 'at first on the right');
      const pointer = (...steps) => execute('xdotool', steps, { env: app.env });
      await pointer('mousemove', '--window', await windowOf(app, 'Ringside: call'), '150', '12');
      await sleep(500);
      await pointer('mousedown', '1');
      for (const [x, y] of [[-40, 20], [-200, 200], [-400, 200], [-100, 60]]) {
        await pointer('mousemove_relative', '--sync', '--', String(x), String(y));
        await sleep(60);
      }
      await pointer('mouseup', '1');
      corner = await until('the card in the lower left corner', async () => {
        const now = await geometry(app, 'Ringside: call');
        return now.X === 16 && now.Y > 400 && now;
      });
      const window = await windowOf(app, 'Ringside');
      await execute('xdotool', ['windowsize', '--sync', window, String(main.WIDTH), String(main.HEIGHT)], { env: app.env });
      await execute('xdotool', ['windowmove', '--sync', window, String(main.X), String(main.Y)], { env: app.env });
      await sleep(300);
      Object.assign(main, await geometry(app, 'Ringside'));
    });
    await withApp({ home, hidden: false }, async (app, page) => {
      await until('the main window', () => app.isShown('Ringside'));
      await until(`the main window at ${JSON.stringify(main)}`, async () => {
        const now = await geometry(app, 'Ringside');
        return ['X', 'Y', 'WIDTH', 'HEIGHT'].every((one) => Math.abs(now[one] - main[one]) <= 2);
      }).catch(async (error) => assert.deepEqual(await geometry(app, 'Ringside'), main, error.message));
      await app.ring({ ...ADA, call_id: callId() });
      await page.reads('card-name', /Ada Lovelace/);
      await until('the card', () => cardIsShown(app));
      await until('the card in its corner', async () => {
        const now = await geometry(app, 'Ringside: call');
        return now.X === corner.X && now.Y + now.HEIGHT === corner.Y + corner.HEIGHT;
      });
    });
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});
