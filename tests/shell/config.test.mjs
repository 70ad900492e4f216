// What the window may load and call is written in one file, and the script that everybody runs must not lie about what
// there is. Both are held here, because nothing else fails when they slip.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const config = JSON.parse(readFileSync(join(root, 'tauri.conf.json'), 'utf8'));
const dev = readFileSync(join(root, 'dev'), 'utf8');

test('the content policy lets in nothing from outside and nothing inline', () => {
  const policy = new Map(
    config.app.security.csp.split(';').map((part) => {
      const [name, ...sources] = part.trim().split(' ');
      return [name, sources];
    }),
  );
  assert.deepEqual(policy.get('default-src'), ["'self'"]);
  assert.deepEqual(policy.get('style-src'), ["'self'"]);
  assert.deepEqual(policy.get('font-src'), ["'self'"]);
  assert.deepEqual(policy.get('img-src'), ["'self'", 'data:']);
  assert.deepEqual(policy.get('connect-src'), ['ipc:', 'http://ipc.localhost']);
  for (const name of ['object-src', 'base-uri', 'form-action', 'frame-ancestors']) {
    assert.deepEqual(policy.get(name), ["'none'"], name);
  }
  assert.equal(policy.has('script-src'), false, 'scripts fall under default-src');
  for (const sources of policy.values()) {
    for (const source of sources) assert.doesNotMatch(source, /unsafe|\*|^https?:$/, source);
  }
  assert.equal(config.app.security.dangerousDisableAssetCspModification ?? false, false);
});

test('windows get four permissions, and no file on disk adds to them', () => {
  assert.equal(config.app.withGlobalTauri, false);
  assert.deepEqual(config.app.windows, [], 'windows are made by the shell, under its rules');
  assert.equal(config.app.security.capabilities.length, 1);
  const [capability] = config.app.security.capabilities;
  assert.deepEqual(capability.windows, ['card', 'search', 'main']);
  assert.equal(capability.remote, undefined, 'no page from elsewhere may call anything');
  assert.deepEqual(capability.permissions, [
    'core:event:allow-listen',
    'core:event:allow-unlisten',
    'allow-api',
    'allow-shell',
  ]);
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'capabilities', 'permissions', 'gen'], { cwd: root });
  assert.equal(String(tracked), '');
});

test('every icon that the bundle names is there, in its size', () => {
  for (const file of config.bundle.icon.filter((name) => name.endsWith('.png'))) {
    const png = readFileSync(join(root, file));
    assert.equal(png.subarray(1, 4).toString(), 'PNG', file);
    const size = Number(file.match(/(\d+)\.png$/)[1]);
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [size, size], file);
  }
});

test('the script is POSIX sh and knows every word of its help', () => {
  execFileSync('sh', ['-n', join(root, 'dev')]);
  execFileSync('sh', ['-n', join(root, 'tests/e2e/session.sh')]);
  const help = String(execFileSync('sh', [join(root, 'dev'), 'help']));
  const words = [...help.matchAll(/^\.\/dev (\w+)/gm)].map((match) => match[1]);
  assert.ok(words.length >= 8, help);
  for (const word of words) assert.match(dev, new RegExp(`^    ${word}\\)`, 'm'), `./dev ${word}`);
});

test('a word that the script does not know is said, and fails', () => {
  assert.throws(
    () => execFileSync('sh', [join(root, 'dev'), 'frobnicate'], { stdio: 'pipe' }),
    (error) => error.status === 2 && /There is no "frobnicate"/.test(String(error.stderr)),
  );
});

test('the same script runs in CI', () => {
  assert.match(readFileSync(join(root, '.ci/run'), 'utf8'), /^\.\/dev test$/m);
});

test('the test that takes the secret store away is the last one in the real window', () => {
  const files = readdirSync(join(root, 'tests/e2e')).filter((name) => name.endsWith('.test.mjs'));
  assert.equal(files.sort().at(-1), 'without-secret-store.test.mjs', 'whoever comes after it has no keyring, and keeps all in memory');
});
