// Connecting a CRM in the real window, with a connector of one's own against a CRM that runs here: the form, a wrong key, the
// right one, a caller from that CRM with a log, and a file that changes underneath.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { callId, withApp } from './app.mjs';
import { manifest, own } from './crm.mjs';
import { until } from './driver.mjs';

const KEY = 'a-key-that-works';
const ZOE = { id: '7', name: 'Zoë Nagheenanajar', phone: '+442079460777' };

const LOGS = `[[log_fields]]
name = "deal"
label = "Deal"
options = [{ value = "1", label = "Renewal" }, { value = "2", label = "Complaint" }]

[[log_call.steps]]
name = "log"
capture = { log_id = "id" }

[log_call.steps.request]
method = "POST"
path = "/calls"
json = { "$omit_empty" = { text = "{{ body }}", deal = "{{ fields.deal }}", person = "{{ contact.id }}" } }
`;
const file = (hosts) => manifest({ id: 'acme', name: 'Acme CRM', label: 'Customer', hosts, more: LOGS });

/** A CRM of one person. */
async function crm() {
  const logs = [];
  const server = createServer(async (request, answer) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { pathname, searchParams } = new URL(request.url, 'http://crm.example');
    const reply = (status, value) => answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.headers.authorization !== `Bearer ${KEY}`) return reply(401, { message: 'unknown key' });
    if (pathname === '/me') return reply(200, { id: 'u1', name: 'Anna at Acme' });
    if (pathname === '/people') return reply(200, { people: searchParams.get('phone') === ZOE.phone ? [ZOE] : [] });
    if (pathname === '/calls' && request.method === 'POST') {
      logs.push(JSON.parse(body));
      return reply(201, { id: String(logs.length) });
    }
    return reply(404, { message: 'nothing here' });
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { logs, address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

test('connecting a CRM: form, wrong key, right key, a caller, a log with its field; a changed file asks first', async () => {
  const acme = await crm();
  try {
    await withApp({ hidden: false }, async (app, page) => {
      await own(app, 'acme', file(['api.example.com']));
      await page.view('main');
      await page.click('nav-connections');
      await page.click('connection-add');
      await page.find('connector-hubspot', { within: 15_000 });
      await sleep(250);
      await app.shoot('connect-all');
      await page.type('pick-input', 'acme');
      await page.find('connector-own/acme', { within: 15_000 });
      await sleep(250);
      await app.shoot('connect-pick');
      await page.press('Enter');
      await page.type('connect-server', acme.address.replace('127.0.0.1', 'crm.example.com'));
      await page.press('Tab');
      await page.reads('connect', /http:\/\/ is only for a server on this computer/);
      await page.run('const field = document.querySelector("[data-testid=connect-server]"); field.focus(); field.select();');
      await page.type('connect-server', acme.address);
      await page.type('connect-key', 'a-key-that-does-not');
      await page.press('Enter');
      await until('the refusal at the key', () => page.run('return document.querySelector("[data-testid=connect-key]").getAttribute("aria-invalid") === "true" && document.activeElement.dataset.testid === "connect-key"'));
      await sleep(250);
      await app.shoot('connect-refused');
      assert.deepEqual((await app.ringside('connection', 'list')).length, 1, 'a refused connection leaves nothing behind');
      await page.run('const field = document.querySelector("[data-testid=connect-key]"); field.focus(); field.select();');
      await page.type('connect-key', KEY);
      await page.press('Enter');
      await page.reads('connection-own-acme', /Connected as Anna at Acme/);
      await sleep(250);
      await app.shoot('connect-done');

      const id = callId();
      await page.view('card');
      await app.ring({ from: ZOE.phone, to: '201', call_id: id });
      await page.reads('card-name', /Zoë Nagheenanajar/);
      await app.ring({ from: ZOE.phone, to: '201', call_id: id, state: 'answered' });
      await page.find('log-field-deal');
      await page.run('const field = document.querySelector("[data-testid=log-field-deal]"); field.value = "2"; field.dispatchEvent(new Event("change", { bubbles: true }));');
      await app.call('has the field', (call) => call.fields.some((field) => field.name === 'deal' && field.value === '2'));
      await page.type('note', 'The mill stands still.');
      await sleep(250);
      await app.shoot('connect-card');
      await app.ring({ from: ZOE.phone, to: '201', call_id: id, state: 'ended' });
      await page.reads('call-state', /Ended/);
      await page.click('btn-log');
      await page.reads('log-state', /Logged in Acme CRM/);
      assert.equal(acme.logs.length, 1);
      assert.equal(acme.logs[0].deal, '2');
      assert.equal(acme.logs[0].person, ZOE.id);
      assert.match(acme.logs[0].text, /The mill stands still\./);

      // Where the key may be sent has changed: nothing is asked until a person has seen it.
      await own(app, 'acme', file(['api.example.com', 'elsewhere.example.com']));
      await page.view('main');
      await page.reads('connection-own-acme', /Connector changed/, { within: 20_000 });
      // Whoever calls meanwhile is no stranger: the card says who was not asked, and leads to where that can be mended.
      await page.click('nav-calls');
      await page.view('card');
      await app.ring({ from: '+44 20 7946 0018', to: '201' });
      await page.reads('source-stopped', /Acme CRM was not asked: its connector changed\./);
      await sleep(250);
      await app.shoot('connect-not-asked');
      await page.click('card-connections');
      await page.view('main');
      await page.click('connection-see');
      await page.reads('compare', /\+\s*"elsewhere\.example\.com"|added:.*elsewhere\.example\.com/s);
      await sleep(250);
      await app.shoot('connect-changed');
      await page.click('connection-agree');
      await page.reads('connection-own-acme', /Ready/);
    });
  } finally {
    acme.close();
  }
});
