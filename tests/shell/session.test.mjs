// The private desktop session: it gives what it promises, passes the command's own exit code on, and leaves nothing behind.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const session = join(import.meta.dirname, '../e2e/session.sh');

const gone = async (pid) => {
  for (let turn = 0; turn < 50; turn += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(100);
  }
  return false;
};

test('a keyring, a bus and a screen that are nobody else’s', async () => {
  const script = 'printf geheim | secret-tool store --label=x a b && secret-tool lookup a b && xdotool getdisplaygeometry && echo "$XDG_RUNTIME_DIR"';
  const { stdout } = await execute(session, ['sh', '-c', script], { timeout: 60_000 });
  const [geometry, runtime] = stdout.replace('geheim', '').trim().split('\n');
  assert.match(stdout, /^geheim/);
  assert.equal(geometry, '1280 800');
  assert.notEqual(runtime, process.env.XDG_RUNTIME_DIR);
  await assert.rejects(access(runtime), 'its folder is gone');
});

test('the exit code is the command’s', async () => {
  const env = { ...process.env, RINGSIDE_SCREEN: 'none' };
  await assert.rejects(execute(session, ['sh', '-c', 'exit 7'], { env, timeout: 60_000 }), { code: 7 });
});

test('a signal ends it at once, with everything it started', async () => {
  const child = spawn(session, ['sh', '-c', 'echo $$; ps -o pid= --ppid $PPID; echo .; exec sleep 600'], {
    env: { ...process.env, RINGSIDE_SCREEN: 'none' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.includes('.')) break;
  }
  child.kill('SIGTERM');
  assert.equal(await ended, 143);
  const started = text.match(/\d+/g).map(Number);
  assert.ok(started.length >= 3, text);
  for (const pid of started) assert.ok(await gone(pid), `process ${pid} is still there`);
});
