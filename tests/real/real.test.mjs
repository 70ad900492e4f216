// What the real servers stand on: the CRM behind App Connect is as strict as it says, the people are all fictional, packages are
// pinned, and a server that is ended leaves nothing behind.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { masks, written } from './app-connect/connectors.mjs';
import { ACCESS, crm, readPeople } from './app-connect/crm.mjs';

const here = import.meta.dirname;
const text = readFileSync(join(here, 'people.tsv'), 'utf8');
const people = readPeople(text);
const names = readdirSync(here).filter((name) => existsSync(join(here, name, 'start.sh')));
const redirect = 'http://127.0.0.1:9/redirect';

let server;
let url;
before(async () => {
  server = crm({ people, redirect }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const key = { authorization: `Basic ${Buffer.from(`${ACCESS.key}:`).toString('base64')}` };
const ask = async (method, path, body, headers = key) => {
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body), redirect: 'manual' });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, body: answer && JSON.parse(answer) };
};
const find = async (phone) => (await ask('GET', `/contacts?${new URLSearchParams({ phone })}`)).body.map(({ name }) => name);

test('every number of the people is reserved for fiction', () => {
  assert.ok(people.length >= 17);
  for (const { phone, mobile } of people) {
    for (const number of [phone, mobile].filter(Boolean)) {
      const digits = number.replace(/\(0\)| ext.*|\D/g, '');
      assert.match(digits, /^(1?[2-9]\d\d55501\d\d|(44|0)2079460\d{3}|(49|0)3023125\d{3})$/, number);
    }
  }
});

test('the CRM finds the stored text and nothing else', async () => {
  assert.deepEqual(await find('(415) 555-0100'), ['Ada Paren']);
  assert.deepEqual(await find('+14155550100'), []);
  assert.deepEqual(await find('555-0100'), []);
  assert.deepEqual(await find(''), [], 'nobody without a number is found by none');
  assert.deepEqual(await find('+1 415 555 0109'), ['Lea Mobile'], 'the second number counts');
  const several = await ask('POST', '/contacts/search', { phones: ['+14155550110', '(415) 555-0110'] });
  assert.deepEqual(several.body.map(({ name }) => name), ['Mia Shared', 'Max Shared']);
});

test('what the CRM does not know, it refuses', async () => {
  const status = async (...request) => (await ask(...request)).status;
  assert.equal(await status('GET', '/me', undefined, {}), 401);
  assert.equal(await status('GET', '/me', undefined, { authorization: 'Bearer stale' }), 401);
  assert.equal(await status('GET', '/contacts?phone=1&limit=5'), 400);
  assert.equal(await status('GET', '/contacts?phone=1&type=company'), 400);
  assert.equal(await status('GET', '/contacts'), 404);
  assert.equal(await status('POST', '/contacts/search', { phones: '1' }), 400);
  const { status: refused, body } = await ask('POST', '/contacts', { type: 'company', name: ' ' });
  assert.equal(refused, 422);
  assert.deepEqual(Object.keys(body.fields), ['type', 'name']);
  assert.equal(await status('POST', '/contacts', { type: 'lead', name: 'A', nickname: 'B' }), 422);
  assert.equal(await status('POST', '/activities', { type: 'lead', contact: '999', subject: 'x' }), 422);
  assert.equal(await status('PATCH', '/activities/a-999', {}), 404);
});

test('ids count per type, and a log belongs to one record of one type', async () => {
  const [lead] = (await ask('GET', '/contacts?name=ben&type=lead')).body;
  const [contact] = (await ask('GET', '/contacts?name=ada')).body;
  assert.deepEqual([lead.id, contact.id], ['1', '1']);
  const made = await ask('POST', '/activities', { type: 'lead', contact: '1', subject: 'Call', note: 'ümläut' });
  assert.equal(made.status, 201);
  assert.equal((await ask('PATCH', `/activities/${made.body.id}`, { note: 'two' })).body.note, 'two');
  assert.equal((await ask('GET', `/activities/${made.body.id}`)).body.subject, 'Call');
});

test('the limit counts requests of one second and says when to come back', async () => {
  await ask('POST', '/_control', { perSecond: 2, reset: true });
  const statuses = [];
  for (let turn = 0; turn < 3; turn += 1) statuses.push((await ask('GET', '/me')).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  assert.equal((await ask('GET', '/me')).headers.get('retry-after'), '1');
  const { body } = await ask('POST', '/_control', { perSecond: null, reset: true });
  assert.equal(body.requests, 4, 'refused requests count, its own do not');
  assert.equal((await ask('GET', '/me')).status, 200);
});

test('a code is good once, a refresh token too', async () => {
  const query = (uri) => new URLSearchParams({ response_type: 'code', client_id: ACCESS.client, redirect_uri: uri, state: 's 1' });
  assert.equal((await ask('GET', `/oauth/authorize?${query('http://127.0.0.1:9/other')}`)).status, 400);
  const sent = await ask('GET', `/oauth/authorize?${query(redirect)}`);
  assert.equal(sent.status, 302);
  const back = new URL(sent.headers.get('location'));
  assert.equal(back.searchParams.get('state'), 's 1');
  const token = async (form) => {
    const body = new URLSearchParams({ client_id: ACCESS.client, client_secret: ACCESS.secret, ...form });
    const response = await fetch(`${url}/oauth/token`, { method: 'POST', body });
    return { status: response.status, ...(await response.json()) };
  };
  const exchange = { grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri: redirect };
  const first = await token(exchange);
  assert.equal(first.status, 200);
  assert.equal((await ask('GET', '/me', undefined, { authorization: `Bearer ${first.access_token}` })).status, 200);
  assert.equal((await token(exchange)).error, 'invalid_grant');
  const refresh = { grant_type: 'refresh_token', refresh_token: first.refresh_token };
  assert.equal((await token(refresh)).status, 200);
  assert.equal((await token(refresh)).error, 'invalid_grant');
  assert.equal((await token({ ...exchange, client_secret: 'x' })).error, 'invalid_client');
});

test('the connectors write numbers as App Connect does', () => {
  assert.deepEqual(masks('(###) ###-####, ###.###.####,'), ['(###) ###-####', '###.###.####']);
  assert.deepEqual(masks(undefined), []);
  assert.equal(written('(***) ###-####', '4155550100'), '(415) 555-0100');
  assert.equal(written('###', '4155550100'), '415', 'digits without a place are dropped');
});

test('each server is in the README, pinned, and starts with POSIX sh', () => {
  assert.ok(names.length >= 5, String(names));
  const readme = readFileSync(join(here, 'README.md'), 'utf8');
  for (const name of names) {
    assert.match(readme, new RegExp(`^\\| ${name} \\|`, 'm'));
    execFileSync('sh', ['-n', join(here, name, 'start.sh')]);
    const python = join(here, name, 'requirements.lock');
    if (!existsSync(python)) continue;
    const blocks = readFileSync(python, 'utf8').split(/\n(?=\S)/);
    for (const block of blocks) assert.match(block, /^[\w.-]+(\[\w+\])?==\S+[^]*--hash=sha256:/, block.split('\n')[0]);
  }
  const { packages } = JSON.parse(readFileSync(join(here, 'app-connect/package-lock.json'), 'utf8'));
  for (const [path, { integrity, resolved }] of Object.entries(packages)) {
    if (path) assert.ok(integrity && !resolved, path);
  }
});

test('a server that does not come up says so, and its words', async () => {
  const script = join(here, 'app-connect/start.sh');
  const said = await promisify(execFile)(script, ['nonsense', tmpdir()]).catch((error) => error);
  assert.equal(said.code, 1);
  assert.match(said.stderr, /"nonsense" is no port/);
  const unknown = await promisify(execFile)(join(here, 'run.sh'), ['nobody', 'true']).catch((error) => error);
  assert.match(unknown.stderr, /no real server "nobody"/);
});

// Stands for a real one: a child that stays, and one of its own.
const OBSTINATE = `#!/bin/sh
. "$SHARED/server.sh"
launch sh -c 'trap "" TERM; sleep 600 & echo "$$ $!" >&2; wait; wait'
sleep 0.3
ready http://127.0.0.1:9 token
`;

test('TERM ends a server with everything that it started, even what does not listen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-'));
  writeFileSync(join(folder, 'start.sh'), OBSTINATE, { mode: 0o755 });
  const child = spawn(join(folder, 'start.sh'), ['9', join(folder, 'data')], {
    env: { ...process.env, SHARED: here, XDG_CACHE_HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => (errors += chunk));
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  assert.equal(line, 'READY http://127.0.0.1:9 token\n');
  const pids = errors.match(/^\d+ \d+$/m)[0].split(' ').map(Number);
  for (const pid of pids) process.kill(pid, 0);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [143, null]);
  const isGone = (pid) => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  };
  for (let turn = 0; turn < 50 && !pids.every(isGone); turn += 1) await new Promise((next) => setTimeout(next, 100));
  for (const pid of pids) assert.ok(isGone(pid), `process ${pid} is still there`);
  rmSync(folder, { recursive: true });
});
