// Signing in with the browser, in the real window: the person changes their mind, says no, says yes; a caller is found; and when
// the provider has forgotten them, the card says so and one click brings them back. The provider and the CRM run here, and
// the browser is a program that goes where it is sent.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { callId, withApp } from './app.mjs';
import { manifest, own } from './crm.mjs';

const ZOE = { id: '7', name: 'Zoë Nagheenanajar', phone: '+442079460777' };

const OAUTH = `[auth.oauth2]
authorize = "{{ env.base }}/authorize"
token = "{{ env.base }}/token"
client = "public"
client_id = "ringside-test"
pkce = "s256"
`;
const file = manifest({ id: 'acme', name: 'Acme CRM', label: 'Customer' })
  .replace(/\[\[parameters\]\][^[]*/, '')
  .replace('[auth.set]\nheaders = { Authorization = "Bearer {{ secret.key }}" }', `${OAUTH}\n[auth.set]\nheaders = { Authorization = "Bearer {{ token }}" }`);

/** A provider that gives codes, and tokens that are good once for a refresh; and a CRM of one person behind it. */
async function acme() {
  const state = { answer: 'yes', codes: new Map(), refreshes: new Set(), tokens: new Set(), asked: [], renewals: 0, looked: 0 };
  const grant = () => {
    const [access, refresh] = [`access-${randomUUID()}`, `refresh-${randomUUID()}`];
    state.tokens.add(access);
    state.refreshes.add(refresh);
    return { access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: 3600 };
  };
  const server = createServer(async (request, answer) => {
    let body = '';
    for await (const piece of request) body += piece;
    const url = new URL(request.url, 'http://crm.example');
    const reply = (status, value) => answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (url.pathname === '/authorize') {
      const asked = Object.fromEntries(url.searchParams);
      state.asked.push(asked);
      // The person looks at the page and does nothing.
      if (state.answer === 'nothing') return reply(200, {});
      const back = new URL(asked.redirect_uri);
      back.searchParams.set('state', asked.state);
      if (state.answer === 'no') back.searchParams.set('error', 'access_denied');
      else {
        const code = randomUUID();
        state.codes.set(code, asked);
        back.searchParams.set('code', code);
      }
      return answer.writeHead(302, { location: back.href }).end();
    }
    if (url.pathname === '/token') {
      const form = Object.fromEntries(new URLSearchParams(body));
      if (form.grant_type === 'authorization_code') {
        const asked = state.codes.get(form.code);
        state.codes.delete(form.code);
        const proof = createHash('sha256').update(form.code_verifier ?? '').digest('base64url');
        const good = asked && asked.redirect_uri === form.redirect_uri && asked.code_challenge === proof;
        return good ? reply(200, grant()) : reply(400, { error: 'invalid_grant' });
      }
      state.renewals += 1;
      return state.refreshes.delete(form.refresh_token) ? reply(200, grant()) : reply(400, { error: 'invalid_grant' });
    }
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (!state.tokens.has(token)) return reply(401, { message: 'unknown token' });
    if (url.pathname === '/me') return reply(200, { id: 'u1', name: 'Anna at Acme' });
    if (url.pathname === '/people') state.looked += 1;
    if (url.pathname === '/people') return reply(200, { people: url.searchParams.get('phone') === ZOE.phone ? [ZOE] : [] });
    return reply(404, { message: 'nothing here' });
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { state, address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** A folder with a browser that follows every redirect to its end. */
async function browser() {
  const folder = await mkdtemp(join(tmpdir(), 'ringside-browser-'));
  const program = join(folder, 'xdg-open');
  await writeFile(program, '#!/bin/sh\nexec curl --silent --location --max-time 20 --output /dev/null "$1"\n');
  await chmod(program, 0o755);
  return folder;
}

test('signing in with the browser: not now, no, yes; a renewal nobody sees; and signing in again', async () => {
  const [crm, folder] = [await acme(), await browser()];
  try {
    await withApp({ hidden: false, env: { PATH: `${folder}:${process.env.PATH}` } }, async (app, page) => {
      await own(app, 'acme', file);
      await page.view('main');
      await page.click('nav-connections');
      await page.click('connection-add');
      await page.type('pick-input', 'acme');
      await page.find('connector-own/acme', { within: 15_000 });
      await page.press('Enter');
      await page.type('connect-server', crm.address);

      crm.state.answer = 'nothing';
      await page.reads('connect-submit', /Connect and sign in|sign in/i);
      await page.press('Enter');
      await page.find('sign-in-cancel', { within: 20_000 });
      await sleep(250);
      await app.shoot('sign-in-waits');
      await page.click('sign-in-cancel');
      await page.find('connection-sign-in', { within: 10_000 });

      crm.state.answer = 'no';
      await page.click('connection-sign-in');
      await page.reads('connection-own-acme', /declined|did not sign you in/, { within: 20_000 });
      await sleep(250);
      await app.shoot('sign-in-no');

      crm.state.answer = 'yes';
      await page.click('connection-sign-in');
      await page.reads('connection-own-acme', /Ready/, { within: 20_000 });
      const asked = crm.state.asked.at(-1);
      assert.match(asked.redirect_uri, /^http:\/\/(127\.0\.0\.1|localhost):\d+\//);
      assert.equal(asked.code_challenge_method, 'S256');
      assert.equal(new Set(crm.state.asked.map((one) => one.state)).size, 3, 'a state counts once');
      await sleep(250);
      await app.shoot('sign-in-done');

      // The access token ends: the caller is found all the same, and the person sees nothing of it.
      crm.state.tokens.clear();
      await page.view('card');
      const first = callId();
      await app.ring({ from: ZOE.phone, to: '201', call_id: first });
      await page.reads('card-name', /Zoë Nagheenanajar/);
      assert.equal(crm.state.renewals, 1);
      await app.ring({ from: ZOE.phone, to: '201', call_id: first, state: 'ended' });

      // The provider has forgotten them altogether.
      crm.state.tokens.clear();
      crm.state.refreshes.clear();
      await app.ringside('lookup', '--live', ZOE.phone);
      await page.view('main');
      await page.reads('connection-own-acme', /Sign-in needed/, { within: 20_000 });
      await sleep(250);
      await app.shoot('sign-in-again');
      await page.click('connection-sign-in');
      await page.reads('connection-own-acme', /Ready/, { within: 20_000 });
      const before = crm.state.looked;
      await app.ringside('lookup', '--live', ZOE.phone);
      assert.equal(crm.state.looked, before + 1, 'the CRM is asked again, and answers');
    });
  } finally {
    crm.close();
    await rm(folder, { recursive: true, force: true });
  }
});
